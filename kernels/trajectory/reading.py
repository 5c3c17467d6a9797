"""Read a printed trajectory module back, and prove that it does what the rule and the objective say.

The loops are compared with the text that they must have.  What stands in them is read as expressions, one lane at a
time: the start, one step from any values, and what is recorded.  By induction over the steps every lane is a run of the
rule, from its initial state.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import sympy as sp

from ...derive import Quantity
from ...derive.prove.verdict import Verdict
from ..errors import KernelError
from ..expression_reading import read_expression
from ..passes import OutputProof, ProgramProof, Settled, prove_program
from .printing import WIDTH, arguments, python_names, signature
from .program import Coordinate, TrajectoryProgram

__all__ = ["prove_trajectories"]

_DECORATOR = "njit(SIGNATURE, cache=True, error_model='numpy', nogil=True)"
_LANES, _STEPS, _BLOCKS = "i in range(count)", "step in range(1, steps + 1)", "corner in range(first, last, WIDTH)"
Values = dict[str, sp.Basic]


def prove_trajectories(source: str, program: TrajectoryProgram) -> ProgramProof:
    """Prove that `source` runs the rule of `program` on its objective.

    Only the rule, the objective, the names and the order of the rows are taken from `program`, not its lines.

    Raises
    ------
    KernelError
        If the source has another form than the printer's, or an output is not proved.
    """
    try:
        return _Reading(ast.parse(source), program).proof()
    except KernelError:
        raise
    except (SyntaxError, KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise KernelError(
            f"the source for {program.rule.name!r} is no module as the printer writes it: {error}"
        ) from error


@dataclass(frozen=True)
class _Loops:
    """The parts of the compiled function."""

    start: list[ast.stmt]
    shared: list[ast.stmt]
    step: list[ast.stmt]
    record: list[ast.stmt]
    end: list[ast.stmt]


class _Reading:
    def __init__(self, module: ast.Module, program: TrajectoryProgram) -> None:
        self.program, self.rule = program, program.rule
        self.names = python_names(program)
        self.rows = (*program.kept, *program.varying)
        self.proved: list[OutputProof] = []
        self.assignable = {*self.names.values(), *(f"work[{row}, i]" for row in range(len(self.rows)))}
        _require_frame(module, program, len(self.rows))
        self.loops = self._loops(module)

    def _loops(self, module: ast.Module) -> _Loops:
        """The loops, which must be those of the printer, and nothing else in the module."""
        (function,) = (node for node in module.body if isinstance(node, ast.FunctionDef))
        _require(ast.unparse(function.args) == ", ".join(arguments(self.program)), "the arguments")
        _require([ast.unparse(d) for d in function.decorator_list] == [_DECORATOR], "the decorator")
        words, work, blocks = function.body
        _require(_is_text(words), "the docstring")
        _require(ast.unparse(work) == "work = np.empty((ROWS, WIDTH))", "the working rows")
        count, start, steps, end = _inside(blocks, _BLOCKS)
        _require(ast.unparse(count) == "count = min(WIDTH, last - corner)", "the size of a block")
        counter, *inner = _inside(steps, _STEPS)
        _require(ast.unparse(counter) == f"{self.names[self.rule.step_counter]} = np.float64(step)", "the step counter")
        record: list[ast.stmt] = []
        if self.program.recorded:
            *inner, last = inner
            _require(isinstance(last, ast.If) and not last.orelse, "the recording")
            _require(ast.unparse(last.test) == "step % every == 0", "the recording")  # type: ignore[attr-defined]
            (loop,) = last.body  # type: ignore[attr-defined]
            record = _inside(loop, _LANES)
        *shared, lanes = inner
        if self.program.objective is None:
            *shared, now = shared
            _require(ast.unparse(now) == "now = gradients[step - 1, corner:corner + count]", "the gradients")
        return _Loops(_inside(start, _LANES), shared, _inside(lanes, _LANES), record, _inside(end, _LANES))

    def proof(self) -> ProgramProof:
        """The start, the step, what is recorded and what is handed out."""
        self._prove_start()
        self._prove_step()
        self._prove_record()
        ends = [f"final[{k}, corner + i] = work[{k}, i]" for k in range(len(self.program.final))]
        _require([ast.unparse(s) for s in self.loops.end] == ends, "what is handed out")
        return ProgramProof("the printed module, read back,", tuple(self.proved))

    def _follow(
        self,
        statements: Iterable[ast.stmt],
        values: Values,
        lemmas: Mapping[str, Callable[[sp.Basic], sp.Basic]] | None = None,
        assignable: set[str] | None = None,
    ) -> None:
        """Follow assignments; a name is assigned once, so that no lane sees what another one left behind."""
        for statement in statements:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                raise KernelError(f"the printed module holds {ast.unparse(statement)!r}, which is no assignment")
            target = ast.unparse(statement.targets[0])
            _require(target in (assignable or self.assignable), f"the assignment to {target}")
            again = isinstance(statement.targets[0], ast.Name) and target in values
            _require(not again, f"the second assignment to {target}")
            value = read_expression(statement.value, values)
            values[target] = lemmas[target](value) if lemmas and target in lemmas else value

    def _scalars(self) -> Values:
        return {self.names[q]: q for q in self.program.uniform}

    def _prove_start(self) -> None:
        """Every lane begins where it is told to, with the states at their initial values."""
        values = self._scalars()
        values |= {f"begin[{k}, corner + i]": q for k, q in enumerate(self.program.kept) if k < len(self._positions())}
        values |= {f"given[{k}, corner + i]": q for k, q in enumerate(self.program.varying)}
        self._follow(self.loops.start, values)
        wanted: list[sp.Expr] = list(self._positions())
        wanted += [s.initial for _ in self.program.coordinates for s in self.rule.state]
        wanted += [sp.Integer(1) for _ in self.program.powers] + list(self.program.varying)
        for row, (q, value) in enumerate(zip(self.rows, wanted, strict=True)):
            self._settle(f"the start of {q}", values[f"work[{row}, i]"], value)

    def _positions(self) -> tuple[Quantity, ...]:
        return tuple(c.before[self.rule.theta] for c in self.program.coordinates)

    def _prove_step(self) -> None:
        t = self.rule.step_counter
        values: Values = {**self._scalars(), self.names[t]: t}
        self._follow(self.loops.shared, values)
        kept = {q: f"work[{row}, i]" for row, q in enumerate(self.rows)}
        # What the induction assumes: before step t a power stands at t - 1.
        values |= {place: q for q, place in kept.items()}
        values |= {kept[p.before]: p.base ** (t - 1) for p in self.program.powers}
        self._follow(self.loops.step, values, self._lemmas(values))
        for p in self.program.powers:
            _require(values[kept[p.before]] == p.base**t, f"the power {p.base}**t that is kept")
        for q in self.program.varying:
            _require(values[kept[q]] == q, f"{q}, which no step may change,")
        settled: Settled = {}
        for c in self.program.coordinates:
            self._prove_coordinate(c, {q: values[kept[here]] for q, here in c.before.items()}, settled)

    def _lemmas(self, values: Values) -> dict[str, Callable[[sp.Basic], sp.Basic]]:
        """What is shown of a line by itself, and what its name stands for afterwards.

        A line for a derivative is compared with the derivative, and is the gradient g of its coordinate from then on.
        """
        t, goal, theta = self.rule.step_counter, self.program.objective, self.rule.theta
        wanted: dict[Quantity, tuple[str, sp.Expr, sp.Expr]] = {
            p.now: (f"the power {p.base}**t", p.base**t, p.base**t) for p in self.program.powers
        }
        if goal is None:
            values["now[i]"] = self.program.coordinates[0].gradient
        else:
            ahead = {c.before[theta]: self.rule.gradient_at.xreplace(dict(c.before)) for c in self.program.coordinates}
            for c, derivative in zip(self.program.coordinates, goal.gradient, strict=True):
                wanted[c.gradient] = (f"the derivative {c.gradient}", derivative.xreplace(ahead), c.gradient)

        def shown(value: sp.Basic, what: str, equal: sp.Expr, name: sp.Expr) -> sp.Basic:
            self._settle(what, value, equal)
            return name

        return {
            self.names[q]: partial(shown, what=what, equal=equal, name=name)
            for q, (what, equal, name) in wanted.items()
        }

    def _prove_coordinate(self, c: Coordinate, after: Mapping[Quantity, sp.Basic], settled: Settled) -> None:
        """In the names of the rule, what one coordinate computes is the rule; it reads no other coordinate."""
        names = {here: q for q, here in c.before.items()} | {c.gradient: self.rule.gradient}
        allowed = {*names, *self.program.varying, *self.program.uniform, self.rule.step_counter}
        for q, value in after.items():
            _require(value.free_symbols <= allowed, f"what {c.before[q]} becomes")
        computed = {q: value.xreplace(names) for q, value in after.items()}
        self.proved += prove_program(self.rule, computed, f"the step of {c.before[self.rule.theta]}", settled).outputs

    def _prove_record(self) -> None:
        """What is recorded, from the values after the step."""
        values: Values = {**self._scalars(), self.names[self.rule.step_counter]: self.rule.step_counter}
        self._follow(self.loops.shared, values)
        values |= {f"work[{row}, i]": q for row, q in enumerate(self.program.kept)}
        places = {f"record[{k}, step // every - 1, corner + i]" for k in range(len(self.program.recorded))}
        self._follow(self.loops.record, values, assignable={*self.names.values(), *places})
        for place, (name, _) in enumerate(self.program.recorded):
            goal = self.program.objective
            known: dict[str, sp.Expr] = {q.name: q for c in self.program.coordinates for q in c.before.values()}
            wanted = goal.value if goal is not None and name == "objective" else known[name]
            self._settle(f"the recorded {name}", values[f"record[{place}, step // every - 1, corner + i]"], wanted)

    def _settle(self, what: str, found: sp.Basic, wanted: sp.Expr) -> None:
        from ...derive.prove import prove_identity

        identity = prove_identity(found, wanted)
        if identity.verdict is not Verdict.PROVED:
            raise KernelError(
                f"{what} in the trajectory kernel of {self.rule.name!r} is not proved: {found} is not shown to be "
                f"{wanted} ({identity.verdict.value}); no kernel is made of it"
            )
        self.proved.append(OutputProof(what, identity.verdict, identity.method, identity.formal, identity.seconds))


def _require_frame(module: ast.Module, program: TrajectoryProgram, rows: int) -> None:
    """Beside the docstring and the function, the module is what the printer puts there."""
    allowed = {"import math", "import numpy as np", "from numba import float64, intp, njit, void"}
    allowed |= {f"ROWS = {rows}", f"WIDTH = {WIDTH}", f"SIGNATURE = {signature(program)}"}
    _require(_is_text(module.body[0]), "the docstring")
    for node in module.body[1:]:
        _require(isinstance(node, ast.FunctionDef) or ast.unparse(node) in allowed, repr(ast.unparse(node)))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _inside(node: ast.stmt, header: str) -> list[ast.stmt]:
    _require(isinstance(node, ast.For) and not node.orelse, "a loop")
    found = f"{ast.unparse(node.target)} in {ast.unparse(node.iter)}"  # type: ignore[attr-defined]
    _require(found == header, f"the loop over {found}")
    return node.body  # type: ignore[attr-defined]


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise KernelError(f"{what} of the printed module is not as the printer writes it")
