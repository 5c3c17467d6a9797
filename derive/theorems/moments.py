"""Averages beyond their bias: the variance under noise, the age of what they hold, the effective sample size."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..relations import gt, lt
from ..rule import UpdateRule
from ..structure import LinearState, corrected_averages, linear_states
from ..symbols import POSITIVE, Quantity
from .subjects import MOMENTS

__all__ = ["claims", "remembers"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The variance, age and effective sample of every average, and the variance of momentum buffers."""
    corrected = corrected_averages(rule)
    for linear in linear_states(rule):
        if linear.is_average and _of_gradient(linear, rule):
            yield from _variance(linear, rule, corrected=linear in corrected)
            yield from _age(linear, rule)
        elif not linear.is_sum and linear.decay != 0 and _of_gradient(linear, rule):
            yield _buffer_variance(linear, rule)


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
        typed=True,
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
        typed=True,
        seed=("S10", "S11"),
    )
    later = corrected.xreplace({t: t + 1})
    yield Claim(
        f"variance-corrected-falls-{name}",
        MOMENTS,
        f"The variance of the corrected {name} falls with every step.",
        rule,
        Holds(lt(_raised(later, decay, t), corrected)),
        hypotheses=(remembers(decay, t),),
        seed=("S10",),
    )


def _raised(expression: sp.Expr, decay: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """The same value with ``decay**(t + 1)`` written ``decay * decay**t``."""
    return expression.xreplace({decay ** (t + 1): decay * decay**t})


def remembers(decay: sp.Expr, t: sp.Symbol) -> Hypothesis:
    """That the powers of a decay rate stay above 0."""
    return Hypothesis(gt(decay**t, 0), "the average has a memory: its decay rate is not 0")


def _buffer_variance(linear: LinearState, rule: UpdateRule) -> Claim:
    t, decay, name = rule.step_counter, linear.decay, linear.state.name
    noise, variance = (
        Quantity("sigma2", POSITIVE, r"\sigma^2", meaning="variance of one gradient"),
        Quantity("variance"),
    )
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
        typed=True,
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
        typed=True,
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
        typed=True,
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
