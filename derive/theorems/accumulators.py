"""Closed forms of the accumulators as functions of the gradient sequence."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim
from ..goal import ClosedForm
from ..printing import claim_notation
from ..rule import Source, UpdateRule
from ..sequence import one_step
from ..structure import LinearState, linear_states
from ..symbols import Quantity, after
from .sources import kingma_ba
from .subjects import ACCUMULATORS, CONSTANT_GRADIENT

__all__ = ["claims", "fed_with"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The closed form of every linear accumulator, and the weights of the averages."""
    for linear in linear_states(rule):
        if _free_of_other_state(linear, rule):
            yield _as_sum(linear, rule)
            yield _under_constant_gradient(linear, rule)
        following = fed_with(linear, rule, sp.Integer(1)) if linear.is_average else None
        if following is not None:
            yield _weights(linear, following, rule)


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


def fed_with(linear: LinearState, rule: UpdateRule, value: sp.Expr) -> sp.Expr | None:
    """The rule's own update of an average where the gradient is such that it takes in `value`.

    None if what it takes in is neither linear in the gradient nor the square of something that is.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> from optproof.derive.structure import linear_states
    >>> made = rule("rmsprop")
    >>> str(fed_with(linear_states(made)[0], made, sp.Integer(1)))
    'rho*v - rho + 1'
    """
    taken, g = linear.input, rule.gradient
    if taken is None:
        return None
    squared = isinstance(taken, sp.Pow) and taken.exp == 2
    inner = taken.base if squared else taken
    rest = sp.expand(inner - g)
    if rest.has(g) or rest.free_symbols & {after(s.symbol) for s in rule.state}:
        return None
    gradient = (sp.sqrt(value) if squared else value) - rest
    return one_step(rule)[linear.state.symbol].xreplace({g: gradient})


def _weights(linear: LinearState, following: sp.Expr, rule: UpdateRule) -> Claim:
    """The weights add up to what the average itself becomes when every input is 1."""
    formula = 1 - linear.decay**rule.step_counter
    if linear.state.initial != 0:
        formula = 1 - linear.decay**rule.step_counter * (1 - linear.state.initial)
    return Claim(
        f"weights-{linear.state.name}",
        ACCUMULATORS,
        f"The weights of the past in {linear.state.name} are not negative and add up to less than one: fed with ones, "
        "the average becomes this.",
        rule,
        ClosedForm(linear.state.symbol, linear.state.initial, following, formula, r"W_t", "W[t]"),
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
