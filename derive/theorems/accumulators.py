"""Closed forms of the accumulators as functions of the gradient sequence."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim
from ..goal import ClosedForm
from ..printing import claim_notation
from ..rule import Source, UpdateRule
from ..structure import LinearState, linear_states
from ..symbols import Quantity
from .sources import kingma_ba
from .subjects import ACCUMULATORS, CONSTANT_GRADIENT

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The closed form of every linear accumulator, and the weights of the averages."""
    for linear in linear_states(rule):
        if _free_of_other_state(linear, rule):
            yield _as_sum(linear, rule)
            yield _under_constant_gradient(linear, rule)
        if linear.is_average:
            yield _weights(linear, rule)


def _free_of_other_state(linear: LinearState, rule: UpdateRule) -> bool:
    allowed = {rule.gradient, *(h.symbol for h in rule.hyper)}
    return linear.drive.free_symbols <= allowed


def _labels(linear: LinearState, rule: UpdateRule) -> tuple[str, str]:
    latex = claim_notation(rule, "latex", now=True).write(linear.state.symbol)
    return latex, claim_notation(rule, "text", now=True).write(linear.state.symbol)


def _source(linear: LinearState, rule: UpdateRule) -> Source | None:
    return kingma_ba("section 3, eq. (1)") if linear.is_average and rule.name.startswith("adam") else None


def _drive_at(linear: LinearState, rule: UpdateRule, value: sp.Expr) -> sp.Expr:
    """What one step adds when the gradient is `value`; an average shows its weight 1 - decay."""
    if linear.input is not None:
        return (1 - linear.decay) * linear.input.xreplace({rule.gradient: value})
    return linear.drive.xreplace({rule.gradient: value})


def _as_sum(linear: LinearState, rule: UpdateRule) -> Claim:
    t, i, g = rule.step_counter, sp.Symbol("i", integer=True, positive=True), sp.Function("g")
    term = linear.decay ** (t - i) * _drive_at(linear, rule, g(i))
    start = linear.decay**t * linear.state.initial
    formula = start + sp.Sum(term, (i, 1, t))
    following = linear.decay * linear.state.symbol + _drive_at(linear, rule, g(t))
    latex, text = _labels(linear, rule)
    kind = "the plain sum of all past inputs" if linear.is_sum else "a sum in which the past fades geometrically"
    if linear.is_average:
        kind = "an exponential moving average of the past"
    return Claim(
        f"closed-form-{linear.state.name}",
        ACCUMULATORS,
        f"The accumulator {linear.state.name} is {kind}, for every gradient sequence.",
        rule,
        ClosedForm(linear.state.symbol, linear.state.initial, following, formula, latex, text),
        derived=formula,
        source=_source(linear, rule),
        published=formula if _source(linear, rule) else None,
        relation="equal" if _source(linear, rule) else None,
        seed=("S6", "S4") if linear.is_sum else ("S1", "S4"),
    )


def _weights(linear: LinearState, rule: UpdateRule) -> Claim:
    """The weights add up like the average itself does when every input is 1."""
    total, t = Quantity("total_weight", latex="W"), rule.step_counter
    formula = 1 - linear.decay**t
    return Claim(
        f"weights-{linear.state.name}",
        ACCUMULATORS,
        f"The weights of the past in {linear.state.name} are not negative and add up to less than one: together "
        "with the weight of the initial value it is a convex combination.",
        rule,
        ClosedForm(total, sp.Integer(0), linear.decay * total + (1 - linear.decay), formula, r"W_t", "W[t]"),
        derived=formula,
        source=kingma_ba("section 3") if rule.name.startswith("adam") else None,
        seed=("S1", "S5"),
    )


def _under_constant_gradient(linear: LinearState, rule: UpdateRule) -> Claim:
    t, c = rule.step_counter, Quantity("c", latex="c", meaning="the constant gradient")
    added = _drive_at(linear, rule, c)
    if linear.is_sum:
        formula = linear.state.initial + t * added
    else:
        fading = 1 - linear.decay**t
        total = (
            fading * linear.input.xreplace({rule.gradient: c})
            if linear.input is not None
            else fading * added / (1 - linear.decay)
        )
        formula = linear.decay**t * linear.state.initial + total
    latex, text = _labels(linear, rule)
    return Claim(
        f"constant-gradient-{linear.state.name}",
        CONSTANT_GRADIENT,
        f"Under a constant gradient c, {linear.state.name} has this closed form.",
        rule,
        ClosedForm(
            linear.state.symbol, linear.state.initial, linear.decay * linear.state.symbol + added, formula, latex, text
        ),
        derived=formula,
    )
