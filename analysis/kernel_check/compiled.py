"""The compiled kernel against the reference interpreter, the exact oracle, and itself at other sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .grid import COUNTERS, SEED, SIZES, Point, edge_grid, ordinary_inputs, points, tiled
from .oracle import Comparison, Oracle
from .reference import Reference, same_bits
from .source import Settled

if TYPE_CHECKING:
    from ...derive import UpdateRule
    from ...kernels import Kernel

__all__ = ["Checker", "CompiledCheck"]

Values = NDArray[np.floating]
_ORDINARY, _EDGES = 64, 36  # inputs of each point that are compared with the exact oracle


@dataclass
class CompiledCheck:
    """What was found out so far; `problems` holds one sentence for each kind of failure."""

    cases: int = 0
    exact: Comparison = field(default_factory=Comparison)
    sizes: tuple[int, ...] = ()
    parallel_bitwise: bool = True
    edges_ok: bool = True
    problems: list[str] = field(default_factory=list)


class Checker:
    """Everything that the kernels of one rule are checked with, whatever their dtype.

    Parameters
    ----------
    rule : UpdateRule
        What the kernels should compute.

    Attributes
    ----------
    settled : dict
        What was proved about one kernel's source and may hold for another's.
    """

    def __init__(self, rule: UpdateRule) -> None:
        self.settled: Settled = {}
        self._rule = rule
        self._oracle = Oracle(rule)
        self._points = tuple(points(rule))
        self._ordinary = {p.name: ordinary_inputs(rule, p.hyper, _ORDINARY) for p in self._points if p.t == COUNTERS[0]}
        self._uses_counter = any(line.value.has(rule.step_counter) for line in rule.assignments)

    def check(self, kernel: Kernel) -> CompiledCheck:
        """Run `kernel` over the edge grid, ordinary inputs and all sizes."""
        found = CompiledCheck()
        plain = Reference(kernel.source, self._rule, bounds=False)
        bounded = Reference(kernel.source, self._rule, bounds=True)
        edges = edge_grid(self._rule, kernel.dtype)
        expected: dict[str, Values] = {}
        room: dict[str, NDArray[np.float64]] = {}
        for point in self._points:
            fresh = self._uses_counter or point.t == COUNTERS[0]
            if fresh:
                (expected, _), room = plain(edges, point.t, point.hyper), {}
                if plain.uses_library:
                    expected, room = bounded(edges, point.t, point.hyper)
            _compare_bits(found, run(kernel, edges, point), expected, room, edges, point)
            if fresh:
                self._check_exactly(found, kernel, bounded, edges, point)
        found.problems.extend(found.exact.problems)
        self._check_sizes(found, kernel, edges)
        return found

    def _inputs(
        self, dtype: str, edges: Mapping[str, Values], point: Point, rows: NDArray[np.intp]
    ) -> dict[str, Values]:
        """Ordinary inputs, then the given rows of the edge grid."""
        ordinary = self._ordinary[point.name]
        return {name: np.concatenate([ordinary[name].astype(dtype), column[rows]]) for name, column in edges.items()}

    def _check_exactly(
        self, found: CompiledCheck, kernel: Kernel, reference: Reference, edges: Mapping[str, Values], point: Point
    ) -> None:
        inputs = self._inputs(kernel.dtype, edges, point, _finite_rows(edges, _EDGES, point.t))
        computed, (values, bounds) = run(kernel, inputs, point), reference(inputs, point.t, point.hyper)
        _compare_bits(found, computed, values, bounds if reference.uses_library else {}, inputs, point)
        found.exact = found.exact.with_other(self._oracle.compare(inputs, computed, bounds, point.t, point.hyper))

    def _check_sizes(self, found: CompiledCheck, kernel: Kernel, edges: Mapping[str, Values]) -> None:
        point = next(p for p in self._points if p.t == COUNTERS[1])
        length = next(iter(edges.values())).size
        # About a thousand rows of the edge grid; an odd stride meets every value of every axis.
        small = self._inputs(kernel.dtype, edges, point, np.arange(0, length, max(1, length // 1009) | 1))
        expected = run(kernel, small, point)
        passed: list[int] = []
        for size in SIZES:
            wanted = {name: np.resize(value, size) for name, value in expected.items()}
            wrong = [
                f"at size {size}{words} an element differs from its value in a small array"
                for words, offset, threads in _LAYOUTS
                if not _all_same(run_in_place(kernel, tiled(small, size, offset=offset), point, threads), wanted)
            ]
            found.cases += len(_LAYOUTS) * len(wanted) * size
            found.problems.extend(wrong)
            found.parallel_bitwise &= not any("threads" in sentence for sentence in wrong)
            passed += [] if wrong else [size]
        found.sizes = tuple(passed)


_LAYOUTS = (("", 0, 1), (", one element off alignment,", 1, 1), (" with two threads", 0, 2))


def run(kernel: Kernel, inputs: Mapping[str, Values], point: Point) -> dict[str, Values]:
    """Theta and the states after one serial step of `kernel`; `inputs` stay as they are."""
    arrays = {name: array.copy() for name, array in inputs.items()}
    results = run_in_place(kernel, arrays, point)
    for name, array in inputs.items():
        if name not in results and not same_bits(array, arrays[name]).all():
            raise ValueError(f"the kernel has changed {name}, which a step only reads")
    return results


def run_in_place(kernel: Kernel, arrays: Mapping[str, Values], point: Point, threads: int = 1) -> dict[str, Values]:
    """Theta and the states after one step of `kernel` on `arrays`: theta, the gradient and the states in that order."""
    theta, g = list(arrays)[:2]
    state = {name: array for name, array in arrays.items() if name not in (theta, g)}
    kernel(arrays[theta], arrays[g], state, point.t, threads=threads, **point.hyper)
    return {theta: arrays[theta], **state}


def _all_same(computed: Mapping[str, Values], wanted: Mapping[str, Values]) -> bool:
    return all(bool(same_bits(computed[name], value).all()) for name, value in wanted.items())


def _compare_bits(
    found: CompiledCheck,
    computed: Mapping[str, Values],
    expected: Mapping[str, Values],
    room: Mapping[str, NDArray[np.float64]],
    inputs: Mapping[str, Values],
    point: Point,
) -> None:
    """Compare all bits; where functions of a library are used, finite values may differ by two error bounds."""
    for name, value in computed.items():
        found.cases += value.size
        same = same_bits(value, expected[name])
        if not same.all() and name in room:
            with np.errstate(all="ignore"):
                near = np.abs(value.astype(np.float64) - expected[name].astype(np.float64)) <= 2 * room[name]
            same |= near & np.isfinite(value) & np.isfinite(expected[name])
        if found.edges_ok and not same.all():
            found.edges_ok = False
            k = int(np.argmin(same))
            where = ", ".join(f"{n} = {a[k]!s}" for n, a in inputs.items())
            found.problems.append(
                f"compiled code gives {name} = {value[k]!s} and the reference interpreter {expected[name][k]!s} "
                f"at t = {point.t}, {where}, hyperparameters {point.name}"
            )


def _finite_rows(edges: Mapping[str, Values], count: int, salt: int) -> NDArray[np.intp]:
    finite = np.flatnonzero(np.logical_and.reduce([np.isfinite(a) for a in edges.values()]))
    rows = np.random.default_rng([SEED, salt]).choice(finite, size=min(count, finite.size), replace=False)
    return np.sort(rows)
