"""Conversions between float32 and the formats that states are stored in, as source text of generated modules.

Each is a function of bits, without a branch, so that a loop around it is vectorised.  The texts are proved elsewhere,
for all 2**32 or 2**16 arguments, to be the conversions of IEEE 754 (see ``analysis.kernel_check.conversions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import KernelError

if TYPE_CHECKING:
    from .form import Form

__all__ = ["CONVERSIONS", "COUNT", "RANDOM", "conversion_sources", "narrowed", "narrowing", "widened", "widening"]

_BFLOAT16_TO_FLOAT32 = '''\
def bfloat16_to_float32(bits):
    """The number whose upper half these bits are; exact."""
    return np.uint32(np.uint32(bits) << 16).view(np.float32)'''

_FLOAT32_TO_BFLOAT16 = '''\
def float32_to_bfloat16(x):
    """The nearest bfloat16, the even one of two; NaN stays NaN."""
    bits = np.float32(x).view(np.uint32)
    rounded = np.uint32(bits + 0x7FFF + ((bits >> 16) & 1))
    return np.uint16(rounded >> 16) if x == x else np.uint16(0x7FC0)'''

_FLOAT32_TO_BFLOAT16_STOCHASTIC = '''\
def float32_to_bfloat16_stochastic(x, random):
    """One of the two bfloat16 around x: away from zero if the bits to drop and 16 random bits add up to 2**16."""
    bits = np.float32(x).view(np.uint32)
    rounded = np.uint32(bits + (random & 0xFFFF))
    return np.uint16(rounded >> 16) if x == x else np.uint16(0x7FC0)'''

_FLOAT16_TO_FLOAT32 = '''\
def float16_to_float32(bits):
    """The number that these bits of a float16 stand for; exact."""
    magnitude = np.uint32(np.uint32(bits & 0x7FFF) << 13)
    sign = np.uint32(np.uint32(bits & 0x8000) << 16)
    normal = np.uint32(magnitude + 0x38000000)
    special = np.uint32(magnitude | 0x7F800000)
    shifted = np.uint32(magnitude + 0x38800000).view(np.float32)
    subnormal = np.float32(shifted - np.float32(6.103515625e-05)).view(np.uint32)
    finite = normal if magnitude >= 0x00800000 else subnormal
    return np.uint32((finite if magnitude < 0x0F800000 else special) | sign).view(np.float32)'''

_FLOAT32_TO_FLOAT16 = '''\
def float32_to_float16(x):
    """The nearest float16, the even one of two; NaN stays NaN."""
    bits = np.float32(x).view(np.uint32)
    sign = np.uint32((bits >> 16) & 0x8000)
    magnitude = np.uint32(bits & 0x7FFFFFFF)
    normal = np.uint32(np.uint32(magnitude + 0xC8000FFF + ((magnitude >> 13) & 1)) >> 13)
    shifted = np.uint32(magnitude).view(np.float32) + np.float32(0.5)
    subnormal = np.uint32(np.float32(shifted).view(np.uint32) - 0x3F000000)
    special = np.uint32(0x7E00) if magnitude > 0x7F800000 else np.uint32(0x7C00)
    finite = normal if magnitude >= 0x38800000 else subnormal
    return np.uint16((finite if magnitude < 0x477FF000 else special) | sign)'''

CONVERSIONS: Mapping[str, str] = {
    "bfloat16_to_float32": _BFLOAT16_TO_FLOAT32,
    "float32_to_bfloat16": _FLOAT32_TO_BFLOAT16,
    "float32_to_bfloat16_stochastic": _FLOAT32_TO_BFLOAT16_STOCHASTIC,
    "float16_to_float32": _FLOAT16_TO_FLOAT32,
    "float32_to_float16": _FLOAT32_TO_FLOAT16,
}
"""The text of each conversion by its name."""

RANDOM: Mapping[str, str] = {
    "mixed": '''\
def mixed(x):
    """SplitMix64: a permutation of the 64-bit integers that looks random."""
    x = np.uint64(x + np.uint64(0x9E3779B97F4A7C15))
    x = np.uint64((x ^ np.uint64(x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    x = np.uint64((x ^ np.uint64(x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(x ^ np.uint64(x >> np.uint64(31)))''',
    "stream_key": '''\
def stream_key(seed, step, array):
    """What the random numbers of one array in one step depend on; every array, step and seed has its own."""
    return mixed(np.uint64(mixed(np.uint64(mixed(seed) ^ step)) ^ array))''',
    "random_bits": '''\
def random_bits(key, lane, index):
    """16 random bits for one element: half of a hash of its index, keyed for the array, the step and two lanes."""
    chosen = mixed(np.uint64(key ^ np.uint64(lane >> 1)))
    x = np.uint32(np.uint32(index) ^ np.uint32(chosen))
    x = np.uint32(np.uint32(x ^ (x >> 16)) * 0x21F0AAAD)
    x = np.uint32(x + np.uint32(np.uint64(chosen) >> np.uint64(32)) + np.uint32(np.uint64(index) >> np.uint64(32)))
    x = np.uint32(np.uint32(x ^ (x >> 15)) * 0xD35A2D97)
    x = np.uint32(x ^ (x >> 15))
    return np.uint32((x >> np.uint32(16 * (lane & 1))) & 0xFFFF)''',
}
"""Counter-based random bits: no state, so that neither threads nor a restart change them."""

COUNT = '''\
def count_nonfinite(start, stop, g):
    """How many of the gradients from start up to, but not including, stop are infinite or not a number."""
    found = uintp(0)
    for i in range(start, stop):
        found += uintp(0) if np.isfinite(g[i]) else uintp(1)
    return found'''
"""What looks at the gradients before a step that is skipped if one is not finite."""


def widening(form: str) -> str:
    """The name of the conversion from a narrow format."""
    return f"{form}_to_float32"


def narrowing(form: str, stochastic: bool) -> str:
    """The name of the conversion to a narrow format."""
    return f"float32_to_{form}" + ("_stochastic" if stochastic and form == "bfloat16" else "")


def conversion_sources(form: Form) -> dict[str, str]:
    """The texts of the conversions that a kernel of `form` needs, by name."""
    needed: list[str] = []
    for narrow in form.narrow:
        needed += [widening(narrow), narrowing(narrow, form.stochastic_rounding)]
    return {name: CONVERSIONS[name] for name in needed}


def widened(stored: npt.NDArray[Any], form: str) -> npt.NDArray[np.float32]:
    """The numbers that an array of a narrow format holds.

    Parameters
    ----------
    stored : array of uint16 (bfloat16) or float16
        As a kernel keeps a state.
    form : {"bfloat16", "float16", "float32"}

    Returns
    -------
    array of float32

    Examples
    --------
    >>> widened(np.array([0x3FC0, 0xC000], np.uint16), "bfloat16")
    array([ 1.5, -2. ], dtype=float32)
    """
    if form == "bfloat16":
        return (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
    _require_known(form)
    return stored.astype(np.float32)


def narrowed(values: npt.ArrayLike, form: str) -> npt.NDArray[Any]:
    """Numbers rounded to the nearest of a format, the even one of two, as a kernel keeps a state.

    Parameters
    ----------
    values : array of float32
    form : {"bfloat16", "float16", "float32"}

    Examples
    --------
    >>> narrowed([1.5, -2.0, 1 + 2**-8], "bfloat16")
    array([16320, 49152, 16256], dtype=uint16)
    """
    exact = np.asarray(values, np.float32)
    if form == "bfloat16":
        bits = exact.view(np.uint32)
        rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        return np.where(np.isnan(exact), 0x7FC0, rounded).astype(np.uint16)
    _require_known(form)
    with np.errstate(over="ignore"):
        return exact.astype(np.float16 if form == "float16" else np.float32)


def _require_known(form: str) -> None:
    known: Iterable[str] = ("bfloat16", "float16", "float32")
    if form not in known:
        raise KernelError(f"the format is {form!r}; there are {', '.join(known)}")
