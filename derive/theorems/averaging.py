"""How an average weighs the past: within which bounds it lies, how soon it forgets, how near it is to a plain mean."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds, Invariant, LimitIs
from ..monotone_goals import PositiveBeyond
from ..printing import claim_notation
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, ge, gt, le
from ..rule import UpdateRule
from ..structure import LinearState, corrected_averages
from ..symbols import OPEN_UNIT, UNIT_INTERVAL, Quantity
from .sources import kingma_ba, shazeer_stern
from .subjects import BIAS_CORRECTION, MOMENTS

__all__ = ["claims"]

_HALF = sp.Rational(1, 2)
_LONGEST = 20_000


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """For every corrected average: its range, its bias without correction, its memory and its near-uniform weights."""
    for linear in corrected_averages(rule):
        if linear.input == rule.gradient:
            yield _within_range(linear, rule)
            yield _bias(linear, rule)
        yield from _memory(linear, rule)
        yield from _nearly_uniform(linear, rule)
    if rule.name == "adam":
        yield _more_than_most(rule)


def _within_range(linear: LinearState, rule: UpdateRule) -> Claim:
    low, high = Quantity("g_low", latex=r"g_{\min}"), Quantity("g_high", latex=r"g_{\max}")
    average, weight = linear.state.symbol, 1 - linear.decay**rule.step_counter
    return Claim(
        f"corrected-within-range-{linear.state.name}",
        BIAS_CORRECTION,
        f"Divided by 1 - decay^t, {linear.state.name} is a convex combination: it lies between the smallest and the "
        "largest gradient.",
        rule,
        Invariant(sp.And(ge(average, low * weight), le(average, high * weight), evaluate=False)),
        hypotheses=(
            Hypothesis(le(low, rule.gradient), "no gradient is below g_low"),
            Hypothesis(le(rule.gradient, high), "no gradient is above g_high"),
        ),
        source=kingma_ba("section 3"),
        seed=("S10",),
    )


def _bias(linear: LinearState, rule: UpdateRule) -> Claim:
    mean = Quantity("mu", latex=r"\mu", meaning="the constant gradient")
    bias = -mean * linear.decay**rule.step_counter
    return Claim(
        f"bias-without-correction-{linear.state.name}",
        BIAS_CORRECTION,
        f"Without correction {linear.state.name} is off by exactly this under a constant gradient, and in the mean "
        "where every gradient has that mean.",
        rule,
        Invariant(
            eq(linear.state.symbol - mean, bias),
            (eq(linear.state.symbol, mean * (1 - linear.decay**rule.step_counter)),),
        ),
        hypotheses=(Hypothesis(eq(rule.gradient, mean), "every gradient is mu"),),
        derived=bias,
        typed=True,
        source=kingma_ba("section 3"),
        seed=("S10", "S11"),
    )


def _memory(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """The half-life at the default decay rate, and the mean age in the end."""
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    age = decay / (1 - decay) - t * decay**t / (1 - decay**t)
    yield Claim(
        f"mean-age-{name}",
        MOMENTS,
        f"The mean age of the gradients in {name} tends to this; with it the weights have a mean.",
        rule,
        LimitIs(age, t, sp.oo, decay / (1 - decay)),
        derived=decay / (1 - decay),
        published=decay / (1 - decay),
        relation="equal",
        seed=("S1", "S3"),
    )
    value = next((h.default for h in rule.hyper if h.symbol == decay), None)
    if value is None or value == 0:
        return
    count = int(sp.ceiling(sp.N(sp.log(_HALF) / sp.log(value), 30)))
    if count < _LONGEST:
        before, now = (sp.Pow(value, n, evaluate=False) for n in (count - 1, count))
        yield Claim(
            f"half-life-{name}",
            MOMENTS,
            f"With the default {decay} = {value}, a gradient's weight in {name} has halved after {count} steps, not "
            "before: the least integer from ln(1/2) / ln(decay) on.",
            rule,
            Holds(sp.And(gt(before, _HALF), le(now, _HALF), evaluate=False)),
            derived=sp.Integer(count),
            seed=("S1", "S3"),
        )


def _nearly_uniform(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """As the decay rate nears 1, every weight of a corrected average nears 1/t: both ends of a squeeze."""
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    power = Quantity("B", UNIT_INTERVAL, rf"{claim_notation(rule, 'latex', now=True).write(decay)}^t")
    bounds = sp.And(le(t * power * (1 - decay), decay * (1 - power)), le(1 - power, t * (1 - decay)), evaluate=False)
    yield Claim(
        f"weights-nearly-uniform-{name}",
        MOMENTS,
        f"With B = decay^t: the corrected weights of {name}, (1 - decay) decay^(t - i) / (1 - B), lie between "
        "decay^(t - i) / t and decay^(1 - i) / t. As the decay rate tends to 1 all of them tend to 1/t, and the "
        "average to the plain mean.",
        rule,
        AlongRecurrence((power,), (decay,), (decay * power,), bounds),
        derived=1 / t,
        typed=True,
        source=kingma_ba("section 5"),
        published=1 / t,
        relation="equal",
        seed=("S4", "S10"),
    )
    varying = decay * (1 - power) / (1 - decay * power)
    yield Claim(
        f"time-varying-decay-below-mean-{name}",
        MOMENTS,
        f"The decay rate that correcting {name} amounts to in step t + 1, with B = decay^t, never exceeds that of a "
        "plain mean, 1 - 1/(t + 1), which it tends to as the decay rate tends to 1.",
        rule,
        AlongRecurrence(
            (power,),
            (decay,),
            (decay * power,),
            le(varying, t / (t + 1)),
            (bounds,),
        ),
        derived=1 - 1 / (t + 1),
        source=shazeer_stern(""),
        seed=("S10",),
    )


def _more_than_most(rule: UpdateRule) -> Claim:
    decay = Quantity("b", OPEN_UNIT, "b", meaning="a decay rate")
    return Claim(
        "last-steps-weigh-more-than-said",
        MOMENTS,
        "The logarithm of a decay rate b is below b - 1, so b^(1/(1 - b)) is below 1/e: the last 1/(1 - b) steps carry "
        "more than 63.2 % of the weight, for every b.",
        rule,
        PositiveBeyond(decay - 1 - sp.log(decay), decay, sp.Integer(1)),
        derived=sp.exp(-1),
        seed=("S1",),
    )
