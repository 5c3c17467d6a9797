"""The memory that a step touches: where the arrays are, and that they are still what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .array_layout import ALIGNED, C_ORDER, F_ORDER, WRITEABLE, layout_is_as_expected
from .checks import Array
from .errors import KernelError
from .parameters import Parameter

__all__ = ["ArrayTable"]


class ArrayTable:
    """The addresses of parameters, gradients and states, found anew in every step.

    The usual case is settled by machine code, a few nanoseconds for each array; anything else is looked at in Python,
    and refused in a sentence or accepted.

    Parameters
    ----------
    parameters : sequence of Parameter
    states : sequence of arrays
        The buffers that hold the states.
    evidently_fit : callable
        See :mod:`optproof.kernels.memory`.
    gradients_are_written : bool
        Whether a step overwrites the gradients too.

    Raises
    ------
    KernelError
        If a parameter is not contiguous, not aligned or read-only, or two share memory.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        states: Sequence[Array],
        evidently_fit: Callable[..., bool],
        gradients_are_written: bool = False,
    ) -> None:
        self._parameters = parameters
        self._states = tuple(states)
        self._evidently_fit = evidently_fit if layout_is_as_expected() else _never
        self._objects = np.fromiter((p.array for p in parameters), object, len(parameters))
        self._where = _address(self._objects)
        self._gradients_are_written = gradients_are_written
        self._expected, self._extents = _expected(parameters, gradients_are_written)
        self._apart = np.zeros(len(parameters), np.uintp)
        self._known = np.zeros((2, len(parameters)), np.uintp)
        self.look_at_parameters()

    def locate(
        self, gradients: npt.NDArray[np.object_], addresses: npt.NDArray[np.uintp], allow_missing: bool
    ) -> npt.NDArray[np.bool_] | None:
        """Write the addresses of parameters and gradients into the first two rows of `addresses`.

        They hold as long as `gradients` keeps the gradients alive.

        Returns
        -------
        array of bool or None
            Which parameters have a gradient; None if all have.

        Raises
        ------
        KernelError
            If an array is not fit for the step, or a gradient is missing and `allow_missing` is not set.
        """
        if self._evidently_fit(
            self._where,
            _address(gradients),
            id(np.ndarray),
            self._expected,
            self._extents,
            addresses,
            self._known,
            self._written,
        ):
            self._check_gradients_apart(addresses[1])
            return None
        self.look_at_parameters()
        present = np.array([g is not None for g in gradients])
        if not present.all() and not allow_missing:
            words = self._parameters[int(np.argmin(present))].words
            raise KernelError(
                f"the gradient{words} is None; pass an array, or allow_missing=True to leave parameters without a "
                f"gradient as they are"
            )
        addresses[0] = self._known[0]
        addresses[1] = [self._gradient(p, g) for p, g in zip(self._parameters, gradients, strict=True)]
        self._check_gradients_apart(addresses[1])
        return None if present.all() else present

    def _check_gradients_apart(self, addresses: npt.NDArray[np.uintp]) -> None:
        """Refuse gradients that share memory with each other, if a step writes them."""
        if not self._gradients_are_written or (addresses == self._apart).all():
            return
        places = [
            _Place(int(start), p.bytes, p.words)
            for start, p in zip(addresses, self._parameters, strict=True)
            if start and p.bytes
        ]
        places.sort(key=lambda place: place.start)
        for one, other in pairwise(places):
            if one.end > other.start:
                raise KernelError(
                    f"the gradients{one.words} and{other.words} share memory, and the step sets each of them to zero; "
                    f"copy one of them"
                )
        self._apart = addresses.copy()

    def look_at_parameters(self) -> None:
        """Check that the parameters can be written and are what they were.

        Raises
        ------
        KernelError
            If not, or two share memory.
        """
        for p in self._parameters:
            _check(f"parameter{p.words}", p.array, p, "it had", written=True)
        places = [_Place(p.array.ctypes.data, p.bytes, f"the parameter{p.words}") for p in self._parameters]
        self._known[0] = [place.start for place in places]
        self._known[1] = 0
        places += [_Place(s.ctypes.data, s.nbytes, "the optimizer's state") for s in self._states]
        self._places = sorted((place for place in places if place.bytes), key=lambda place: place.start)
        for one, other in zip(self._places, self._places[1:], strict=False):
            if one.end > other.start:
                raise KernelError(
                    f"{one.words} and {other.words} share memory, and would be updated twice; copy one of them"
                )
        intervals = [[place.start for place in self._places], [place.end for place in self._places]]
        self._written = np.array(intervals, np.uintp)

    def _gradient(self, parameter: Parameter, gradient: Any) -> int:
        """The address of a gradient; 0 if there is none."""
        if gradient is None:
            return 0
        written = self._gradients_are_written
        _check(f"gradient{parameter.words}", gradient, parameter, "its parameter has", written=written)
        start = int(gradient.ctypes.data)
        if parameter.bytes:
            after = int(np.searchsorted(self._written[1], np.uintp(start), side="right"))
            if after < len(self._places) and self._places[after].start < start + parameter.bytes:
                raise KernelError(
                    f"the gradient{parameter.words} shares memory with {self._places[after].words}, which a step "
                    f"overwrites; copy the gradient"
                )
        return start


class _Place:
    """An interval of memory and what it is."""

    def __init__(self, start: int, size: int, words: str) -> None:
        self.start, self.bytes, self.words = start, size, words
        self.end = start + size


def _never(*_: object) -> bool:
    """Nothing is evident where array objects are laid out in a way that is not known."""
    return False


def _address(array: npt.NDArray[Any]) -> int:
    return array.__array_interface__["data"][0]


def _expected(
    parameters: Iterable[Parameter], gradients_are_written: bool
) -> tuple[npt.NDArray[np.uintp], npt.NDArray[np.uintp]]:
    """For each parameter its dtype, rank, place among the extents, bytes, and the flags of it and its gradient."""
    rows: list[tuple[int, ...]] = []
    extents: list[int] = []
    for p in parameters:
        flags = ALIGNED | (F_ORDER if p.order == "F" else C_ORDER)
        # NumPy has one object for each of these dtypes, which lives as long as NumPy.
        of_gradient = flags | WRITEABLE if gradients_are_written else flags
        rows.append((id(np.dtype(p.dtype)), len(p.shape), len(extents), p.bytes, flags | WRITEABLE, of_gradient))
        extents += p.shape
    return np.array(rows, np.uintp), np.array(extents, np.uintp)


def _check(name: str, array: object, parameter: Parameter, had: str, *, written: bool) -> None:
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise KernelError(f"the {name} is a {type(array).__name__}; an optimizer works on plain NumPy arrays")
    if array.dtype != np.dtype(parameter.dtype):
        raise KernelError(f"the {name} has dtype {array.dtype}, and {had} {parameter.dtype}; convert it")
    if array.shape != parameter.shape:
        raise KernelError(f"the {name} has shape {array.shape}, and {had} {parameter.shape}; the shapes must be equal")
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        raise KernelError(
            f"the {name} is not contiguous, with strides {array.strides}; pass a contiguous array, such as a copy"
        )
    if not (array.flags.f_contiguous if parameter.order == "F" else array.flags.c_contiguous):
        order = "Fortran" if parameter.order == "F" else "C"
        raise KernelError(f"the {name} is not in {order} order, as {had}; give them one order")
    if not array.flags.aligned:
        raise KernelError(f"the {name} is not aligned in memory; pass an aligned array, such as a copy")
    if written and not array.flags.writeable:
        raise KernelError(f"the {name} is read-only, and a step writes it in place; pass an array that can be written")
