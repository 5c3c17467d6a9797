"""The kernel's arithmetic, operation by operation in NumPy, with an a-priori bound of the rounding error.

Every number is a pair: the value that IEEE arithmetic gives, and a bound of its distance from the value that the same
source gives in exact arithmetic.  The standard model of floating-point arithmetic says, for round-to-nearest,

    fl(a op b) = (a op b)(1 + d) + h,   abs(d) <= u,   abs(h) <= eta,

with u = 2**-24 or 2**-53 and eta half of the smallest subnormal number.  As also abs(fl(z) - z) <= u abs(fl(z)) + eta,
the rounding of an operation is bounded by its computed result z: r = u abs(z) + eta.  With e(x) the bound of an operand
whose computed value is x, the bound of the result z is

    a + b, a - b   e(a) + e(b) + r
    a b            abs(a) e(b) + abs(b) e(a) + e(a) e(b) + r
    a / b          (abs(a / b) e(b) + e(a)) / (abs(b) - e(b)) + r,   infinite unless e(b) < abs(b)
    sqrt(a)        min(sqrt(e(a)), e(a) / sqrt(a)) + r
    max, min       max(e(a), e(b)), since they move no more than their arguments do
    abs, -         e(a)
    a ** n         n (abs(a) + e(a)) ** (n - 1) e(a) + 4 r: the library's power may be a few units off
    exp, log       from their monotony, + 4 r
    choice         the chosen branch's bound; where rounding could have turned the comparison, both branches' bounds
                   and their distance

Bounds are computed in float64 and enlarged by 1e-9 of themselves, more than their own rounding.  Their terms may
underflow, too: eta is taken sixteen times too large, and a quotient gets the smallest subnormal number in its
numerator.  Inputs have no error: floats are what they are.

Why a bound and not a number of units in the last place: where m' = beta m + (1 - beta) g cancels, the distance in units
of m' has no limit, whatever the kernel does.  The bound grows with what was added, and so holds there and is sharp
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .algebra import Meaningless
from .narrow import decode, encode, random_bits, stream_key
from .values import RandomBits, Stored, StreamKey

__all__ = ["Bounded", "Rounded"]

_ENLARGED = 1 + 1e-9
_UNIT = {np.dtype(np.float32): 2.0**-24, np.dtype(np.float64): 2.0**-53}
_ETA = {np.dtype(np.float32): 8 * 2.0**-149, np.dtype(np.float64): 8 * 2.0**-1074}
_SMALLEST = 2.0**-1074
_LIBRARY = 4.0  # units in the last place that exp, log and pow of the C library may be off


@dataclass(frozen=True)
class Bounded:
    """A computed value, and a bound of its distance from the exact one (0 where bounds are not asked for)."""

    value: Any
    error: Any = 0.0


class Rounded:
    """Numbers are NumPy scalars and arrays of one dtype each, as Numba types them: a bare literal is float64.

    Parameters
    ----------
    bounds : bool
        Whether to carry error bounds along.

    Attributes
    ----------
    uses_library : bool
        Whether exp, log or pow of an array was computed: libraries differ there in the last place.
    shape : tuple of int
        Of the arrays.
    """

    def __init__(self, *, bounds: bool) -> None:
        self._bounds = bounds
        self.uses_library = False
        self.shape: tuple[int, ...] = ()

    def is_number(self, value: object) -> bool:
        """Whether `value` is a pair of value and bound."""
        return isinstance(value, Bounded)

    def is_condition(self, value: object) -> bool:
        """Whether `value` is a comparison's outcome."""
        return isinstance(value, _Truth)

    def literal(self, text: str, value: float) -> Bounded:
        """The float64 nearest to the text, with the distance between the two."""
        try:
            apart = abs(Fraction(text.replace("_", "")) - Fraction(value))
        except ValueError:
            raise Meaningless("is no decimal number") from None
        return Bounded(np.float64(value), float(apart) * _ENLARGED if self._bounds else 0.0)

    def integer(self, value: int) -> Bounded:
        """The integer, exactly."""
        return Bounded(np.int64(value))

    def nan(self) -> Bounded:
        """NaN, in float64."""
        return Bounded(np.float64(np.nan))

    def binary(self, operation: str, left: Bounded, right: Bounded) -> Bounded:
        """The rounded result of one operation."""
        a, b = left.value, right.value
        if operation in ("add", "sub"):
            z = a + b if operation == "add" else a - b
            return self._made(z, lambda: left.error + right.error + _rounding(z))
        if operation == "mul":
            z = a * b
            return self._made(z, lambda: _product_error(left, right) + _rounding(z))
        if operation == "div":
            z = a / b
            return self._made(z, lambda: _quotient_error(left, right) + _rounding(z))
        z = a**b
        self.uses_library |= np.ndim(z) > 0
        return self._made(z, lambda: _power_error(left, right) + _LIBRARY * _rounding(z))

    def function(self, name: str, arguments: Sequence[Bounded]) -> Bounded:
        """The rounded result of one function."""
        if name in ("max", "min"):
            return self._extreme(name, *arguments)
        (argument,) = arguments
        x, e = argument.value, argument.error
        if name == "neg":
            return Bounded(-x, e)
        if name == "abs":
            return Bounded(np.abs(x), e)
        if name == "sqrt":
            z = np.sqrt(x)
            return self._made(z, lambda: np.fmin(np.sqrt(e), e / np.sqrt(_wide(x))) + _rounding(z))
        if name == "sign":
            z = np.where(x > 0, 1, np.where(x < 0, -1, x)).astype(x.dtype)
            return self._made(z, lambda: np.where(_wide(np.abs(x)) > e, 0.0, np.where(e == 0, 0.0, 2.0)))
        self.uses_library |= np.ndim(x) > 0
        if name == "exp":
            z = np.exp(x)
            return self._made(z, lambda: _wide(z) * np.expm1(e) * (1 + 1e-6) + _LIBRARY * _rounding(z))
        if name == "log":
            z = np.log(x)
            below = _wide(x) - e
            return self._made(z, lambda: np.where(below > 0, e / below, np.inf) + _LIBRARY * _rounding(z))
        raise Meaningless(f"({name}) has no floating-point meaning here")

    def _extreme(self, name: str, left: Bounded, right: Bounded) -> Bounded:
        # As compiled: the first argument where the two are equal, and NaN where there is one.
        a, b = left.value, right.value
        first = a >= b if name == "max" else a <= b
        z = np.where(np.isnan(a), a, np.where(np.isnan(b), b, np.where(first, a, b)))
        return self._made(z, lambda: np.maximum(left.error, right.error))

    def cast(self, dtype: str, value: Bounded) -> Bounded:
        """The value rounded once to `dtype`."""
        target = np.dtype(dtype)
        z = target.type(value.value) if np.ndim(value.value) == 0 else value.value.astype(target)
        if target.kind != "f" or value.value.dtype == target:
            return Bounded(z, value.error)
        # What a cast changes is known exactly: nothing, if the value fits.
        return self._made(z, lambda: value.error + np.abs(_wide(z) - _wide(value.value)))

    def compare(self, relation: str, left: Bounded, right: Bounded) -> _Truth:
        """The comparison, and where rounding could have turned it."""
        a, b = left.value, right.value
        outcome = {
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
            "==": np.equal,
            "!=": np.not_equal,
        }[relation](a, b)
        if not self._bounds:
            return _Truth(outcome, False)
        doubt = left.error + right.error
        return _Truth(outcome, (doubt > 0) & ~(np.abs(_wide(a) - _wide(b)) > doubt))

    def logic(self, operation: str, parts: Sequence[_Truth]) -> _Truth:
        """The combination; in doubt if a part is."""
        doubt = np.logical_or.reduce([np.broadcast_to(p.doubt, np.shape(parts[0].value)) for p in parts])
        if operation == "not":
            return _Truth(np.logical_not(parts[0].value), doubt)
        combine = np.logical_and if operation == "and" else np.logical_or
        value = parts[0].value
        for part in parts[1:]:
            value = combine(value, part.value)
        return _Truth(value, doubt)

    def choose(self, condition: _Truth, then: Bounded, other: Bounded) -> Bounded:
        """The chosen branch."""
        z = np.where(condition.value, then.value, other.value)
        dtype = np.result_type(then.value, other.value)

        def bound() -> Any:
            chosen = np.where(condition.value, then.error, other.error)
            apart = np.abs(_wide(then.value) - _wide(other.value)) + then.error + other.error
            return np.where(condition.doubt, np.where(np.isnan(apart), np.inf, apart), chosen)

        return self._made(z.astype(dtype), bound)

    def widen(self, stored: Stored) -> Bounded:
        """The number that the bits stand for, exactly."""
        return Bounded(decode(stored.number.value, stored.format), stored.number.error)

    def narrow(self, kept: str, value: Bounded, random: RandomBits | None) -> Stored:
        """The bits of the rounded value; what rounding changes is known exactly."""
        x = np.broadcast_to(np.asarray(value.value, np.float32), self.shape)
        drawn = None
        if random is not None:
            assert random.key.key is not None
            drawn = random_bits(random.key.key, random.lane, x.size)
        bits = encode(x, kept, drawn)
        made = self._made(bits, lambda: value.error + np.abs(_wide(decode(bits, kept)) - _wide(x)))
        return Stored(kept, made)

    def stream_key(self, seed: Bounded, step: Bounded, array: Bounded) -> StreamKey:
        """The key, as a number."""
        return StreamKey(stream_key(int(seed.value), int(step.value), int(array.value)))

    def count_nonfinite(self, value: Bounded) -> int:
        """The count."""
        return int(np.count_nonzero(~np.isfinite(value.value)))

    def _made(self, value: Any, error: Any) -> Bounded:
        if not self._bounds:
            return Bounded(value)
        bound = np.asarray(error(), dtype=np.float64) * _ENLARGED
        # A bound that is no number bounds nothing.
        return Bounded(value, np.where(np.isnan(bound), np.inf, bound))


@dataclass(frozen=True)
class _Truth:
    value: Any
    doubt: Any


def _wide(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64)


def _rounding(z: Any) -> Any:
    return _UNIT[z.dtype] * np.abs(_wide(z)) + _ETA[z.dtype] if z.dtype.kind == "f" else 0.0


def _product_error(left: Bounded, right: Bounded) -> Any:
    a, b = np.abs(_wide(left.value)), np.abs(_wide(right.value))
    return a * right.error + b * left.error + _both(left.error, right.error)


def _both(a: Any, b: Any) -> Any:
    # 0 times infinity is 0 here: an operand without error adds none.
    return np.where((np.asarray(a) == 0) | (np.asarray(b) == 0), 0.0, np.asarray(a) * np.asarray(b))


def _quotient_error(left: Bounded, right: Bounded) -> Any:
    a, b, e = np.abs(_wide(left.value)), np.abs(_wide(right.value)), np.asarray(right.error)
    # What underflows here would grow again in the division.
    moved = np.where(e == 0, 0.0, (a / b + _SMALLEST) * e) + left.error + _SMALLEST
    return np.where(e < b, moved / (b - e), np.inf)


def _power_error(left: Bounded, right: Bounded) -> Any:
    a, e, n = np.abs(_wide(left.value)), np.asarray(left.error), _wide(right.value)
    if np.any(np.asarray(right.error) != 0):
        return np.inf
    return np.where(e == 0, 0.0, np.where((n >= 1) & (n == np.floor(n)), n * (a + e) ** (n - 1) * e, np.inf))
