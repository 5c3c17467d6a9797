"""From how many elements on all processors are faster than one: what ``PARALLEL_FROM`` is set from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import optproof as op
from optproof.kernels.threads import PARALLEL_FROM, in_threads, processors

from .measure import Figure

__all__ = ["SIZES", "crossing", "crossings", "faster_from"]

SIZES = tuple(2**k for k in range(13, 22))
_TURNS = 25
_SHORTEST = 0.002


def crossings() -> list[Figure]:
    """For rules with little arithmetic and with much: where several threads begin to pay, and where they are used."""
    figures = [Figure("handing nothing to another thread and waiting for it", 1e6 * _hand_over(), "us")]
    for rule in ("sgd", "sgd[momentum]", "adam", "adadelta"):
        gains = crossing(rule, SIZES)
        start = faster_from(gains)
        listed = ", ".join(f"{size:,}: {gain:.2f}" for size, gain in gains.items())
        moved = op.compile(rule).form.moved
        used = -(-PARALLEL_FROM // moved)
        words = f"{rule}, {moved} bytes an element, {processors()} threads used from {used:,} elements, gain ({listed})"
        value = float("nan") if start is None else float(start)
        figures.append(Figure(f"threads pay from: {words}", value, "elements"))
    return figures


def _hand_over() -> float:
    """The median of the seconds that two ranges of no work take."""
    taken = []
    for _ in range(2000):
        start = time.perf_counter()
        in_threads(lambda first, last: None, [(0, 1), (1, 2)])
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def crossing(rule: str, sizes: Sequence[int]) -> dict[int, float]:
    """By how much all processors are faster than one, for each size: the median of the ratios of turns."""
    kernel = op.compile(rule)
    gains = {}
    for size in sizes:
        theta, g = np.ones(size, np.float32), np.ones(size, np.float32)
        state = kernel.initial_state(theta)
        repeats = 1 + int(_SHORTEST / max(_seconds(kernel, theta, g, state, 1, 3), 1e-9))
        turns = [
            [_seconds(kernel, theta, g, state, threads, repeats) for threads in (1, processors())]
            for _ in range(_TURNS)
        ]
        gains[size] = float(np.median([one / all_of_them for one, all_of_them in turns]))
    return gains


def faster_from(gains: Mapping[int, float]) -> int | None:
    """The smallest size from which on every larger one gains; None if the largest does not.

    Examples
    --------
    >>> faster_from({1: 0.5, 2: 1.2, 4: 0.9, 8: 1.1, 16: 1.8})
    8
    """
    start = None
    for size in sorted(gains, reverse=True):
        if gains[size] <= 1:
            break
        start = size
    return start


def _seconds(kernel: Any, theta: Any, g: Any, state: Any, threads: int, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        kernel(theta, g, state, 1, threads=threads)
    return (time.perf_counter() - start) / repeats
