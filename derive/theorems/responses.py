"""What rules do under the simplest gradients: constant, a single impulse, none at all."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, LimitIs
from ..linearised import CURVATURE, linearised
from ..normalised import without_powers
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, implies
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState, linear_states, movement
from ..symbols import Quantity, after, bound
from ..tidying import tidied
from .subjects import RESPONSES

__all__ = ["claims", "under_constant_gradient"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The step under a constant gradient and its limit, the impulse response, and whether zeros change anything."""
    yield from _constant_gradient(rule)
    yield from _impulse(rule)
    yield from _zero_gradient(rule)


def under_constant_gradient(linear: LinearState, rule: UpdateRule, constant: sp.Expr) -> sp.Expr | None:
    """The closed form of a linear state under a constant gradient; None if it takes in more than the gradient."""
    allowed = {rule.gradient, *(h.symbol for h in rule.hyper)}
    if not linear.drive.free_symbols <= allowed:
        return None
    added, t, start = linear.drive.xreplace({rule.gradient: constant}), rule.step_counter, linear.state.initial
    if linear.is_sum:
        return start + t * added
    gain = sp.factor(sp.cancel(added / (1 - linear.decay)))
    return linear.decay**t * start + gain * (1 - linear.decay**t)


def _constant_gradient(rule: UpdateRule) -> Iterator[Claim]:
    moved, c, t = movement(rule), bound("c", "c", "the constant gradient"), rule.step_counter
    if moved is None:
        return
    forms = {s.state.symbol: under_constant_gradient(s, rule, c) for s in linear_states(rule)}
    product = moved.rate * moved.direction
    used = [s.symbol for s in rule.state if product.has(after(s.symbol)) or product.has(s.symbol)]
    if any(forms.get(q) is None for q in used) or product.has(rule.theta):
        return
    values = {after(q): form for q, form in forms.items() if form is not None} | {rule.gradient: c}
    step = tidied(product.xreplace(values))
    momentum = not used
    yield Claim(
        "constant-gradient-step",
        RESPONSES,
        "Under a constant gradient c > 0, how far theta moves in step t."
        if not momentum
        else "Every step is the same.",
        rule,
        EachStep(
            eq(after(rule.theta), moved.keep * rule.theta - step),
            tuple(eq(q, form) for q, form in forms.items() if q in used and form is not None),
        ),
        hypotheses=(Hypothesis(eq(rule.gradient, c), "every gradient is c"),),
        derived=step,
        seed=("S11", "S14"),
    )
    if t not in step.free_symbols or step.has(sp.Piecewise):
        # Which case the steps end in depends on the hyperparameters.
        return
    faded = without_powers(step)
    steady = sp.Integer(0) if t in faded.free_symbols else tidied(faded)
    if any(q.initial != 0 for q in rule.state):
        step = step.xreplace({q.initial: sp.Integer(0) for q in rule.state})
    yield Claim(
        "constant-gradient-steady-step",
        RESPONSES,
        "Under a constant gradient the steps tend to this.",
        rule,
        LimitIs(step, t, sp.oo, steady),
        derived=steady,
        published=_published_steady(rule, c),
        relation=None if _published_steady(rule, c) is None else "equal",
        seed=("S14",) if rule.name.startswith("sgd") else ("S5", "S6"),
    )


def _published_steady(rule: UpdateRule, c: sp.Expr) -> sp.Expr | None:
    """Momentum's well-known effective rate lr / (1 - momentum), for the rules it is quoted for."""
    symbols = {h.name: h.symbol for h in rule.hyper}
    known = ("sgd[momentum]", "sgd[nesterov]", "sgd[momentum,lr_inside]", "sgd[nesterov,lr_inside]")
    lr, momentum = symbols.get("lr"), symbols.get("momentum")
    return None if rule.name not in known or lr is None or momentum is None else lr * c / (1 - momentum)


def _impulse(rule: UpdateRule) -> Iterator[Claim]:
    """One gradient c, then zeros: each rule that is linear moves theta by lr c / (1 - momentum) in all."""
    found = linearised(rule)
    if found is None or found.frozen or len(found.variables) != 2 or rule.gradient_at != rule.theta:
        return
    theta, state = found.variables
    matrix = found.matrix.xreplace({CURVATURE: sp.Integer(0)})
    if (
        matrix[0, 0] != 1
        or matrix[1, 0] != 0
        or any(rule.step_counter in e.free_symbols for e in one_step(rule).values())
    ):
        return
    c, t = Quantity("c", latex="c", meaning="the only gradient that is not 0"), rule.step_counter
    start = {theta: sp.Integer(0), state: sp.Integer(0), rule.gradient: c}
    step = one_step(rule)
    first, held = (tidied(step[q].xreplace(start)) for q in (theta, state))
    decay, pull = matrix[1, 1], matrix[0, 1]
    form = held * decay ** (t - 1)
    total = tidied(first + pull * held / (1 - decay))
    moved = tidied(first + pull * held * (1 - decay ** (t - 1)) / (1 - decay))
    distance = Quantity("moved", latex=r"\theta_t - \theta_0")
    yield Claim(
        "impulse-response",
        RESPONSES,
        "After a single gradient c and zeros from then on, how far theta has moved by step t.",
        rule,
        AlongRecurrence(
            (distance, state),
            (first, held),
            (distance + pull * state, decay * state),
            eq(distance, moved),
            (eq(state, form),),
        ),
        derived=moved,
        seed=("S14",),
    )
    yield Claim(
        "impulse-response-total",
        RESPONSES,
        "In all, a single gradient c moves theta by this.",
        rule,
        LimitIs(moved, t, sp.oo, total),
        derived=total,
        published=_published_impulse(rule, c),
        relation=None if _published_impulse(rule, c) is None else "equal",
        seed=("S14", "S13"),
    )


def _published_impulse(rule: UpdateRule, c: sp.Expr) -> sp.Expr | None:
    steady = _published_steady(rule, c)
    return None if steady is None else -steady


def _zero_gradient(rule: UpdateRule) -> Iterator[Claim]:
    """Coordinates that are rarely touched: does a step with gradient 0 leave everything as it was?"""
    step = one_step(rule)
    if any(rule.theta in step[s.symbol].free_symbols for s in rule.state) or not _squares(rule):
        return
    same = [eq(after(q), q) for q in step]
    still = {rule.gradient: sp.Integer(0)}
    unchanged = all(sp.expand(value.xreplace(still) - q) == 0 for q, value in step.items())
    joined = same[0] if len(same) == 1 else sp.And(*same, evaluate=False)
    title = "A step with gradient 0 changes nothing: rare coordinates keep their learning rate until they are seen."
    if not unchanged:
        title = f"Often assumed of adaptive rules: {title[0].lower()}{title[1:]} This one forgets."
    yield Claim(
        "zero-gradient-changes-nothing",
        RESPONSES,
        title,
        rule,
        EachStep(implies(eq(rule.gradient, 0), joined)),
        expected=Verdict.PROVED if unchanged else Verdict.REFUTED,
        folklore=not unchanged,
        seed=("S7",),
    )


def _squares(rule: UpdateRule) -> bool:
    return any(
        sp.cancel(s.drive / rule.gradient**2).is_number or s.input == rule.gradient**2 for s in linear_states(rule)
    )
