"""An average of gradients over the largest decayed gradient, as in Adamax: the exact bound, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal, Invariant, LimitIs
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence, Trial
from ..relations import eq, ge, gt, le, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState, linear_states, step_in_new_state
from ..symbols import COUNT, NONNEGATIVE, OPEN_UNIT, UNIT_INTERVAL, Quantity, after
from .sources import kingma_ba
from .subjects import ACCUMULATORS, LARGEST_STEP

__all__ = ["claims"]


@dataclass(frozen=True)
class _Structure:
    """A step ``lr / (1 - a^t) m / u`` with an average m of gradients and ``u' = max(b u, |g|)``."""

    average: LinearState
    largest: Quantity
    a: sp.Expr
    b: sp.Expr


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The accumulator as a maximum and as a limit of norms, the largest step, and the published bound that fails."""
    found = _structure(rule)
    if found is None:
        return
    yield _is_maximum(found, rule)
    yield from _limit_of_norms(found, rule)
    yield from _bound(found, rule)
    yield from _corrected(found, rule)
    yield _published(found, rule)


def _structure(rule: UpdateRule) -> _Structure | None:
    g, values = rule.gradient, step_in_new_state(rule)
    averages = [s for s in linear_states(rule) if s.input == g]
    for state in rule.state:
        decay = sp.Wild("decay", exclude=[state.symbol, g])
        matched = values[state.symbol].match(sp.Max(decay * state.symbol, sp.Abs(g)))
        if matched is None or len(averages) != 1 or not isinstance(matched[decay], Quantity):
            continue
        (average,) = averages
        t, lr = rule.step_counter, rule.quantities.get("lr")
        step = lr * after(average.state.symbol) / (1 - average.decay**t) / after(state.symbol) if lr else None
        if step is not None and sp.cancel(rule.theta - values[rule.theta] - step) == 0:
            return _Structure(average, state.symbol, average.decay, matched[decay])
    return None


def _is_maximum(found: _Structure, rule: UpdateRule) -> Claim:
    u, size = found.largest, sp.Abs(rule.gradient)
    one_of = sp.Or(eq(after(u), found.b * u), eq(after(u), size), evaluate=False)
    return Claim(
        f"is-largest-{u.name}",
        ACCUMULATORS,
        f"{u.name} is the largest of all gradients, each faded by the decay rate since: no smaller than the old one "
        "faded or the new one, and equal to one of them.",
        rule,
        EachStep(sp.And(ge(after(u), found.b * u), ge(after(u), size), one_of, evaluate=False)),
        source=kingma_ba("section 7.1, eq. (12)"),
    )


def _limit_of_norms(found: _Structure, rule: UpdateRule) -> Iterator[Claim]:
    """The p-norm of the faded gradients: its p-th power S lies between U and t U, with U that of the largest."""
    t = rule.step_counter
    fade = Quantity("F", UNIT_INTERVAL, r"\beta_2^p", meaning="p-th power of the decay rate")
    power = Quantity("X", NONNEGATIVE, "|g|^p", meaning="p-th power of the gradient's size")
    first = Quantity("X_1", NONNEGATIVE, "|g_1|^p", meaning="p-th power of the first gradient's size")
    total = Quantity("S", NONNEGATIVE, "S", meaning="sum of the faded p-th powers")
    largest = Quantity("U", NONNEGATIVE, "U", meaning="largest of the faded p-th powers")
    yield Claim(
        "norms-enclose-the-largest",
        ACCUMULATORS,
        "For every p, the sum S of the p-th powers of all faded gradients lies between the largest one U and t U: the "
        "p-norm lies between the largest faded gradient and t^(1/p) times that.",
        rule,
        AlongRecurrence(
            (total, largest),
            (first, first),
            (fade * total + power, sp.Max(fade * largest, power)),
            sp.And(le(largest, total), le(total, t * largest), evaluate=False),
            inputs=(power,),
        ),
        source=kingma_ba("section 7.1, eqs. (8)-(11)"),
    )
    exponent, logarithm = Quantity("p", COUNT, "p", meaning="the norm"), Quantity("log_t", NONNEGATIVE, r"\ln t")
    yield Claim(
        "norms-tend-to-the-largest",
        ACCUMULATORS,
        "As p grows t^(1/p) = exp(ln(t) / p) tends to 1: Adamax's accumulator is the limit of these norms.",
        rule,
        LimitIs(sp.exp(logarithm / exponent), exponent, sp.oo, sp.Integer(1)),
        derived=sp.Integer(1),
        source=kingma_ba("section 7.1, eqs. (8)-(11)"),
    )


def _conditions(found: _Structure) -> tuple[Hypothesis, ...]:
    return (
        Hypothesis(gt(found.a, 0), "the average has a memory"),
        Hypothesis(lt(found.a, found.b), "it forgets faster than the maximum"),
    )


def _bound(found: _Structure, rule: UpdateRule) -> Iterator[Claim]:
    """``|m| <= (1 - a) b (b^t - a^t) / (b^t (b - a)) u``, cleared of its denominators; and the run that attains it."""
    t, a, b, m, u = rule.step_counter, found.a, found.b, found.average.state.symbol, found.largest
    above, below = (1 - a) * b * (b**t - a**t), b**t * (b - a)
    both = sp.And(le(m * below, above * u), le(-m * below, above * u), evaluate=False)
    yield Claim(
        "moment-bound-at-t",
        LARGEST_STEP,
        f"How large {m.name} can be beside {u.name} in step t: a geometric sum of the ratio of the decay rates.",
        rule,
        Invariant(both, (gt(b**t, 0), ge(b**t, a**t))),
        hypotheses=_conditions(found),
        derived=above / below,
        typed=True,
        seed=("S2",),
    )
    run = {rule.gradient: b**t}
    step = one_step(rule)
    following = tuple(step[q].xreplace(run) for q in (m, u))
    yield Claim(
        "moment-bound-attained",
        LARGEST_STEP,
        f"The gradients b, b^2, b^3, ..., with b the decay rate of {u.name}, attain it in every step.",
        rule,
        AlongRecurrence(
            (m, u),
            ((1 - a) * b, b),
            following,
            eq(m * below, above * u),
            (gt(b**t, 0), eq(u, b**t), eq(m * (b - a), (1 - a) * b * (b**t - a**t))),
        ),
        hypotheses=_conditions(found),
        derived=b**t,
        typed=True,
        seed=("S2",),
    )


def _corrected(found: _Structure, rule: UpdateRule) -> Iterator[Claim]:
    t, a, b = rule.step_counter, found.a, found.b
    lr = rule.quantities["lr"]
    largest = (1 - a) / (1 - a**t) * b * (b**t - a**t) / (b**t * (b - a))
    second = largest.xreplace({t: sp.Integer(2)})
    yield Claim(
        "corrected-step-largest-second",
        LARGEST_STEP,
        "The second step can already exceed the learning rate by this share of it.",
        rule,
        Equal(second - 1, a * (1 - b) / (b * (1 + a)), "U_2 - 1", "U[2] - 1"),
        hypotheses=_conditions(found),
        derived=sp.factor(second - 1),
        published=a * (1 - b) / (b * (1 + a)),
        relation="equal",
        seed=("S2",),
    )
    ratio = Quantity("x", OPEN_UNIT, "x", meaning="beta1 / beta2")
    limit = (1 - a) / (1 - ratio)
    yield Claim(
        "corrected-step-largest-limit",
        LARGEST_STEP,
        "With x = beta1 / beta2 below 1 the largest step tends to this many learning rates.",
        rule,
        LimitIs((1 - a) / (1 - a**t) * (1 - ratio**t) / (1 - ratio), t, sp.oo, limit),
        derived=lr * sp.cancel(limit.xreplace({ratio: a / b})),
        published=lr * b * (1 - a) / (b - a),
        relation="equal",
        seed=("S2",),
    )


def _published(found: _Structure, rule: UpdateRule) -> Claim:
    lr, b = rule.quantities["lr"], next(h.default for h in rule.hyper if h.symbol == found.b)
    return Claim(
        "step-bound-published",
        LARGEST_STEP,
        "Published as an upper bound of the step; two gradients that fade as the maximum does exceed it.",
        rule,
        EachStep(le((after(rule.theta) - rule.theta) ** 2, lr**2), trials=(Trial((), (sp.Integer(1), b)),)),
        source=kingma_ba("section 7.1"),
        published=lr,
        relation="upper",
        expected=Verdict.REFUTED,
        seed=("S2",),
    )
