"""Gradients that repeat: alternating ones, pure noise, one every p steps, an outlier, and rules that have settled."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, equivalent, gt, le
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState
from ..symbols import OPEN_UNIT, POSITIVE, UNIT_INTERVAL, Quantity, bound
from ..tidying import tidied
from .corrections import bound_share
from .sources import duchi, kingma_ba
from .subjects import RESPONSES, SCALE_CHANGES

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """What normalised steps do under gradients that repeat."""
    found = normalised_step(rule)
    if found is None or found.z != rule.gradient:
        return
    average = found.second.is_average and found.scale == found.second.state.symbol
    if found.numerator is not None and found.numerator.is_average:
        yield from _alternating(found, found.numerator, rule)
        if average:
            yield _noise(found, rule)
    if average:
        yield from _every_p_steps(found, rule)
        yield from _outlier(found.second, rule)
    elif found.second.is_sum:
        yield from _sparse(found, rule)


def _alternating(found: NormalisedStep, numerator: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """Under c, -c, c, ... the numerator's size times the gradient's sign has one fixed point, and contracts to it."""
    c, m, decay = bound("c", "c", "size of every gradient"), numerator.state.symbol, found.a
    # One step against the opposite sign: before it the size was -m in the new sign's direction.
    step = one_step(rule)[m].xreplace({rule.gradient: c, m: -m})
    (settled,) = sp.roots(sp.Poly(sp.expand(step - m), m))
    settled = tidied(settled)
    yield Claim(
        f"alternating-gradient-{m.name}",
        RESPONSES,
        f"Under gradients c, -c, c, ... {m.name}, taken in the direction of the last gradient, can rest at one size "
        "only.",
        rule,
        Holds(equivalent(eq(step, m), eq(m, settled))),
        derived=settled,
        published=c * (1 - decay) / (1 + decay),
        relation="equal",
        seed=("S14",),
    )
    yield Claim(
        f"alternating-gradient-contraction-{m.name}",
        RESPONSES,
        "Each step shrinks the distance from there by the decay rate: it is where the run ends.",
        rule,
        Equal(step - settled, -decay * (m - settled), f"{m.latex_form}_t - m^*", f"{m.name}[t] - rest"),
        derived=decay,
        seed=("S14",),
    )
    if found.second.is_average:
        ratio = sp.cancel(settled / c)
        yield Claim(
            "alternating-gradient-step",
            RESPONSES,
            "There the root of the second moment is c, whose sign it does not see: the step has become this multiple "
            "of the learning rate.",
            rule,
            Equal(found.base * settled / sp.sqrt(c**2), found.base * ratio, r"\Delta", "step"),
            derived=found.base * ratio,
            source=kingma_ba("section 2.1, on the signal-to-noise ratio"),
            seed=("S14", "S10"),
        )


def _noise(found: NormalisedStep, rule: UpdateRule) -> Claim:
    """Independent gradients with mean 0: the variance of the numerator over the mean of the second moment."""
    t, a, b = rule.step_counter, found.a, found.b
    variance = (1 - a) / (1 + a) * (1 - a ** (2 * t))
    limit = (1 - a) / (1 + a)
    return Claim(
        "noise-step",
        RESPONSES,
        "Under independent gradients with mean 0, the mean square of the first moment over the mean of the second, "
        "both as they are after t steps, tends to this: noise is damped by its root.",
        rule,
        LimitIs(variance / (1 - b**t), t, sp.oo, limit),
        derived=limit,
        source=kingma_ba("section 2.1, on the signal-to-noise ratio"),
        seed=("S14",),
    )


def _every_p_steps(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """A gradient c every p steps and zeros between them; `power` is the decay rate's p-th power."""
    t, v, c = rule.step_counter, found.second.state.symbol, bound("c", "c", "size of each gradient that is not 0")
    power = Quantity("R", UNIT_INTERVAL, "b^p", meaning="p-th power of the decay rate")
    fresh = one_step(rule)[v].xreplace({rule.gradient: c, v: sp.Integer(0)})
    form = fresh * (1 - power**t) / (1 - power)
    yield Claim(
        f"periodic-gradient-{v.name}",
        RESPONSES,
        f"Under one gradient c every p steps and zeros between them, {v.name} is this just after the gradient number "
        "t, with R the p-th power of the decay rate.",
        rule,
        ClosedForm(v, sp.Integer(0), power * v + fresh, form, f"{v.latex_form}_{{pt}}", f"{v.name}[p t]"),
        derived=form,
        seed=("S7",),
    )
    if found.a == 0:
        step = sp.sqrt((1 - power) / (1 - found.b))
        yield Claim(
            "periodic-gradient-step",
            RESPONSES,
            "The steps that these gradients make tend to this many learning rates: the rarer the gradient, the longer "
            "its step. Adaptive averages amplify rare features too.",
            rule,
            LimitIs(c / sp.sqrt(form), t, sp.oo, step),
            derived=found.base * step,
            typed=True,
            published=found.base * step,
            relation="equal",
            seed=("S7",),
        )
        yield Claim(
            "periodic-gradient-step-largest",
            RESPONSES,
            "However rare the gradient is, its step stays below this many learning rates, which it tends to.",
            rule,
            LimitIs(step, power, sp.Integer(0), 1 / sp.sqrt(1 - found.b)),
            derived=found.base / sp.sqrt(1 - found.b),
            seed=("S7",),
        )
    else:
        yield _periodic_displacement(found, rule)


def _periodic_displacement(found: NormalisedStep, rule: UpdateRule) -> Claim:
    """Settled in the period: moments A and B times what one gradient leaves, each step x times the one before."""
    t, ratio = rule.step_counter, Quantity("x", OPEN_UNIT, "x", meaning="beta1 / sqrt(beta2)")
    first = Quantity("A", UNIT_INTERVAL, r"\beta_1^p", meaning="p-th power of beta1")
    second = Quantity("B", UNIT_INTERVAL, r"\beta_2^p", meaning="p-th power of beta2")
    start = found.p / (1 - first) / sp.sqrt(found.q / (1 - second))
    moved = Quantity("moved", latex=r"\frac{\theta_0 - \theta_t}{\alpha}")
    total = start * (1 - ratio**t) / (1 - ratio)
    return Claim(
        "periodic-gradient-displacement",
        RESPONSES,
        "Settled under one gradient every p steps and with x = beta1 / sqrt(beta2): by how many learning rates theta "
        "has moved t steps after the gradient; for t = p, in a whole period. A and B are the p-th powers of the "
        "decay rates.",
        rule,
        ClosedForm(moved, sp.Integer(0), moved + start * ratio ** (t - 1), total, moved.latex_form, "moved"),
        derived=total,
        typed=True,
        seed=("S7",),
    )


def _outlier(second: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """One gradient K c among gradients c, once the average has settled at c^2."""
    t, v, decay = rule.step_counter, second.state.symbol, second.decay
    c, size = bound("c", "c", "size of the usual gradient"), bound("K", "K", "how much larger the outlier is")
    usual = c**2
    hit = sp.factor(one_step(rule)[v].xreplace({rule.gradient: size * c, v: usual}))
    excess = (1 - decay) * (size**2 - 1)
    yield Claim(
        "outlier-slows",
        SCALE_CHANGES,
        f"One gradient K times the usual one divides the rate by the root of this: {v.name} is that much larger.",
        rule,
        Equal(hit / usual, 1 + excess, rf"\frac{{{v.latex_form}_t}}{{c^2}}", f"{v.name}[t] / c^2"),
        derived=sp.sqrt(1 + excess),
        published=sp.sqrt(1 + (1 - decay) * (size**2 - 1)),
        relation="equal",
        seed=("S3",),
    )
    share = bound_share()
    left, limit = 1 + excess * decay**t, ((1 + share) ** 2 - 1) / excess
    yield Claim(
        "outlier-recovery",
        SCALE_CHANGES,
        "After t usual gradients the rate is within the factor 1 + d of the usual one exactly once decay^t is below "
        "((1 + d)^2 - 1) / ((1 - decay) (K^2 - 1)): a logarithm's worth of steps.",
        rule,
        Holds(equivalent(le(left, (1 + share) ** 2), le(decay**t, limit))),
        hypotheses=(Hypothesis(gt(size, 1), "the outlier is larger"),),
        derived=sp.log(limit) / sp.log(decay),
        typed=True,
        seed=("S3",),
    )


def _sparse(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """A sum of squares counts occurrences only, wherever they are."""
    total, c = found.second.state.symbol, bound("c", "c", "size of each gradient that is not 0")
    count = Quantity("n", latex="n", meaning="how many gradients were not 0")
    seen = Quantity("seen", latex="s", meaning="1 if this step's gradient is c, 0 if it is 0")
    start, following = found.second.state.initial, one_step(rule)[total].xreplace({rule.gradient: seen * c})
    yield Claim(
        "sparse-gradient-accumulator",
        RESPONSES,
        f"Where every gradient is 0 or c, {total.name} depends only on how many were c, not on when they came.",
        rule,
        AlongRecurrence(
            (total, count),
            (start, sp.Integer(0)),
            (following, count + seen),
            eq(total, start + c**2 * count),
            inputs=(seen,),
            start=0,
        ),
        hypotheses=(Hypothesis(eq(seen**2, seen), "seen is 0 or 1"),),
        derived=start + c**2 * count,
        seed=("S7",),
    )
    steps, often = Quantity("T", POSITIVE, "T", meaning="number of steps"), bound("q", "q", "frequency")
    rare = Quantity("q_rare", POSITIVE, r"q_{\mathrm{rare}}", meaning="frequency of a rare feature")
    rate = found.base / sp.sqrt(c**2 * often * steps)
    yield Claim(
        "sparse-gradient-rate",
        RESPONSES,
        "From a sum that starts at 0, with eps gone, a feature of frequency q has this learning rate after T steps.",
        rule,
        Equal(rate, found.base / (c * sp.sqrt(often * steps)), r"\mathrm{rate}_T", "rate[T]"),
        derived=found.base / (c * sp.sqrt(often * steps)),
        source=duchi("section 1.1"),
        seed=("S7",),
    )
    yield Claim(
        "sparse-against-dense",
        RESPONSES,
        "The learning rate of a rare feature over that of a common one is the root of the ratio of their frequencies.",
        rule,
        Equal(
            rate.xreplace({often: rare}) / rate,
            sp.sqrt(often / rare),
            r"\frac{\mathrm{rate}_{\mathrm{rare}}}{\mathrm{rate}}",
            "rate of the rare one / rate",
        ),
        hypotheses=(Hypothesis(gt(found.base, 0), "the learning rate is not zero"),),
        derived=sp.sqrt(often / rare),
        seed=("S7",),
    )
