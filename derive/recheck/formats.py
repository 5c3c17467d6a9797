"""Binary floating-point formats: rounding to nearest, ties to even, in integers.

A finite number is an integer here: how many times the smallest positive number of its format it is.  An overflow is
one of Python's infinities and an undefined result its ``nan``; both zeros are 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

__all__ = ["FORMATS", "Format", "Number"]

Number: TypeAlias = int | float
"""A finite number in units of the smallest positive one, or ``inf``, ``-inf``, ``nan``."""


@dataclass(frozen=True)
class Format:
    """A format with `digits` binary digits, the hidden one included, and `exponent_bits` bits for the exponent."""

    name: str
    digits: int
    exponent_bits: int

    @cached_property
    def scale(self) -> int:
        """How many units make 1."""
        greatest = (1 << (self.exponent_bits - 1)) - 1
        return 1 << (greatest + self.digits - 2)

    @cached_property
    def largest(self) -> int:
        """The largest finite number."""
        binades = (1 << self.exponent_bits) - 3
        return ((1 << self.digits) - 1) << binades

    def nearest(self, above: int, below: int) -> Number:
        """The number nearest to a quotient, given in units; of two nearest ones that with the even significand.

        Examples
        --------
        >>> form = FORMATS["bfloat16"]
        >>> form.nearest(999 * form.scale, 1000) == form.scale
        True
        """
        size, rest = divmod(abs(above), below)
        # Numbers of this size are multiples of a power of two.
        step = 1 << max(size.bit_length() - self.digits, 0)
        excess = size % step
        low = size - excess
        twice = 2 * (excess * below + rest)
        up = twice > step * below or (twice == step * below and (low // step) % 2 == 1)
        rounded: Number = low + step if up else low
        if rounded > self.largest:
            rounded = math.inf
        return rounded if above >= 0 else -rounded

    def units(self, value: Fraction) -> Fraction:
        """A number in units; an integer if it is a multiple of the smallest positive number."""
        return value * self.scale

    def exactly(self, value: Fraction) -> int | None:
        """The number of the format that `value` is; None if it is none."""
        units = self.units(value)
        if units.denominator != 1 or self.nearest(units.numerator, 1) != units.numerator:
            return None
        return units.numerator

    def above(self, number: int) -> int:
        """The next number above a nonnegative one; beyond the largest, the spacing goes on."""
        return number + (1 << max(number.bit_length() - self.digits, 0))

    def below(self, number: int) -> int:
        """The next number below a positive one."""
        return number - (1 << max((number - 1).bit_length() - self.digits, 0))

    def is_even(self, number: int) -> bool:
        """Whether the significand of a number is even."""
        size = abs(number)
        return (size >> max(size.bit_length() - self.digits, 0)) % 2 == 0

    def nonnegative(self) -> Iterator[int]:
        """Zero and every positive finite number, in increasing order."""
        number = 0
        while number <= self.largest:
            yield number
            number = self.above(number)

    def finite(self) -> Iterator[int]:
        """Every finite number."""
        for number in self.nonnegative():
            yield number
            if number:
                yield -number

    def pattern(self, number: int) -> int:
        """The bits of a number of the format, as an unsigned integer."""
        size = abs(number)
        shift = max(size.bit_length() - self.digits, 0)
        bits = (size >> shift) + (shift << (self.digits - 1))
        return bits if number >= 0 else bits + (1 << (self.digits + self.exponent_bits - 1))


FORMATS = {made.name: made for made in (Format("float32", 24, 8), Format("bfloat16", 8, 8), Format("float16", 11, 5))}
