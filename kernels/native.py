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
from .build import cache_digest, load_kernel, load_source
from .form import STORED_AS
from .generation import generate_in

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .form import Form
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
    count_pieces : callable or None
        Counts what is not finite in the gradients of pieces, if the kernel looks at that.
    evidently_fit : callable
        Of :mod:`optproof.kernels.memory`, compiled.
    """

    kernel: Kernel
    step_pieces: Callable[..., None]
    count_pieces: Callable[..., int] | None
    evidently_fit: Callable[..., bool]


def compiled(rule: UpdateRule, form: Form) -> Compiled:
    """What steps arrays by `rule` in a `form`, compiled once in a process."""
    return _compiled(rule, form, cache.cache_directory())


@lru_cache(maxsize=64)
def _compiled(rule: UpdateRule, form: Form, directory: Path) -> Compiled:
    generated = generate_in(rule, form)
    kernel = load_kernel(generated, cache_dir=directory)
    try:
        # Beside the kernel, which is not in `directory` if that cannot be written.
        return _with_driver(kernel, kernel.path.parent.parent)
    except OSError:
        # A kernel was in a cache that cannot be written.
        elsewhere = cache.temporary_directory()
        return _with_driver(load_kernel(generated, cache_dir=elsewhere), elsewhere)


def _with_driver(kernel: Kernel, directory: Path) -> Compiled:
    memory = _memory(directory)
    source = driver_source(kernel)
    digest = hashlib.sha256(source.encode()).hexdigest()
    path = cache.store_beside(kernel.path, f"many-{digest[:16]}.py", source)
    name = f"optproof_many_{kernel.path.parent.name}_{digest[:16]}"
    what = f"the loop over arrays of {kernel.rule.name!r} for {kernel.form.label}"
    known = ("step_range", "stream_key", "count_nonfinite")
    used = {n: getattr(kernel.module, n) for n in known if hasattr(kernel.module, n)}
    module = load_source(source, path, name, what, pointer=memory.pointer, **used)
    count = getattr(module, "count_pieces", None)
    return Compiled(kernel, module.step_pieces, count, memory.compiled_evidently_fit)


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
    """The loop over pieces of arrays that calls the kernel's functions for each.

    The text uses names that it does not define: functions of the kernel's module, and ``pointer`` of
    :mod:`optproof.kernels.memory`.
    """
    program, form = kernel.generated.program, kernel.form
    scalars = [f"scalar_{i}" for i in range(len(program.scalars))]
    rows = [_row(i, form, q.name) for i, q in enumerate(program.elements)]
    types = dict.fromkeys(t for t, _ in rows)
    listed = "\n".join(f"            {text},  # {q.name}" for (_, text), q in zip(rows, program.elements, strict=True))
    keyed = form.stochastic_rounding
    imports = ["carray", *types, "njit", "types", *(["uint64"] if keyed else []), "uintp", "void"]
    numbers = f", *[{kernel.dtype}] * {len(scalars)}{', uint64, uint64' if keyed else ''}"
    arguments = "".join(f", {s}" for s in [*scalars, *(["seed", "step"] if keyed else [])])
    last = [*scalars, *(["stream_key(seed, step, uint64(k))"] if keyed else [])]
    return f'''\
"""Steps of {kernel.rule.name!r} for many {form.label} arrays, one after the other."""

from numba import {", ".join(imports)}

TABLE = types.Array(uintp, 2, "C")
SIGNATURE = void(uintp, uintp, TABLE, TABLE{numbers})


@njit(SIGNATURE, cache=True, error_model="numpy", nogil=True)
def step_pieces(first, last, pieces, addresses{arguments}):
    """The step for pieces from first up to last; a piece is an array's column of addresses, start, stop, size."""
    for piece in range(first, last):
        k, size = pieces[piece, 0], pieces[piece, 3]
        step_range(
            pieces[piece, 1],
            pieces[piece, 2],
{listed}
            {", ".join(last)}
        )
''' + (_COUNTING.format(gradient=rows[1][1]) if form.skip_nonfinite else "")


def _row(place: int, form: Form, name: str) -> tuple[str, str]:
    """The type of an array's numbers, and the expression for the array at a row of the table of addresses."""
    kept = form.stored(name)
    number = "uint16" if kept == STORED_AS["float16"] else kept
    return number, f"carray(pointer(addresses[{place}, k], {number}), (size,))"


_COUNTING = '''

@njit(uintp(uintp, uintp, TABLE, TABLE), cache=True, error_model="numpy", nogil=True)
def count_pieces(first, last, pieces, addresses):
    """How many of the gradients of pieces from first up to last are infinite or not a number."""
    found = uintp(0)
    for piece in range(first, last):
        k, size = pieces[piece, 0], pieces[piece, 3]
        found += count_nonfinite(pieces[piece, 1], pieces[piece, 2], {gradient})
    return found
'''
