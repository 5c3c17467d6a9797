"""What a trajectory kernel computes, held as data: one step of a rule in every coordinate of an objective.

A *lane* is one run: a starting point with hyperparameters.  What all lanes share is computed once for each step, in
`shared`; the rest, in `lines`, for each lane.  A power ``beta**t`` of a hyperparameter that differs between lanes is
kept from step to step and multiplied by beta, which costs one product instead of a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from ...derive import Assignment, Quantity, UpdateRule
from ..errors import KernelError
from ..naming import Namer
from ..passes import pipeline, run_passes
from ..program import StepProgram, symbols_of
from .objective import Objective

__all__ = ["Coordinate", "Power", "TrajectoryProgram", "trajectory_program"]


@dataclass(frozen=True)
class Coordinate:
    """One coordinate of the run: what the rule's quantities are called here, before and after the step.

    Attributes
    ----------
    gradient : Quantity
    before : mapping of theta and states to Quantity
    after : mapping of theta and states to Quantity
    """

    gradient: Quantity
    before: Mapping[Quantity, Quantity]
    after: Mapping[Quantity, Quantity]


@dataclass(frozen=True)
class Power:
    """The power ``base**t`` that is kept from step to step: `before` is its value at t - 1, `now` the one at t."""

    base: Quantity
    before: Quantity
    now: Quantity


@dataclass(frozen=True)
class TrajectoryProgram:
    """One step of many lanes as straight-line code.

    Attributes
    ----------
    rule : UpdateRule
    objective : Objective or None
        None if the gradients are given.
    varying : tuple of Quantity
        The hyperparameters that differ between lanes.
    coordinates : tuple of Coordinate
    powers : tuple of Power
    shared, lines : tuple of Assignment
        What is computed once for each step, and what for each lane.
    recorded : tuple of (str, expression)
        What is kept of the run, in terms of the coordinates and states after the step, under their names before it.
    """

    rule: UpdateRule
    objective: Objective | None
    varying: tuple[Quantity, ...]
    coordinates: tuple[Coordinate, ...]
    powers: tuple[Power, ...]
    shared: tuple[Assignment, ...]
    lines: tuple[Assignment, ...]
    recorded: tuple[tuple[str, sp.Expr], ...]

    @property
    def uniform(self) -> tuple[Quantity, ...]:
        """The hyperparameters that all lanes share."""
        return tuple(h.symbol for h in self.rule.hyper if h.symbol not in self.varying)

    @property
    def kept(self) -> tuple[Quantity, ...]:
        """What a lane keeps from step to step: positions, then states, coordinate by coordinate, then powers."""
        theta = self.rule.theta
        positions = [c.before[theta] for c in self.coordinates]
        states = [c.before[s.symbol] for c in self.coordinates for s in self.rule.state]
        return (*positions, *states, *(p.before for p in self.powers))

    @property
    def results(self) -> tuple[Quantity, ...]:
        """The values after the step of all that is kept, in the same order."""
        theta = self.rule.theta
        positions = [c.after[theta] for c in self.coordinates]
        states = [c.after[s.symbol] for c in self.coordinates for s in self.rule.state]
        return (*positions, *states, *(p.now for p in self.powers))

    @property
    def final(self) -> tuple[Quantity, ...]:
        """What is handed out at the end: positions and states."""
        return self.kept[: len(self.kept) - len(self.powers)]


def trajectory_program(
    rule: UpdateRule,
    objective: Objective | None = None,
    varying: Sequence[str] = (),
    record: Sequence[str] = (),
) -> TrajectoryProgram:
    """The program of `rule` on `objective`, or on gradients that are given at run time.

    Parameters
    ----------
    rule : UpdateRule
    objective : Objective, optional
    varying : sequence of str
        Names of the hyperparameters that differ between lanes.
    record : sequence of str
        Of the coordinates (``theta`` where gradients are given), the states of each (``m_x``) and ``"objective"``.

    Raises
    ------
    KernelError
        If a name is unknown, or a pass over the rule is not proved.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> from optproof.kernels.trajectory.objective import objective
    >>> program = trajectory_program(rule("sgd"), objective("3*x**2/2"))
    >>> [f"{line.target} = {line.value}" for line in program.lines]
    ['g_x = 3*x', 'x_new = -g_x*lr + x']
    """
    step, _ = run_passes(rule, pipeline("float64"))
    known = {h.name: h.symbol for h in rule.hyper}
    strange = [name for name in varying if name not in known]
    if strange:
        raise KernelError(f"the rule {rule.name!r} has no hyperparameter {strange[0]!r}; it has {', '.join(known)}")
    chosen = tuple(known[name] for name in known if name in varying)
    return _Building(step, objective, chosen).program(record)


class _Building:
    """The lines of a program, which share a set of names."""

    def __init__(self, step: StepProgram, objective: Objective | None, varying: tuple[Quantity, ...]) -> None:
        self.step, self.objective, self.varying = step, objective, varying
        self.rule = step.rule
        own = () if objective is None else objective.coordinates
        rules = {q.name for q in (*step.uniform_inputs, *(line.target for line in step.prologue))}
        clash = sorted(rules & {q.name for q in own})
        if clash:
            raise KernelError(f"the coordinate {clash[0]!r} is called as a quantity of {self.rule.name!r}; rename it")
        self.namer = Namer(rules | {q.name for q in own})

    def program(self, record: Sequence[str]) -> TrajectoryProgram:
        """The whole program."""
        powers, shared, lane = self._scalars()
        coordinates = self._coordinates()
        body = [line for c in coordinates for line in self._of_coordinate(c)]
        lines = [*lane, *self._gradients(coordinates), *body]
        recorded = tuple((name, self._recorded(name, coordinates)) for name in record)
        constants, every, kept = self._constants(lines, recorded)
        return TrajectoryProgram(
            self.rule, self.objective, self.varying, coordinates, powers, (*constants, *shared), every, kept
        )

    def _scalars(self) -> tuple[tuple[Power, ...], list[Assignment], list[Assignment]]:
        """The prologue, cut into what all lanes share and what differs between them."""
        t, differs = self.rule.step_counter, set(self.varying)
        used = [h for h in self.varying if any(line.value.has(h**t) for line in self.step.prologue)]
        powers = tuple(Power(h, self._new(f"{h.name}_to_t_before"), self._new(f"{h.name}_to_t")) for h in used)
        known = {p.base**t: p.now for p in powers}
        shared: list[Assignment] = []
        lane = [Assignment(p.now, p.base * p.before) for p in powers]
        for line in self.step.prologue:
            if symbols_of(line.value) & differs:
                differs.add(line.target)
                lane.append(Assignment(line.target, line.value.xreplace(known)))
            else:
                shared.append(line)
        return powers, shared, lane

    def _new(self, name: str, like: Quantity | None = None) -> Quantity:
        unused = self.namer.unused(name)
        return Quantity(unused) if like is None else Quantity(unused, like.domain, meaning=like.meaning)

    def _coordinates(self) -> tuple[Coordinate, ...]:
        theta, states = self.rule.theta, [s.symbol for s in self.rule.state]
        if self.objective is None:
            names = {theta: self._new("theta"), **{s: self._new(s.name, s) for s in states}}
            return (Coordinate(self._new("g"), names, self._after(names)),)
        found = []
        for q in self.objective.coordinates:
            names = {theta: q, **{s: self._new(f"{s.name}_{q.name}", s) for s in states}}
            found.append(Coordinate(self._new(f"g_{q.name}"), names, self._after(names)))
        return tuple(found)

    def _after(self, before: Mapping[Quantity, Quantity]) -> dict[Quantity, Quantity]:
        return {q: self._new(f"{here.name}_new", q) for q, here in before.items()}

    def _gradients(self, coordinates: tuple[Coordinate, ...]) -> list[Assignment]:
        """The partial derivatives at the point where the rule takes them, with what they share computed once."""
        if self.objective is None:
            return []
        theta, lines = self.rule.theta, []
        places: dict[Quantity, Quantity] = {}
        for c in coordinates:
            if self.rule.gradient_at != theta:
                ahead = self._new(f"{c.before[theta].name}_ahead")
                lines.append(Assignment(ahead, self.rule.gradient_at.xreplace(dict(c.before))))
                places[c.before[theta]] = ahead
        wanted = [d.xreplace(places) for d in self.objective.gradient]
        fresh = (self._new(f"common_{number}") for number in range(1, 1_000_000))
        common, reduced = sp.cse(wanted, symbols=fresh, order="canonical")
        lines += [Assignment(target, value) for target, value in common]
        return lines + [Assignment(c.gradient, value) for c, value in zip(coordinates, reduced, strict=True)]

    def _of_coordinate(self, c: Coordinate) -> list[Assignment]:
        """The body of the step in the names of one coordinate."""
        outputs = dict(self.step.outputs)
        names: dict[Quantity, Quantity] = {**c.before, self.rule.gradient: c.gradient}
        names |= {result: c.after[q] for q, result in outputs.items()}
        suffix = "" if self.objective is None else f"_{c.before[self.rule.theta].name}"
        for line in self.step.body:
            if line.target not in names:
                names[line.target] = self._new(f"{line.target.name}{suffix}", line.target)
        lines = [Assignment(names[line.target], line.value.xreplace(names)) for line in self.step.body]
        # An output that is no line of its own is a value that the step leaves alone.
        done = {line.target for line in lines}
        return lines + [Assignment(c.after[q], c.before[q]) for q in c.before if c.after[q] not in done]

    def _recorded(self, name: str, coordinates: tuple[Coordinate, ...]) -> sp.Expr:
        if name == "objective" and self.objective is not None:
            return self.objective.value
        known = {q.name: q for c in coordinates for q in c.before.values()}
        if name not in known:
            own = [*known, *([] if self.objective is None else ["objective"])]
            raise KernelError(f"a run has no {name!r} to record; it has {', '.join(own)}")
        return known[name]

    def _constants(
        self, lines: Sequence[Assignment], recorded: Iterable[tuple[str, sp.Expr]]
    ) -> tuple[tuple[Assignment, ...], tuple[Assignment, ...], tuple[tuple[str, sp.Expr], ...]]:
        """Numbers that float64 does not hold, such as 1/3, named: the quotient is then read back as it is."""
        named: dict[sp.Basic, Quantity] = {}

        def visit(e: sp.Basic) -> sp.Basic:
            if isinstance(e, sp.Rational) and not _is_held(e):
                if e not in named:
                    named[e] = self._new("constant")
                return named[e]
            if isinstance(e, sp.Pow) and isinstance(e.exp, sp.Number):
                return visit(e.base) ** e.exp
            return e.func(*(visit(a) for a in e.args)) if e.args else e

        changed = tuple(Assignment(line.target, visit(line.value)) for line in lines)
        kept = tuple((name, visit(value)) for name, value in recorded)
        return tuple(Assignment(target, value) for value, target in named.items()), changed, kept


def _is_held(number: sp.Rational) -> bool:
    """Whether float64 holds a number exactly."""
    return Fraction(float(number)) == Fraction(int(number.p), int(number.q))
