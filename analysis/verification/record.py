"""What a verification found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from ...derive.prove.verdict import Verdict

__all__ = ["FULL_SCOPE", "Counterexample", "Difference", "Verification"]

FULL_SCOPE = "every step, every gradient sequence, all hyperparameters in their domains, lr may change between steps"


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes
    ----------
    output : str
        ``"theta"`` or the rule's state.
    rule, implementation : str
        What each computes.
    explanation : str
        In words that a person recognises.
    proved : bool
        Whether the implementation was proved to be the rule with just this change.
    """

    output: str
    rule: str
    implementation: str
    explanation: str
    proved: bool = False

    def to_json(self) -> dict[str, Any]:
        """The difference with stable keys."""
        return {
            "output": self.output,
            "rule": self.rule,
            "implementation": self.implementation,
            "explanation": self.explanation,
        }


@dataclass(frozen=True)
class Counterexample:
    """A run in exact numbers that ends with two values of theta.

    Attributes
    ----------
    hyper : mapping of name to exact number
    theta : exact number
        Before the first step.
    gradients : tuple of exact numbers
        One for each step up to the one that differs.
    lr : tuple of exact numbers
        The learning rate of each step, where it changes; else empty.
    step : int
        The first step after which theta differs.
    rule, implementation : expressions
        Theta after that step; ``nan`` or ``zoo`` where it is not defined.
    """

    hyper: Mapping[str, sp.Rational]
    theta: sp.Rational
    gradients: tuple[sp.Rational, ...]
    step: int
    rule: sp.Expr
    implementation: sp.Expr
    lr: tuple[sp.Rational, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The run with stable keys; exact numbers are strings."""
        return {
            "hyperparameters": {name: str(value) for name, value in self.hyper.items()},
            "theta": str(self.theta),
            "gradients": [str(g) for g in self.gradients],
            "lr": [str(x) for x in self.lr] or None,
            "step": self.step,
            "rule": str(self.rule),
            "implementation": str(self.implementation),
            "rule_decimal": decimal(self.rule),
            "implementation_decimal": decimal(self.implementation),
        }


def decimal(value: sp.Expr) -> str:
    """An exact number with twelve digits; undefined values in words."""
    if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        return "undefined (not a number)"
    return f"{float(value.evalf(30)):.12g}" if value.is_real is not False else "undefined (root of a negative number)"


@dataclass(frozen=True)
class Verification:
    """An implementation, a rule, and whether they are the same.

    Attributes
    ----------
    target, rule : str
    verdict : Verdict
        PROVED and REFUTED are about `scope`.
    scope : str
        What "the same" means here; hyperparameters that were fixed are named.
    conditions : tuple of str
        The branches of the code that were covered.
    state_map : mapping of slot to its meaning in the rule's states
    differences : tuple of Difference
    counterexample : Counterexample or None
    effect : str
        How large the difference is at the default hyperparameters in float32.
    side_effects : tuple of str
        What the code does beside the step, and what is odd about its interface.
    notes : tuple of str
    reason : str
        For UNKNOWN, why.
    weaker : tuple of str
        Weaker scopes in which they were proved the same.
    methods : tuple of str
    arguments : mapping
        From each hyperparameter of the implementation to the rule's of which it is read, or the value it was given.
    seconds : float
    """

    target: str
    rule: str
    verdict: Verdict
    scope: str = FULL_SCOPE
    conditions: tuple[str, ...] = ()
    state_map: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    counterexample: Counterexample | None = None
    effect: str = ""
    side_effects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
    weaker: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    arguments: Mapping[str, str | sp.Rational] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The record with the stable keys of the command line's ``--json``."""
        return {
            "target": self.target,
            "rule": self.rule,
            "verdict": self.verdict.name,
            "scope": self.scope,
            "conditions": list(self.conditions),
            "state_map": dict(self.state_map),
            "differences": [d.to_json() for d in self.differences],
            "counterexample": None if self.counterexample is None else self.counterexample.to_json(),
            "side_effects": list(self.side_effects),
            "seconds": round(self.seconds, 3),
            "effect": self.effect or None,
            "weaker": list(self.weaker),
            "notes": list(self.notes),
            "reason": self.reason or None,
            "arguments": {name: str(value) for name, value in self.arguments.items()},
        }

    def __repr__(self) -> str:
        return f"<Verification {self.target} against {self.rule}: {self.verdict.name}>"
