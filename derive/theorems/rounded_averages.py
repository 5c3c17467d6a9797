"""What rounding does to averages: they stand still, miss small squares, and let a variance become negative."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp

from ..claim import Claim, Hypothesis
from ..floating import FORMATS, Format
from ..goal import Equal, Holds, Invariant
from ..prove.rounded_values import to_fraction
from ..prove.verdict import Verdict
from ..relations import eq, ge, gt, le, lt
from ..rounding_goals import Computed, ComputedRun, Rounded, RoundsToOneIff
from ..rule import State, UpdateRule
from ..structure import LinearState, corrected_averages, linear_states
from ..symbols import NONNEGATIVE, Quantity, after
from .subjects import FLOATING_POINT

__all__ = ["ABOUT_AVERAGES", "spread", "standing_still", "underflow", "vanishes_up_to"]

# Claims whose answer is the same for every rule with averages stand with this one.
ABOUT_AVERAGES = "adam"
_STEPS_TO_SETTLE = 200
_SUM = Quantity("rounded_sum")
_PRODUCT = Quantity("rounded_product")
_DECAY = Quantity("rounded_decay")
_REST = Quantity("rounded_rest")


# --- decay rates near 1 ---


def standing_still(rule: UpdateRule) -> Iterator[Claim]:
    """Decay rates that are rounded to 1, and the averages that no longer decay."""
    if rule.name == ABOUT_AVERAGES:
        yield from _rounded_to_one(rule)
    defaults = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    for linear in linear_states(rule):
        decay = linear.decay.xreplace(defaults)
        if not linear.is_average or not isinstance(decay, sp.Rational):
            continue
        if decay >= _nearly_one(FORMATS["bfloat16"]):
            yield from _never_decays(rule, linear, decay)
        if rule.name == ABOUT_AVERAGES and linear.input == rule.gradient:
            yield from _keeps_constant(rule, linear, decay)


def _nearly_one(form: Format) -> sp.Rational:
    """The midpoint of 1 and the number of the format below it."""
    return 1 - sp.Rational(1, 2 ** (form.precision + 1))


def _rounded_to_one(rule: UpdateRule) -> Iterator[Claim]:
    b = Quantity("b", NONNEGATIVE, "b", meaning="a decay rate")
    for form in FORMATS.values():
        threshold = _nearly_one(form)
        yield Claim(
            f"decay-rounds-to-one-{form.name}",
            FLOATING_POINT,
            f"A decay rate becomes 1 in {form.name} exactly from here on.",
            rule,
            RoundsToOneIff(form.name, b, threshold),
            derived=threshold,
            seed=("S11",),
            semantics=form.name,
        )


def _never_decays(rule: UpdateRule, linear: LinearState, decay: sp.Rational) -> Iterator[Claim]:
    """An average whose decay rate is nearer to 1 than bfloat16 can tell."""
    q, low, high = linear.state.symbol, FORMATS["bfloat16"], FORMATS["float32"]
    yield Claim(
        f"decays-{q.name}",
        FLOATING_POINT,
        f"Over the real numbers {q.name} falls as long as the gradient is zero.",
        rule,
        Holds(lt(linear.decay * q, q)),
        hypotheses=(Hypothesis(gt(q, 0)),),
        seed=("S11",),
    )
    yield Claim(
        f"never-decays-{q.name}-{low.name}",
        FLOATING_POINT,
        f"In {low.name} {q.name} never falls, even if the product with the decay rate is exact before it is rounded.",
        rule,
        Computed(low.name, (q,), (Rounded(_PRODUCT, "*", (decay, q)),), eq(_PRODUCT, q)),
        seed=("S11",),
        semantics=low.name,
    )
    if decay < _nearly_one(high):
        yield _decays_after_all(rule, q, decay, high)
    if linear in corrected_averages(rule):
        lines = (Rounded(_DECAY, "", (decay,)), Rounded(_REST, "-", (sp.Integer(1), _DECAY)))
        yield Claim(
            f"correction-divides-by-zero-{q.name}-{low.name}",
            FLOATING_POINT,
            f"In {low.name} the bias correction of {q.name} divides by zero in the first step: the decay rate is 1.",
            rule,
            Computed(low.name, (), lines, eq(_REST, 0)),
            seed=("S11",),
            semantics=low.name,
        )


def _decays_after_all(rule: UpdateRule, q: Quantity, decay: sp.Rational, form: Format) -> Claim:
    return Claim(
        f"never-decays-{q.name}-{form.name}",
        FLOATING_POINT,
        f"In {form.name} {q.name} stands still too.",
        rule,
        Computed(form.name, (q,), (Rounded(_PRODUCT, "*", (decay, q)),), eq(_PRODUCT, q)),
        expected=Verdict.REFUTED,
        seed=("S11",),
        semantics=form.name,
    )


def _keeps_constant(rule: UpdateRule, linear: LinearState, decay: sp.Rational) -> Iterator[Claim]:
    """An average that has reached a constant gradient, in both arithmetics."""
    q, g, form = linear.state.symbol, rule.gradient, FORMATS["float32"]
    yield Claim(
        f"keeps-constant-{q.name}",
        FLOATING_POINT,
        f"Over the real numbers {q.name} stays at a constant gradient that it has reached.",
        rule,
        Equal(linear.decay * g + (1 - linear.decay) * g, g),
    )
    first, second = Quantity("rounded_old"), Quantity("rounded_new")
    lines = (
        Rounded(_DECAY, "", (decay,)),
        Rounded(_REST, "", (1 - decay,)),
        Rounded(first, "*", (_DECAY, g)),
        Rounded(second, "*", (_REST, g)),
        Rounded(_SUM, "+", (first, second)),
    )
    yield Claim(
        f"keeps-constant-{q.name}-{form.name}",
        FLOATING_POINT,
        f"In {form.name} {q.name} stays at a constant gradient that it has reached.",
        rule,
        Computed(form.name, (g,), lines, eq(_SUM, g)),
        expected=Verdict.REFUTED,
        semantics=form.name,
    )


# --- gradients whose squares vanish ---


def underflow(rule: UpdateRule) -> Iterator[Claim]:
    """Up to which gradient an average of squares stays at zero."""
    defaults = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    for linear in linear_states(rule):
        rest = (1 - linear.decay).xreplace(defaults)
        if linear.input != rule.gradient**2 or not isinstance(rest, sp.Rational):
            continue
        for form in (f for f in FORMATS.values() if f.round(to_fraction(rest)) != 0):
            yield _stays_zero(rule, linear.state, rest, form)


def _stays_zero(rule: UpdateRule, kept: State, rest: sp.Rational, form: Format) -> Claim:
    g, name = rule.gradient, kept.name
    lines = (
        Rounded(_REST, "", (rest,)),
        Rounded(_PRODUCT, "*", (_REST, g)),
        Rounded(Quantity("rounded_square"), "*", (_PRODUCT, g)),
    )
    limit = vanishes_up_to(rest, form)
    vanishes = eq(lines[-1].target, 0)
    return Claim(
        f"stays-zero-{name}-{form.name}",
        FLOATING_POINT,
        f"In {form.name} a gradient adds nothing to {name} exactly up to this size: about {float(limit):.3g}.",
        rule,
        Computed(form.name, (g,), lines, sp.Equivalent(vanishes, le(sp.Abs(g), limit), evaluate=False)),
        derived=limit,
        seed=("S2",),
        semantics=form.name,
    )


def vanishes_up_to(rest: sp.Rational, form: Format) -> sp.Rational:
    """The largest g of the format with ``fl(fl(fl(rest) g) g) = 0``, by bisection."""
    factor = form.round(to_fraction(rest))
    low, high = 0, form.ordinal(Fraction(1))
    while high - low > 1:
        middle = (low + high) // 2
        g = form.number(middle)
        if _times(_times(factor, g, form), g, form) == 0:
            low = middle
        else:
            high = middle
    found = form.number(low)
    return sp.Rational(found.numerator, found.denominator)


def _times(a: Fraction | float, b: Fraction, form: Format) -> Fraction | float:
    return form.round(a * b)


# --- the spread of centered rules ---


def spread(rule: UpdateRule) -> Iterator[Claim]:
    """The average square less the squared average: a variance over the reals, not so when every operation rounds."""
    g, found = rule.gradient, {linear.input: linear for linear in linear_states(rule) if linear.is_average}
    square, mean = found.get(g**2), found.get(g)
    if square is None or mean is None or square.decay != mean.decay or len(rule.state) != 2:
        return
    decay = square.decay.xreplace({h.symbol: h.default for h in rule.hyper if h.default is not None})
    if not isinstance(decay, sp.Rational):
        return
    v, m, form = square.state.symbol, mean.state.symbol, FORMATS["float32"]
    yield Claim(
        "spread-not-negative",
        FLOATING_POINT,
        "Over the real numbers the centered spread is never negative, so that its root exists.",
        rule,
        Invariant(ge(v - m**2, 0)),
    )
    goal = ComputedRun(
        form.name, (v, m), (sp.Integer(0), sp.Integer(0)), _centered_lines(v, m, g, decay), ge(Quantity("spread"), 0)
    )
    words = f"In {form.name} the centered spread is never negative either"
    yield Claim(
        f"spread-not-negative-{form.name}",
        FLOATING_POINT,
        f"{words}; where it is, its root is not a number, and so is theta from then on.",
        rule,
        goal,
        expected=Verdict.REFUTED,
        semantics=form.name,
    )
    if decay**_STEPS_TO_SETTLE > sp.Rational(1, 2**form.precision):
        return
    yield Claim(
        f"spread-not-negative-ordinary-{form.name}",
        FLOATING_POINT,
        f"{words}, as long as gradients are of ordinary size and nothing underflows.",
        rule,
        goal,
        hypotheses=(Hypothesis(ge(sp.Abs(g), sp.Rational(1, 1000))), Hypothesis(le(sp.Abs(g), 1))),
        expected=Verdict.REFUTED,
        semantics=form.name,
    )


def _centered_lines(v: Quantity, m: Quantity, g: Quantity, decay: sp.Rational) -> tuple[Rounded, ...]:
    """One step with a rounding after each operation, constants rounded once, and the spread after it."""
    square, kept, added = Quantity("square"), Quantity("kept_square"), Quantity("added_square")
    kept_mean, added_mean, squared = Quantity("kept_mean"), Quantity("added_mean"), Quantity("squared_mean")
    return (
        Rounded(_DECAY, "", (decay,)),
        Rounded(_REST, "", (1 - decay,)),
        Rounded(square, "*", (g, g)),
        Rounded(kept, "*", (_DECAY, v)),
        Rounded(added, "*", (_REST, square)),
        Rounded(after(v), "+", (kept, added)),
        Rounded(kept_mean, "*", (_DECAY, m)),
        Rounded(added_mean, "*", (_REST, g)),
        Rounded(after(m), "+", (kept_mean, added_mean)),
        Rounded(squared, "*", (after(m), after(m))),
        Rounded(Quantity("spread"), "-", (after(v), squared)),
    )
