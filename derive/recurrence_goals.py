"""Kinds of goals about runs and recurrences: suprema, step bounds, sequences by induction, stability regions.

As in :mod:`optproof.derive.goal`, a state symbol stands for its value at time t, and in :class:`StepWithin` for the
value before the step, ``after(state)`` for the one after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from .printing import Dialect, claim_notation
from .rule import UpdateRule
from .symbols import Quantity

__all__ = ["AlongRecurrence", "StableIff", "StepWithin", "SupremumIs", "Trial"]


@dataclass(frozen=True)
class Trial:
    """A run on which a claim is tried: values of hyperparameters by symbol, and the gradients of its steps."""

    values: tuple[tuple[sp.Symbol, sp.Rational], ...]
    gradients: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class AlongRecurrence:
    """`condition` holds at every time t >= start of x_start = initial, x_t = following(x_{t-1}, t).

    Attributes
    ----------
    symbols, initial, following : tuples of the same length
        The sequences, their first values and their recurrences, in which a symbol stands for its value at t - 1.
    condition : Boolean
        On the symbols and t.
    lemmas : tuple of conditions
        Proved first, in the same way, and used.
    inputs : tuple of symbols
        Symbols that take a new value, any value, at each step; they occur in `following` only.
    """

    symbols: tuple[Quantity, ...]
    initial: tuple[sp.Expr, ...]
    following: tuple[sp.Expr, ...]
    condition: sp.Basic
    lemmas: tuple[sp.Basic, ...] = ()
    inputs: tuple[Quantity, ...] = ()
    start: int = 1

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = claim_notation(rule, dialect, now=False)
        latex = dialect == "latex"
        becomes = r"\leftarrow" if latex else "<-"
        where = ", ".join(
            f"{notation.write(s)} {becomes} {notation.write(f)}"
            for s, f in zip(self.symbols, self.following, strict=True)
        )
        first = ", ".join(
            f"{notation.write(s)} = {notation.write(e)}" for s, e in zip(self.symbols, self.initial, strict=True)
        )
        counter = rf"t \geq {self.start}" if latex else f"t >= {self.start}"
        if latex:
            from_ = rf"\text{{from }} {first} \text{{ at }} t = {self.start} \text{{ on, with }} {where}"
            return rf"{notation.write(self.condition)} \quad \text{{for all }} {counter}, \; {from_}"
        return f"{notation.write(self.condition)} for all {counter}, from {first} at t = {self.start}, with {where}"


@dataclass(frozen=True)
class StableIff:
    """All roots of `polynomial` in `variable` lie strictly inside the unit circle exactly where `condition` holds."""

    polynomial: sp.Expr
    variable: sp.Symbol
    condition: sp.Basic

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = claim_notation(rule, dialect, now=False)
        polynomial = sp.collect(sp.expand(self.polynomial), self.variable)
        body, region = notation.write(polynomial), notation.write(self.condition)
        if dialect == "latex":
            return rf"{body} = 0 \;\text{{ has all roots in }}\; |z| < 1 \quad \text{{iff}} \quad {region}"
        return f"{body} = 0 has all roots in |z| < 1 iff {region}"


@dataclass(frozen=True)
class SupremumIs:
    """The least upper bound of ``numerator^2 / scale`` over all gradient sequences and times is `value`.

    Attributes
    ----------
    numerator, scale : state symbols
    value : expression
    cleared : Boolean
        ``numerator^2 <= value * scale`` without its denominators.
    gradient : expression in t
        The gradients of a run that approaches the supremum.
    along : tuple of (state, expression in t)
        The closed form of both states on that run.
    ratio, shrinking : expressions
        There, the quotient at time t is ``value * (1 - shrinking^t)``, written as `ratio`; `shrinking` is below 1.
    """

    numerator: Quantity
    scale: Quantity
    value: sp.Expr
    cleared: sp.Basic
    gradient: sp.Expr
    along: tuple[tuple[Quantity, sp.Expr], ...]
    ratio: sp.Expr
    shrinking: sp.Expr

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = claim_notation(rule, dialect, now=True)
        quotient, value = notation.write(self.numerator**2 / self.scale), notation.write(self.value)
        run = notation.write(self.gradient)
        if dialect == "latex":
            return rf"\sup_{{g_1, g_2, \ldots}} {quotient} = {value}, \quad \text{{approached by }} g_t = {run}"
        return f"supremum over all gradient sequences of {quotient} = {value}, approached by g[t] = {run}"


@dataclass(frozen=True)
class StepWithin:
    """No step moves theta by more than `bound` beside its decay: ``|after(theta) - keep theta| <= bound``.

    The other fields are the plan of the proof, see :func:`optproof.derive.prove.step_bound.settle_step_bound`.

    Attributes
    ----------
    bound, keep : expressions
    rate, direction : expressions
        The movement, ``after(theta) = keep theta - rate direction``.
    scale : expression
        What stands under the root in `rate`.
    above, below : expressions
        Such that ``direction^2 below <= above scale``.
    size : expression
        Such that ``rate^2 scale <= size``.
    lemmas : tuple of conditions
        Invariants that are proved first.
    trials : tuple of Trial
        Runs that may break the claim.
    """

    bound: sp.Expr
    keep: sp.Expr
    rate: sp.Expr
    direction: sp.Expr
    scale: sp.Expr
    above: sp.Expr
    below: sp.Expr
    size: sp.Expr
    lemmas: tuple[sp.Basic, ...] = ()
    trials: tuple[Trial, ...] = ()

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = claim_notation(rule, dialect, now=False)
        after_, before = _theta(dialect)
        kept = notation.write(self.keep * rule.theta) if self.keep != 1 else before
        kept = f"({kept})" if self.keep != 1 and dialect == "text" else kept
        if dialect == "latex":
            return rf"\left|{after_} - {kept}\right| \leq {notation.write(self.bound)} \quad \text{{at every step}}"
        return f"|{after_} - {kept}| <= {notation.write(self.bound)} at every step"


def _theta(dialect: Dialect) -> tuple[str, str]:
    return (r"\theta_{t}", r"\theta_{t-1}") if dialect == "latex" else ("theta[t]", "theta[t-1]")
