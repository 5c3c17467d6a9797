"""The length of an average as RAdam measures it: how many steps it stands for, and when it is long enough."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Equal, Holds
from ..recurrence_goals import AlongRecurrence
from ..relations import equivalent, gt, le, lt
from ..rule import UpdateRule
from ..symbols import UNIT_INTERVAL, Domain, Quantity
from .sources import liu_radam
from .subjects import MOMENTS

__all__ = ["claims"]

_ABOVE_FOUR = Domain("greater than four", lower=sp.Integer(4), lower_open=True)
_THRESHOLDS = (4, 5)
_DIGITS = 5


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Length 1 after one step, less than t after t, when it passes a threshold, and how the rectification grows."""
    longest, length = _lengths(rule)
    if longest is None or length is None:
        return
    (decay,) = longest.free_symbols
    t = rule.step_counter
    yield Claim(
        "average-length-first",
        MOMENTS,
        "After one step the average stands for one gradient.",
        rule,
        Equal(length.xreplace({t: sp.Integer(1)}), sp.Integer(1), r"\rho_1", "rho[1]"),
        derived=sp.Integer(1),
        source=liu_radam("section 4.1"),
    )
    yield _below_count(length, decay, rule)
    yield from _long_enough(longest, length, decay, rule)
    yield from _rectification(rule)


def _lengths(rule: UpdateRule) -> tuple[sp.Expr | None, sp.Expr | None]:
    """The longest length and that at time t, if the rule measures them."""
    lines = {line.target.name: line.value for line in rule.assignments}
    if not {"rho_inf", "rho"} <= set(lines):
        return None, None
    longest = next(line.target for line in rule.assignments if line.target.name == "rho_inf")
    return lines["rho_inf"], lines["rho"].xreplace({longest: lines["rho_inf"]})


def _below_count(length: sp.Expr, decay: sp.Symbol, rule: UpdateRule) -> Claim:
    t, power = rule.step_counter, Quantity("B", UNIT_INTERVAL, r"\beta_2^t", meaning="power of the decay rate")
    written = length.xreplace({decay**t: power})
    return Claim(
        "average-length-below-count",
        MOMENTS,
        "After t steps the average stands for at most t gradients.",
        rule,
        AlongRecurrence(
            (power,),
            (decay,),
            (decay * power,),
            le(written, t),
            (
                le(t * power * (1 - decay), decay * (1 - power)),
                le((1 - power) * (1 + decay), t * (1 - decay) * (1 + power)),
            ),
        ),
        derived=written,
        source=liu_radam("section 4.1"),
    )


def _long_enough(longest: sp.Expr, length: sp.Expr, decay: sp.Symbol, rule: UpdateRule) -> Iterator[Claim]:
    """When the length first passes 4, as in the paper, and 5, as frameworks ask."""
    t = rule.step_counter
    for threshold in _THRESHOLDS:
        never = sp.Rational(threshold - 1, threshold + 1)
        yield Claim(
            f"average-length-never-above-{threshold}",
            MOMENTS,
            f"The length stays below {threshold} for ever, so that no step is normalised, exactly if the decay rate "
            "is at most this.",
            rule,
            Holds(equivalent(le(longest, threshold), le(decay, never))),
            derived=never,
            source=liu_radam("section 4.2"),
        )
        first = length.xreplace({t: sp.Integer(threshold + 1)})
        step = sp.Rational(1, 10**_DIGITS)
        known = _last_below(first, decay, threshold)
        yield Claim(
            f"average-length-first-above-{threshold}",
            MOMENTS,
            f"The first step in which the length can exceed {threshold} is step {threshold + 1}, and it does so for "
            f"decay rates above a number between {known} and {known + step}.",
            rule,
            Holds(
                sp.And(
                    le(first.xreplace({decay: known}), threshold),
                    gt(first.xreplace({decay: known + step}), threshold),
                    evaluate=False,
                )
            ),
            derived=known,
        )


def _last_below(length: sp.Expr, decay: sp.Symbol, threshold: int) -> sp.Rational:
    """The largest decay rate of a few digits for which `length`, which grows with it, is at most `threshold`."""
    low, high = 0, 10**_DIGITS - 1
    while high - low > 1:
        middle = (low + high) // 2
        small = length.xreplace({decay: sp.Rational(middle, 10**_DIGITS)}) <= threshold
        low, high = (middle, high) if small else (low, middle)
    return sp.Rational(low, 10**_DIGITS)


def _rectification(rule: UpdateRule) -> Iterator[Claim]:
    """The square of the rectification as a function of the length."""
    longest, short, long = (
        Quantity(n, _ABOVE_FOUR, x) for n, x in (("R", r"\rho_\infty"), ("x", r"\rho"), ("y", r"\rho'"))
    )

    def square(length: sp.Expr) -> sp.Expr:
        return (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)

    yield Claim(
        "rectification-grows",
        MOMENTS,
        "The rectification grows with the length of the average.",
        rule,
        Holds(lt(square(short), square(long))),
        hypotheses=(Hypothesis(lt(short, long), "the average has become longer"),),
        derived=square(short),
        source=liu_radam("section 4.2"),
    )
    yield Claim(
        "rectification-fades",
        MOMENTS,
        "It is 1 at the greatest length: there a step is Adam's.",
        rule,
        Equal(square(longest), sp.Integer(1), "r^2", "r^2"),
        derived=sp.Integer(1),
        source=liu_radam("section 4.2"),
    )
