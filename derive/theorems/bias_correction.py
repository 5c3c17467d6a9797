"""Bias correction: the factor, its value at the first step, its limit, and what it makes exact."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..printing import claim_notation
from ..relations import ge
from ..rule import UpdateRule
from ..structure import LinearState, corrected_averages
from ..symbols import NONNEGATIVE, REAL, Quantity
from .accumulators import fed_with
from .sources import kingma_ba
from .subjects import BIAS_CORRECTION

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Everything about the correction of each moment that the rule corrects, and of schedules made of corrections."""
    for linear in corrected_averages(rule):
        yield from _of_moment(linear, rule)
    yield from _of_step_size(rule)


def _of_moment(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    name, t = linear.state.name, rule.step_counter
    factor = 1 / (1 - linear.decay**t)
    yield Claim(
        f"bias-correction-first-{name}",
        BIAS_CORRECTION,
        f"In the first step the correction of {name} undoes the weight that the fresh input got.",
        rule,
        Equal(
            factor.xreplace({t: sp.Integer(1)}), 1 / (1 - linear.decay), r"\frac{1}{1 - \beta^{1}}", "1 / (1 - beta^1)"
        ),
        derived=1 / (1 - linear.decay),
        source=kingma_ba("section 3"),
        seed=("S10", "S11"),
    )
    yield Claim(
        f"bias-correction-limit-{name}",
        BIAS_CORRECTION,
        f"The correction of {name} fades: its factor tends to 1.",
        rule,
        LimitIs(factor, t, sp.oo, sp.Integer(1)),
        derived=sp.Integer(1),
        source=kingma_ba("section 3"),
        published=sp.Integer(1),
        relation="equal",
        seed=("S10", "S11"),
    )
    yield Claim(
        f"bias-correction-above-one-{name}",
        BIAS_CORRECTION,
        f"The correction of {name} never shrinks the moment: its factor is at least 1.",
        rule,
        Holds(ge(factor, 1)),
        seed=("S10",),
    )
    yield from _exact_in_the_mean(linear, rule)


def _exact_in_the_mean(linear: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """Expectation is linear, so the mean of the moment is what the rule makes of inputs that are their own mean."""
    t = rule.step_counter
    squared = linear.input is not None and isinstance(linear.input, sp.Pow)
    domain = NONNEGATIVE if squared else REAL
    mean = Quantity("mu", domain, r"\mu", meaning="mean of the input, the same at every step")
    following = fed_with(linear, rule, mean)
    if following is None or linear.input is None or linear.state.initial != 0:
        return
    written, text = (
        claim_notation(rule, dialect, now=True).write(linear.state.symbol) for dialect in ("latex", "text")
    )
    formula = (1 - linear.decay**t) * mean
    averaged = claim_notation(rule, "text", now=True).write(linear.input)
    yield Claim(
        f"bias-correction-exact-{linear.state.name}",
        BIAS_CORRECTION,
        f"If every {averaged} has the mean mu, independent or not, {linear.state.name} has the mean "
        "(1 - decay^t) mu: dividing by 1 - decay^t makes it exact. A constant gradient is the special case.",
        rule,
        ClosedForm(
            linear.state.symbol,
            linear.state.initial,
            following,
            formula,
            rf"\mathbb{{E}}\left[{written}\right]",
            f"E[{text}]",
        ),
        derived=formula,
        source=kingma_ba("section 3"),
        published=formula,
        relation="equal",
        seed=("S10",),
    )


def _of_step_size(rule: UpdateRule) -> Iterator[Claim]:
    """A temporary made of the learning rate, other hyperparameters and t is a schedule of step sizes."""
    t, constants = rule.step_counter, {h.symbol for h in rule.hyper}
    for line in rule.assignments:
        if line.target not in rule.temporaries or not line.value.free_symbols <= constants | {t}:
            continue
        if not {t.name, "lr"} <= {s.name for s in line.value.free_symbols} or line.value.has(sp.Piecewise):
            continue
        at_one = line.value.xreplace({t: sp.Integer(1)})
        limit = line.value.xreplace({p: sp.Integer(0) for p in line.value.atoms(sp.Pow) if p.exp == t})
        yield Claim(
            f"schedule-first-{line.target.name}",
            BIAS_CORRECTION,
            "The step size with both corrections, in the first step.",
            rule,
            Equal(
                at_one,
                sp.factor_terms(at_one),
                claim_notation(rule, "latex", now=True).write(line.target),
                str(line.target),
            ),
            derived=at_one,
            seed=("S11",),
        )
        yield Claim(
            f"schedule-limit-{line.target.name}",
            BIAS_CORRECTION,
            "The step size with both corrections tends to the learning rate.",
            rule,
            LimitIs(line.value, t, sp.oo, limit),
            derived=limit,
            seed=("S10", "S11"),
        )
