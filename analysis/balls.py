"""Rigorous numbers: exact while they are rational, and otherwise intervals of 400 bits that hold the true value.

Nothing here is ever wrong: what cannot be decided from the intervals is said to be undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import total_ordering
from math import isqrt
from typing import Any

from .evaluate import Arithmetic

__all__ = ["BALLS", "Ball", "UndecidedError", "UndefinedError"]

_BITS = 400


class UndefinedError(ArithmeticError):
    """A division by zero, or an even root of a negative number."""


class UndecidedError(ArithmeticError):
    """The intervals are too wide to tell."""


@total_ordering
class Ball:
    """A real number, held as a fraction or as an interval.

    Parameters
    ----------
    value : Fraction or flint.arb

    Examples
    --------
    >>> two = BALLS.functions["sqrt"](Ball(Fraction(2)))
    >>> two > Ball(Fraction(1)), two.digits(5), Ball(Fraction(1, 3)) * Ball(Fraction(3)) == Ball(Fraction(1))
    (True, '1.4142', True)
    """

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment] # equal numbers may be held in two ways

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def is_exact(self) -> bool:
        """Whether it is held as a fraction."""
        return isinstance(self.value, Fraction)

    def digits(self, count: int) -> str:
        """The number in decimals, rounded."""
        return str(_with_bits(lambda: _ball(self.value).str(count, radius=False)))

    def __add__(self, other: Ball) -> Ball:
        return _combined(self, other, lambda a, b: a + b)

    def __sub__(self, other: Ball) -> Ball:
        return _combined(self, other, lambda a, b: a - b)

    def __mul__(self, other: Ball) -> Ball:
        return _combined(self, other, lambda a, b: a * b)

    def __truediv__(self, other: Ball) -> Ball:
        if other.sign() == 0:
            raise UndefinedError("division by zero")
        return _combined(self, other, lambda a, b: a / b)

    def __neg__(self) -> Ball:
        return Ball(-self.value)

    def __abs__(self) -> Ball:
        return -self if self.sign() < 0 else self

    def __pow__(self, power: Ball | int) -> Ball:
        if isinstance(power, int):
            return Ball(self.value**power) if self.is_exact else Ball(_with_bits(lambda: self.value**power))
        if power.is_exact and power.value.denominator == 1:
            return self ** int(power.value)
        if self.sign() < 0:
            raise UndefinedError("a power of a negative number")
        if self.sign() == 0:
            return Ball(Fraction(0))
        return Ball(_with_bits(lambda: (_ball(power.value) * _ball(self.value).log()).exp()))  # noqa: PLW0108

    def sign(self) -> int:
        """-1, 0 or 1.

        Raises
        ------
        UndecidedError
            If the interval holds zero.
        """
        if isinstance(self.value, Fraction):
            return (self.value > 0) - (self.value < 0)
        if self.value > 0:
            return 1
        if self.value < 0:
            return -1
        raise UndecidedError("the sign of an interval around zero")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ball) and (self - other).sign() == 0

    def __lt__(self, other: Ball) -> bool:
        return (self - other).sign() < 0


def _with_bits(compute: Callable[[], Any]) -> Any:
    from flint import ctx

    before, ctx.prec = ctx.prec, _BITS
    try:
        return compute()
    finally:
        ctx.prec = before


def _ball(value: Any) -> Any:
    from flint import arb, fmpq

    return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else value


def _combined(a: Ball, b: Ball, operation: Callable[[Any, Any], Any]) -> Ball:
    if a.is_exact and b.is_exact:
        return Ball(operation(a.value, b.value))
    return Ball(_with_bits(lambda: operation(_ball(a.value), _ball(b.value))))


def _root(x: Ball) -> Ball:
    sign = x.sign()
    if sign < 0:
        raise UndefinedError("the root of a negative number")
    if isinstance(x.value, Fraction):
        top, bottom = isqrt(x.value.numerator), isqrt(x.value.denominator)
        if top**2 == x.value.numerator and bottom**2 == x.value.denominator:
            return Ball(Fraction(top, bottom))
    return Ball(_with_bits(lambda: _ball(x.value).sqrt()))


def _first(pairs: Sequence[tuple[Callable[[], Any], Callable[[], Any]]]) -> Any:
    for value, condition in pairs:
        if condition():
            return value()
    raise UndefinedError("no case of the distinction holds")


BALLS = Arithmetic(
    number=lambda p, q: Ball(Fraction(p, q)),
    functions={
        "sqrt": _root,
        "Abs": abs,
        "sign": lambda x: Ball(Fraction(x.sign())),
        "Max": max,
        "Min": min,
        "exp": lambda x: Ball(_with_bits(lambda: _ball(x.value).exp())),
        "log": lambda x: Ball(_with_bits(lambda: _ball(x.value).log())),
    },
    choose=_first,
)
