"""What becomes of a rule in floating point: constants that are lost, averages that stand still, roots of negatives.

Several claims flip between the arithmetics; then the one about real numbers stands beside the one about rounded ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..floating import FORMATS, Format
from ..printing import expression_text
from ..prove.rounded_values import to_fraction
from ..prove.verdict import Verdict
from ..relations import eq, ge, gt, le
from ..rounding_goals import AbsorbedIff, Computed, Rounded
from ..rule import UpdateRule
from ..symbols import NONNEGATIVE, Quantity
from .rounded_averages import ABOUT_AVERAGES, spread, standing_still, underflow
from .rounding_errors import rounding_errors
from .subjects import FLOATING_POINT

__all__ = ["claims"]

# Claims whose answer is the same for every rule stand with this one.
_ABOUT_STEPS = "sgd"
_OTHER_EPS = (sp.Rational(1, 10**7), sp.Rational(1, 10**6))
_OTHER_RATES = (sp.Rational(3, 10**4), sp.Rational(1, 10**4))
_SUM = Quantity("rounded_sum")


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """What rounding does to eps, to the decay rates, to small steps and to the spread of centered rules."""
    if "[" not in rule.name:
        yield from _lost_eps(rule)
        yield from standing_still(rule)
        yield from underflow(rule)
        yield from _lost_steps(rule)
    yield from rounding_errors(rule)
    yield from spread(rule)


def _default(rule: UpdateRule, name: str) -> sp.Rational | None:
    return next((h.default for h in rule.hyper if h.name == name), None)


def _spelt(number: sp.Rational) -> str:
    """A positive number as a short part of a name: ``1e-7``, ``3e-4``."""
    digits, exponent = f"{float(number):e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"


# --- eps ---


def _lost_eps(rule: UpdateRule) -> Iterator[Claim]:
    """From where on adding eps changes nothing."""
    eps, kept = _default(rule, "eps"), _beside_eps(rule)
    form = FORMATS["float32"]
    if eps is None or kept is None or form.round(to_fraction(eps)) == 0:
        return
    yield from _lost_from(rule, eps, kept, form, "")
    if rule.name == ABOUT_AVERAGES:
        for other in _OTHER_EPS:
            yield from _lost_from(rule, other, kept, form, f"-{_spelt(other)}")


def _beside_eps(rule: UpdateRule) -> sp.Expr | None:
    """What the rule adds eps to."""
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    for line in rule.assignments:
        for total in sorted(line.value.atoms(sp.Add), key=str):
            if eps in total.args:
                return total - eps
    return None


def _lost_from(rule: UpdateRule, eps: sp.Rational, kept: sp.Expr, form: Format, ending: str) -> Iterator[Claim]:
    s = Quantity("s", NONNEGATIVE, "s", meaning="what eps is added to")
    rounded = Quantity("rounded_eps")
    lines = (Rounded(rounded, "", (eps,)), Rounded(_SUM, "+", (s, rounded)))
    goal = Computed(form.name, (s,), lines, eq(_SUM, s))
    start = _frozen_from(sp.Rational(form.round(to_fraction(eps))), form)
    below = form.below(to_fraction(start))
    yield Claim(
        f"eps-lost{ending}",
        FLOATING_POINT,
        f"Once what eps = {_spelt(eps)} is added to has reached this number, adding it changes nothing.",
        rule,
        goal,
        hypotheses=(Hypothesis(ge(s, start), f"s is {expression_text(kept, rule=rule)}"),),
        derived=start,
        seed=("S2",),
        semantics=form.name,
    )
    yield Claim(
        f"eps-lost-one-number-earlier{ending}",
        FLOATING_POINT,
        f"The threshold for eps = {_spelt(eps)} cannot be lowered, not even to the number just below it.",
        rule,
        goal,
        hypotheses=(Hypothesis(ge(s, sp.Rational(below.numerator, below.denominator))),),
        expected=Verdict.REFUTED,
        seed=("S2",),
        semantics=form.name,
    )


def _frozen_from(size: sp.Rational, form: Format) -> sp.Rational:
    """The least power of two from which on `size` is less than half the spacing of the format."""
    exponent = 0
    while sp.Integer(2) ** (exponent - form.precision) > size:
        exponent -= 1
    while sp.Integer(2) ** (exponent - form.precision) <= size:
        exponent += 1
    return sp.Integer(2) ** exponent


# --- steps that are lost ---


def _lost_steps(rule: UpdateRule) -> Iterator[Claim]:
    """Parameters that steps of a given size no longer move."""
    rate = _default(rule, "lr")
    if rule.name not in (ABOUT_AVERAGES, _ABOUT_STEPS) or rate is None:
        return
    if rule.name == _ABOUT_STEPS:
        yield from _lost_exactly_if(rule)
    else:
        yield from _frozen(rule, rate, FORMATS["float32"])
        for one in (rate, *_OTHER_RATES):
            yield from _frozen(rule, one, FORMATS["bfloat16"])


def _lost_exactly_if(rule: UpdateRule) -> Iterator[Claim]:
    name = "bfloat16"
    yield Claim(
        f"step-lost-iff-{name}",
        FLOATING_POINT,
        "A step is lost exactly if it is less than half the way to the next number, or half of it at an even number.",
        rule,
        AbsorbedIff(name),
        semantics=name,
    )
    yield Claim(
        f"step-lost-iff-half-an-ulp-{name}",
        FLOATING_POINT,
        "Commonly said: a step is lost exactly if it is less than half a unit in the last place, whatever its sign.",
        rule,
        AbsorbedIff(name, one_spacing=True),
        expected=Verdict.REFUTED,
        folklore=True,
        semantics=name,
    )


def _frozen(rule: UpdateRule, rate: sp.Rational, form: Format) -> Iterator[Claim]:
    theta, d = rule.theta, Quantity("d", meaning="a step")
    start = _frozen_from(rate, form)
    goal = Computed(form.name, (theta, d), (Rounded(_SUM, "+", (theta, d)),), eq(_SUM, theta))
    small = Hypothesis(le(sp.Abs(d), rate), "no step is larger than the learning rate")
    yield Claim(
        f"frozen-above-{_spelt(rate)}-{form.name}",
        FLOATING_POINT,
        f"In {form.name} no step of at most {_spelt(rate)} moves a parameter beyond this size.",
        rule,
        goal,
        hypotheses=(Hypothesis(gt(sp.Abs(theta), start)), small),
        derived=start,
        semantics=form.name,
    )
    if to_fraction(rate) <= to_fraction(start) / 2 ** (form.precision + 1):
        # Not even half the spacing below a power of two: nothing distinguishes this size.
        return
    yield Claim(
        f"frozen-from-{_spelt(rate)}-{form.name}",
        FLOATING_POINT,
        f"Commonly said: in {form.name} steps of at most {_spelt(rate)} do not move a parameter of this size either.",
        rule,
        goal,
        hypotheses=(Hypothesis(ge(sp.Abs(theta), start)), small),
        expected=Verdict.REFUTED,
        folklore=True,
        semantics=form.name,
    )
