"""Binary floating-point formats and rounding to nearest even, in exact integers.

A finite value is a fraction; an overflow is ``math.inf`` and an undefined result ``math.nan``, Python's own, which
compare with fractions as IEEE 754 asks.  Both zeros are the number 0: no claim here tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

__all__ = ["FORMATS", "Format", "Value"]

Value: TypeAlias = Fraction | float
"""A finite number as a fraction, or one of ``inf``, ``-inf`` and ``nan``."""


@dataclass(frozen=True)
class Format:
    """A binary floating-point format of IEEE 754's kind, with subnormal numbers.

    Attributes
    ----------
    name : str
    precision : int
        The bits of a significand, the hidden one included.
    exponent_bits : int

    Examples
    --------
    >>> bfloat16 = FORMATS["bfloat16"]
    >>> bfloat16.round(Fraction(999, 1000)), bfloat16.below(Fraction(1))
    (Fraction(1, 1), Fraction(255, 256))
    """

    name: str
    precision: int
    exponent_bits: int

    @property
    def top(self) -> int:
        """The exponent of the largest finite numbers: they are below ``2**(top + 1)``."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def unit(self) -> int:
        """The exponent of the smallest positive (subnormal) number."""
        return 2 - self.top - self.precision

    def nearest(self, numerator: int, denominator: int) -> int | float:
        """The number of the format nearest to a quotient, of two nearest ones the one with the even significand.

        Both are in units of the smallest positive number, ``2**unit``, of which every finite number is a multiple.
        The denominator is positive.
        """
        size = abs(numerator)
        # A result with more bits than the significand holds is a multiple of this power of two.
        shift = max((size // denominator).bit_length() - self.precision, 0)
        divisor = denominator << shift
        whole, rest = divmod(size, divisor)
        if 2 * rest > divisor or (2 * rest == divisor and whole % 2):
            whole += 1
        rounded = whole << shift
        if rounded.bit_length() > self.top + 1 - self.unit:
            return math.inf if numerator > 0 else -math.inf
        return rounded if numerator >= 0 else -rounded

    def spacing(self, units: int) -> int:
        """The distance from a number to the next one away from zero, both in units of the smallest positive one.

        Examples
        --------
        >>> bfloat16 = FORMATS["bfloat16"]
        >>> Fraction(bfloat16.spacing(1 << -bfloat16.unit), 1 << -bfloat16.unit)
        Fraction(1, 128)
        """
        return 1 << max(units.bit_length() - self.precision, 0)

    def round(self, value: Value) -> Value:
        """The number of the format nearest to `value`, of two nearest ones the one with the even significand."""
        if isinstance(value, float):
            return value
        rounded = self.nearest(value.numerator << -self.unit, value.denominator)
        return rounded if isinstance(rounded, float) else Fraction(rounded, 1 << -self.unit)

    def below(self, value: Fraction) -> Fraction:
        """The largest number of the format that is less than `value`, which must lie above the lowest one.

        Raises
        ------
        ValueError
            If there is none.
        """
        return -self.above(-value)

    def above(self, value: Fraction) -> Fraction:
        """The smallest number of the format that is more than `value`.

        Raises
        ------
        ValueError
            If there is none.
        """
        rounded = self.round(value)
        if isinstance(rounded, float):
            raise ValueError(f"no {self.name} number is next above {value}: it is beyond the finite ones")
        if rounded > value:
            return rounded
        return self.number(self.ordinal(rounded) + 1)

    def ordinal(self, value: Fraction) -> int:
        """The place of a number of the format in the order of all of them; zero's is 0.

        Raises
        ------
        ValueError
            If `value` is not a number of the format.
        """
        if value != self.round(value):
            raise ValueError(f"{value} is not a {self.name} number")
        units = int(abs(value) * (1 << -self.unit))
        binade = max(units.bit_length() - self.precision, 0)
        place = (units >> binade) + (binade << (self.precision - 1))
        return place if value >= 0 else -place

    def units(self, ordinal: int) -> int:
        """The number at a place in the order, in units of the smallest positive one."""
        normal = 1 << (self.precision - 1)
        binade, significand = divmod(abs(ordinal), normal)
        size = (significand + normal) << (binade - 1) if binade else significand
        return size if ordinal >= 0 else -size

    def number(self, ordinal: int) -> Fraction:
        """The number at a place in the order; the contrary of :meth:`ordinal`.

        Raises
        ------
        ValueError
            If it is beyond the finite numbers.
        """
        if abs(ordinal) > self.largest:
            raise ValueError(f"{self.name} has no finite number at the place {ordinal}")
        return Fraction(self.units(ordinal), 1 << -self.unit)

    @property
    def largest(self) -> int:
        """The place of the largest finite number."""
        return (((1 << self.exponent_bits) - 1) << (self.precision - 1)) - 1

    def finite(self) -> Iterator[int]:
        """Every finite number in increasing order, in units of the smallest positive one; zero once, not twice."""
        return map(self.units, range(-self.largest, self.largest + 1))

    def pattern(self, value: Fraction) -> int:
        """The bits of a number of the format, as an unsigned integer."""
        place = self.ordinal(value)
        sign = 1 << (self.exponent_bits + self.precision - 1)
        return place if place >= 0 else sign - place


FORMATS = {made.name: made for made in (Format("float32", 24, 8), Format("bfloat16", 8, 8), Format("float16", 11, 5))}
