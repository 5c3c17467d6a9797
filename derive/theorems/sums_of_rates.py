"""Sums along a run: of rates and their squares, of steps, of gradients over their accumulator, and the regret."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds, Invariant
from ..monotone_goals import PositiveBeyond
from ..recurrence_goals import AlongRecurrence
from ..relations import ge, gt, implies, le
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState, linear_states, movement
from ..symbols import COUNT, NONNEGATIVE, POSITIVE, REAL, Quantity, after, bound
from .sources import duchi, mcmahan_streeter, robbins_monro
from .subjects import BOUNDS, SCALE_CHANGES

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """For every rule whose rate is made of one accumulator of squared gradients."""
    moved = movement(rule)
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if moved is None or lr is None or moved.direction != rule.gradient or moved.keep != 1:
        return
    for linear in linear_states(rule):
        taken = linear.input if linear.is_average else linear.drive
        if taken != rule.gradient**2 or not moved.rate.has(after(linear.state.symbol)):
            continue
        rate = moved.rate.xreplace({after(linear.state.symbol): linear.state.symbol})
        if rate.has(*(after(s.symbol) for s in rule.state)):
            continue
        if linear.is_sum:
            yield _rate_at_least(rate, linear, rule)
            yield from _root_rates(rule)
            yield _sharp_distance(rule)
            yield _logarithm(rule)
            if "[" not in rule.name:
                yield from _regret(linear, rule, lr)
        else:
            yield _linear_sums(rule)


def _rate_at_least(rate: sp.Expr, linear: LinearState, rule: UpdateRule) -> Claim:
    """The accumulator grows at most linearly, so the rate falls at most like one over the root of t."""
    total, t = linear.state.symbol, rule.step_counter
    high = bound("g_max", r"g_{\max}", "an upper bound of |g|")
    most = linear.state.initial + t * high**2
    least = rate.xreplace({total: most})
    return Claim(
        "rate-lower-bound",
        BOUNDS,
        "While the gradients are bounded above, the effective learning rate falls no faster than one over the root "
        "of t.",
        rule,
        Invariant(ge(rate, least), lemmas=(le(total, most),)),
        hypotheses=(Hypothesis(le(rule.gradient**2, high**2), "no gradient is larger than g_max"),),
        derived=least,
        seed=("S6",),
    )


def _sums() -> tuple[Quantity, Quantity]:
    return (
        Quantity("S", latex="S", meaning="sum of the rates"),
        Quantity("Q", latex="Q", meaning="sum of their squares"),
    )


def _root_rates(rule: UpdateRule) -> Iterator[Claim]:
    """Rates of at least c / sqrt(t): their sum and that of their squares both diverge."""
    t, low = rule.step_counter, bound("c", "c", "what every rate times the root of t is at least")
    total, squares = (
        Quantity("S", latex="S", meaning="sum of the rates"),
        Quantity("Q", latex="Q", meaning="of squares"),
    )
    rate = Quantity("r", POSITIVE, "r", meaning="rate in this step, times the root of t")
    yield Claim(
        "sum-of-rates-diverges",
        SCALE_CHANGES,
        "Rates r / sqrt(t) with r at least c add up to at least 2 c (sqrt(t + 1) - 1): their sum has no bound.",
        rule,
        AlongRecurrence(
            (total,),
            (sp.Integer(0),),
            (total + rate / sp.sqrt(t),),
            ge(total, 2 * low * (sp.sqrt(t + 1) - 1)),
            inputs=(rate,),
            start=0,
        ),
        hypotheses=(Hypothesis(ge(rate, low), "no rate is smaller"),),
        derived=2 * low * (sp.sqrt(t + 1) - 1),
        typed=True,
        source=robbins_monro("the first condition, which holds"),
        seed=("S6",),
    )
    begun = Quantity("n", COUNT, "n", meaning="number of steps before")
    yield Claim(
        "sum-of-squared-rates-diverges",
        SCALE_CHANGES,
        "From step n + 1 to step 2 n their squares r^2 / t add up to at least c^2 / 2, for every n: the sum of squares "
        "has no bound either, and Robbins and Monro's second condition fails.",
        rule,
        AlongRecurrence(
            (squares,),
            (sp.Integer(0),),
            (squares + rate**2 / (begun + t),),
            implies(le(t, begun), ge(squares, low**2 * t / (2 * begun))),
            inputs=(rate,),
            start=0,
        ),
        hypotheses=(Hypothesis(ge(rate, low), "no rate is smaller"),),
        derived=low**2 / 2,
        typed=True,
        source=robbins_monro("the second condition, which fails"),
        seed=("S6",),
    )


def _linear_sums(rule: UpdateRule) -> Claim:
    """Rates that stay above a constant."""
    t, low = rule.step_counter, bound("c", "c", "what every rate is at least")
    total, squares = (
        Quantity("S", latex="S", meaning="sum of the rates"),
        Quantity("Q", latex="Q", meaning="of squares"),
    )
    rate, zero = Quantity("r", POSITIVE, "r", meaning="rate in this step"), sp.Integer(0)
    return Claim(
        "sums-of-rates-diverge",
        SCALE_CHANGES,
        "Rates that stay above c, as these do while gradients are bounded, add up to at least c t and their squares to "
        "at least c^2 t: Robbins and Monro's second condition fails.",
        rule,
        AlongRecurrence(
            (total, squares),
            (zero, zero),
            (total + rate, squares + rate**2),
            sp.And(ge(total, low * t), ge(squares, low**2 * t), evaluate=False),
            inputs=(rate,),
            start=0,
        ),
        hypotheses=(Hypothesis(ge(rate, low), "no rate is smaller"),),
        derived=low**2 * t,
        source=robbins_monro("the second condition, which fails"),
        seed=("S5",),
    )


def _sharp_distance(rule: UpdateRule) -> Claim:
    """The sum of 1 / sqrt(k) to within 1/24, which encloses its constant term zeta(1/2) = -1.4603..."""
    t, total = rule.step_counter, Quantity("S", POSITIVE, "S", meaning="sum of the steps, over lr")
    main = 2 * sp.sqrt(t) + 1 / (2 * sp.sqrt(t))
    low = main - sp.Rational(3, 2)
    high = main - sp.Rational(35, 24) - 1 / (24 * t * sp.sqrt(t))
    return Claim(
        "constant-gradient-distance-sharp",
        SCALE_CHANGES,
        "Under a constant gradient and with eps going to 0 the first t steps add up to 2 sqrt(t) - z + 1 / (2 sqrt(t)) "
        "learning rates, with z between 35/24 and 3/2.",
        rule,
        AlongRecurrence(
            (total,),
            (sp.Integer(1),),
            (total + 1 / sp.sqrt(t),),
            sp.And(le(low, total), le(total, high), evaluate=False),
        ),
        derived=high,
        typed=True,
        seed=("S6",),
    )


def _logarithm(rule: UpdateRule) -> Claim:
    ratio = Quantity("x", POSITIVE, "x", meaning="the accumulator after a step over that before it")
    return Claim(
        "logarithmic-potential",
        SCALE_CHANGES,
        "With x the accumulator after a step over that before it, g^2 / G = 1 - 1/x is below ln(x): the sum of g^2 / G "
        "over all steps but the first telescopes, and is at most ln(G_T / G_1).",
        rule,
        PositiveBeyond(sp.log(ratio) - 1 + 1 / ratio, ratio, sp.Integer(1)),
        derived=sp.log(ratio),
        source=duchi("Lemma 4"),
        seed=("S6", "S7"),
    )


def _regret(linear: LinearState, rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    """One coordinate of online convex optimization: an interval that holds theta and the comparator u.

    With y = theta - u the losses are at most g y, and projection onto the interval, which brings z to y, does not make
    y larger.  Then 2 lr R is at most A + lr^2 B, with A the sum of (y^2 - y'^2) s', which telescopes but for the growth
    of s, and B that of g^2 / s'.
    """
    below, above = bound("p", "p", "from the lower end to u"), bound("q", "q", "from u to the upper end")
    root = Quantity("s", NONNEGATIVE, "s", meaning="root of the sum of squared gradients")
    place, regret = Quantity("y", latex="y", meaning="theta - u"), Quantity("R", latex="R", meaning="regret")
    free = Quantity("z", latex="z", meaning="y before the projection")
    drift, noise = Quantity("A", latex="A", meaning="sum of (y^2 - y'^2) s'"), Quantity("B", latex="B")
    start = Quantity("y_0", REAL, "y_0", meaning="theta - u at the start")
    g, zero = Quantity("g_next", REAL, "g", meaning="any gradient"), sp.Integer(0)
    total = linear.state.symbol
    grown = sp.sqrt(one_step(rule)[total].xreplace({total: root**2, rule.gradient: g}))
    stepped = place - lr * g / grown
    moved = sp.Min(above, sp.Max(-below, stepped))
    width, positive = below + above, Hypothesis(gt(lr, 0), "the learning rate is not zero")
    allowed = (width**2 / (2 * lr) + lr) * root
    yield Claim(
        "regret-bound",
        SCALE_CHANGES,
        "In one coordinate, with theta projected onto an interval of the length D = p + q that holds u, and with eps "
        "gone: the regret against u is at most (D^2 / (2 lr) + lr) sqrt(G), whatever the gradients are.",
        rule,
        AlongRecurrence(
            (root, place, free, regret, drift, noise),
            (zero, start, start, zero, zero, zero),
            (
                grown,
                moved,
                stepped,
                regret + g * place,
                drift + (place**2 - moved**2) * grown,
                noise + g**2 / grown,
            ),
            le(regret, allowed),
            (
                le(-below, place),
                le(place, above),
                le(place**2, width**2),
                le(place**2, free**2),
                le(drift, (width**2 - place**2) * root),
                le(noise, 2 * root),
                le(2 * lr * regret, drift + lr**2 * noise),
            ),
            inputs=(g,),
            start=0,
        ),
        hypotheses=(
            Hypothesis(le(-below, start), "theta starts in the interval"),
            Hypothesis(le(start, above), "theta starts in the interval"),
            positive,
        ),
        derived=allowed,
        source=duchi("Theorem 5"),
        published=allowed,
        relation="equal",
        typed=True,
        seed=("S6", "S7"),
    )
    diameter = bound("D", "D", "length of the interval")
    at_best = (diameter**2 / (2 * lr) + lr) * root
    best = diameter / sp.sqrt(2)
    yield Claim(
        "regret-bound-best-rate",
        SCALE_CHANGES,
        "The learning rate D / sqrt(2) makes that bound sqrt(2) D sqrt(G), and no other makes it smaller.",
        rule,
        Holds(le(sp.sqrt(2) * diameter * root, at_best)),
        hypotheses=(positive,),
        derived=at_best.xreplace({lr: best}),
        source=mcmahan_streeter("section 1"),
        published=sp.sqrt(2) * diameter * root,
        relation="equal",
        seed=("S6",),
    )
