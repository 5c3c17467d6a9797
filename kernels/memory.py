"""Looks at many NumPy arrays at once, as machine code: are they as expected, and where is their memory?

Asking an array for its address in Python takes about a microsecond, more than its step if it is small.  Here the
fields of the array objects are read where they lie, as every C extension that was built against NumPy does; see
:mod:`optproof.kernels.array_layout`.

The text of this module is compiled in the cache, by :func:`optproof.kernels.native.memory`.  Nothing is decided here
but the usual case: what is not evidently fit is looked at again in Python.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from .array_layout import DATA, DESCR, DIMENSIONS, FLAGS, NDIM, TYPE

__all__ = ["SIGNATURES", "evidently_fit", "pointer"]

uintp, intp, intc = types.uintp, types.intp, types.intc
_TABLE: Any = types.Array(uintp, 2, "C")
_LINE: Any = types.Array(uintp, 1, "C")
SIGNATURES = {
    "evidently_as_expected": types.boolean(uintp, uintp, _TABLE, _LINE, uintp, _TABLE),
    "evidently_apart": types.boolean(_TABLE, _TABLE, _TABLE, _TABLE),
    "evidently_fit": types.boolean(uintp, uintp, uintp, _TABLE, _LINE, _TABLE, _TABLE, _TABLE),
}
# The columns of the table of what is expected of an array.
DTYPE, RANK, EXTENT, SIZE = 0, 1, 2, 3  # the flags of parameters are in column 4, those of gradients in column 5


@intrinsic
def _pointer(context: Any, address: Any, dtype: Any) -> Any:
    result: Any = types.CPointer(dtype.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(result))

    return result(address, dtype), generate


pointer: Any = _pointer  # an address and a type: the pointer to numbers of that type that lie there


def evidently_as_expected(objects: Any, ndarray: Any, expected: Any, extents: Any, row: Any, addresses: Any) -> bool:
    """Whether all of a row of objects are arrays as expected; their addresses are noted."""
    for k in range(expected.shape[0]):
        array = pointer(objects, uintp)[k]
        # Nothing more may be read of an object before its type is known.
        if pointer(array + TYPE, uintp)[0] != ndarray or pointer(array + DESCR, uintp)[0] != expected[k, DTYPE]:
            return False
        flags = expected[k, 4 + row]
        if uintp(pointer(array + FLAGS, intc)[0]) & flags != flags:
            return False
        if uintp(pointer(array + NDIM, intc)[0]) != expected[k, RANK]:
            return False
        dimensions = pointer(array + DIMENSIONS, uintp)[0]
        for axis in range(expected[k, RANK]):
            if pointer(dimensions, uintp)[axis] != extents[expected[k, EXTENT] + axis]:
                return False
        addresses[row, k] = pointer(array + DATA, uintp)[0]
    return True


def evidently_apart(expected: Any, addresses: Any, known: Any, written: Any) -> bool:
    """Whether the parameters are where they were, and no gradient lies in memory that is written.

    What is written is given by its sorted, disjoint intervals.
    """
    last = uintp(written.shape[1])
    for k in range(expected.shape[0]):
        if addresses[0, k] != known[0, k]:
            return False
        first, size = addresses[1, k], expected[k, SIZE]
        if first == known[1, k] or size == 0:
            continue
        low, high = uintp(0), last
        while low < high:
            middle = (low + high) // uintp(2)
            if written[1, middle] > first:
                high = middle
            else:
                low = middle + uintp(1)
        if low < last and written[0, low] < first + size:
            return False
    for k in range(expected.shape[0]):
        known[1, k] = addresses[1, k]
    return True


def evidently_fit(
    parameters: Any,
    gradients: Any,
    ndarray: Any,
    expected: Any,
    extents: Any,
    addresses: Any,
    known: Any,
    written: Any,
) -> bool:
    """Whether a step may be done with these arrays, beyond doubt; their addresses are noted.

    Compiled so that it holds the interpreter's lock: no other thread can change an array while it is looked at.
    """
    return (
        evidently_as_expected(parameters, ndarray, expected, extents, uintp(0), addresses)
        and evidently_as_expected(gradients, ndarray, expected, extents, uintp(1), addresses)
        and evidently_apart(expected, addresses, known, written)
    )
