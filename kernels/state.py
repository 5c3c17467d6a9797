"""The states of many arrays, each kind in one buffer for each dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .checks import Array
from .form import Form
from .parameters import Parameter

__all__ = ["StateBuffers"]


class StateBuffers:
    """What an optimizer keeps from step to step: exactly the memory of the states, and nothing between them.

    Parameters
    ----------
    names : sequence of str
        The states in the rule's order.
    parameters : sequence of Parameter
    initial : callable
        For a group and a dtype, what each state's elements are at first, as they are stored.

    forms : mapping of str to Form
        What is stored as what, for each dtype of parameters.

    Attributes
    ----------
    buffers : list of numpy.ndarray
        One for each state and dtype.
    rows : list of dict
        For each parameter, its part of the buffers, as rows of numbers.
    """

    def __init__(
        self,
        names: Sequence[str],
        parameters: Sequence[Parameter],
        initial: Callable[[int, str], Mapping[str, np.generic]],
        forms: Mapping[str, Form],
    ) -> None:
        self._parameters = parameters
        sizes = {dtype: sum(p.size for p in parameters if p.dtype == dtype) for dtype in {p.dtype for p in parameters}}
        kept = {(n, dtype): np.zeros(size, forms[dtype].stored(n)) for dtype, size in sizes.items() for n in names}
        self.buffers = list(kept.values())
        self.rows: list[dict[str, Array]] = []
        filled = dict.fromkeys(sizes, 0)
        for p in parameters:
            start, stop = filled[p.dtype], filled[p.dtype] + p.size
            filled[p.dtype] = stop
            self.rows.append({name: kept[name, p.dtype][start:stop] for name in names})
            for name, value in initial(p.group, p.dtype).items():
                if value:
                    self.rows[-1][name].fill(value)

    def addresses(self) -> npt.NDArray[np.uintp]:
        """The addresses of the rows: a row for each state, a column for each parameter."""
        columns = [[row.ctypes.data for row in rows.values()] for rows in self.rows]
        return np.array(columns, np.uintp).reshape(len(self.rows), -1).T

    def shaped(self) -> list[dict[str, Array]]:
        """For each parameter, views of its states in its shape."""
        return [
            {name: row.reshape(p.shape, order="F" if p.order == "F" else "C") for name, row in rows.items()}
            for p, rows in zip(self._parameters, self.rows, strict=True)
        ]
