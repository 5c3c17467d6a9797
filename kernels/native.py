"""Machine code for many arrays at once: the loop over arrays around a proved kernel, and the look at their memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from . import cache
from .build import cache_digest, compile_kernel, load_source

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .kernel import Kernel

__all__ = ["Compiled", "compiled", "driver_source"]


@dataclass(frozen=True)
class Compiled:
    """What an optimizer runs for the arrays of one dtype.

    Attributes
    ----------
    kernel : Kernel
        The proved kernel.
    step_pieces : callable
        Calls the kernel's function for pieces of many arrays, in machine code.
    evidently_fit : callable
        Of :mod:`optproof.kernels.memory`, compiled.
    """

    kernel: Kernel
    step_pieces: Callable[..., None]
    evidently_fit: Callable[..., bool]


def compiled(rule: UpdateRule, dtype: str) -> Compiled:
    """What steps arrays of `dtype` by `rule`, compiled once in a process."""
    return _compiled(rule, dtype, cache.cache_directory())


@lru_cache(maxsize=64)
def _compiled(rule: UpdateRule, dtype: str, directory: Path) -> Compiled:
    kernel = compile_kernel(rule, dtype, cache_dir=directory)
    try:
        # Beside the kernel, which is not in `directory` if that cannot be written.
        return _with_driver(kernel, kernel.path.parent.parent)
    except OSError:
        # A kernel was in a cache that cannot be written.
        elsewhere = cache.temporary_directory()
        return _with_driver(compile_kernel(rule, dtype, cache_dir=elsewhere), elsewhere)


def _with_driver(kernel: Kernel, directory: Path) -> Compiled:
    memory = _memory(directory)
    source = driver_source(kernel)
    digest = hashlib.sha256(source.encode()).hexdigest()
    path = cache.store_beside(kernel.path, f"many-{digest[:16]}.py", source)
    name = f"optproof_many_{kernel.path.parent.name}_{digest[:16]}"
    what = f"the loop over arrays of {kernel.rule.name!r} for {kernel.dtype}"
    module = load_source(source, path, name, what, step_range=kernel.module.step_range, pointer=memory.pointer)
    return Compiled(kernel, module.step_pieces, memory.compiled_evidently_fit)


@lru_cache(maxsize=8)
def _memory(directory: Path) -> ModuleType:
    """The functions of :mod:`optproof.kernels.memory`, compiled."""
    text = Path(__file__).with_name("memory.py").read_text(encoding="utf-8")
    source = f"{text}\n\n{_DECORATED}"
    digest = cache_digest(hashlib.sha256(f"{np.__version__}\n{source}".encode()).hexdigest())
    path = cache.store(directory, "arrays", "any", digest, source)
    package = __name__.rpartition(".")[0]
    return load_source(source, path, f"optproof_memory_{digest[:16]}", "the look at arrays", __package__=package)


_DECORATED = """\
from numba import njit

evidently_as_expected = njit(SIGNATURES["evidently_as_expected"], cache=True)(evidently_as_expected)
evidently_apart = njit(SIGNATURES["evidently_apart"], cache=True)(evidently_apart)
compiled_evidently_fit = njit(SIGNATURES["evidently_fit"], cache=True)(evidently_fit)
"""


def driver_source(kernel: Kernel) -> str:
    """The loop over pieces of arrays that calls the kernel's function for each.

    The text uses two names that it does not define: the kernel's ``step_range`` and ``pointer`` of
    :mod:`optproof.kernels.memory`.
    """
    program = kernel.generated.program
    scalars = [f"scalar_{i}" for i in range(len(program.scalars))]
    rows = "\n".join(
        f"            carray(pointer(addresses[{i}, k], {kernel.dtype}), (size,)),  # {q.name}"
        for i, q in enumerate(program.elements)
    )
    after = "".join(f", {s}" for s in scalars)
    return f'''\
"""Steps of {kernel.rule.name!r} for many {kernel.dtype} arrays, one after the other."""

from numba import carray, {kernel.dtype}, njit, types, uintp, void

TABLE = types.Array(uintp, 2, "C")
SIGNATURE = void(uintp, uintp, TABLE, TABLE, *[{kernel.dtype}] * {len(scalars)})


@njit(SIGNATURE, cache=True, error_model="numpy", nogil=True)
def step_pieces(first, last, pieces, addresses{after}):
    """The step for pieces from first up to last; a piece is an array's column of addresses, start, stop, size."""
    for piece in range(first, last):
        k, size = pieces[piece, 0], pieces[piece, 3]
        step_range(
            pieces[piece, 1],
            pieces[piece, 2],
{rows}
            {", ".join(scalars)}
        )
'''
