"""Positive away from a zero: a function of one number whose derivative points away from where it vanishes.

The argument.  On an interval a differentiable function that is zero at an anchor (in it, or one of its ends, where it
is continuous), rises above it and falls below it is positive everywhere else, by the mean value theorem.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..monotone_goals import PositiveBeyond
from ..relations import eq, gt, negation
from .condition import Finding, settle_condition
from .exact import exact_sign, sample_points
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["derivative_away", "settle_positive_beyond"]

_METHOD = "sign of the derivative"
_POINTS = 40


def settle_positive_beyond(goal: PositiveBeyond, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    """Prove that the expression is zero at the anchor and moves away from zero on both sides; or find where it is not.

    The obligations are ``expression = 0`` at the anchor, and ``derivative (symbol - anchor) > 0`` elsewhere.
    """
    obstacle = _obstacle(goal, hypotheses)
    if obstacle:
        return Finding(Verdict.UNKNOWN, _METHOD, reason=obstacle)
    away, slope = derivative_away(goal)
    steps: list[ProofStep] = []
    start = goal.expression.xreplace({goal.symbol: goal.anchor})
    for condition, given, words in (
        (eq(start, 0), (), "At the anchor it is zero."),
        (slope, (away,), "Everywhere else its derivative points away from the anchor."),
    ):
        finding = settle_condition(condition, given, solver, words=words, seek_witness=False)
        if not finding.proved:
            witness = _not_positive(goal)
            if witness is not None:
                return Finding(Verdict.REFUTED, "exact evaluation", witness=witness)
            return Finding(Verdict.UNKNOWN, _METHOD, reason=f"not shown: {words} {finding.reason}")
        steps += finding.steps
    return Finding(Verdict.PROVED, _METHOD, tuple(steps))


def derivative_away(goal: PositiveBeyond) -> tuple[sp.Basic, sp.Basic]:
    """That the symbol is not the anchor, and that the derivative points away from the anchor there."""
    slope = sp.together(sp.diff(goal.expression, goal.symbol))
    return negation(eq(goal.symbol, goal.anchor)), gt(slope * (goal.symbol - goal.anchor), 0)


def _obstacle(goal: PositiveBeyond, hypotheses: Sequence[sp.Basic]) -> str:
    """Why the argument does not apply; empty if it does."""
    domain, symbol = goal.symbol.domain, goal.symbol
    if hypotheses or goal.expression.free_symbols != {symbol}:
        return "the expression must speak of one number only, under no hypotheses"
    if domain.integer or domain.lower is None or domain.lower < 0 or goal.anchor <= 0:
        return "the number must range over an interval of positive numbers"
    if (not domain.lower_open and domain.lower == 0) or not _touches(goal):
        return "the anchor must lie in the domain or at its end, and zero outside"
    plain = goal.expression.xreplace({log: sp.Integer(0) for log in goal.expression.atoms(sp.log)})
    logarithms = all(log.args == (symbol,) for log in goal.expression.atoms(sp.log))
    rational = plain.is_rational_function(symbol) and sp.diff(goal.expression, symbol).is_rational_function(symbol)
    if not (logarithms and rational):
        return "the expression must be rational but for logarithms of the number itself"
    poles = (
        sp.real_roots(sp.Poly(sp.denom(sp.together(plain)), symbol)) if sp.denom(sp.together(plain)).has(symbol) else []
    )
    return "the expression has a pole" if any(pole != 0 for pole in poles) else ""


def _touches(goal: PositiveBeyond) -> bool:
    domain = goal.symbol.domain
    return bool(
        domain.lower is not None
        and goal.anchor >= domain.lower
        and (domain.upper is None or goal.anchor <= domain.upper)
    )


def _not_positive(goal: PositiveBeyond) -> dict[str, sp.Basic] | None:
    for point in sample_points([goal.symbol], _POINTS):
        if point[goal.symbol] != goal.anchor and exact_sign(goal.expression.xreplace(point)) in (0, -1):
            return {goal.symbol.name: point[goal.symbol]}
    return None
