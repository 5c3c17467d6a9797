"""Why normalised steps are bounded: a weighted sum of gradients beside the root of a weighted sum of their squares."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, le
from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, POSITIVE, Quantity
from .subjects import LARGEST_STEP

__all__ = ["claims"]

# What is said of any weights stands with the rule whose bounds rest on it.
_ABOUT_WEIGHTS = "adam"


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The bound for any weights and any number of gradients, when it is attained, and what it exceeds 1 by."""
    if rule.name == _ABOUT_WEIGHTS:
        yield _bound(rule)
        yield _attained(rule)
        yield _excess(rule)


def _cauchy_schwarz() -> Source:
    return Source("Cauchy & Schwarz", 1821, "the inequality that bears their names")


def _terms() -> tuple[Quantity, Quantity, Quantity]:
    """A gradient's weight in the numerator, its weight under the root, and the gradient."""
    return (
        Quantity("w", latex="w_j", meaning="weight of a gradient in the numerator"),
        Quantity("q", POSITIVE, "q_j", meaning="weight of its square under the root"),
        Quantity("g_j", latex="g_j", meaning="the gradient"),
    )


def _sums() -> tuple[Quantity, Quantity, Quantity]:
    return (
        Quantity("N", latex="N", meaning="sum of w g"),
        Quantity("S", NONNEGATIVE, "S", meaning="sum of q g^2"),
        Quantity("P", NONNEGATIVE, "P", meaning="sum of w^2 / q"),
    )


def _bound(rule: UpdateRule) -> Claim:
    w, q, g = _terms()
    numerator, scale, most = _sums()
    zero = sp.Integer(0)
    return Claim(
        "weighted-sum-bound",
        LARGEST_STEP,
        "For any weights and gradients, the square of N, the sum of w g, is at most P, the sum of w^2 / q, times S, "
        "the sum of q g^2. So the ratio of a weighted sum to a weighted root mean square is at most the root of P.",
        rule,
        AlongRecurrence(
            (numerator, scale, most),
            (zero, zero, zero),
            (numerator + w * g, scale + q * g**2, most + w**2 / q),
            le(numerator**2, most * scale),
            inputs=(w, q, g),
            start=0,
        ),
        derived=sp.sqrt(most),
        source=_cauchy_schwarz(),
        published=sp.sqrt(most),
        relation="equal",
        typed=True,
        seed=("S2", "S10"),
    )


def _attained(rule: UpdateRule) -> Claim:
    """With g = k w / q both sides are equal, for any weights."""
    w, q, _ = _terms()
    numerator, scale, most = _sums()
    factor, zero = Quantity("k", latex="k", meaning="any number"), sp.Integer(0)
    gradient = factor * w / q
    return Claim(
        "weighted-sum-bound-attained",
        LARGEST_STEP,
        "It is attained by the gradients in proportion to w / q, whatever the weights are.",
        rule,
        AlongRecurrence(
            (numerator, scale, most),
            (zero, zero, zero),
            (numerator + w * gradient, scale + q * gradient**2, most + w**2 / q),
            eq(numerator**2, most * scale),
            (eq(numerator, factor * most), eq(scale, factor**2 * most)),
            inputs=(w, q),
            start=0,
        ),
        derived=gradient,
        source=_cauchy_schwarz(),
        seed=("S2",),
    )


def _excess(rule: UpdateRule) -> Claim:
    w, q, _ = _terms()
    most = _sums()[2]
    above = Quantity("W", latex="W", meaning="sum of w")
    below = Quantity("Q", latex="Q", meaning="sum of q")
    distance = Quantity("X", NONNEGATIVE, r"\chi^2", meaning="sum of (w - q)^2 / q")
    zero = sp.Integer(0)
    return Claim(
        "weighted-sum-bound-above-one",
        LARGEST_STEP,
        "P - 2 W + Q is X, the sum of (w - q)^2 / q, with W and Q the sums of the weights. Where both sets of weights "
        "add up to 1, the bound exceeds 1 by their chi-squared distance X: it is 1 exactly if they are the same.",
        rule,
        AlongRecurrence(
            (most, above, below, distance),
            (zero, zero, zero, zero),
            (most + w**2 / q, above + w, below + q, distance + (w - q) ** 2 / q),
            eq(most - 2 * above + below, distance),
            inputs=(w, q),
            start=0,
        ),
        derived=distance,
        seed=("S10",),
    )
