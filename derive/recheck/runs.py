"""Runs of a rule with its hyperparameters set, in exact numbers or in symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from .expression import Expression, replace
from .rules import COUNTER, GRADIENT, THETA, Rule

__all__ = ["Machine", "Values"]

Values: TypeAlias = dict[Expression, Expression]


@dataclass(frozen=True)
class Machine:
    """A rule and what its hyperparameters are set to, in other symbols and in t.

    Every step is told the values of these other symbols, which may change.
    """

    rule: Rule
    settings: Mapping[Expression, Expression]

    def start(self, theta: Expression, now: Values) -> Values:
        """Theta and the states before the first step."""
        begun = {name: replace(e, dict(self.settings)) for name, e in self.rule.initial.items()}
        return {THETA: theta, **{name: replace(e, {**now, COUNTER: Fraction(0)}) for name, e in begun.items()}}

    def hyper(self, now: Values) -> Values:
        """The values of the hyperparameters."""
        return {name: replace(self.settings.get(name, name), now) for name in self.rule.hyper}

    def point(self, state: Values, count: int, now: Values) -> Expression:
        """Where the gradient of a step is asked for."""
        return replace(self.rule.gradient_at, self._inputs(state, count, now))

    def advance(self, state: Values, gradient: Expression, count: int, now: Values) -> Values:
        """Theta and the states after one step."""
        inputs = {**self._inputs(state, count, now), GRADIENT: gradient}
        return {name: replace(e, inputs) for name, e in self.rule.step.items()}

    def _inputs(self, state: Values, count: int, now: Values) -> Values:
        counter: Values = {COUNTER: Fraction(count)}
        return {**self.hyper({**now, **counter}), **counter, **state}
