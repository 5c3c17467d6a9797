"""Decide the floating-point type of the body."""

from __future__ import annotations

import numpy as np
import sympy as sp

from .errors import KernelError
from .program import StepProgram

__all__ = ["DTYPES", "assign_dtype", "checked_dtype"]

DTYPES = ("float32", "float64")


def checked_dtype(dtype: object) -> str:
    """The name of a supported dtype.

    Raises
    ------
    KernelError
        If `dtype` is neither float32 nor float64.

    Examples
    --------
    >>> checked_dtype(np.float32)
    'float32'
    """
    try:
        name = np.dtype(dtype).name  # type: ignore[call-overload]
    except TypeError:
        name = str(dtype)
    if dtype is None or name not in DTYPES:
        raise KernelError(f"the dtype is {name!r}, and kernels exist for {' and '.join(DTYPES)}; choose one of them")
    return str(name)


def assign_dtype(program: StepProgram, dtype: str) -> StepProgram:
    """Give arrays, scalars and literals of the body one `dtype`; the prologue stays in float64.

    Raises
    ------
    KernelError
        If a number in the body is not exact in `dtype`, so that printing it would change the rule.
    """
    for line in program.body:
        for number in sorted(line.value.atoms(sp.Number), key=str):
            exponent = any(isinstance(p, sp.Pow) and p.exp == number for p in line.value.atoms(sp.Pow))
            if not exponent and not (isinstance(number, sp.Integer) and abs(number) <= 1024):
                raise KernelError(
                    f"the body of {program.rule.name!r} holds the number {number}, which {dtype} may not hold exactly; "
                    f"it must stand in the prologue"
                )
    return program.with_dtype(dtype)
