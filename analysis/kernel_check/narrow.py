"""Narrow formats and random bits in NumPy, from their definitions: nothing is shared with the kernels that are checked.

A number of a format is an integer multiple of the spacing at its size; rounding is done on that integer, in float64,
which holds every number here exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORMATS", "Format", "decode", "encode", "random_bits", "stream_key"]

Bits = NDArray[np.uint16]
_MASK = 2**64 - 1


@dataclass(frozen=True)
class Format:
    """A binary format of IEEE's kind.

    Attributes
    ----------
    precision : int
        Significant bits, the leading one included.
    minimum, maximum : int
        The exponents of the smallest and of the largest normal power of two.
    """

    precision: int
    minimum: int
    maximum: int

    @property
    def smallest_subnormal(self) -> float:
        """The spacing at zero."""
        return float(2.0 ** (self.minimum - self.precision + 1))

    @property
    def tiny(self) -> float:
        """The smallest normal number."""
        return float(2.0**self.minimum)

    @property
    def max(self) -> float:
        """The largest finite number."""
        return float((2 - 2.0 ** (1 - self.precision)) * 2.0**self.maximum)

    def spacing(self, x: Any) -> NDArray[np.float64]:
        """The distance of neighbours at the size of x, which is finite."""
        _, exponent = np.frexp(np.asarray(x, np.float64))
        return np.asarray(np.ldexp(1.0, np.maximum(exponent - 1, self.minimum) - self.precision + 1))


FORMATS = {
    "bfloat16": Format(8, -126, 127),
    "float16": Format(11, -14, 15),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
}


def decode(bits: Bits, kept: str) -> NDArray[np.float32]:
    """The numbers that bits of a narrow format stand for."""
    if kept == "float16":
        return bits.view(np.float16).astype(np.float32)
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def encode(x: NDArray[np.float32], kept: str, random: NDArray[np.uint32] | None = None) -> Bits:
    """The bits of x rounded to the nearest, the even one of two, or stochastically with 16 random bits.

    Examples
    --------
    >>> decode(encode(np.float32([1 + 2**-8, 1 + 3 * 2**-8]), "bfloat16"), "bfloat16").tolist()
    [1.0, 1.015625]
    """
    form = FORMATS[kept]
    with np.errstate(all="ignore"):
        exact = x.astype(np.float64)
        finite = np.isfinite(exact)
        spacing = form.spacing(np.where(finite, exact, 1.0))
        units = np.abs(exact) / spacing
        if random is None:
            whole = np.rint(units)
        else:
            whole = np.floor(units)
            whole += (units - whole) * 2.0**16 + random >= 2.0**16
        size = np.where(whole * spacing > form.max, np.inf, whole * spacing)
        rounded = np.copysign(np.where(finite, size, np.abs(exact)), exact).astype(np.float32)
        if kept == "float16":
            return np.asarray(rounded.astype(np.float16).view(np.uint16))
        bits = (rounded.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    return np.where(np.isnan(x), np.uint16(0x7FC0), bits)


def stream_key(seed: int, step: int, array: int) -> int:
    """SplitMix64 over the three numbers, one after the other."""
    return _mixed(_mixed(_mixed(seed) ^ step) ^ array)


def random_bits(key: int, lane: int, count: int) -> NDArray[np.uint32]:
    """16 random bits for each of the first `count` elements of an array."""
    chosen = _mixed(key ^ (lane >> 1))
    index = np.arange(count, dtype=np.uint64)
    low, high = index & np.uint64(0xFFFFFFFF), index >> np.uint64(32)
    x = low ^ np.uint64(chosen & 0xFFFFFFFF)
    x = _low((x ^ (x >> np.uint64(16))) * np.uint64(0x21F0AAAD))
    x = _low(x + np.uint64(chosen >> 32) + high)
    x = _low((x ^ (x >> np.uint64(15))) * np.uint64(0xD35A2D97))
    x ^= x >> np.uint64(15)
    # Two lanes share a hash: one has its lower half, the other its upper half.
    return ((x >> np.uint64(16 * (lane & 1))) & np.uint64(0xFFFF)).astype(np.uint32)


def _low(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return x & np.uint64(0xFFFFFFFF)


def _mixed(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
