"""What rounding costs: an eps that vanishes, a bias correction from a rounded decay rate, a fused step, a stall."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..floating import FORMATS, Format
from ..goal import Holds
from ..prove.rounded_values import to_fraction
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence
from ..relations import eq, implies, le, lt
from ..rounding_goals import Computed, Rounded
from ..rule import UpdateRule
from ..symbols import OPEN_UNIT, UNIT_INTERVAL, Quantity, after
from .sources import higham
from .subjects import FLOATING_POINT

__all__ = ["rounding_errors"]

_ABOUT_AVERAGES = "adam"
_DECAY, _REST = Quantity("rounded_decay"), Quantity("rounded_rest")


def rounding_errors(rule: UpdateRule) -> Iterator[Claim]:
    """Claims whose answer is the same for every rule with averages stand with one of them."""
    if rule.name != _ABOUT_AVERAGES:
        return
    defaults = {h.name: h.default for h in rule.hyper}
    decay, eps = defaults["beta2"], defaults["eps"]
    if decay is None or eps is None:
        return
    yield _eps_vanishes(rule, eps)
    yield _corrected_from_rounded(rule)
    yield _rounded_decay(rule, decay)
    yield _second_moment_error(rule)
    yield _first_moment_error(rule)
    yield from _stalls(rule, decay)


# --- constants ---


def _eps_vanishes(rule: UpdateRule, eps: sp.Rational) -> Claim:
    form, kept = FORMATS["float16"], Quantity("rounded_eps")
    return Claim(
        f"eps-vanishes-{form.name}",
        FLOATING_POINT,
        f"In {form.name} the default eps is rounded to 0: where the second moment is 0 too, the step divides by zero.",
        rule,
        Computed(form.name, (), (Rounded(kept, "", (eps,)),), eq(kept, 0)),
        seed=("S2",),
        semantics=form.name,
    )


def _corrected_from_rounded(rule: UpdateRule) -> Claim:
    """Over the reals: how much 1 - b^t changes if b does, whatever t is; the first step is the worst."""
    b, c = Quantity("b", OPEN_UNIT, "b", meaning="a decay rate"), Quantity("c", OPEN_UNIT, r"\tilde{b}")
    first, second = Quantity("B", UNIT_INTERVAL, "b^t"), Quantity("C", UNIT_INTERVAL, r"\tilde{b}^t")
    change = sp.And(
        le((second - first) * (1 - b), sp.Abs(c - b) * (1 - first)),
        le((first - second) * (1 - b), sp.Abs(c - b) * (1 - first)),
        evaluate=False,
    )
    order = (implies(lt(b, c), le(first, second)), implies(le(c, b), le(second, first)))
    return Claim(
        "correction-from-rounded-decay",
        FLOATING_POINT,
        "A decay rate c in the place of b changes the bias correction's 1 - b^t by at most |c - b| / (1 - b) of "
        "itself, whatever t is: the nearer b is to 1, the more its rounding costs. With B = b^t and C = c^t.",
        rule,
        AlongRecurrence((first, second), (b, c), (b * first, c * second), change, order),
        derived=sp.Abs(c - b) / (1 - b),
        source=higham("chapter 2"),
        seed=("S11",),
    )


def _rounded_decay(rule: UpdateRule, decay: sp.Rational) -> Claim:
    form = FORMATS["float32"]
    most = sp.Rational(1, 2 ** (form.precision + 1))
    near = sp.And(le(decay - most, _DECAY), le(_DECAY, decay + most), evaluate=False)
    return Claim(
        f"rounded-decay-{form.name}",
        FLOATING_POINT,
        f"In {form.name} the default {decay} is off by at most 2^-{form.precision + 1}: together with the claim "
        f"before, its bias correction is off by at most {float(most / (1 - decay)):.2g} of itself, in every step.",
        rule,
        Computed(form.name, (), (Rounded(_DECAY, "", (decay,)),), near),
        derived=most / (1 - decay),
        source=higham("chapter 2"),
        seed=("S11",),
        semantics=form.name,
    )


# --- one step ---


def _second_moment_error(rule: UpdateRule) -> Claim:
    """The standard model: each of the operations is exact up to a relative error of at most u."""
    v, g, beta2 = (rule.quantities[n] for n in ("v", "g", "beta2"))
    unit = Quantity("unit", OPEN_UNIT, "u", meaning="unit roundoff of the format")
    errors = [Quantity(f"d_{n}", latex=rf"\delta_{n}", meaning="relative error of an operation") for n in range(1, 5)]
    kept = beta2 * v * (1 + errors[0])
    added = (1 - beta2) * g**2 * (1 + errors[1]) * (1 + errors[2])
    computed, exact = (kept + added) * (1 + errors[3]), rule.step()[v]
    factor = (1 + unit) ** 3
    return Claim(
        "second-moment-rounding-error",
        FLOATING_POINT,
        "In the standard model of rounding, with an error of at most u in each product and sum, one step computes the "
        "second moment to within a factor (1 + u)^3, about 3 u: nothing cancels.",
        rule,
        Holds(sp.And(le(computed, factor * exact), le((1 - unit) ** 3 * exact, computed), evaluate=False)),
        hypotheses=tuple(
            Hypothesis(c, "each operation is rounded once") for d in errors for c in (le(-unit, d), le(d, unit))
        ),
        derived=factor - 1,
        source=higham("section 2.2"),
        seed=("S11",),
    )


def _first_moment_error(rule: UpdateRule) -> Claim:
    """Gradients of changing sign cancel, and what is left may be nothing but error."""
    form, m, one = FORMATS["float32"], rule.quantities["m"], sp.Integer(1)
    decay = sp.Rational(next(h.default for h in rule.hyper if h.name == "beta1"))
    cancelling = -decay / (1 - decay)
    kept, added = Quantity("kept"), Quantity("added")
    lines = (
        Rounded(_DECAY, "", (decay,)),
        Rounded(_REST, "", (1 - decay,)),
        Rounded(kept, "*", (_DECAY, one)),
        Rounded(added, "*", (_REST, cancelling)),
        Rounded(after(m), "+", (kept, added)),
    )
    return Claim(
        f"first-moment-rounding-error-{form.name}",
        FLOATING_POINT,
        f"Often assumed: in {form.name} the first moment too is computed to within a small relative error. After 1 "
        f"the gradient {cancelling} makes it 0 over the real numbers; what is computed is not 0, so it is nothing but "
        "error.",
        rule,
        Computed(form.name, (), lines, eq(after(m), 0)),
        source=higham("section 1.7"),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S11",),
        semantics=form.name,
    )


# --- a stall ---


def _stalls(rule: UpdateRule, decay: sp.Rational) -> Iterator[Claim]:
    """Under the constant gradient 1 the second moment stops where what is added is less than half its spacing."""
    form, v = FORMATS["bfloat16"], rule.quantities["v"]
    lines = _unit_step(v, decay)
    stop = _stall(decay, form)
    unmoved = Computed(form.name, (v,), lines, eq(after(v), v))
    yield Claim(
        f"stalls-v-{form.name}",
        FLOATING_POINT,
        f"In {form.name} and under the constant gradient 1, {v.name} stands still from this value on, though its "
        "limit over the real numbers is 1.",
        rule,
        unmoved,
        hypotheses=(Hypothesis(le(stop, v)), Hypothesis(le(v, 1))),
        derived=stop,
        seed=("S11",),
        semantics=form.name,
    )
    yield Claim(
        f"stalls-below-v-{form.name}",
        FLOATING_POINT,
        "Nor does any value in the binade below grow past it: the steps stay longer than they should be for ever.",
        rule,
        Computed(form.name, (v,), lines, le(after(v), stop)),
        hypotheses=(Hypothesis(le(stop / 2, v)), Hypothesis(le(v, stop))),
        derived=1 / sp.sqrt(stop),
        seed=("S11",),
        semantics=form.name,
    )


def _unit_step(v: Quantity, decay: sp.Rational) -> tuple[Rounded, ...]:
    """One step of the average with the gradient 1; 1 - decay is computed before it is rounded."""
    kept = Quantity("kept")
    return (
        Rounded(_DECAY, "", (decay,)),
        Rounded(_REST, "", (1 - decay,)),
        Rounded(kept, "*", (_DECAY, v)),
        Rounded(after(v), "+", (kept, _REST)),
    )


def _stall(decay: sp.Rational, form: Format) -> sp.Rational:
    """The least power of two from which on the rounded 1 - decay is at most half the spacing above."""
    added = sp.Rational(form.round(to_fraction(1 - decay)))
    place = sp.Integer(1)
    while place / 2 ** (form.precision + 1) > added:
        place /= 2
    return place
