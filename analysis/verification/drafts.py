"""Rules in the making: lists of assignments that may be edited freely, also into something wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from ...derive.rule import UpdateRule
from ...derive.symbols import Quantity, parameter
from .system import System, of_steps

__all__ = ["Draft", "Edit", "Line"]

Line = tuple[Quantity, sp.Expr]


@dataclass(frozen=True)
class Draft:
    """Assignments in order, with the states and what they start at."""

    name: str
    lines: tuple[Line, ...]
    initial: Mapping[Quantity, sp.Expr]
    hyper: tuple[Quantity, ...]
    defaults: Mapping[str, sp.Rational]

    @classmethod
    def of(cls, rule: UpdateRule) -> Draft:
        """The lines of a rule."""
        return cls(
            rule.name,
            tuple((a.target, a.value) for a in rule.assignments),
            {s.symbol: s.initial for s in rule.state},
            tuple(h.symbol for h in rule.hyper),
            rule.defaults,
        )

    @property
    def states(self) -> tuple[Quantity, ...]:
        """The states."""
        return tuple(self.initial)

    def value(self, target: Quantity) -> sp.Expr | None:
        """What a line assigns."""
        return next((e for q, e in self.lines if q == target), None)

    def with_value(self, target: Quantity, value: sp.Expr) -> Draft:
        """With another right side in one line."""
        return replace(self, lines=tuple((q, value if q == target else e) for q, e in self.lines))

    def mapped(self, change: Callable[[Quantity, sp.Expr], sp.Expr]) -> Draft:
        """With every right side changed."""
        return replace(self, lines=tuple((q, change(q, e)) for q, e in self.lines))

    def with_lines(self, lines: Sequence[Line]) -> Draft:
        """With other lines."""
        return replace(self, lines=tuple(lines))

    def starting_at(self, q: Quantity, value: sp.Expr) -> Draft:
        """With another initial value."""
        return replace(self, initial={**self.initial, q: value})

    def system(self) -> System | None:
        """What one step does; None where a line reads what is not there yet."""
        values: dict[sp.Basic, sp.Basic] = {}
        known = {q for q, _ in self.lines} - {parameter(), *self.initial}
        for q, e in self.lines:
            if any(s in known and s not in values for s in e.free_symbols):
                return None
            values[q] = e.xreplace(values)
        kept = {q: values.get(q, q) for q in (parameter(), *self.initial)}
        # A state that never changes is what it starts at.
        resting: dict[sp.Basic, sp.Basic] = {q: self.initial[q] for q in self.initial if kept[q] == q}
        moving = {q: e.xreplace(resting) for q, e in kept.items() if q not in resting}
        made = of_steps(self.name, moving, {q: e for q, e in self.initial.items() if q not in resting}, self.hyper)
        return replace(made, defaults=self.defaults)


@dataclass(frozen=True)
class Edit:
    """A change of a rule, in words that say what the implementation does."""

    words: str
    draft: Draft
    where: str = ""
