"""The compiled kernel against the reference interpreter, the exact oracle, and itself at other sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .grid import COUNTERS, SEED, SIZES, Point, edge_grid, ordinary_inputs, points, tiled
from .narrow import decode, encode
from .oracle import Comparison, Oracle
from .reference import Reference, bits_of, same_bits
from .source import Settled
from .storage_error import Measured, measured, storage_error

if TYPE_CHECKING:
    from ...derive import UpdateRule
    from ...kernels import Form, Kernel

__all__ = ["Checker", "CompiledCheck"]

Values = NDArray[np.floating]
_ORDINARY, _EDGES = 64, 36  # inputs of each point that are compared with the exact oracle
_STORAGE = 2  # of the ordinary inputs, every second one shows what narrow states add


@dataclass
class CompiledCheck:
    """What was found out so far; `problems` holds one sentence for each kind of failure."""

    cases: int = 0
    exact: Comparison = field(default_factory=Comparison)
    sizes: tuple[int, ...] = ()
    parallel_bitwise: bool = True
    edges_ok: bool = True
    storage_bound: str = ""
    storage: Measured | None = None
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
        plain = Reference(kernel.source, self._rule, bounds=False, form=kernel.form)
        bounded = Reference(kernel.source, self._rule, bounds=True, form=kernel.form)
        grid = edge_grid(self._rule, kernel.dtype, narrow_states(kernel.form))
        edges = grid
        if kernel.form.skip_nonfinite:
            rows = np.flatnonzero(np.isfinite(grid[self._rule.gradient.name]))
            edges = {name: column[rows] for name, column in grid.items()}
        expected: dict[str, Values] = {}
        room: dict[str, NDArray[np.float64]] = {}
        for point in self._points:
            fresh = self._uses_counter or kernel.form.stochastic_rounding or point.t == COUNTERS[0]
            if fresh:
                stored = as_stored(kernel.form, edges)
                (expected, _), room = plain(stored, point.t, point.hyper), {}
                if plain.uses_library:
                    expected, room = bounded(stored, point.t, point.hyper)
            _compare_bits(found, run(kernel, edges, point), expected, room, edges, point)
            if fresh:
                self._check_exactly(found, kernel, bounded, edges, point)
        found.problems.extend(found.exact.problems)
        self._check_sizes(found, kernel, edges)
        self._check_storage(found, kernel.form)
        if kernel.form.skip_nonfinite:
            found.problems.extend(skipping_problems(kernel, self._rule, grid, self._points[0]))
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
        given = self._inputs(kernel.dtype, edges, point, _finite_rows(edges, _EDGES, point.t))
        # What cannot be stored is rounded first: a step begins with numbers of the formats.
        stored = as_stored(kernel.form, given)
        inputs = as_numbers(kernel.form, stored)
        computed, (values, bounds) = run(kernel, inputs, point), reference(stored, point.t, point.hyper)
        _compare_bits(found, computed, values, bounds if reference.uses_library else {}, inputs, point)
        narrow = narrow_states(kernel.form)
        compared = self._oracle.compare(inputs, computed, bounds, point.t, point.hyper, narrow)
        found.exact = found.exact.with_other(compared)

    def _check_storage(self, found: CompiledCheck, form: Form) -> None:
        """What storing the states in fewer bits adds to a step, against the bound derived from the rule."""
        bound = storage_error(self._rule, form) if form.narrow else None
        if bound is None:
            return
        narrow = narrow_states(form)
        found.storage_bound = bound.text()
        random = np.random.default_rng(SEED)
        for point in (p for p in self._points if p.t == COUNTERS[0]):
            given = {name: values[::_STORAGE] for name, values in self._ordinary[point.name].items()}
            numbers = {name: values.astype(form.dtype) for name, values in given.items()}
            stored = dict(numbers)
            for name, kept in narrow.items():
                drawn = random.integers(0, 2**16, numbers[name].size, dtype=np.uint32)
                stochastic = form.stochastic_rounding and kept == "bfloat16"
                stored[name] = decode(encode(numbers[name], kept, drawn if stochastic else None), kept)
            held = np.logical_and.reduce([np.isfinite(values) for values in stored.values()])
            here, there = ({n: values[held] for n, values in arrays.items()} for arrays in (numbers, stored))
            one = measured(bound, self._oracle, here, there, point.t, point.hyper)
            found.storage = one if found.storage is None else found.storage.with_other(one)
        if found.storage is not None and found.storage.error_over_bound > 1:
            far = f"{found.storage.error_over_bound:.3g} times the bound"
            found.problems.append(f"storing the states in fewer bits changes a step by {far}: {found.storage.worst}")

    def _check_sizes(self, found: CompiledCheck, kernel: Kernel, edges: Mapping[str, Values]) -> None:
        point = next(p for p in self._points if p.t == COUNTERS[1])
        length = next(iter(edges.values())).size
        # About a thousand rows of the edge grid; an odd stride meets every value of every axis.
        small = self._inputs(kernel.dtype, edges, point, np.arange(0, length, max(1, length // 1009) | 1))
        small = as_stored(kernel.form, small)
        expected = run_stored(kernel, small, point)
        passed: list[int] = []
        for size in SIZES:
            wanted = {name: np.resize(value, size) for name, value in expected.items()}
            if kernel.form.stochastic_rounding:
                # Random bits depend on the place: the reference is the serial run over the whole array.
                wanted = run_in_place(kernel, tiled(small, size), point)
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


def narrow_states(form: Form) -> dict[str, str]:
    """The formats of the states that are narrower than the arithmetic, by name."""
    return {name: kept for name, kept in form.states if kept in form.narrow}


def as_stored(form: Form, arrays: Mapping[str, Values]) -> dict[str, Any]:
    """Arrays of numbers as a kernel takes them: rounded to the format of each, bfloat16 as integers."""
    narrow = narrow_states(form)
    made: dict[str, Any] = {}
    for name, array in arrays.items():
        bits = encode(array, narrow[name]) if name in narrow else array
        made[name] = bits.view(np.float16) if narrow.get(name) == "float16" else bits
    return made


def as_numbers(form: Form, arrays: Mapping[str, Any]) -> dict[str, Values]:
    """Arrays of a kernel as numbers."""
    narrow = narrow_states(form)
    return {n: decode(bits_of(array), narrow[n]) if n in narrow else array for n, array in arrays.items()}


def run(kernel: Kernel, inputs: Mapping[str, Values], point: Point) -> dict[str, Values]:
    """Theta and the states after one serial step of `kernel`, as numbers; `inputs` stay as they are."""
    return as_numbers(kernel.form, run_stored(kernel, as_stored(kernel.form, inputs), point))


def run_stored(kernel: Kernel, inputs: Mapping[str, Any], point: Point) -> dict[str, Any]:
    """Theta and the states after one serial step of `kernel`, as they are stored; `inputs` stay as they are."""
    arrays = {name: array.copy() for name, array in inputs.items()}
    results = run_in_place(kernel, arrays, point)
    for name, array in inputs.items():
        left = np.zeros_like(array) if kernel.form.zero_gradient else array
        if name not in results and not same_bits(left, arrays[name]).all():
            if kernel.form.zero_gradient:
                raise ValueError(f"the kernel has left something in {name}, which should be zero")
            raise ValueError(f"the kernel has changed {name}, which a step only reads")
    return results


def skipping_problems(kernel: Kernel, rule: UpdateRule, grid: Mapping[str, Values], point: Point) -> list[str]:
    """What is wrong with a kernel that should leave everything alone where a gradient is not finite."""
    whole = as_stored(kernel.form, grid)
    g = rule.gradient.name
    size = whole[g].size
    hyper: dict[str, Any] = dict(point.hyper)
    problems: list[str] = []
    for place in (None, 0, size // 2, size - 1):
        before = {name: array.copy() for name, array in whole.items()}
        if place is not None:
            before[g] = np.zeros_like(before[g])
            before[g][place] = np.nan if place else -np.inf
        for threads in (1, 2):
            arrays = {name: array.copy() for name, array in before.items()}
            theta, _, *states = list(arrays)
            state = {name: arrays[name] for name in states}
            count = kernel(arrays[theta], arrays[g], state, point.t, threads=threads, **hyper)
            wanted = int(np.count_nonzero(~np.isfinite(before[g])))
            if count != wanted:
                problems.append(f"{count} gradients were counted that are not finite, and there are {wanted}")
            if any(not _same(arrays[n], before[n]) for n in (theta, *states)):
                problems.append("a step with a gradient that is not finite has changed theta or a state")
            if kernel.form.zero_gradient and arrays[g].any():
                problems.append("a step that was skipped has not set the gradient to zero")
    return list(dict.fromkeys(problems))


def _same(left: Any, right: Any) -> bool:
    return bool(left.tobytes() == right.tobytes())


def run_in_place(kernel: Kernel, arrays: Mapping[str, Values], point: Point, threads: int = 1) -> dict[str, Values]:
    """Theta and the states after one step of `kernel` on `arrays`: theta, the gradient and the states in that order."""
    theta, g = list(arrays)[:2]
    state = {name: array for name, array in arrays.items() if name not in (theta, g)}
    hyper: dict[str, Any] = dict(point.hyper)
    kernel(arrays[theta], arrays[g], state, point.t, threads=threads, **hyper)
    return {theta: arrays[theta], **state}


def _all_same(computed: Mapping[str, Values], wanted: Mapping[str, Values]) -> bool:
    return all(bool(same_bits(bits_of(computed[name]), bits_of(value)).all()) for name, value in wanted.items())


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
