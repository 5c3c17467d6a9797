"""How steps that are scaled by past steps grow from nothing under a constant gradient, to leading order in eps."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim
from ..goal import LimitIs
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, ge
from ..rule import UpdateRule
from ..sequence import one_step
from ..symbols import NONNEGATIVE, POSITIVE, UNIT_INTERVAL, Quantity, bound
from .self_scaled import averages
from .subjects import CONSTANT_GRADIENT

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The leading order as a limit of the rule, its closed form, and how fast steps and distance grow."""
    found = averages(rule)
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if found is None or eps is None or rule.theta in one_step(rule)[found[1]].free_symbols:
        return
    squares, updates, decay = found
    yield _leading_order(rule, squares, updates, decay, eps)
    yield _closed_form(rule, decay)
    yield _growth(rule, decay)
    yield _distance(rule)


def _scaled() -> Quantity:
    return Quantity("w", NONNEGATIVE, "w", meaning="average of squared updates over eps")


def _leading_order(rule: UpdateRule, squares: Quantity, updates: Quantity, decay: sp.Expr, eps: Quantity) -> Claim:
    c, w = bound("c", "c", "the constant gradient"), _scaled()
    power = Quantity("B", UNIT_INTERVAL, r"\rho^{t-1}", meaning="power of the decay rate before the step")
    before = {rule.gradient: c, squares: c**2 * (1 - power), updates: eps * w}
    scaled = sp.cancel(one_step(rule)[updates].xreplace(before) / eps)
    limit = decay * w + (1 - decay) * (w + 1) / (1 - decay * power)
    return Claim(
        "growth-from-nothing-leading-order",
        CONSTANT_GRADIENT,
        f"Under a constant gradient c, with w = {updates.name} / eps: as eps goes to 0 one step makes this of w, "
        "whatever c is.",
        rule,
        LimitIs(scaled, eps, sp.Integer(0), limit),
        derived=limit,
        seed=("S8", "S9"),
    )


def _closed_form(rule: UpdateRule, decay: sp.Expr) -> Claim:
    w, total = _scaled(), Quantity("S", NONNEGATIVE, "S", meaning="sum of 1 / (1 - decay^k) from k = 2 to t")
    power = Quantity("B", UNIT_INTERVAL, r"\rho^t", meaning="power of the decay rate")
    squared_step = (w + 1) / (1 - decay * power)
    term = 1 / (1 - decay * power)
    formula = 1 / (1 - decay) + (1 - decay) * (total + term)
    return Claim(
        "growth-from-nothing",
        CONSTANT_GRADIENT,
        "To leading order the squared step t + 1 over eps is 1 / (1 - decay) plus (1 - decay) times the sum of "
        "1 / (1 - decay^k) for k from 2 to t + 1: it does not depend on the gradient, and it grows for ever.",
        rule,
        AlongRecurrence(
            (power, w, total),
            (decay, sp.Integer(1), sp.Integer(0)),
            (decay * power, decay * w + (1 - decay) * squared_step, total + term),
            eq(squared_step, formula),
        ),
        derived=formula,
        typed=True,
        seed=("S8", "S9"),
    )


def _growth(rule: UpdateRule, decay: sp.Expr) -> Claim:
    t, d = rule.step_counter, Quantity("d", POSITIVE, "d", meaning="squared step over eps")
    power = Quantity("B", UNIT_INTERVAL, r"\rho^t", meaning="power of the decay rate")
    return Claim(
        "growth-from-nothing-at-least",
        CONSTANT_GRADIENT,
        "So the squared step grows at least like (1 - decay) eps t: steps grow like the root of t.",
        rule,
        AlongRecurrence(
            (power, d),
            (decay, 1 / (1 - decay)),
            (decay * power, d + (1 - decay) / (1 - decay * power)),
            ge(d, (1 - decay) * t),
        ),
        derived=(1 - decay) * t,
        typed=True,
        seed=("S9",),
    )


def _distance(rule: UpdateRule) -> Claim:
    t, moved = rule.step_counter, Quantity("S", POSITIVE, "S", meaning="sum of the roots of 1, ..., t")
    return Claim(
        "growth-from-nothing-distance",
        CONSTANT_GRADIENT,
        "Steps of at least sqrt(k) add up to at least 2/3 t sqrt(t): the distance grows like the power 3/2 of the "
        "time.",
        rule,
        AlongRecurrence(
            (moved,),
            (sp.Integer(1),),
            (moved + sp.sqrt(t),),
            ge(moved, sp.Rational(2, 3) * t * sp.sqrt(t)),
        ),
        derived=sp.Rational(2, 3) * t * sp.sqrt(t),
        typed=True,
        seed=("S9",),
    )
