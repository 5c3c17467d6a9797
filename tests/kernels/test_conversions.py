"""Conversions between storage formats are those of IEEE 754, and the random bits are as good as random."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType

import numpy as np
import pytest

from optproof.analysis.kernel_check import narrow
from optproof.analysis.kernel_check.conversions import CLAIMS, prove_conversion
from optproof.analysis.kernel_check.values import NotUnderstood
from optproof.derive.prove import Verdict
from optproof.kernels import compile_kernel, narrowed, widened
from optproof.kernels.conversions import CONVERSIONS

FORMATS = ("bfloat16", "float16")
ALL_HALVES = np.arange(2**16, dtype=np.uint16)


@lru_cache(maxsize=4)
def _module(kept: str, stochastic: bool = False) -> ModuleType:
    return compile_kernel("sgd[momentum]", state_dtype=kept, stochastic_rounding=stochastic).module


def _numbers(kept: str) -> np.ndarray:
    """Every number of a format, every midpoint between neighbours, and the float32 on either side of each."""
    halves = narrow.decode(ALL_HALVES, kept)
    finite = np.unique(halves[np.isfinite(halves)].astype(np.float64))
    # Beyond the largest number, the midpoint to what would be the next one decides about infinity.
    ends = narrow.FORMATS[kept].max + np.array([0.25, 0.5, 0.75, 1.0, 4.0]) * narrow.FORMATS[kept].spacing(
        narrow.FORMATS[kept].max
    )
    with np.errstate(over="ignore"):
        middle = np.concatenate([finite, (finite[1:] + finite[:-1]) / 2, ends, -ends]).astype(np.float32)
        around = [np.nextafter(middle, np.float32(s * np.inf)) for s in (-1, 1)]
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 3e38], np.float32)
    return np.concatenate([middle, *around, special])


def _same_numbers(left: np.ndarray, right: np.ndarray, kept: str) -> bool:
    either = np.isnan(narrow.decode(left, kept)) & np.isnan(narrow.decode(right, kept))
    return bool(((left == right) | either).all())


@pytest.mark.parametrize("name", CONVERSIONS)
def test_every_conversion_is_proved_for_all_arguments(name: str) -> None:
    assert prove_conversion(name, CONVERSIONS[name]) is Verdict.PROVED
    assert set(CLAIMS) == set(CONVERSIONS)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("bfloat16_to_float32", "<< 16", "<< 15"),
        ("float32_to_bfloat16", "0x7FFF", "0x8000"),
        ("float32_to_bfloat16", " + ((bits >> 16) & 1)", ""),
        ("float32_to_bfloat16", " if x == x else np.uint16(0x7FC0)", ""),
        ("float32_to_bfloat16_stochastic", "0xFFFF", "0x7FFF"),
        ("float32_to_float16", "0xC8000FFF", "0xC8001000"),
        ("float32_to_float16", "0x38800000", "0x38000000"),
        ("float32_to_float16", "| sign", ""),
        ("float16_to_float32", "0x0F800000", "0x0F000000"),
        ("float16_to_float32", "0x00800000", "0x00400000"),
    ],
)
def test_a_wrong_conversion_is_refuted(name: str, old: str, new: str) -> None:
    assert old in CONVERSIONS[name]
    assert prove_conversion(name, CONVERSIONS[name].replace(old, new)) is Verdict.REFUTED


@pytest.mark.parametrize("text", ["x >> 3 if x else 0", "eval('1')", "np.uint16((bits + 1) >> 16)"])
def test_what_has_no_meaning_on_bits_is_not_decided(text: str) -> None:
    source = f"def float32_to_bfloat16(x):\n    bits = np.float32(x).view(np.uint32)\n    return {text}"
    with pytest.raises(NotUnderstood):
        prove_conversion("float32_to_bfloat16", source)


@pytest.mark.parametrize("kept", FORMATS)
def test_compiled_conversions_are_exact_where_rounding_changes(kept: str) -> None:
    module = _module(kept)
    widen, shrink = getattr(module, f"{kept}_to_float32"), getattr(module, f"float32_to_{kept}")
    wide = np.array([widen(half) for half in ALL_HALVES], np.float32)
    np.testing.assert_array_equal(wide, narrow.decode(ALL_HALVES, kept))
    np.testing.assert_array_equal(np.signbit(wide), ALL_HALVES >= 2**15)
    x = _numbers(kept)
    bits = np.array([shrink(value) for value in x], np.uint16)
    assert _same_numbers(bits, narrow.encode(x, kept), kept)
    assert _same_numbers(narrowed(x, kept).view(np.uint16), bits, kept)
    np.testing.assert_array_equal(widened(narrowed(wide, kept), kept), wide)


def test_float16_is_numpys(rng: np.random.Generator) -> None:
    x = np.concatenate([_numbers("float16"), rng.integers(0, 2**32, 10**6, dtype=np.uint32).view(np.float32)])
    with np.errstate(all="ignore"):
        expected = x.astype(np.float16).view(np.uint16)
    assert _same_numbers(narrow.encode(x, "float16"), expected, "float16")


def _all_floats() -> Iterator[np.ndarray]:
    for start in range(0, 2**32, 2**24):
        yield np.arange(start, start + 2**24, dtype=np.uint64).astype(np.uint32).view(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("kept", FORMATS)
def test_all_floats_are_rounded_as_the_definition_says(kept: str) -> None:
    from numba import njit

    shrink = getattr(_module(kept), f"float32_to_{kept}")

    @njit
    def apply(x: np.ndarray, bits: np.ndarray) -> None:
        for i in range(x.size):
            bits[i] = shrink(x[i])

    for x in _all_floats():
        bits = np.empty(x.size, np.uint16)
        apply(x, bits)
        assert _same_numbers(bits, narrow.encode(x, kept), kept)


def test_stochastic_rounding_takes_each_neighbour_as_often_as_it_is_near(rng: np.random.Generator) -> None:
    shrink = _module("bfloat16", True).float32_to_bfloat16_stochastic
    every = np.arange(2**16, dtype=np.uint32)
    for x in np.concatenate([rng.normal(size=6), [1e-40, -3e-39, 1.0, 0.0]]).astype(np.float32):
        bits = np.array([shrink(x, random) for random in every[:: 2**4]], np.uint16)
        np.testing.assert_array_equal(bits, narrow.encode(np.full(2**12, x), "bfloat16", every[:: 2**4]))
        all_bits = narrow.encode(np.full(2**16, x), "bfloat16", every)
        # Exactly right in the mean over all random bits: the sum of 2**16 numbers of 8 bits is exact in float64.
        assert narrow.decode(all_bits, "bfloat16").astype(np.float64).sum() / 2**16 == float(x)


def test_random_bits_are_those_of_the_definition(rng: np.random.Generator) -> None:
    module = _module("bfloat16", True)
    for seed, step, array in rng.integers(0, 2**63, (5, 3)).tolist():
        key = module.stream_key(np.uint64(seed), np.uint64(step), np.uint64(array))
        assert int(key) == narrow.stream_key(seed, step, array)
        drawn = [module.random_bits(np.uint64(key), lane, np.uint64(i)) for lane in (0, 1) for i in range(50)]
        expected = [narrow.random_bits(int(key), lane, 50) for lane in (0, 1)]
        assert drawn == np.concatenate(expected).tolist()
    assert module.random_bits(np.uint64(7), 0, np.uint64(2**32)) != module.random_bits(np.uint64(7), 0, np.uint64(0))


@pytest.mark.parametrize("vary", ["index", "step", "array", "lane", "seed"])
def test_random_bits_look_random(vary: str) -> None:
    count = 2**14
    if vary == "index":
        drawn = narrow.random_bits(narrow.stream_key(0, 1, 0), 0, count)
    else:
        changed = [
            {
                "seed": k if vary == "seed" else 0,
                "step": k if vary == "step" else 1,
                "array": k if vary == "array" else 0,
            }
            for k in range(count)
        ]
        lanes = range(count) if vary == "lane" else [0] * count
        drawn = np.array(
            [narrow.random_bits(narrow.stream_key(**c), k, 1)[0] for c, k in zip(changed, lanes, strict=True)]
        )
    if vary == "lane":
        both = drawn.reshape(-1, 2)
        assert abs(np.corrcoef(both[:, 0], both[:, 1])[0, 1]) < 6 / (count / 2) ** 0.5
    # Each bit, each pair of neighbours and each byte: within six standard deviations of what chance gives.
    bits = (drawn[:, None] >> np.arange(16)) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 6 * 0.5 / count**0.5
    for a, b in ((bits[1:], bits[:-1]), (bits[:, 1:], bits[:, :-1])):
        assert np.abs((a ^ b).mean(axis=0) - 0.5).max() < 6 * 0.5 / (count - 1) ** 0.5
    for byte in (drawn & 0xFF, drawn >> 8):
        chi = ((np.bincount(byte, minlength=256) - count / 256) ** 2 / (count / 256)).sum()
        assert abs(chi - 255) < 6 * (2 * 255) ** 0.5


def test_an_unknown_format_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="the format is 'float8'; there are bfloat16, float16, float32"):
        widened(ALL_HALVES, "float8")
