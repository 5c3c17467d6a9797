"""Accumulators and effective rates along the run: monotone or not, bounded or not, and what they tend to."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Invariant, LimitIs
from ..prove.verdict import Verdict
from ..relations import eq, ge, gt, le, lt
from ..rule import UpdateRule
from ..structure import LinearState, linear_states, movement
from ..symbols import Quantity, after, bound
from .sources import duchi, reddi
from .subjects import BOUNDS, CONSTANT_GRADIENT, MONOTONICITY

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Monotonicity, bounds and constant-gradient behaviour of each second-moment accumulator and its rate."""
    found = movement(rule)
    for linear in linear_states(rule):
        squares = _squared_input(linear, rule)
        if squares is None:
            continue
        if linear.is_sum:
            yield _sum_grows(linear, rule)
        if linear.is_average:
            yield _average_moves(linear, rule)
            yield from _average_bounds(linear, rule)
        rate = None if found is None else _rate_of(found.rate, linear)
        if rate is not None:
            yield from _of_rate(rate, linear, rule)


def _squared_input(linear: LinearState, rule: UpdateRule) -> sp.Expr | None:
    """What the accumulator takes in, if that is the square of the gradient and nothing else."""
    taken = linear.input if linear.is_average else linear.drive if linear.is_sum else None
    return taken if taken == rule.gradient**2 else None


def _rate_of(rate: sp.Expr, linear: LinearState) -> sp.Expr | None:
    """The effective rate as a function of the accumulator, if it depends on no other state and not on t."""
    expression = rate.xreplace({after(linear.state.symbol): linear.state.symbol})
    others = {s.name for s in expression.free_symbols if s.name.endswith("__after")} | {"t"}
    uses = linear.state.symbol in expression.free_symbols
    alone = not others & {s.name for s in expression.free_symbols}
    return expression if uses and alone and len(_states_in(expression, linear)) == 1 else None


def _states_in(expression: sp.Expr, linear: LinearState) -> set[str]:
    symbols = {s for s in expression.free_symbols if isinstance(s, Quantity)}
    return {s.name for s in symbols if s == linear.state.symbol or s.name in ("u", "m", "b")}


def _sum_grows(linear: LinearState, rule: UpdateRule) -> Claim:
    symbol = linear.state.symbol
    return Claim(
        f"monotone-{linear.state.name}",
        MONOTONICITY,
        f"The accumulator {linear.state.name} never shrinks, whatever the gradients are.",
        rule,
        EachStep(ge(after(symbol), symbol)),
        source=reddi("section 3"),
        seed=("S6",),
    )


def _average_moves(linear: LinearState, rule: UpdateRule) -> Claim:
    symbol, g = linear.state.symbol, rule.gradient
    change = (1 - linear.decay) * (g**2 - symbol)
    return Claim(
        f"change-{linear.state.name}",
        MONOTONICITY,
        f"{linear.state.name} moves towards the fresh squared gradient: it grows when g^2 is above it, shrinks below.",
        rule,
        EachStep(eq(after(symbol) - symbol, change)),
        derived=change,
        source=reddi("section 3"),
        seed=("S5", "S6"),
    )


def _bounds_of_gradient(rule: UpdateRule) -> tuple[Quantity, Quantity, tuple[Hypothesis, ...]]:
    low = bound("g_min", r"g_{\min}", "a lower bound of |g|")
    high = bound("g_max", r"g_{\max}", "an upper bound of |g|")
    g = rule.gradient
    return (
        low,
        high,
        (
            Hypothesis(le(g**2, high**2), "no gradient is larger than g_max"),
            Hypothesis(ge(g**2, low**2), "no gradient is smaller than g_min"),
        ),
    )


def _average_bounds(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    symbol, t = linear.state.symbol, rule.step_counter
    low, high, (below, above) = _bounds_of_gradient(rule)
    weight = 1 - linear.decay**t
    sides = (
        ("upper", le(symbol, weight * high**2), below, weight * high**2, "at most"),
        ("lower", ge(symbol, weight * low**2), above, weight * low**2, "at least"),
    )
    for side, condition, hypothesis, formula, words in sides:
        yield Claim(
            f"{side}-bound-{linear.state.name}",
            BOUNDS,
            f"{linear.state.name} is {words} the bound of the squared gradient times the total weight so far.",
            rule,
            Invariant(condition),
            hypotheses=(hypothesis,),
            derived=formula,
            seed=("S5",),
        )


def _of_rate(rate: sp.Expr, linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    yield _rate_monotone(rate, linear, rule)
    if linear.is_sum:
        yield from _sum_rate(rate, linear, rule)
    else:
        yield from _average_rate(rate, linear, rule)


def _rate_monotone(rate: sp.Expr, linear: LinearState, rule: UpdateRule) -> Claim:
    symbol = linear.state.symbol
    later = rate.xreplace({symbol: after(symbol)})
    title = "The effective learning rate never grows, whatever the gradients are."
    if not linear.is_sum:
        title = "Often said of adaptive rules: the effective learning rate never grows. For this one it is false."
    return Claim(
        "rate-never-grows",
        MONOTONICITY,
        title,
        rule,
        EachStep(le(later, rate)),
        derived=rate,
        source=reddi("section 3"),
        expected=Verdict.PROVED if linear.is_sum else Verdict.REFUTED,
        folklore=not linear.is_sum,
        seed=("S6", "S5"),
    )


def _sum_rate(rate: sp.Expr, linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    symbol, t = linear.state.symbol, rule.step_counter
    c = bound("c", "c", "the constant gradient")
    yield Claim(
        "rate-vanishes",
        MONOTONICITY,
        "The effective learning rate tends to 0 as the accumulator grows without bound.",
        rule,
        LimitIs(rate, symbol, sp.oo, sp.Integer(0)),
        source=duchi("section 1.1"),
        seed=("S5", "S6"),
    )
    constant = rate.xreplace({symbol: linear.state.initial + t * c**2})
    yield Claim(
        "rate-constant-gradient",
        CONSTANT_GRADIENT,
        "Under a constant gradient c > 0 the effective learning rate falls like one over the square root of t.",
        rule,
        Invariant(eq(rate, constant), lemmas=(eq(symbol, linear.state.initial + t * c**2),)),
        hypotheses=(Hypothesis(eq(rule.gradient, c), "every gradient is c"),),
        derived=constant,
        seed=("S6",),
    )
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if eps is not None and isinstance(linear.state.initial, Quantity):
        ideal = constant.xreplace({linear.state.initial: sp.Integer(0)})
        limit = sp.powsimp(ideal.xreplace({eps: sp.Integer(0)}))
        yield Claim(
            "rate-constant-gradient-without-eps",
            CONSTANT_GRADIENT,
            "With an accumulator that starts at 0 and eps going to 0, it is exactly lr / (c sqrt(t)).",
            rule,
            LimitIs(ideal, eps, sp.Integer(0), limit),
            derived=limit,
            published=limit,
            relation="equal",
            seed=("S6",),
        )


def _average_rate(rate: sp.Expr, linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    symbol, t = linear.state.symbol, rule.step_counter
    low, high, (below, above) = _bounds_of_gradient(rule)
    weight = 1 - linear.decay**t
    at_least = rate.xreplace({symbol: weight * high**2})
    at_most = rate.xreplace({symbol: weight * low**2})
    forever = rate.xreplace({symbol: high**2})
    yield Claim(
        "rate-lower-bound",
        BOUNDS,
        "The effective learning rate is bounded below while the gradients are bounded above.",
        rule,
        Invariant(ge(rate, at_least), lemmas=(le(symbol, weight * high**2),)),
        hypotheses=(below,),
        derived=at_least,
        seed=("S5", "S2"),
    )
    yield Claim(
        "rate-lower-bound-forever",
        BOUNDS,
        "The effective learning rate never falls below a constant, however long the run.",
        rule,
        Invariant(ge(rate, forever), lemmas=(le(symbol, high**2),)),
        hypotheses=(below,),
        derived=forever,
        seed=("S5",),
    )
    yield Claim(
        "rate-upper-bound",
        BOUNDS,
        "The effective learning rate is bounded above while the gradients stay away from 0.",
        rule,
        Invariant(le(rate, at_most), lemmas=(ge(symbol, weight * low**2),)),
        hypotheses=(above,),
        derived=at_most,
        seed=("S2",),
    )
    yield Claim(
        "rate-grows-when",
        MONOTONICITY,
        "The effective learning rate grows in a step exactly when the squared gradient is below the average.",
        rule,
        EachStep(
            sp.Or(
                sp.And(lt(rule.gradient**2, symbol), gt(rate.xreplace({symbol: after(symbol)}), rate), evaluate=False),
                sp.And(ge(rule.gradient**2, symbol), le(rate.xreplace({symbol: after(symbol)}), rate), evaluate=False),
                evaluate=False,
            )
        ),
        hypotheses=tuple(
            Hypothesis(gt(h.symbol, 0), "the learning rate is not zero") for h in rule.hyper if h.name == "lr"
        ),
        seed=("S5",),
    )
