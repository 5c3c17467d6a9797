"""Settling claims about the spacing of the numbers of a format: what rounds to 1, and which sums change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from ..floating import FORMATS
from ..rounding_goals import AbsorbedIff, RoundsToOneIff
from .condition import Finding
from .rounded_values import to_fraction, to_rational
from .rounding import ENUMERABLE, EVERY_NUMBER, EXACT
from .verdict import ProofStep, Verdict

__all__ = ["settle_absorbed", "settle_rounds_to_one"]

_UNCONDITIONAL = Finding(Verdict.UNKNOWN, "none", reason="a claim of this kind takes no hypotheses")


def settle_rounds_to_one(goal: RoundsToOneIff, hypotheses: Sequence[sp.Basic]) -> Finding:
    """Settle which real numbers up to 1 are rounded to 1.

    Let p be the number below 1 and m their midpoint.  What lies between p and m is nearer to p, and what lies below p
    is not rounded above p, so no number below m is rounded to 1; what lies above m is nearer to 1.  So it is enough
    that the threshold is m and that m itself, a tie, is rounded to 1; another threshold is refuted by a number between.
    """
    if hypotheses:
        return _UNCONDITIONAL
    form = FORMATS[goal.arithmetic]
    below = form.below(Fraction(1))
    middle, threshold = (below + 1) / 2, to_fraction(goal.threshold)
    if middle == threshold and form.round(middle) == 1:
        words = f"The number below 1 is {below}; the midpoint, {middle}, is a tie, and 1 is the even one."
        return Finding(Verdict.PROVED, EXACT, (ProofStep(words, kind="evaluation", formal=f"{below}, {middle}, 1"),))
    for number in (threshold, middle, (middle + threshold) / 2):
        if number <= 1 and (form.round(number) == 1) != (number >= threshold):
            witness = {goal.symbol.name: sp.Rational(number.numerator, number.denominator)}
            return Finding(Verdict.REFUTED, EXACT, witness=witness)
    return Finding(Verdict.UNKNOWN, EXACT, reason="neither end decides it")


def settle_absorbed(goal: AbsorbedIff, hypotheses: Sequence[sp.Basic]) -> Finding:
    """Settle which real numbers are lost when they are added to a number of a format with few.

    Between two adjacent numbers, rounding is constant on each side of their midpoint.  So for every theta it is enough
    to try d at half the way to the neighbour, at a quarter and at three quarters of it, on both sides; beyond the
    neighbour the sum is not rounded back past it.  The claimed half distance is tried too.  Rounding treats a number
    and its negative alike, so theta and d with both signs reversed need no trial of their own.  Beyond the largest
    number, where sums overflow, the spacing goes on.
    """
    if hypotheses:
        return _UNCONDITIONAL
    form = FORMATS[goal.arithmetic]
    if 2 * form.largest > ENUMERABLE:
        reason = f"{form.name} has too many numbers to try them all"
        return Finding(Verdict.UNKNOWN, EVERY_NUMBER, reason=reason)
    numbers = [form.units(place) for place in range(-1, form.largest + 2)]
    one = form.ordinal(Fraction(1))
    count = 0
    # From 1 on, where a counterexample is easiest to read.
    for place in (*range(one, form.largest + 1), *range(one)):
        before, theta, following = numbers[place : place + 3]
        for side, beside in ((-1, theta - before), (1, following - theta)):
            claimed = following - theta if goal.one_spacing else beside
            # In quarters of the smallest positive number, so that all these are integers.
            for d in (beside, 2 * beside, 3 * beside, 2 * claimed)[: 4 if goal.one_spacing else 3]:
                lost = form.nearest(4 * theta + side * d, 4) == theta
                small = d < 2 * claimed or (d == 2 * claimed and place % 2 == 0)
                if lost != small:
                    values = {"theta": to_rational(theta, form), "d": to_rational(side * d, form) / 4}
                    return Finding(Verdict.REFUTED, EVERY_NUMBER, witness=values)
                count += 1
    words = (
        f"For each of the {form.largest + 1} finite {form.name} numbers without a minus sign, on both sides, at every "
        f"point where the rounding changes and between them: {count} exact sums.  Negative numbers mirror them."
    )
    return Finding(Verdict.PROVED, EVERY_NUMBER, (ProofStep(words, kind="evaluation", formal=f"{count} sums"),))
