"""Bias corrections in detail: how they fade, the decay rate they amount to, and what steps do without them."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Equal, Holds, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence
from ..relations import equivalent, ge, gt, le, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState, corrected_averages
from ..symbols import POSITIVE, UNIT_INTERVAL, Quantity
from .moments import remembers
from .sources import kingma_ba, shazeer_stern
from .subjects import MOMENTS

__all__ = ["bound_share", "claims"]

_PER_CENT = sp.Rational(1, 100)
_LONGEST = 20_000
_LOOKED_AT = 100


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """How every correction fades, its time-varying form, and the step without corrections."""
    corrected = corrected_averages(rule)
    for linear in corrected:
        yield from _correction(linear, rule)
        yield from _time_varying(linear, rule)
    found = normalised_step(rule)
    if found is not None and found.numerator in corrected and found.second in corrected:
        yield from _without_correction(found, rule)


def _correction(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    factor = 1 / (1 - decay**t)
    later = 1 / (1 - decay * decay**t)
    yield Claim(
        f"bias-correction-falls-{name}",
        MOMENTS,
        f"The correction of {name} is weaker in every step than in the one before.",
        rule,
        Holds(lt(later, factor)),
        hypotheses=(remembers(decay, t),),
        source=kingma_ba("section 3"),
        seed=("S10",),
    )
    share = bound_share()
    small = share / (1 + share)
    within, faded = le(factor, 1 + share), le(decay**t, small)
    yield Claim(
        f"bias-correction-within-{name}",
        MOMENTS,
        f"The correction of {name} is within the factor 1 + d exactly once the decay rate's power is below "
        "d / (1 + d): after ln(d / (1 + d)) / ln(decay rate) steps.",
        rule,
        Holds(equivalent(within, faded)),
        derived=sp.log(small) / sp.log(decay),
        typed=True,
        seed=("S10", "S11"),
    )
    yield from _steps_until_faded(linear, rule)


def bound_share() -> Quantity:
    """The share d by which a correction may still be above 1."""
    return Quantity("d", POSITIVE, "d", meaning="share by which the correction may exceed 1")


def _steps_until_faded(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """At the default decay rate: the first step in which the correction is below 1 %, in exact arithmetic."""
    value = next((h.default for h in rule.hyper if h.symbol == linear.decay), None)
    if value is None or value == 0:
        return
    small = _PER_CENT / (1 + _PER_CENT)
    count = int(sp.ceiling(sp.N(sp.log(small) / sp.log(value), 30)))
    if count < _LONGEST:
        before, now = (sp.Pow(value, n, evaluate=False) for n in (count - 1, count))
        yield Claim(
            f"bias-correction-steps-{linear.state.name}",
            MOMENTS,
            f"With the default {linear.decay} = {value}, the correction of {linear.state.name} is below 1 % from step "
            f"{count} on, and not before.",
            rule,
            Holds(sp.And(gt(before, small), le(now, small), evaluate=False)),
            derived=sp.Integer(count),
            seed=("S11",),
        )


def _time_varying(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    t, decay, state = rule.step_counter, linear.decay, linear.state.symbol
    past = Quantity("past", latex=rf"\hat{{{state.latex_form}}}_{{t-1}}")
    # The state before the step is what its corrected value was made from; one step of the rule, corrected again.
    corrected = one_step(rule)[state].xreplace({state: past * (1 - decay ** (t - 1))}) / (1 - decay**t)
    varying = sp.factor(sp.expand(corrected).coeff(past, 1))
    fresh = (one_step(rule)[state] - decay * state) / (1 - decay)
    published = decay * (1 - decay ** (t - 1)) / (1 - decay**t)
    label = rf"\hat{{{state.latex_form}}}_t"
    yield Claim(
        f"time-varying-decay-{linear.state.name}",
        MOMENTS,
        f"Correcting {linear.state.name} is the same as averaging with a decay rate that grows from 0 to its full "
        "value.",
        rule,
        Equal(corrected, published * past + (1 - published) * fresh, label, f"{linear.state.name}_hat[t]"),
        derived=varying,
        source=shazeer_stern("section 7.1"),
        published=published,
        relation="equal",
        seed=("S10",),
    )
    yield Claim(
        f"time-varying-decay-range-{linear.state.name}",
        MOMENTS,
        "That decay rate is 0 in the first step at least, and always below the full one.",
        rule,
        Holds(sp.And(ge(published, 0), le(published, decay), evaluate=False)),
        seed=("S10",),
    )


def _without_correction(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """The uncorrected step is the corrected one times (1 - a^t) / sqrt(1 - b^t)."""
    t = rule.step_counter
    small = ge(1 - found.b**t, (1 - found.a**t) ** 2)
    yield Claim(
        "uncorrected-steps-smaller",
        MOMENTS,
        "Often said: without bias correction the first steps are too small. It depends on the decay rates, and at the "
        "usual ones it is the other way round.",
        rule,
        Holds(small),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S11",),
    )
    yield from _excess(found, rule)
    first, second = Quantity("A", UNIT_INTERVAL, r"a^t"), Quantity("B", UNIT_INTERVAL, r"b^t")
    yield Claim(
        "uncorrected-steps-larger",
        MOMENTS,
        "If the first uncorrected step is too large, every later one is: with A and B the powers of the two decay "
        "rates, 1 - A stays above the root of 1 - B.",
        rule,
        AlongRecurrence(
            (first, second),
            (found.a, found.b),
            (found.a * first, found.b * second),
            gt((1 - first) ** 2, 1 - second),
        ),
        hypotheses=(Hypothesis(gt((1 - found.a) ** 2, 1 - found.b), "the first uncorrected step is too large"),),
        derived=sp.sqrt(1 - found.b**t) / (1 - found.a**t),
        source=kingma_ba("section 6.4"),
        seed=("S11",),
    )


def _excess(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """How much larger the uncorrected steps are: not monotone, fading in the end, several times at the defaults."""
    t, a, b = rule.step_counter, found.a, found.b
    share = sp.sqrt(1 - b**t) / (1 - a**t)
    later = sp.sqrt(1 - b * b**t) / (1 - a * a**t)
    yield Claim(
        "uncorrected-steps-approach",
        MOMENTS,
        "The corrected step over the uncorrected one tends to 1.",
        rule,
        LimitIs(share, t, sp.oo, sp.Integer(1)),
        derived=sp.Integer(1),
        seed=("S10", "S11"),
    )
    yield Claim(
        "uncorrected-steps-approach-steadily",
        MOMENTS,
        "Often drawn so: from the first step on the uncorrected step comes nearer to the corrected one. It first "
        "departs further.",
        rule,
        Holds(le(share, later)),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S11",),
    )
    defaults = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    first, second = a.xreplace(defaults), b.xreplace(defaults)
    if not isinstance(first, sp.Rational) or not isinstance(second, sp.Rational) or (1 - first) ** 2 <= 1 - second:
        return
    ratios = [(1 - first**n) ** 2 / (1 - second**n) for n in range(1, _LOOKED_AT)]
    step = max(range(len(ratios)), key=ratios.__getitem__) + 1
    times = sp.Rational(sp.floor(100 * sp.sqrt(ratios[step - 1])), 100)
    powers = (sp.Pow(first, step, evaluate=False), sp.Pow(second, step, evaluate=False))
    yield Claim(
        "uncorrected-steps-excess",
        MOMENTS,
        f"At the defaults the uncorrected step number {step} is more than {float(times)} times the corrected one.",
        rule,
        Holds(gt((1 - powers[0]) ** 2, times**2 * (1 - powers[1]))),
        derived=times,
        seed=("S11",),
    )
