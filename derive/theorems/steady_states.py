"""Where a rule rests under a constant gradient: states that a step leaves as they are, and the step taken there."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Equal, Holds
from ..normalised import without_powers
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, gt
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import linear_states, movement, step_in_new_state
from ..symbols import Quantity, after, bound
from ..tidying import tidied
from .responses import under_constant_gradient
from .self_scaled import averages
from .sources import pytorch_sgd
from .subjects import CONSTANT_GRADIENT

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The steady state of every rule whose steps under a constant gradient have no closed form of their own."""
    c, step = bound("c", "c", "the constant gradient"), one_step(rule)
    yield from _dampened(rule, c)
    if not rule.state or _has_closed_form(rule, c) or averages(rule) is not None:
        return
    if any(rule.theta in e.free_symbols for q, e in step.items() if q != rule.theta):
        return
    rest = _rest(rule, c)
    if rest is None:
        return
    faded = {q: without_powers(e).xreplace({rule.gradient: c, **rest}) for q, e in step.items()}
    if any(e.has(sp.zoo, sp.nan, rule.step_counter) for e in faded.values()):
        return
    yield from _claims(rule, c, rest, faded)


def _has_closed_form(rule: UpdateRule, c: Quantity) -> bool:
    """Whether the step itself is known at every time under a constant gradient, or none can be told apart."""
    moved = movement(rule)
    if moved is None:
        return True
    product = moved.rate * moved.direction
    forms = {s.state.symbol: under_constant_gradient(s, rule, c) for s in linear_states(rule)}
    used = [s.symbol for s in rule.state if product.has(after(s.symbol)) or product.has(s.symbol)]
    return product.has(rule.theta) or all(forms.get(q) is not None for q in used)


def _rest(rule: UpdateRule, c: Quantity) -> dict[sp.Basic, sp.Basic] | None:
    """Values of the states, one after the other, that a step with the gradient c does not change."""
    found: dict[sp.Basic, sp.Basic] = {}
    values = step_in_new_state(rule)
    for line in rule.assignments:
        q = line.target
        if q == rule.theta or q not in values:
            continue
        new = {after(s): e for s, e in found.items() if isinstance(s, Quantity)}
        value = without_powers(values[q]).xreplace({rule.gradient: c, **found, **new})
        if isinstance(value, sp.Max):
            # A running maximum, faded or not, rests where what it follows does.
            value = sp.Max(*(a for a in value.args if q not in a.free_symbols))
        gap = sp.expand(value - q)
        if not gap.is_polynomial(q) or sp.degree(gap, q) > 1 or gap.has(sp.sign, sp.Piecewise, rule.step_counter):
            return None
        if q not in gap.free_symbols or sp.diff(gap, q) == 0:
            return None
        found[q] = tidied(sp.factor(sp.cancel(-gap.xreplace({q: sp.Integer(0)}) / sp.diff(gap, q))))
    return found


def _claims(
    rule: UpdateRule, c: Quantity, rest: dict[sp.Basic, sp.Basic], faded: dict[Quantity, sp.Expr]
) -> Iterator[Claim]:
    same = [eq(faded[s.symbol], rest[s.symbol]) for s in rule.state if s.symbol in rest]
    if len(same) != len(rule.state):
        return
    corrected = ", with every bias correction faded," if rule.step_counter in _symbols(rule) else ""
    yield Claim(
        "steady-state",
        CONSTANT_GRADIENT,
        f"Under a constant gradient c > 0{corrected} these values of the states are left as they are by a step.",
        rule,
        Holds(same[0] if len(same) == 1 else sp.And(*same, evaluate=False)),
        hypotheses=_divisors(rule, rest),
        seed=("S5", "S14"),
    )
    moved = rule.theta - faded[rule.theta]
    resting = {**rest, **{after(s.symbol): rest[s.symbol] for s in rule.state}, rule.gradient: c}
    step = tidied(rule.theta - without_powers(step_in_new_state(rule)[rule.theta]).xreplace(resting))
    yield Claim(
        "steady-state-step",
        CONSTANT_GRADIENT,
        "There every step moves theta by this.",
        rule,
        Equal(moved, step, r"\theta_{t-1} - \theta_t", "theta[t-1] - theta[t]"),
        hypotheses=_divisors(rule, rest),
        derived=step,
        seed=("S5", "S14"),
    )


def _symbols(rule: UpdateRule) -> set[sp.Basic]:
    return set().union(*(e.free_symbols for e in one_step(rule).values()))


def _divisors(rule: UpdateRule, rest: dict[sp.Basic, sp.Basic]) -> tuple[Hypothesis, ...]:
    """Nothing but lr = 0 can make a steady state degenerate."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    used = lr is not None and any(e.has(1 / lr) for e in rest.values())
    return (Hypothesis(gt(lr, 0), "the learning rate is not zero"),) if used else ()


def _dampened(rule: UpdateRule, c: Quantity) -> Iterator[Claim]:
    """A buffer whose first input is whole and whose later ones are dampened."""
    hyper = {h.name: h.symbol for h in rule.hyper}
    if not {"momentum", "dampening"} <= set(hyper) or len(rule.state) != 1 or "weight_decay" in hyper:
        return
    mu, dampening, t, b = hyper["momentum"], hyper["dampening"], rule.step_counter, rule.state[0].symbol
    update = one_step(rule)[b].xreplace({rule.gradient: c})
    first = update.xreplace({t: sp.Integer(1), b: rule.state[0].initial})
    later = update.xreplace({t: sp.Integer(2)})
    formula = c * (mu ** (t - 1) + (1 - dampening) * (1 - mu ** (t - 1)) / (1 - mu))
    yield Claim(
        f"dampened-constant-gradient-{b.name}",
        CONSTANT_GRADIENT,
        f"Under a constant gradient c, {b.name} is this: the first gradient enters whole, later ones dampened.",
        rule,
        AlongRecurrence((b,), (first,), (later,), eq(b, formula)),
        derived=formula,
        source=pytorch_sgd("algorithm"),
        published=formula,
        relation="equal",
        typed=True,
        seed=("S14",),
    )
    yield Claim(
        "dampening-as-momentum",
        CONSTANT_GRADIENT,
        f"With the dampening equal to the momentum, {b.name} is c from the first step on.",
        rule,
        AlongRecurrence((b,), (first,), (later,), eq(b, c)),
        hypotheses=(Hypothesis(eq(mu, dampening), "both are equal"),),
        derived=c,
        seed=("S14",),
    )
