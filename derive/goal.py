"""What a claim can state, as data.  The tactics that settle each kind live in :mod:`optproof.derive.prove`.

A state symbol stands for its value at time t, except in :class:`EachStep`, where it stands for the value before the
step and ``after(state)`` for the one after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import sympy as sp

from .comparison_goals import AgreesOnlyFor, ComparisonGoal, Equivalent, KeepsTheta, ScalesAs, Superposes
from .monotone_goals import PositiveBeyond
from .printing import Dialect, Notation, claim_notation
from .recurrence_goals import AlongRecurrence, StableIff, StepWithin, SupremumIs, Trial
from .rounding_goals import AbsorbedIff, Computed, ComputedRun, RoundingGoal, RoundsToOneIff
from .rule import UpdateRule

__all__ = ["ClosedForm", "DependsOn", "EachStep", "Equal", "Goal", "Holds", "Invariant", "LimitIs"]


@dataclass(frozen=True)
class Equal:
    """``left = right`` for all values in the domains; `label` stands for the left side when it is written."""

    left: sp.Expr
    right: sp.Expr
    label: str = ""
    label_text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Holds:
    """`condition` holds for all values in the domains."""

    condition: sp.Basic


@dataclass(frozen=True)
class Invariant:
    """`condition` on the states holds at every time t >= 1, for every gradient sequence the hypotheses allow.

    `lemmas` are invariants under the same hypotheses, proved first and used.
    """

    condition: sp.Basic
    lemmas: tuple[sp.Basic, ...] = ()


@dataclass(frozen=True)
class EachStep:
    """`condition` relates the states before each step, those after it and the gradient, along every run.

    `lemmas` are invariants under the same hypotheses, proved first and used; `trials` are runs that may break it.
    """

    condition: sp.Basic
    lemmas: tuple[sp.Basic, ...] = ()
    trials: tuple[Trial, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class LimitIs:
    """`expression` tends to `value` as `symbol` tends to `point`."""

    expression: sp.Expr
    symbol: sp.Symbol
    point: sp.Expr
    value: sp.Expr


@dataclass(frozen=True)
class ClosedForm:
    """The sequence x_0 = initial, x_t = following(x_{t-1}) is `formula` at every t.

    `following` is an expression in `symbol`, which stands for x_{t-1}, in t and in functions of t such as ``g(t)``;
    `formula` is an expression in t that may hold one Sum over i from 1 to t.
    """

    symbol: sp.Symbol
    initial: sp.Expr
    following: sp.Expr
    formula: sp.Expr
    label: str = ""
    label_text: str = field(default="", compare=False)


@dataclass(frozen=True)
class DependsOn:
    """`expression` depends on each of `symbols`, and on nothing else."""

    expression: sp.Expr
    symbols: tuple[sp.Symbol, ...]


Goal: TypeAlias = (
    Equal
    | Holds
    | Invariant
    | EachStep
    | LimitIs
    | ClosedForm
    | DependsOn
    | AlongRecurrence
    | StableIff
    | StepWithin
    | SupremumIs
    | PositiveBeyond
    | ComparisonGoal
    | RoundingGoal
)


def write_goal(goal: Goal, rule: UpdateRule, dialect: Dialect) -> str:
    """The goal as a formula in the notation of `rule`."""
    latex = dialect == "latex"
    step = claim_notation(rule, dialect, now=not isinstance(goal, (EachStep, Equal, DependsOn)))
    match goal:
        case Equal(left, right):
            label = goal.label if latex else goal.label_text or goal.label
            return f"{label or step.write(left)} = {step.write(right)}"
        case Holds(condition):
            return step.write(condition)
        case Invariant(condition):
            return step.write(condition) + (r" \quad \text{for all } t \geq 1" if latex else " for all t >= 1")
        case EachStep(condition):
            return step.write(condition) + (r" \quad \text{at every step}" if latex else " at every step")
        case LimitIs():
            return _limit(goal, step, latex=latex)
        case ClosedForm():
            left = goal.label if latex else goal.label_text or goal.label
            return f"{left} = {step.write(goal.formula)}"
        case AlongRecurrence() | StableIff() | StepWithin() | SupremumIs() | PositiveBeyond():
            return goal.written(rule, dialect)
        case Equivalent() | AgreesOnlyFor() | ScalesAs() | Superposes() | KeepsTheta():
            return goal.written(rule, dialect)
        case AbsorbedIff() | Computed() | ComputedRun() | RoundsToOneIff():
            return goal.written(rule, dialect)
        case DependsOn(expression, symbols):
            listed = ", ".join(step.write(s) for s in symbols) or ("\\text{nothing}" if latex else "nothing")
            joint = r" \text{ depends exactly on } " if latex else " depends exactly on "
            return step.write(expression) + joint + listed


def _limit(goal: LimitIs, notation: Notation, *, latex: bool) -> str:
    body, symbol, value = (notation.write(e) for e in (goal.expression, goal.symbol, goal.value))
    if latex:
        return rf"\lim_{{{symbol} \to {sp.latex(goal.point)}}} {body} = {value}"
    return f"limit of {body} as {symbol} -> {goal.point} is {value}"
