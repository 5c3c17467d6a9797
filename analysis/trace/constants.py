"""Exact numbers for the floats that a person wrote: 0.96 is 24/25, and 1 - 0.9 is one tenth."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import sympy as sp

__all__ = ["exact_number", "is_suspicious"]

_FEW_DIGITS = 13
_LARGEST_DENOMINATOR = 1000


def is_suspicious(value: float) -> bool:
    """Whether a float has more digits than a person writes, so that it may be a leaked value.

    Examples
    --------
    >>> is_suspicious(0.999), is_suspicious(0.3541286592817261)
    (False, True)
    """
    return len(Decimal(repr(value)).as_tuple().digits) > _FEW_DIGITS


def exact_number(value: float) -> tuple[sp.Rational, str]:
    """The number that was meant by a float, and a note if it was not simply read.

    Examples
    --------
    >>> exact_number(0.96)
    (24/25, '')
    >>> exact_number(1 - 0.9)
    (1/10, '0.09999999999999998 was read as 1/10')
    >>> exact_number(1 / 3)
    (1/3, '0.3333333333333333 was read as 1/3')
    """
    written = Fraction(repr(float(value)))
    if not is_suspicious(value):
        return _rational(written), ""
    room = 2 * Fraction(math.ulp(1.0)) * max(abs(written), Fraction(1, 8))
    short = Fraction(f"{value:.12g}")
    for candidate in (short, written.limit_denominator(_LARGEST_DENOMINATOR)):
        if abs(candidate - written) <= room:
            return _rational(candidate), f"{value!r} was read as {candidate}"
    return _rational(written), f"the constant {value!r} was taken as it is printed"


def _rational(number: Fraction) -> sp.Rational:
    return sp.Rational(number.numerator, number.denominator)
