"""The first step from the initial state, with and without eps."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Equal, LimitIs
from ..relations import gt
from ..rule import UpdateRule
from ..sequence import first_step
from ..symbols import Quantity
from .subjects import FIRST_STEP

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The first step as a formula, and its size when eps vanishes."""
    step = sp.factor_terms(first_step(rule))
    yield Claim(
        "first-step",
        FIRST_STEP,
        "What the first step adds to theta, from the initial state.",
        rule,
        Equal(_first(rule, first_step(rule)), _first(rule, step), r"\theta_1 - \theta_0", "theta[1] - theta[0]"),
        derived=_first(rule, step),
        seed=("S11", "S9") if rule.name.startswith("adadelta") else ("S11",),
    )
    yield from _without_eps(rule, step)


def _first(rule: UpdateRule, expression: sp.Expr) -> sp.Expr:
    """The expression with the gradient of the first step, written g_1, and the initial parameter, theta_0, in it."""
    start = Quantity("theta_0", latex=r"\theta_0", meaning="parameter before the first step")
    return expression.xreplace({rule.gradient: _first_gradient(), rule.theta: start})


def _first_gradient() -> Quantity:
    return Quantity("g_1", latex="g_1", meaning="gradient in the first step")


def _without_eps(rule: UpdateRule, step: sp.Expr) -> Iterator[Claim]:
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    positive_gradient = step.xreplace({rule.gradient: sp.Symbol("positive_gradient", positive=True)})
    if eps is None or rule.theta in step.free_symbols:
        return
    at_zero = positive_gradient.xreplace({eps: sp.Integer(0)})
    if at_zero.has(sp.nan, sp.zoo, sp.oo, sp.sign, sp.Piecewise):
        return
    numbers_raised = any(p.exp.free_symbols and p.base.is_Rational for p in at_zero.atoms(sp.Pow))
    value = sp.factor_terms(at_zero if numbers_raised else sp.powsimp(at_zero)).xreplace(
        {sp.Symbol("positive_gradient", positive=True): _first_gradient()}
    )
    if value.has(sp.nan, sp.zoo, sp.oo):
        return
    scale_free = _first_gradient() not in value.free_symbols
    yield Claim(
        "first-step-without-eps",
        FIRST_STEP,
        "When eps vanishes, the first step against a positive gradient "
        + ("does not depend on the gradient's size." if scale_free else "is this."),
        rule,
        LimitIs(_first(rule, step), eps, sp.Integer(0), value),
        hypotheses=(Hypothesis(gt(_first_gradient(), 0), "the gradient is positive"), *_not_at_zero(value)),
        derived=value,
        published=_published(rule),
        relation="equal" if _published(rule) is not None else None,
        seed=("S11", "S2"),
    )


def _not_at_zero(value: sp.Expr) -> tuple[Hypothesis, ...]:
    """The formula divides by these symbols, whose domain includes 0."""
    divisors = {p.base for p in value.atoms(sp.Pow) if p.exp.is_Rational and p.exp < 0 and isinstance(p.base, Quantity)}
    kept = sorted((s for s in divisors if s != _first_gradient() and s.domain.contains(sp.Integer(0))), key=str)
    return tuple(Hypothesis(gt(s, 0), f"{s} is not zero") for s in kept)


def _published(rule: UpdateRule) -> sp.Expr | None:
    """First steps as the implementations show them, by family; None for variants of which none is quoted."""
    symbols = {h.name: h.symbol for h in rule.hyper}
    lr, rho = symbols.get("lr"), symbols.get("rho")
    if lr is None:
        return None
    known = {
        "adam": -lr,
        "rmsprop": -lr / sp.sqrt(1 - rho) if rho is not None else None,
        "rmsprop[centered]": -lr / sp.sqrt(rho * (1 - rho)) if rho is not None else None,
    }
    return known.get(rule.name)
