"""Averages and their correction, beyond bias: decay to 1, age and effective sample, variance, when correction shrinks."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence
from ..relations import ge, gt, le, lt, negation
from ..rule import UpdateRule
from ..structure import LinearState, corrected_averages, linear_states
from ..symbols import POSITIVE, UNIT_INTERVAL, Quantity
from .sources import kingma_ba, shazeer_stern
from .subjects import MOMENTS

__all__ = ["claims"]

_PER_CENT = sp.Rational(1, 100)
_LONGEST = 20_000


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Every average's variance, age and effective sample; every correction's decay and its time-varying form."""
    corrected = corrected_averages(rule)
    for linear in linear_states(rule):
        if linear.is_average and _of_gradient(linear, rule):
            yield from _variance(linear, rule, corrected=linear in corrected)
            yield from _age(linear, rule)
        elif not linear.is_sum and linear.decay != 0 and _of_gradient(linear, rule):
            yield _buffer_variance(linear, rule)
    for linear in corrected:
        yield from _correction(linear, rule)
        yield from _time_varying(linear, rule)
    found = normalised_step(rule)
    if found is not None and found.numerator in corrected and found.second in corrected:
        yield from _without_correction(found, rule)


def _of_gradient(linear: LinearState, rule: UpdateRule) -> bool:
    """Whether it takes in a multiple of the gradient itself and nothing else."""
    constants = {h.symbol for h in rule.hyper}
    return sp.cancel(linear.drive / rule.gradient).free_symbols <= constants


def _variance(linear: LinearState, rule: UpdateRule, *, corrected: bool) -> Iterator[Claim]:
    """Independent inputs: variances add, so the variance follows the recurrence with squared weights."""
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    noise = Quantity("sigma2", POSITIVE, r"\sigma^2", meaning="variance of one gradient")
    variance = Quantity("variance", latex="V")
    formula = noise * (1 - decay) / (1 + decay) * (1 - decay ** (2 * t))
    yield Claim(
        f"variance-{name}",
        MOMENTS,
        f"If the gradients are independent with the variance sigma^2, {name} has this variance.",
        rule,
        ClosedForm(
            variance,
            sp.Integer(0),
            decay**2 * variance + (1 - decay) ** 2 * noise,
            formula,
            rf"\operatorname{{Var}} {linear.state.symbol.latex_form}_t",
            f"Var {name}[t]",
        ),
        derived=formula,
        seed=("S10", "S14"),
    )
    limit = noise * (1 - decay) / (1 + decay)
    yield Claim(
        f"variance-limit-{name}",
        MOMENTS,
        f"In the end {name} has (1 - b)/(1 + b) of the variance of one gradient.",
        rule,
        LimitIs(formula, t, sp.oo, limit),
        derived=limit,
        published=limit,
        relation="equal",
        seed=("S10", "S14"),
    )
    if corrected:
        yield from _corrected_variance(linear, rule, formula, noise)


def _corrected_variance(linear: LinearState, rule: UpdateRule, formula: sp.Expr, noise: Quantity) -> Iterator[Claim]:
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    corrected = noise * (1 - decay) * (1 + decay**t) / ((1 + decay) * (1 - decay**t))
    yield Claim(
        f"variance-corrected-{name}",
        MOMENTS,
        f"The corrected {name} has the variance of one gradient in the first step and less afterwards.",
        rule,
        Equal(formula / (1 - decay**t) ** 2, corrected, r"\operatorname{Var} \hat{m}_t", "Var m_hat[t]"),
        derived=corrected,
        seed=("S10", "S11"),
    )
    later = corrected.xreplace({t: t + 1})
    yield Claim(
        f"variance-corrected-falls-{name}",
        MOMENTS,
        f"The variance of the corrected {name} falls with every step.",
        rule,
        Holds(lt(_raised(later, decay, t), corrected)),
        hypotheses=(_remembers(decay, t),),
        seed=("S10",),
    )


def _raised(expression: sp.Expr, decay: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """The same value with ``decay**(t + 1)`` written ``decay * decay**t``."""
    return expression.xreplace({decay ** (t + 1): decay * decay**t})


def _remembers(decay: sp.Expr, t: sp.Symbol) -> Hypothesis:
    return Hypothesis(gt(decay**t, 0), "the average has a memory: its decay rate is not 0")


def _buffer_variance(linear: LinearState, rule: UpdateRule) -> Claim:
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    noise, variance = Quantity("sigma2", POSITIVE, r"\sigma^2", meaning="variance of one gradient"), Quantity("variance")
    gain = sp.cancel(linear.drive / rule.gradient)
    formula = gain**2 * noise * (1 - decay ** (2 * t)) / (1 - decay**2)
    return Claim(
        f"variance-{name}",
        MOMENTS,
        f"If the gradients are independent with the variance sigma^2, {name} has this variance: momentum does not "
        "average noise away, it adds it up.",
        rule,
        ClosedForm(
            variance,
            sp.Integer(0),
            decay**2 * variance + gain**2 * noise,
            formula,
            rf"\operatorname{{Var}} {linear.state.symbol.latex_form}_t",
            f"Var {name}[t]",
        ),
        derived=formula,
        seed=("S14",),
    )


def _age(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """Weights (1 - b) b^j of the gradient of age j."""
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    total, squares = Quantity("total_age", latex="A"), Quantity("squared_weights", latex="Q")
    formula = (1 - decay**t) * decay / (1 - decay) - t * decay**t
    yield Claim(
        f"total-age-{name}",
        MOMENTS,
        f"The ages of the gradients in {name}, each times its weight, add up to this; the mean age tends to b/(1 - b).",
        rule,
        ClosedForm(
            total,
            sp.Integer(0),
            total + (t - 1) * (1 - decay) * decay ** (t - 1),
            formula,
            r"\sum_{j<t} j\, w_j",
            "sum(j w[j], j < t)",
        ),
        derived=formula / (1 - decay**t),
        seed=("S1",),
    )
    square = (1 - decay) * (1 - decay ** (2 * t)) / (1 + decay)
    yield Claim(
        f"squared-weights-{name}",
        MOMENTS,
        f"The squares of the weights in {name} add up to this.",
        rule,
        ClosedForm(
            squares,
            sp.Integer(0),
            squares + (1 - decay) ** 2 * decay ** (2 * (t - 1)),
            square,
            r"\sum_{j<t} w_j^2",
            "sum(w[j]^2, j < t)",
        ),
        derived=square,
    )
    sample = (1 + decay) * (1 - decay**t) / ((1 - decay) * (1 + decay**t))
    yield Claim(
        f"effective-sample-{name}",
        MOMENTS,
        f"Kish's effective sample size of {name}: it averages like this many gradients with equal weights.",
        rule,
        Equal((1 - decay**t) ** 2 / square, sample, r"\frac{(\sum w_j)^2}{\sum w_j^2}", "sum(w)^2 / sum(w^2)"),
        derived=sample,
        seed=("S1", "S3"),
    )
    limit = (1 + decay) / (1 - decay)
    yield Claim(
        f"effective-sample-limit-{name}",
        MOMENTS,
        f"However long the run, {name} averages like at most about this many gradients.",
        rule,
        LimitIs(sample, t, sp.oo, limit),
        derived=limit,
        published=limit,
        relation="equal",
        seed=("S1", "S3"),
    )


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
        hypotheses=(_remembers(decay, t),),
        source=kingma_ba("section 3"),
        seed=("S10",),
    )
    share = bound_share()
    small = share / (1 + share)
    within, faded = le(factor, 1 + share), le(decay**t, small)
    yield Claim(
        f"bias-correction-within-{name}",
        MOMENTS,
        f"The correction of {name} is within the factor 1 + d exactly once the decay rate's power is below d / (1 + d): "
        "after ln(d / (1 + d)) / ln(decay rate) steps.",
        rule,
        Holds(_equivalent(within, faded)),
        derived=sp.log(small) / sp.log(decay),
        seed=("S10", "S11"),
    )
    yield from _steps_until_faded(linear, rule)


def bound_share() -> Quantity:
    """The share d by which a correction may still be above 1."""
    return Quantity("d", POSITIVE, "d", meaning="share by which the correction may exceed 1")


def _equivalent(first: sp.Basic, second: sp.Basic) -> sp.Basic:
    both = sp.And(first, second, evaluate=False)
    neither = sp.And(negation(first), negation(second), evaluate=False)
    return sp.Or(both, neither, evaluate=False)


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
    varying = decay * (1 - decay ** (t - 1)) / (1 - decay**t)
    fresh, past = Quantity("x_t", latex="x_t"), Quantity("past", latex=rf"\hat{{{state.latex_form}}}_{{t-1}}")
    corrected = (decay * past * (1 - decay ** (t - 1)) + (1 - decay) * fresh) / (1 - decay**t)
    label = rf"\hat{{{state.latex_form}}}_t"
    yield Claim(
        f"time-varying-decay-{linear.state.name}",
        MOMENTS,
        f"Correcting {linear.state.name} is the same as averaging with a decay rate that grows from 0 to its full value.",
        rule,
        Equal(corrected, varying * past + (1 - varying) * fresh, label, f"{linear.state.name}_hat[t]"),
        derived=varying,
        source=shazeer_stern(""),
        published=varying,
        relation="equal",
        seed=("S10",),
    )
    yield Claim(
        f"time-varying-decay-range-{linear.state.name}",
        MOMENTS,
        "That decay rate is 0 in the first step at least, and always below the full one.",
        rule,
        Holds(sp.And(ge(varying, 0), le(varying, decay), evaluate=False)),
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
        seed=("S11",),
    )
    first, second = Quantity("A", UNIT_INTERVAL, r"a^t"), Quantity("B", UNIT_INTERVAL, r"b^t")
    yield Claim(
        "uncorrected-steps-larger",
        MOMENTS,
        "If the first uncorrected step is too large, every later one is: with A and B the powers of the two decay rates, "
        "1 - A stays above the root of 1 - B.",
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
