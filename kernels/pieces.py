"""Cut the work of a step into pieces of arrays, and divide them among threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .threads import GRAIN

__all__ = ["Pieces", "cut"]

Pieces = tuple[npt.NDArray[np.uintp], list[tuple[int, int]]]


def cut(columns: Sequence[int], sizes: Sequence[int], threads: int) -> Pieces:
    """Pieces of arrays, and a range of them for each thread.

    Parameters
    ----------
    columns : sequence of int
        The columns of the arrays in the table of addresses.
    sizes : sequence of int
        Their numbers of elements; empty arrays get no piece.
    threads : int
        The most ranges to make.

    Returns
    -------
    pieces : array of shape (pieces, 4)
        The column, start, stop and size of the array. Arrays are cut at multiples of the grain only, so that every
        element is computed as in one run over the array.
    bounds : list of (int, int)
        The ranges, of nearly equal work.

    Examples
    --------
    >>> pieces, bounds = cut([0, 1], [10, 10_000], 2)
    >>> pieces.tolist(), bounds
    ([[0, 0, 10, 10], [1, 0, 4096, 10000], [1, 4096, 8192, 10000], [1, 8192, 10000, 10000]], [(0, 3), (3, 4)])
    """
    share = -(-sum(sizes) // threads)
    rows: list[tuple[int, int, int, int]] = []
    bounds: list[tuple[int, int]] = []
    begun, work = 0, 0
    for row in _rows(columns, sizes, share, threads):
        rows.append(row)
        work += row[2] - row[1]
        if work >= share and len(bounds) < threads - 1:
            bounds.append((begun, len(rows)))
            begun, work = len(rows), 0
    if begun < len(rows):
        bounds.append((begun, len(rows)))
    return np.array(rows, np.uintp).reshape(-1, 4), bounds


def _rows(
    columns: Sequence[int], sizes: Sequence[int], share: int, threads: int
) -> Iterable[tuple[int, int, int, int]]:
    # An eighth of a thread's share, so that the ranges come out nearly equal.
    longest = max(-(-share // (8 * GRAIN)), 1) * GRAIN
    for column, size in zip(columns, sizes, strict=True):
        step = longest if threads > 1 else max(size, 1)
        for start in range(0, size, step):
            yield column, start, min(start + step, size), size
