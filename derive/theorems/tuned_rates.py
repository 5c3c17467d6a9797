"""The published best settings of linear rules on a quadratic whose curvatures lie between m and L."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds
from ..linearised import CURVATURE, ROOT, Linearised, linearised
from ..relations import ge, le
from ..rule import UpdateRule
from ..symbols import POSITIVE, Quantity
from .sources import lessard
from .subjects import STABILITY

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The rate of convergence at the published settings of plain descent, heavy ball and Nesterov's momentum."""
    found = linearised(rule)
    if found is not None:
        yield from _tuned(found, rule)


def _tuned(found: Linearised, rule: UpdateRule) -> Iterator[Claim]:
    """The published best settings on a quadratic whose curvatures lie between m and L."""
    free = found.polynomial.free_symbols - {CURVATURE, ROOT}
    by_name = {h.name: h.symbol for h in rule.hyper}
    lr, mu = by_name.get("lr"), by_name.get("momentum")
    if found.frozen or lr is None or not free <= {lr, mu}:
        return
    degree = sp.Poly(found.polynomial, ROOT).degree()
    if degree == 1:
        yield from _tuned_descent(found, rule, lr)
    elif mu is not None and sp.Poly(found.polynomial, ROOT).TC() == mu:
        yield _tuned_heavy_ball(found, rule, lr, mu)
    elif mu is not None:
        yield _tuned_nesterov(found, rule, lr, mu)


def _edges() -> tuple[Quantity, Quantity]:
    """The roots of the least and the largest curvature."""
    return (
        Quantity("root_m", POSITIVE, r"\sqrt{m}", meaning="root of the least curvature"),
        Quantity("root_L", POSITIVE, r"\sqrt{L}", meaning="root of the largest curvature"),
    )


def _within(low: Quantity, high: Quantity) -> tuple[Hypothesis, ...]:
    return (
        Hypothesis(le(low**2, CURVATURE), "no curvature is below m"),
        Hypothesis(le(CURVATURE, high**2), "no curvature is above L"),
    )


def _tuned_descent(found: Linearised, rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    low, high = _edges()
    (root,) = sp.roots(sp.Poly(found.polynomial, ROOT))
    best = 2 / (low**2 + high**2)
    rate = (high**2 - low**2) / (low**2 + high**2)
    yield Claim(
        "tuned-rate",
        STABILITY,
        "With lr = 2 / (L + m), every error shrinks at least by this factor in a step.",
        rule,
        Holds(le(root.xreplace({lr: best}) ** 2, rate**2)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )
    ends = [root.xreplace({CURVATURE: edge**2}) ** 2 for edge in (low, high)]
    yield Claim(
        "tuned-rate-is-best",
        STABILITY,
        "No learning rate does better: at the least or at the largest curvature the factor is at least this.",
        rule,
        Holds(sp.Or(*(ge(end, rate**2) for end in ends), evaluate=False)),
        hypotheses=(Hypothesis(le(low, high), "m is at most L"),),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )


def _tuned_heavy_ball(found: Linearised, rule: UpdateRule, lr: Quantity, mu: Quantity) -> Claim:
    low, high = _edges()
    rate = (high - low) / (high + low)
    tuned = {lr: 4 / (low + high) ** 2, mu: rate**2}
    discriminant = sp.factor(sp.Poly(found.polynomial, ROOT).discriminant().xreplace(tuned))
    return Claim(
        "tuned-rate",
        STABILITY,
        "With Polyak's lr and momentum both roots are complex or double at every curvature, so their modulus is the "
        "root of the momentum: acceleration by the square root of the condition number.",
        rule,
        Holds(le(discriminant, 0)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )


def _tuned_nesterov(found: Linearised, rule: UpdateRule, lr: Quantity, mu: Quantity) -> Claim:
    low, high = _edges()
    rate = 1 - low / high
    tuned = {lr: 1 / high**2, mu: (high - low) / (high + low)}
    polynomial = sp.Poly(found.polynomial, ROOT)
    discriminant, product = (sp.factor(e.xreplace(tuned)) for e in (polynomial.discriminant(), polynomial.TC()))
    return Claim(
        "tuned-rate",
        STABILITY,
        "With lr = 1/L and Nesterov's momentum the roots are complex or double at every curvature, and their modulus "
        "is at most 1 - sqrt(m/L).",
        rule,
        Holds(sp.And(le(discriminant, 0), le(product, rate**2), evaluate=False)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )
