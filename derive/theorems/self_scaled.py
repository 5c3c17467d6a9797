"""Rules that scale a step by past steps, as Adadelta: how small the first one is, and where the averages settle."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal, Holds, LimitIs
from ..relations import eq, equivalent, le, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState, linear_states, step_in_new_state
from ..symbols import Quantity, after, bound
from ..tidying import tidied
from .sources import zeiler
from .subjects import CONSTANT_GRADIENT, FIRST_STEP, LARGEST_STEP, MONOTONICITY, RESPONSES

__all__ = ["averages", "claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Bounds of the update, growth of its average, the fixed point under a constant gradient, vanishing gradients."""
    found = averages(rule)
    if found is None:
        return
    squares, updates, decay = found
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if eps is None:
        return
    update = _squared_update(rule, updates, decay)
    yield from _bounds(rule, updates, decay, eps, update)
    if rule.theta not in update.free_symbols:
        yield from _fixed_point(rule, squares, updates, decay, eps)
        yield from _vanishing(rule, squares, updates, decay, eps)


def averages(rule: UpdateRule) -> tuple[Quantity, Quantity, sp.Expr] | None:
    """The average of squared gradients, that of squared updates, and their common decay rate."""
    linear = linear_states(rule)
    means: list[LinearState] = [s for s in linear if s.is_average and s.input is not None]
    values = step_in_new_state(rule)
    # What averages its own past steps takes in a multiple of itself, so its recurrence has no constant decay rate.
    for second in (s for s in rule.state if s not in [found.state for found in linear]):
        change = values[second.symbol]
        for first in means:
            root = after(first.state.symbol)
            recursive = change.has(second.symbol) and second.symbol != first.state.symbol
            if recursive and change.has(root) and not change.has(sp.Max) and second.symbol.domain.lower == 0:
                return first.state.symbol, second.symbol, first.decay
    return None


def _squared_update(rule: UpdateRule, updates: Quantity, decay: sp.Expr) -> sp.Expr:
    """What the average of squared updates takes in, in terms of the state before the step."""
    return sp.cancel((one_step(rule)[updates] - decay * updates) / (1 - decay))


def _bounds(rule: UpdateRule, updates: Quantity, decay: sp.Expr, eps: Quantity, update: sp.Expr) -> Iterator[Claim]:
    limit = (updates + eps) / (1 - decay)
    taken = (after(updates) - decay * updates) / (1 - decay)
    yield Claim(
        "update-bound",
        LARGEST_STEP,
        f"The square of an update is below this, whatever the gradient: an update grows only as {updates.name} does.",
        rule,
        EachStep(lt(taken, limit)),
        derived=sp.sqrt(limit),
        typed=True,
        source=zeiler("Algorithm 1"),
        seed=("S8", "S9"),
    )
    first = update.xreplace({s.symbol: s.initial for s in rule.state})
    yield Claim(
        "first-update-bound",
        FIRST_STEP,
        "The first update is tiny: its square is below eps / (1 - rho), whatever the gradient.",
        rule,
        Holds(lt(first, eps / (1 - decay))),
        derived=sp.sqrt(eps / (1 - decay)),
        typed=True,
        seed=("S9", "S11"),
    )
    yield Claim(
        "update-average-growth",
        MONOTONICITY,
        f"In one step {updates.name} can nearly double but no more.",
        rule,
        EachStep(le(after(updates), (1 + decay) * updates + eps)),
        derived=(1 + decay) * updates + eps,
        typed=True,
        seed=("S9",),
    )


def _fixed_point(
    rule: UpdateRule, squares: Quantity, updates: Quantity, decay: sp.Expr, eps: Quantity
) -> Iterator[Claim]:
    c = bound("c", "c", "the constant gradient")
    step = {q: e.xreplace({rule.gradient: c}) for q, e in one_step(rule).items()}
    (settled,) = sp.solve(sp.expand(step[squares] - squares), squares)
    (moved,) = sp.solve(sp.cancel((step[updates] - updates).xreplace({squares: settled})), updates)
    moved = sp.factor(moved)
    both = sp.And(eq(step[squares], squares), eq(step[updates], updates), evaluate=False)
    there = sp.And(eq(squares, settled), eq(updates, moved), evaluate=False)
    yield Claim(
        "fixed-point",
        CONSTANT_GRADIENT,
        "Under a constant gradient both averages can rest at one point only: the square of the gradient.",
        rule,
        Holds(equivalent(both, there)),
        derived=moved,
        source=zeiler("section 4.3, where rates near 1 are observed"),
        seed=("S8", "S9"),
    )
    at = {squares: settled, updates: moved}
    distance = tidied((rule.theta - step[rule.theta]).xreplace(at))
    yield Claim(
        "fixed-point-step",
        CONSTANT_GRADIENT,
        "There theta moves by the gradient itself (times lr, where there is one): the rule has become plain descent "
        "with the learning rate 1.",
        rule,
        Equal(
            (rule.theta - step[rule.theta]).xreplace(at), distance, r"\theta_{t-1} - \theta_t", "theta[t-1] - theta[t]"
        ),
        derived=distance,
        seed=("S8", "S9"),
    )
    factor = 1 - (1 - decay) * eps / (settled + eps)
    yield Claim(
        "fixed-point-contraction",
        CONSTANT_GRADIENT,
        f"Once {squares.name} has settled, the distance of {updates.name} from there shrinks by this factor in a step: "
        "with a small eps, hardly at all.",
        rule,
        Equal(
            step[updates].xreplace({squares: settled}) - moved,
            factor * (updates - moved),
            f"{updates.latex_form}_t - c^2",
            f"{updates.name}[t] - c^2",
        ),
        derived=factor,
        typed=True,
        seed=("S9",),
    )


def _vanishing(
    rule: UpdateRule, squares: Quantity, updates: Quantity, decay: sp.Expr, eps: Quantity
) -> Iterator[Claim]:
    t = rule.step_counter
    rate = sp.sqrt(updates + eps) / sp.sqrt(squares + eps)
    later = rate.xreplace({updates: decay**t * updates, squares: decay**t * squares})
    yield Claim(
        "rate-without-gradients",
        RESPONSES,
        "When the gradients vanish, both averages fade and the effective rate tends to 1.",
        rule,
        LimitIs(later, t, sp.oo, sp.Integer(1)),
        derived=sp.Integer(1),
        source=zeiler("section 4.3"),
        seed=("S8", "S9"),
    )
    square = (updates + eps) / (squares + eps)
    faded = (decay * updates + eps) / (decay * squares + eps)
    yield Claim(
        "rate-without-gradients-rises",
        RESPONSES,
        "On the way there it rises towards 1 from below.",
        rule,
        Holds(sp.And(le(square, faded), le(faded, 1), evaluate=False)),
        hypotheses=(Hypothesis(le(updates, squares), "the average of updates is the smaller one"),),
        derived=faded,
        seed=("S9",),
    )
