"""Gradients whose scale changes: how soon a second moment follows, and what geometric gradients do to the step."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..recurrence_goals import AlongRecurrence
from ..relations import equivalent, gt, implies, le, lt
from ..rule import UpdateRule
from ..structure import LinearState, linear_states, movement
from ..symbols import COUNT, OPEN_UNIT, POSITIVE, REAL, Quantity, after, bound
from .corrections import bound_share
from .sources import duchi
from .subjects import SCALE_CHANGES

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """For every accumulator of squared gradients: recovery from a change of scale, geometric gradients, divergence."""
    for linear in linear_states(rule):
        taken = linear.input if linear.is_average else linear.drive
        if taken != rule.gradient**2:
            continue
        if linear.is_average:
            yield from _average_recovers(linear, rule)
            yield from _geometric(linear, rule)
        else:
            yield from _sum_recovers(linear, rule)
            yield from _sum_of_steps(rule)
            yield from _potential(rule)
            yield from _divergence(linear, rule)


def _scales() -> tuple[Quantity, Quantity]:
    return bound("A", "A", "size of the gradients before"), bound("B", "B", "size of the gradients from now on")


def _labels(linear: LinearState) -> tuple[str, str]:
    return f"{linear.state.symbol.latex_form}_t", f"{linear.state.name}[t]"


def _average_recovers(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    before, now = _scales()
    t, decay, symbol, share = rule.step_counter, linear.decay, linear.state.symbol, bound_share()
    form = now**2 + decay**t * (before**2 - now**2)
    yield Claim(
        f"scale-change-{linear.state.name}",
        SCALE_CHANGES,
        f"When the gradients have long been A and are B from now on, {linear.state.name} is this after t steps: it "
        "does not matter how long they had been A.",
        rule,
        ClosedForm(symbol, before**2, decay * symbol + (1 - decay) * now**2, form, *_labels(linear)),
        derived=form,
        typed=True,
        seed=("S3",),
    )
    steps = sp.log((before**2 / now**2 - 1) / share) / sp.log(1 / decay)
    yield Claim(
        f"scale-change-recovery-{linear.state.name}",
        SCALE_CHANGES,
        f"{linear.state.name} is within the factor 1 + d of B^2 exactly once decay^t is below d / (A^2/B^2 - 1): after "
        "ln((A^2/B^2 - 1) / d) / ln(1 / decay) steps.",
        rule,
        Holds(equivalent(le(form, (1 + share) * now**2), le(decay**t, share / (before**2 / now**2 - 1)))),
        hypotheses=(Hypothesis(gt(before, now), "the gradients have become smaller"),),
        derived=steps,
        typed=True,
        seed=("S3", "S2"),
    )


def _sum_recovers(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    before, now = _scales()
    t, symbol, share = rule.step_counter, linear.state.symbol, bound_share()
    past = Quantity("T", COUNT, "T", meaning="number of steps before the change")
    form = linear.state.initial + past * before**2 + t * now**2
    yield Claim(
        f"scale-change-{linear.state.name}",
        SCALE_CHANGES,
        f"When the gradients were A for T steps and are B from now on, {linear.state.name} is this after t more steps.",
        rule,
        ClosedForm(symbol, linear.state.initial + past * before**2, symbol + now**2, form, *_labels(linear)),
        derived=form,
        typed=True,
        seed=("S3", "S6"),
    )
    mean = (past * before**2 + t * now**2) / (past + t)
    steps = past * ((before**2 / now**2 - 1) / share - 1)
    yield Claim(
        f"scale-change-recovery-{linear.state.name}",
        SCALE_CHANGES,
        "The mean square over all steps is within the factor 1 + d of B^2 exactly after this many steps: in proportion "
        "to how long the gradients had been A.",
        rule,
        Holds(equivalent(le(mean, (1 + share) * now**2), le(steps, t))),
        hypotheses=(Hypothesis(gt(before, now), "the gradients have become smaller"),),
        derived=steps,
        typed=True,
        seed=("S3",),
    )


def _geometric(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """Gradients a^t against an average of their squares."""
    t, decay, symbol = rule.step_counter, linear.decay, linear.state.symbol
    growth = bound("a", "a", "ratio of each gradient to the one before")
    form = (1 - decay) * growth**2 * (growth ** (2 * t) - decay**t) / (growth**2 - decay)
    yield Claim(
        f"geometric-gradient-{linear.state.name}",
        SCALE_CHANGES,
        f"Under the gradients a, a^2, a^3, ... {linear.state.name} has this closed form.",
        rule,
        ClosedForm(symbol, sp.Integer(0), decay * symbol + (1 - decay) * growth ** (2 * t), form, *_labels(linear)),
        derived=form,
        typed=True,
        seed=("S2",),
    )
    quotient, faded = decay / growth**2, decay**t / growth ** (2 * t)
    ratio = (1 - quotient) / ((1 - decay) * (1 - faded))
    yield Claim(
        f"geometric-gradient-ratio-{linear.state.name}",
        SCALE_CHANGES,
        f"There, the squared gradient over {linear.state.name} is this: it depends on decay / a^2 alone.",
        rule,
        Equal(
            growth ** (2 * t) / form,
            ratio,
            rf"\frac{{g_t^2}}{{{_labels(linear)[0]}}}",
            f"g[t]^2 / {_labels(linear)[1]}",
        ),
        derived=ratio,
        seed=("S2",),
    )
    x = Quantity("x", OPEN_UNIT, "x", meaning="decay / a^2, or its inverse where that is above 1")
    cases = (
        (
            "growing",
            (1 - x) / ((1 - decay) * (1 - x**t)),
            (1 - x) / (1 - decay),
            "x = decay / a^2 below 1",
            "a constant",
        ),
        ("vanishing", x**t * (1 / x - 1) / ((1 - decay) * (1 - x**t)), sp.Integer(0), "x = a^2 / decay below 1", "0"),
    )
    for name, expression, limit, where, words in cases:
        yield Claim(
            f"geometric-gradient-{name}-{linear.state.name}",
            SCALE_CHANGES,
            f"With {where}, the squared gradient over {linear.state.name} tends to {words}: the threshold is a = "
            "sqrt(decay).",
            rule,
            LimitIs(expression, t, sp.oo, limit),
            derived=limit,
            seed=("S2",),
        )


def _sum_of_steps(rule: UpdateRule) -> Iterator[Claim]:
    """Under a constant gradient the steps are lr / sqrt(t): their sum grows like 2 lr sqrt(t)."""
    t, total = rule.step_counter, Quantity("S", POSITIVE, "S", meaning="sum of the steps, over lr")
    low, high = 2 * sp.sqrt(t + 1) - 2, 2 * sp.sqrt(t) - 1
    yield Claim(
        "constant-gradient-distance",
        SCALE_CHANGES,
        "Under a constant gradient and with eps going to 0 the first t steps add up to between 2 sqrt(t + 1) - 2 and "
        "2 sqrt(t) - 1 times the learning rate: the run slows down but gets anywhere.",
        rule,
        AlongRecurrence(
            (total,),
            (sp.Integer(1),),
            (total + 1 / sp.sqrt(t),),
            sp.And(lt(low, total), le(total, high), evaluate=False),
        ),
        derived=high,
        typed=True,
        seed=("S6",),
    )


def _potential(rule: UpdateRule) -> Iterator[Claim]:
    """The sum of g^2 / sqrt(G), which regret bounds rest on, telescopes."""
    first = bound("g_1", "g_1", "size of the first gradient that is not 0")
    total = Quantity("G_t", POSITIVE, "G_t", meaning="sum of squared gradients")
    potential = Quantity("P_t", POSITIVE, "P_t", meaning="sum of g^2 / sqrt(G)")
    g = Quantity("g_next", REAL, "g", meaning="any gradient")
    yield Claim(
        "potential-bound",
        SCALE_CHANGES,
        "The sum P of g^2 / sqrt(G) over all steps lies between sqrt(G) and 2 sqrt(G), whatever the gradients are.",
        rule,
        AlongRecurrence(
            (total, potential),
            (first**2, first),
            (total + g**2, potential + g**2 / sp.sqrt(total + g**2)),
            sp.And(le(sp.sqrt(total), potential), le(potential, 2 * sp.sqrt(total)), evaluate=False),
            inputs=(g,),
        ),
        derived=2 * sp.sqrt(total),
        typed=True,
        source=duchi("Lemma 4"),
        published=2 * sp.sqrt(total),
        relation="equal",
        seed=("S6", "S7"),
    )


def _divergence(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """The rate tends to 0 iff the sum of squares diverges: two inequalities."""
    moved, symbol = movement(rule), linear.state.symbol
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if moved is None or lr is None:
        return
    rate = moved.rate.xreplace({after(symbol): symbol})
    if rate.free_symbols & {after(s.symbol) for s in rule.state} or not rate.has(symbol):
        return
    small, most = bound("delta", r"\delta", "any positive number"), bound("M", "M", "a bound of the sum of squares")
    yield Claim(
        "rate-below-any",
        SCALE_CHANGES,
        "Once the sum of squares exceeds (lr / delta)^2 the rate is below delta: if the sum diverges, the rate "
        "tends to 0.",
        rule,
        Holds(implies(gt(symbol, (lr / small) ** 2), lt(rate, small))),
        derived=(lr / small) ** 2,
        seed=("S5", "S6"),
    )
    yield Claim(
        "rate-stays-above",
        SCALE_CHANGES,
        "If the sum of squares stays below M, the rate stays above this: it tends to 0 only if the sum diverges.",
        rule,
        Holds(implies(le(symbol, most), le(rate.xreplace({symbol: most}), rate))),
        derived=rate.xreplace({symbol: most}),
        seed=("S5", "S6"),
    )
