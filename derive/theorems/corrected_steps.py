"""How large a bias-corrected step can be at each time: the exact supremum, and that it grows to its limit."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, Equal, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, ge, gt, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import LinearState
from ..symbols import OPEN_UNIT, UNIT_INTERVAL, Quantity
from .subjects import LARGEST_STEP

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The largest corrected step in step t, a single pulse, and the edge of the condition for a bound."""
    found = normalised_step(rule)
    if found is None or found.a == 0 or found.numerator is None:
        return
    if found.z == rule.gradient and found.scale == found.second.state.symbol:
        yield from _pulse(found, found.numerator, rule)
        yield _on_the_edge(found, found.numerator, rule)
    if found.correction != 1 and found.z == rule.gradient:
        yield from _at_each_time(found, rule)


def _condition(found: NormalisedStep) -> Hypothesis:
    return Hypothesis(lt(found.a**2, found.b), "the first moment forgets faster than the root of the second")


def _at_each_time(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    t, a, b = rule.step_counter, found.a, found.b
    above, below = found.constant
    # The numerator's weights p a^j against those of the squares q b^j, and both corrections.
    derived = above / below * (1 - a ** (2 * t) / b**t) * (1 - b**t) / (1 - a**t) ** 2
    excess = (a - b) ** 2 / ((1 - b) * (b - a**2))
    published = (1 + excess) * (1 - (a**t - b**t) ** 2 / (b**t * (1 - a**t) ** 2))
    memory = Hypothesis(gt(b, 0), "the second moment has a memory")
    yield Claim(
        "corrected-step-largest-at-t",
        LARGEST_STEP,
        "The square of the largest corrected ratio in step t, which gradients that grow by the ratio of the decay "
        "rates attain, in two forms.",
        rule,
        Equal(derived, published, "S_t^2", "S[t]^2"),
        hypotheses=(memory,),
        derived=derived,
        seed=("S2", "S10"),
    )
    first = derived.xreplace({t: sp.Integer(1)})
    yield Claim(
        "corrected-step-largest-first",
        LARGEST_STEP,
        "The first corrected step cannot be longer than the learning rate.",
        rule,
        Equal(first, sp.Integer(1), "S_1^2", "S[1]^2"),
        hypotheses=(memory,),
        derived=sp.Integer(1),
        seed=("S11",),
    )
    yield _grows(found, rule)
    ratio = Quantity("x", OPEN_UNIT, "x", meaning="beta1^2 / beta2")
    faded = above / below * (1 - ratio**t) * (1 - b**t) / (1 - a**t) ** 2
    yield Claim(
        "corrected-step-largest-limit",
        LARGEST_STEP,
        "With x = beta1^2 / beta2 below 1, the square of the largest ratio tends to this as t grows.",
        rule,
        LimitIs(faded, t, sp.oo, above / below),
        hypotheses=(_condition(found),),
        derived=above / below,
        published=1 + excess,
        relation="equal",
        seed=("S10",),
    )


def _grows(found: NormalisedStep, rule: UpdateRule) -> Claim:
    """S_t grows because what it lacks, ((A - B) / (1 - A))^2 / B with the powers A, B, shrinks.

    From step to step A - B is multiplied by r and 1 - A by R, which follow r' = a + b - a b / r and R' = 1 + a - a / R.
    The square of r stays below b R^2, by induction.
    """
    a, b = found.a, found.b
    first, second = Quantity("A", UNIT_INTERVAL, r"\beta_1^t"), Quantity("B", UNIT_INTERVAL, r"\beta_2^t")
    inner = Quantity("r", latex="r", meaning="what A - B is multiplied by in a step")
    outer = Quantity("R", latex="R", meaning="what 1 - A is multiplied by in a step")
    multiplied = (eq(inner * (second - first), b * second - a * first), eq(outer * (1 - first), 1 - a * first))
    return Claim(
        "corrected-step-largest-grows",
        LARGEST_STEP,
        "The largest corrected ratio grows strictly from step to step. With A and B the powers of the decay rates, "
        "what keeps it below its limit is (B - A)^2 / (B (1 - A)^2). A step multiplies B - A by r, 1 - A by R and B "
        "by beta2, and r^2 is below beta2 R^2.",
        rule,
        AlongRecurrence(
            (first, second, inner, outer),
            (a, b, a + b, 1 + a),
            (a * first, b * second, a + b - a * b / inner, 1 + a - a / outer),
            sp.And(*multiplied, lt(inner**2, b * outer**2), evaluate=False),
            (gt(first, 0), gt(second, first), ge(inner, a), ge(outer, 1), lt(inner**2, b * outer**2), *multiplied),
        ),
        hypotheses=(
            Hypothesis(gt(a, 0), "the first moment has a memory"),
            Hypothesis(lt(a, b), "the second moment has the longer one"),
        ),
        seed=("S10",),
    )


def _pulse(found: NormalisedStep, numerator: LinearState, rule: UpdateRule) -> Iterator[Claim]:
    """One gradient, then zeros: each step is the one before times a / sqrt(b), and in all they move theta this far."""
    t, ratio = rule.step_counter, Quantity("x", OPEN_UNIT, "x", meaning="beta1 / sqrt(beta2)")
    distance = Quantity("moved", latex=r"\frac{\theta_0 - \theta_t}{\alpha}")
    first = found.p / sp.sqrt(found.q)
    moved = first * (1 - ratio**t) / (1 - ratio)
    yield Claim(
        "pulse-displacement",
        LARGEST_STEP,
        "With eps and the corrections gone and x = beta1 / sqrt(beta2): one gradient of any size, then zeros, moves "
        "theta by this many learning rates in t steps.",
        rule,
        ClosedForm(distance, sp.Integer(0), distance + first * ratio ** (t - 1), moved, distance.latex_form, "moved"),
        derived=moved,
        typed=True,
        seed=("S2", "S7"),
    )
    total = first / (1 - ratio)
    yield Claim(
        "pulse-displacement-total",
        LARGEST_STEP,
        "In all, a single gradient moves theta by this many learning rates.",
        rule,
        LimitIs(moved, t, sp.oo, total),
        derived=total.xreplace({ratio: found.a / sp.sqrt(found.b)}),
        seed=("S2", "S7"),
    )


def _on_the_edge(found: NormalisedStep, numerator: LinearState, rule: UpdateRule) -> Claim:
    """With a^2 = b the gradients a^t make the square of the ratio grow like t."""
    t, a = rule.step_counter, found.a
    n, s = numerator.state.symbol, found.second.state.symbol
    edge, run = {found.b: a**2}, {rule.gradient: a**t}
    step = one_step(rule)
    following = tuple(step[q].xreplace(edge).xreplace(run) for q in (n, s))
    start: dict[sp.Basic, sp.Basic] = {n: sp.Integer(0), s: sp.Integer(0), t: sp.Integer(1)}
    p, q = found.p, found.q.xreplace(edge)
    forms = (eq(n, t * p * a**t), eq(s, t * q * a ** (2 * t)))
    return Claim(
        "moment-ratio-on-the-edge",
        LARGEST_STEP,
        f"Where beta1^2 = beta2 exactly, the gradients beta1, beta1^2, beta1^3, ... make the square of {n.name} over "
        f"{s.name} grow in proportion to t: no bound exists.",
        rule,
        AlongRecurrence(
            (n, s),
            tuple(e.xreplace(start) for e in following),
            following,
            eq(n**2 * q, p**2 * t * s),
            forms,
        ),
        hypotheses=(Hypothesis(gt(a, 0), "the first moment has a memory"),),
        derived=p**2 * t / q,
        typed=True,
        seed=("S2",),
    )
