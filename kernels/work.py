"""The part of a step that one kernel does: the arrays of one group and dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .native import Compiled
from .pieces import Pieces, cut
from .threads import in_threads, threads_for

__all__ = ["Batch", "Work"]


class Work:
    """One call of the driver, ready to be done: everything about it has been checked."""

    def __init__(
        self,
        call: Callable[[int, int], None],
        bounds: list[tuple[int, int]],
        count: Callable[[int, int], int] | None,
    ) -> None:
        self._call = call
        self._bounds = bounds
        self._count = count

    def nonfinite(self) -> int:
        """How many of its gradients are infinite or NaN; 0 if the kernel does not look at that."""
        count = self._count
        if count is None or not self._bounds:
            return 0
        found: list[int] = []
        in_threads(lambda first, last: found.append(int(count(first, last))), self._bounds)
        return sum(found)

    def do(self) -> None:
        """Do it, in as many threads as there are ranges."""
        if self._bounds:
            in_threads(self._call, self._bounds)


class Batch:
    """The arrays of one group and dtype.

    Parameters
    ----------
    group : int
        Whose hyperparameters count.
    compiled : Compiled
    columns : sequence of int
        The arrays' columns in the table of addresses.
    sizes : sequence of int
        Their numbers of elements.
    """

    def __init__(self, group: int, compiled: Compiled, columns: Sequence[int], sizes: Sequence[int]) -> None:
        self.group = group
        self._compiled = compiled
        self._columns = np.array(columns, np.intp)
        self._sizes = np.array(sizes, np.int64)
        self._automatic = threads_for(int(self._sizes.sum()), compiled.kernel.form.moved)
        self._whole: dict[int, Pieces] = {}

    def work(
        self,
        values: list[float],
        counters: npt.NDArray[np.int64],
        even: bool,
        present: npt.NDArray[np.bool_] | None,
        addresses: npt.NDArray[np.uintp],
        threads: int | None,
        alive: object,
        seed: int = 0,
    ) -> list[Work]:
        """What is to be done in a step, by one prologue for each value of the step counter.

        Parameters
        ----------
        values : list of float
            The hyperparameters in the rule's order.
        counters : array of int
            The steps that each array has taken.
        even : bool
            Whether they are all equal.
        present : array of bool or None
            Which arrays are updated; None for all.
        addresses : array
            A row for theta, the gradient and each state; a column for each array.
        threads : int or None
            None for an automatic choice.
        alive : object
            Owns the memory at the addresses, and is kept until the work is done.
        seed : int
            Of the random bits, if the kernel rounds stochastically.

        Raises
        ------
        KernelError
            If the rule cannot take the step with these values.
        """
        kernel, work = self._compiled.kernel, []
        count = self._automatic if threads is None else threads
        for t, pieces, bounds in self._parts(counters, even and present is None, present, count):
            scalars: list[object] = [*kernel.scalars(t + 1, values)]
            if kernel.form.stochastic_rounding:
                scalars += [np.uint64(seed), np.uint64(t + 1)]
            look = self._look(pieces, addresses, alive)
            work.append(Work(self._call(pieces, addresses, scalars, alive), bounds, look))
        return work

    def _look(
        self, pieces: npt.NDArray[np.uintp], addresses: npt.NDArray[np.uintp], alive: object
    ) -> Callable[[int, int], int] | None:
        run = self._compiled.count_pieces
        if run is None:
            return None

        def call(first: int, last: int, alive: object = alive) -> int:
            return run(first, last, pieces, addresses)

        return call

    def _call(
        self,
        pieces: npt.NDArray[np.uintp],
        addresses: npt.NDArray[np.uintp],
        scalars: Sequence[object],
        alive: object,
    ) -> Callable[[int, int], None]:
        run = self._compiled.step_pieces

        # The default makes the function an owner of the memory, in whatever thread it runs.
        def call(first: int, last: int, alive: object = alive) -> None:
            run(first, last, pieces, addresses, *scalars)

        return call

    def _parts(
        self, counters: npt.NDArray[np.int64], usual: bool, present: npt.NDArray[np.bool_] | None, threads: int
    ) -> Iterable[tuple[int, npt.NDArray[np.uintp], list[tuple[int, int]]]]:
        if usual:
            if threads not in self._whole:
                self._whole = {threads: cut(self._columns.tolist(), self._sizes.tolist(), threads)}
            return [(int(counters[0]), *self._whole[threads])]
        return self._uneven_parts(counters, present, threads)

    def _uneven_parts(
        self, counters: npt.NDArray[np.int64], present: npt.NDArray[np.bool_] | None, threads: int
    ) -> Iterable[tuple[int, npt.NDArray[np.uintp], list[tuple[int, int]]]]:
        taken = counters[self._columns]
        updated = np.ones(len(taken), bool) if present is None else present[self._columns]
        for t in np.unique(taken[updated]).tolist():
            chosen = updated & (taken == t)
            yield t, *cut(self._columns[chosen].tolist(), self._sizes[chosen].tolist(), threads)
