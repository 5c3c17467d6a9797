"""Work that several threads share, cut so that the result does not depend on their number."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache

__all__ = ["GRAIN", "PARALLEL_FROM", "chunks", "in_threads", "processors", "threads_for"]

# From how many bytes on, which a step reads and writes, a second thread saves more than it costs: 131,072 elements of
# Adam in float32, 28 bytes each. Measured on two processors: handing work to a thread and waiting for it costs 50 to 60
# microseconds, an element of Adam 0.8 nanoseconds in cache and 1.2 out of it. Rules with less arithmetic move fewer
# bytes, SGD 12 in 0.2 nanoseconds, and cross later. `python -m benchmarks threads` measures where they do.
_ADAM = 28
PARALLEL_FROM = 131_072 * _ADAM
# Threads begin at multiples of this many elements, so that every element falls into the same place of the SIMD loop
# as in a serial run: results are equal bit by bit even where vector and scalar functions of a library differ.
GRAIN = 4096


def threads_for(size: int, moved: int = _ADAM) -> int:
    """How many threads to use when the caller leaves it open.

    Parameters
    ----------
    size : int
        How many elements there are.
    moved : int, optional
        How many bytes are read and written for each; by default an element is taken to be work like one of Adam's.

    Examples
    --------
    >>> threads_for(131_071, 28), threads_for(131_072, 12)
    (1, 1)
    """
    return processors() if size * moved >= PARALLEL_FROM else 1


def chunks(size: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of nearly equal size that begin at multiples of the grain.

    Examples
    --------
    >>> chunks(10_000, 2)
    [(0, 8192), (8192, 10000)]
    """
    grains = -(-size // GRAIN)
    share = -(-grains // max(threads, 1)) * GRAIN
    return [(start, min(start + share, size)) for start in range(0, size, share)] if size else [(0, 0)]


def in_threads(work: Callable[[int, int], None], bounds: list[tuple[int, int]]) -> None:
    """Call `work` on every range, the first one in this thread."""
    if len(bounds) == 1:
        work(*bounds[0])
        return
    pool = _pool(os.getpid(), len(bounds) - 1)
    waiting: list[Future[None]] = []
    own = bounds[:1]
    for start, stop in bounds[1:]:
        try:
            waiting.append(pool.submit(work, start, stop))
        except RuntimeError:
            # The system has no thread left, or the interpreter is about to end.
            own.append((start, stop))
    try:
        for start, stop in own:
            work(start, stop)
    finally:
        _wait(waiting)


def _wait(futures: list[Future[None]]) -> None:
    """Wait until no thread works on the arrays any more, even if the user interrupts, and raise what was raised."""
    interrupt: KeyboardInterrupt | None = None
    for future in futures:
        while not future.done():
            try:
                wait([future])
            except KeyboardInterrupt as error:
                interrupt = error
    if interrupt is not None:
        raise interrupt
    for future in futures:
        future.result()


# A child process made by fork has none of its parent's threads, hence the process in the key.
@lru_cache(maxsize=8)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="optproof")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
