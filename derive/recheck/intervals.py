"""Numbers given by rationals and square roots, enclosed between rational bounds; signs that are certain."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import TypeAlias

from .algebra import Algebra, TooComplicatedError
from .expression import Expression, compare, is_relation, replace

__all__ = ["UndecidedError", "agree", "holds", "require_defined", "sign"]

Bounds: TypeAlias = tuple[Fraction, Fraction]
_PRECISIONS = (80, 320, 1280)
_LARGEST_POWER = 4096


class UndecidedError(ValueError):
    """A number whose sign could not be found out, or that is not defined."""


def sign(number: Expression) -> int:
    """The sign of an expression without symbols, for certain.

    Zero is concluded only from exact algebra.

    Raises
    ------
    UndecidedError
        If the number is not defined, or too close to zero to tell.

    Examples
    --------
    >>> root = lambda n: ("**", Fraction(n), Fraction(1, 2))
    >>> sign(("+", root(2), root(3), ("*", Fraction(-1), root(10))))
    -1
    """
    if isinstance(number, Fraction):
        return (number > 0) - (number < 0)
    for bits in _PRECISIONS:
        bounds = _enclose(number, bits)
        if bounds is not None and bounds[0] > 0:
            return 1
        if bounds is not None and bounds[1] < 0:
            return -1
    try:
        if Algebra([number], {}).equal(number, Fraction(0)):
            return 0
    except (TooComplicatedError, ValueError) as error:
        raise UndecidedError(str(error)) from None
    raise UndecidedError("a number is too close to zero, or is not defined")


def agree(left: Expression, right: Expression) -> bool:
    """Whether two numbers are the same to hundreds of digits: enough to show one of them, never to prove anything."""
    bounds = _enclose(replace(("+", left, ("*", Fraction(-1), right)), {}), _PRECISIONS[-1])
    return bounds is not None and max(abs(bounds[0]), abs(bounds[1])) < Fraction(1, 1 << _PRECISIONS[1])


def require_defined(number: Expression) -> None:
    """Raise UndecidedError unless an expression without symbols is shown to be defined."""
    if all(_enclose(number, bits) is None for bits in _PRECISIONS):
        raise UndecidedError("a number is not defined, or not shown to be")


def holds(condition: Expression, values: Mapping[Expression, Expression]) -> bool:
    """Whether `condition` holds when symbols have these values.

    Raises
    ------
    UndecidedError
    """
    if isinstance(condition, bool):
        return condition
    if is_relation(condition):
        difference = replace(("+", condition[1], ("*", Fraction(-1), condition[2])), values)
        return compare(condition[0], sign(difference))
    if not isinstance(condition, tuple):
        raise UndecidedError("a number is no condition")
    parts = [holds(a, values) for a in condition[1:]]
    if condition[0] == "not":
        return not parts[0]
    if condition[0] == "implies":
        return not parts[0] or parts[1]
    if condition[0] == "iff":
        return parts[0] == parts[1]
    return all(parts) if condition[0] == "and" else any(parts)


def _enclose(e: Expression, bits: int) -> Bounds | None:
    """Rational bounds of a number; None where these bounds do not tell enough to go on."""
    if isinstance(e, Fraction):
        return e, e
    if not isinstance(e, tuple):
        raise UndecidedError(f"the symbol {e} has no value")
    if e[0] == "piecewise":
        chosen = next((value for _, value, condition in e[1:] if holds(condition, {})), None)
        return None if chosen is None else _enclose(chosen, bits)
    if e[0] == "**":
        return _power(e, bits)
    parts = [_enclose(a, bits) for a in e[1:]]
    known = [p for p in parts if p is not None]
    if len(known) != len(parts):
        return None
    return _rounded(_combined(e[0], known), bits)


def _combined(head: str, parts: list[Bounds]) -> Bounds:
    low, high = parts[0]
    if head == "+":
        return sum((p[0] for p in parts), Fraction(0)), sum((p[1] for p in parts), Fraction(0))
    if head == "*":
        for other in parts[1:]:
            ends = [a * b for a in (low, high) for b in other]
            low, high = min(ends), max(ends)
        return low, high
    if head == "abs":
        return (low, high) if low >= 0 else (-high, -low) if high <= 0 else (Fraction(0), max(-low, high))
    if head == "max":
        return max(p[0] for p in parts), max(p[1] for p in parts)
    if head == "min":
        return min(p[0] for p in parts), min(p[1] for p in parts)
    if head == "sign":
        return Fraction((low > 0) - (low < 0)), Fraction((high > 0) - (high < 0))
    raise UndecidedError(f"the operator {head!r} cannot be evaluated exactly")


def _power(e: Expression, bits: int) -> Bounds | None:
    exponent = e[2]
    if isinstance(exponent, Fraction) and exponent.denominator > 2 and isinstance(e[1], Fraction) and e[1] > 0:
        return _any_root(e[1], exponent, bits)
    if not isinstance(exponent, Fraction) or exponent.denominator > 2 or abs(exponent.numerator) > _LARGEST_POWER:
        raise UndecidedError("a power has an exponent that cannot be evaluated exactly")
    bounds = _enclose(e[1], bits)
    if bounds is None:
        return None
    if exponent.denominator == 2:
        if bounds[1] < 0:
            raise UndecidedError("the root of a negative number is taken")
        if bounds[0] < 0:
            return None
        bounds = _root_below(bounds[0], bits), _root_above(bounds[1], bits)
    if exponent < 0:
        if bounds[0] <= 0 <= bounds[1]:
            return None
        bounds = 1 / bounds[1], 1 / bounds[0]
    result: Bounds = (Fraction(1), Fraction(1))
    size = abs(exponent.numerator)
    if size % 2 == 0 and bounds[0] < 0 < bounds[1]:
        return Fraction(0), _rounded((Fraction(0), max(-bounds[0], bounds[1]) ** size), bits)[1]
    for _ in range(size):
        result = _rounded(_combined("*", [result, bounds]), bits)
    return result


def _any_root(base: Fraction, exponent: Fraction, bits: int) -> Bounds:
    """Bounds of a positive number to the power of a fraction p/q: the q-th root of its p-th power."""
    degree = exponent.denominator
    if max(degree, abs(exponent.numerator)) > _LARGEST_POWER:
        raise UndecidedError("a power has an exponent that cannot be evaluated exactly")
    under = base**exponent.numerator
    whole = (under.numerator << (degree * bits)) // under.denominator
    low, high = 0, 1 << (whole.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= whole else (low, middle)
    return Fraction(low, 1 << bits), Fraction(low + 1, 1 << bits)


def _root_below(x: Fraction, bits: int) -> Fraction:
    return Fraction(isqrt((x.numerator << (2 * bits)) // x.denominator), 1 << bits)


def _root_above(x: Fraction, bits: int) -> Fraction:
    floor = isqrt(-((-x.numerator << (2 * bits)) // x.denominator))
    return Fraction(floor + 1, 1 << bits)


def _rounded(bounds: Bounds, bits: int) -> Bounds:
    """Bounds with short denominators, further apart, never closer."""
    unit = 1 << (2 * bits)
    low, high = bounds
    if low.denominator > unit:
        low = Fraction((low.numerator * unit) // low.denominator, unit)
    if high.denominator > unit:
        high = Fraction(-((-high.numerator * unit) // high.denominator), unit)
    return low, high
