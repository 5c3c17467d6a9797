"""Where the fields of a NumPy array object lie in memory.

NumPy's headers fix the beginning of the object (``PyArrayObject_fields`` in ``ndarraytypes.h``), and its accessors
are inlined into every C extension, so that it cannot change without breaking all of them.  It is checked all the same,
once, before it is relied on.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["ALIGNED", "C_ORDER", "F_ORDER", "WRITEABLE", "layout_is_as_expected"]


class _Fields(ctypes.Structure):
    """What follows the header that all Python objects have."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("ndim", ctypes.c_int),
        ("dimensions", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("base", ctypes.c_void_p),
        ("descr", ctypes.c_void_p),
        ("flags", ctypes.c_int),
    )


_HEADER = object.__basicsize__
TYPE = _HEADER - ctypes.sizeof(ctypes.c_void_p)
DATA = _HEADER + _Fields.data.offset
NDIM = _HEADER + _Fields.ndim.offset
DIMENSIONS = _HEADER + _Fields.dimensions.offset
DESCR = _HEADER + _Fields.descr.offset
FLAGS = _HEADER + _Fields.flags.offset

C_ORDER, F_ORDER, ALIGNED, WRITEABLE = 0x1, 0x2, 0x100, 0x400


@lru_cache(maxsize=1)
def layout_is_as_expected() -> bool:
    """Whether the fields of array objects are where this module says."""
    if np.ndarray.__basicsize__ < FLAGS + ctypes.sizeof(ctypes.c_int):
        return False
    block = np.zeros((3, 4, 5), np.float32)
    read_only = np.ones(7)
    read_only.flags.writeable = False
    probes = [block, block[1:, 2, ::2], block.T, np.array(1.5), np.zeros((2, 0)), read_only, np.zeros(3, np.int16)]
    return all(_reads_right(probe) for probe in probes)


def _reads_right(array: np.ndarray[Any, Any]) -> bool:
    fields = _Fields.from_address(id(array) + _HEADER)
    flags = {
        C_ORDER: array.flags.c_contiguous,
        F_ORDER: array.flags.f_contiguous,
        ALIGNED: array.flags.aligned,
        WRITEABLE: array.flags.writeable,
    }
    right = (
        ctypes.c_void_p.from_address(id(array) + TYPE).value == id(type(array))
        and fields.data == array.ctypes.data
        and fields.ndim == array.ndim
        and fields.descr == id(array.dtype)
        and fields.base == (None if array.base is None else id(array.base))
        and all(bool(fields.flags & bit) == value for bit, value in flags.items())
    )
    # Only then are these two pointers followed.
    return right and all(
        tuple((ctypes.c_ssize_t * array.ndim).from_address(where)) == values
        for where, values in ((fields.dimensions, array.shape), (fields.strides, array.strides))
        if array.ndim
    )
