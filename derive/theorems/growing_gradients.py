"""Gradients that grow or fade geometrically: the edge of vanishing, the largest ratio, steps that explode."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, Holds, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..relations import gt, le, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..symbols import Quantity, bound
from .self_scaled import averages
from .subjects import SCALE_CHANGES

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Normalised steps, and steps scaled by past steps, under the gradients a, a^2, a^3, ..."""
    found = normalised_step(rule)
    if found is not None and found.second.is_average and found.z == rule.gradient:
        yield from _on_the_edge(found, rule)
        if found.numerator is not None and found.numerator.is_average:
            yield from _of_average(found, found.numerator.state.symbol, rule)
    yield from _exploding(rule)


def _growth() -> Quantity:
    return bound("a", "a", "ratio of each gradient to the one before")


def _on_the_edge(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """Squares that fade exactly as fast as their average forgets."""
    t, decay, v = rule.step_counter, found.b, found.second.state.symbol
    square = decay**t
    form = t * (1 - decay) * decay**t
    yield Claim(
        f"geometric-gradient-edge-{v.name}",
        SCALE_CHANGES,
        f"Under gradients whose squares are decay, decay^2, decay^3, ... {v.name} has this closed form: the threshold "
        "between gradients that are followed and gradients that vanish.",
        rule,
        ClosedForm(v, sp.Integer(0), decay * v + (1 - decay) * square, form, f"{v.latex_form}_t", f"{v.name}[t]"),
        derived=form,
        typed=True,
        seed=("S2",),
    )
    yield Claim(
        f"geometric-gradient-edge-ratio-{v.name}",
        SCALE_CHANGES,
        f"There the squared gradient over {v.name} falls like 1/t: steps fall like one over the root of t, as "
        "Adagrad's under a constant gradient.",
        rule,
        Equal(square / form, 1 / ((1 - decay) * t), rf"\frac{{g_t^2}}{{{v.latex_form}_t}}", f"g[t]^2 / {v.name}[t]"),
        hypotheses=(Hypothesis(gt(decay, 0), "the average has a memory"),),
        derived=1 / ((1 - decay) * t),
        seed=("S2",),
    )


def _of_average(found: NormalisedStep, m: Quantity, rule: UpdateRule) -> Iterator[Claim]:
    """The ratio of both averages under geometric gradients, and the growth that makes it largest."""
    t, growth, a, b = rule.step_counter, _growth(), found.a, found.b
    form = (1 - a) * growth * (growth**t - a**t) / (growth - a)
    yield Claim(
        f"geometric-gradient-{m.name}",
        SCALE_CHANGES,
        f"Under the gradients a, a^2, a^3, ... {m.name} has this closed form.",
        rule,
        ClosedForm(m, sp.Integer(0), a * m + (1 - a) * growth**t, form, f"{m.latex_form}_t", f"{m.name}[t]"),
        derived=form,
        typed=True,
        seed=("S2",),
    )
    # Both averages over the gradient and its square, once a^t and b^t have faded beside the growing powers.
    ratio = ((1 - a) / (1 - a / growth)) ** 2 * (1 - b / growth**2) / (1 - b)
    above, below = found.constant
    largest = above / below
    yield Claim(
        "geometric-gradient-largest-ratio",
        SCALE_CHANGES,
        "In the end the squared ratio of both averages is this function of a, and for no a is it above the constant of "
        "the bound.",
        rule,
        Holds(le(ratio, largest)),
        hypotheses=(
            Hypothesis(lt(a**2, b), "the first moment forgets faster than the root of the second"),
            Hypothesis(gt(growth, a), "the first moment follows the gradients"),
            Hypothesis(gt(growth**2, b), "the second moment does too"),
        ),
        derived=ratio,
        seed=("S2", "S10"),
    )
    yield Claim(
        "geometric-gradient-largest-ratio-attained",
        SCALE_CHANGES,
        "It is the constant where each gradient is beta2 / beta1 times the one before.",
        rule,
        Equal(ratio.xreplace({growth: b / a}), largest, r"\frac{m^2}{v}", "m^2 / v"),
        hypotheses=(
            Hypothesis(lt(a**2, b), "the first moment forgets faster than the root of the second"),
            Hypothesis(gt(a, 0), "the first moment has a memory"),
        ),
        derived=b / a,
        seed=("S2", "S10"),
    )


def _exploding(rule: UpdateRule) -> Iterator[Claim]:
    """A step scaled by past steps: how its average of squared updates grows under growing gradients."""
    found = averages(rule)
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if found is None or eps is None:
        return
    squares, updates, decay = found
    if rule.theta in one_step(rule)[updates].free_symbols:
        return
    growth, g = _growth(), rule.gradient
    # Before the step the average of squares is the settled multiple of the last squared gradient, g / a.
    settled = (1 - decay) / (1 - decay / growth**2)
    before = {squares: settled * (g / growth) ** 2}
    factor = sp.cancel(one_step(rule)[updates].xreplace(before) / updates)
    limit = 1 + decay * (1 - 1 / growth**2)
    yield Claim(
        "growth-under-exploding-gradients",
        SCALE_CHANGES,
        f"Under gradients that grow by the factor a > 1, {updates.name} is multiplied by this in every step, in the "
        "limit of a small eps: steps grow exponentially.",
        rule,
        LimitIs(factor, eps, sp.Integer(0), limit),
        hypotheses=(
            Hypothesis(gt(growth, 1), "the gradients grow"),
            Hypothesis(gt(g, 0), "the gradient is positive"),
            Hypothesis(gt(updates, 0), "theta has moved"),
        ),
        derived=sp.factor(factor.xreplace({eps: sp.Integer(0)})),
        published=limit,
        relation="equal",
        seed=("S9", "S2"),
    )
