"""The published best settings of linear rules on a quadratic whose curvatures lie between m and L."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds
from ..linearised import CURVATURE, ROOT, Linearised, linearised
from ..relations import ge, le, lt, replaced
from ..rule import UpdateRule
from ..symbols import POSITIVE, Domain, Quantity
from .sources import lessard
from .subjects import STABILITY

__all__ = ["claims"]

_ABOVE_TWO = Domain("greater than two", lower=sp.Integer(2), lower_open=True)


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
        yield _best_heavy_ball(found, rule)
    elif mu is not None:
        yield _tuned_nesterov(found, rule, lr, mu)
        yield _tuned_nesterov_rate(found, rule, lr, mu)


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
        typed=True,
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
        typed=True,
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
        typed=True,
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
        typed=True,
        seed=("S13",),
    )


def _radius_conditions(found: Linearised, radius: sp.Expr, values: dict[sp.Basic, sp.Basic]) -> list[sp.Basic]:
    """Jury's conditions for a quadratic whose roots, divided by `radius`, lie in the closed unit disc."""
    p = sp.Poly(found.polynomial, ROOT)
    conditions = (ge(p.eval(radius), 0), ge(p.eval(-radius), 0), le(p.TC(), radius**2))
    return [replaced(c, values) for c in conditions]


def _best_heavy_ball(found: Linearised, rule: UpdateRule) -> Claim:
    low, high = _edges()
    radius = Quantity("r", POSITIVE, "r", meaning="what no root exceeds")
    hypotheses = [
        Hypothesis(c, f"no root exceeds r at the curvature {name}")
        for name, edge in (("m", low), ("L", high))
        for c in _radius_conditions(found, radius, {CURVATURE: edge**2})
    ]
    return Claim(
        "tuned-rate-is-best",
        STABILITY,
        "No learning rate and momentum do better: if at the least and at the largest curvature no root exceeds r, "
        "then r is at least this.",
        rule,
        Holds(ge(radius, (high - low) / (high + low))),
        hypotheses=(*hypotheses, Hypothesis(lt(low, high), "m is below L")),
        derived=(high - low) / (high + low),
        source=lessard("Proposition 1"),
        published=(high - low) / (high + low),
        relation="equal",
        typed=True,
        seed=("S13",),
    )


def _tuned_nesterov_rate(found: Linearised, rule: UpdateRule, lr: Quantity, mu: Quantity) -> Claim:
    """With S^2 = 3 L/m + 1 the published setting is rational in S."""
    least = Quantity("m", POSITIVE, "m", meaning="least curvature")
    root = Quantity("S", _ABOVE_TWO, "S", meaning="root of 3 L/m + 1")
    rate = 1 - 2 / root
    tuned: dict[sp.Basic, sp.Basic] = {lr: 4 / (least * root**2), mu: (root - 2) / (root + 2)}
    return Claim(
        "tuned-rate-other-lr",
        STABILITY,
        "With S^2 = 3 L/m + 1, lr = 4 / (3 L + m) and momentum (S - 2)/(S + 2), no root exceeds 1 - 2/S at any "
        "curvature: less than with lr = 1/L.",
        rule,
        Holds(sp.And(*_radius_conditions(found, rate, tuned), evaluate=False)),
        hypotheses=(
            Hypothesis(le(least, CURVATURE), "no curvature is below m"),
            Hypothesis(le(3 * CURVATURE, least * (root**2 - 1)), "no curvature is above L"),
        ),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        typed=True,
        seed=("S13",),
    )
