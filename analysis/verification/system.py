"""Rules and implementations as one kind of thing: what one step makes of theta and the states, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from ...derive.relations import replaced
from ...derive.rule import UpdateRule
from ...derive.sequence import initial_state, one_step
from ...derive.symbols import Quantity, parameter, step_counter
from ..trace.branches import settled
from ..trace.record import THETA, Path, Traced

__all__ = ["Case", "System", "of_rule", "of_traced"]


@dataclass(frozen=True)
class Case:
    """What a step does where `conditions` hold."""

    conditions: tuple[sp.Basic, ...]
    after: Mapping[Quantity, sp.Expr]
    divisors: tuple[sp.Expr, ...] = ()

    def with_values(self, values: Mapping[sp.Basic, sp.Basic]) -> Case | None:
        """The case with symbols replaced; None if its conditions cannot hold then."""
        conditions = [replaced(c, values) for c in self.conditions]
        decided = [settled(c) for c in conditions]
        if False in decided:
            return None
        return Case(
            tuple(c for c, d in zip(conditions, decided, strict=True) if d is None),
            {q: e.xreplace(dict(values)) for q, e in self.after.items()},
            tuple(d.xreplace(dict(values)) for d in self.divisors),
        )


@dataclass(frozen=True)
class System:
    """An optimizer as cases of one step.

    Attributes
    ----------
    name : str
    states : tuple of Quantity
    cases : tuple of Case
        A step from any state that was reached after at least one step.
    first : tuple of Case
        The first step, t = 1, in theta, g and hyperparameters.
    hyper : tuple of Quantity
    defaults : mapping of name to exact number
    initial : mapping
        The states before the first step, where they have a value.
    facts : tuple of conditions
        Invariants of the states.
    doubt : str
        Why nothing is proved of it, though runs of it may show something; empty if there is no such reason.
    """

    name: str
    states: tuple[Quantity, ...]
    cases: tuple[Case, ...]
    first: tuple[Case, ...]
    hyper: tuple[Quantity, ...]
    defaults: Mapping[str, sp.Rational] = field(default_factory=dict)
    initial: Mapping[Quantity, sp.Expr] = field(default_factory=dict)
    facts: tuple[sp.Basic, ...] = ()
    doubt: str = ""

    @property
    def theta(self) -> Quantity:
        """The parameter."""
        return parameter()

    @cached_property
    def symbols(self) -> set[sp.Symbol]:
        """Every symbol that has an effect on theta."""
        live = {self.theta, *self.live}
        return set().union(
            *(c.after[q].free_symbols for c in (*self.cases, *self.first) for q in live if q in c.after),
            *(c.free_symbols for case in (*self.cases, *self.first) for c in case.conditions),
        )

    @cached_property
    def live(self) -> tuple[Quantity, ...]:
        """The states that theta depends on, directly or through others."""
        needed: set[sp.Symbol] = {self.theta}
        while True:
            more = set(needed)
            for case in self.cases:
                for condition in case.conditions:
                    more |= condition.free_symbols
                for q, e in case.after.items():
                    if q in needed:
                        more |= e.free_symbols
            if more == needed:
                return tuple(s for s in self.states if s in needed)
            needed = more

    def with_values(self, values: Mapping[sp.Basic, sp.Basic]) -> System:
        """The system with hyperparameters set or renamed."""
        if not values:
            return self

        def settle(cases: Iterable[Case]) -> tuple[Case, ...]:
            return tuple(c for c in (case.with_values(values) for case in cases) if c is not None)

        renamed = [values.get(h, h) for h in self.hyper]
        return replace(
            self,
            cases=settle(self.cases),
            first=settle(self.first),
            hyper=tuple(h for h in renamed if isinstance(h, Quantity)),
            defaults={
                str(values.get(h, h)): self.defaults[h.name]
                for h in self.hyper
                if h.name in self.defaults and isinstance(values.get(h, h), Quantity)
            },
            initial={q: e.xreplace(dict(values)) for q, e in self.initial.items()},
            facts=tuple(replaced(f, values) for f in self.facts),
        )


def of_steps(
    name: str, steps: Mapping[Quantity, sp.Expr], initial: Mapping[Quantity, sp.Expr], hyper: Sequence[Quantity]
) -> System:
    """A system with one case, from its one-step map and its start."""
    start: dict[sp.Basic, sp.Basic] = {**initial, step_counter(): sp.Integer(1)}
    first = {q: e.xreplace(start) for q, e in steps.items()}
    states = tuple(q for q in steps if q != parameter())
    return System(name, states, (Case((), steps),), (Case((), first),), tuple(hyper), initial=dict(initial))


def of_rule(rule: UpdateRule, facts: tuple[sp.Basic, ...] = ()) -> System:
    """A rule as a system."""
    made = of_steps(rule.name, one_step(rule), initial_state(rule), [h.symbol for h in rule.hyper])
    return replace(made, defaults=rule.defaults, facts=facts)


def of_traced(traced: Traced) -> System:
    """An implementation as a system."""

    def cases(paths: Sequence[Path]) -> tuple[Case, ...]:
        names = {THETA: parameter(), **traced.state}
        undefined = {parameter(): sp.nan}
        return tuple(
            Case(
                p.conditions,
                {names[n]: e for n, e in p.outputs.items() if n in names} | (undefined if 0 in p.divisors else {}),
                p.divisors,
            )
            for p in paths
        )

    later = cases(traced.paths)
    first = cases(traced.first) if traced.first else _from_start(later, traced)
    return System(
        traced.target,
        tuple(traced.state.values()),
        later,
        first,
        tuple(traced.hyper.values()),
        {traced.hyper[n].name: v for n, v in traced.defaults.items() if n in traced.hyper},
        {traced.state[n]: e for n, e in traced.initial.items() if n in traced.state},
        doubt=traced.doubt,
    )


def _from_start(cases: Sequence[Case], traced: Traced) -> tuple[Case, ...]:
    start: dict[sp.Basic, sp.Basic] = {traced.state[n]: e for n, e in traced.initial.items()}
    start[step_counter()] = sp.Integer(1)
    return tuple(c for c in (case.with_values(start) for case in cases) if c is not None)
