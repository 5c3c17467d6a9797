"""Rules shared out among processes, their results exactly as one process would have found them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from .transfer import dumped, loaded

if TYPE_CHECKING:
    from .rule import UpdateRule

__all__ = ["Progress", "each_rule", "processes_for"]

Progress: TypeAlias = Callable[[str, int, int], None]
_T = TypeVar("_T")


def processes_for(rules: Sequence[UpdateRule], processes: int | None = None) -> int:
    """How many processes to share `rules` out among; 1 where starting them costs more than it saves.

    Parameters
    ----------
    rules : sequence of UpdateRule
    processes : int, optional
        The most that are wanted; by default as many as there are processors.

    Raises
    ------
    ValueError
        If `processes` is below 1.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> processes_for([rule("adam")])
    1
    """
    if processes is not None and processes < 1:
        raise ValueError(f"{processes} processes cannot prove anything; ask for 1 or more")
    # Elsewhere forking is unsafe or missing, and a new interpreter would not know a user's own rules.
    if not sys.platform.startswith("linux") or len(rules) < 3:
        return 1
    available = len(os.sched_getaffinity(0))
    return max(1, min(len(rules), available if processes is None else processes))


def each_rule(
    rules: Sequence[UpdateRule],
    work: Callable[[UpdateRule], _T],
    *,
    processes: int,
    progress: Progress | None = None,
) -> list[_T]:
    """What `work` finds for each rule, in the order of `rules`; an error in one of them is raised here.

    Parameters
    ----------
    rules : sequence of UpdateRule
    work : callable
        Run in a process that was forked from this one.
    processes : int
    progress : callable, optional
        Called with the rule that was finished last, how many are finished and how many there are.
    """
    executor = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin, (work, tuple(rules)))
    try:
        # The longest first, so that no process is left with one when the others have finished.
        order = sorted(range(len(rules)), key=lambda index: -len(rules[index].text()))
        futures: dict[Future[bytes], int] = {executor.submit(_found, index): index for index in order}
        found: dict[int, _T] = {}
        pending = set(futures)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                found[futures[future]] = loaded(future.result())
                if progress is not None:
                    progress(f"{rules[futures[future]].name}: proved", len(found), len(rules))
    except BaseException:
        _end(executor)
        raise
    executor.shutdown()
    return [found[index] for index in range(len(rules))]


def _end(executor: ProcessPoolExecutor) -> None:
    """Stop at once: nobody waits for proofs after an interrupt or an error."""
    running = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in running:
        process.terminate()


_TASK: list[tuple[Callable[[UpdateRule], object], tuple[UpdateRule, ...]]] = []
"""What a process that was forked is there for; always empty in the process that forks."""


def _begin(work: Callable[[UpdateRule], object], rules: tuple[UpdateRule, ...]) -> None:
    _TASK[:] = [(work, rules)]
    # An interrupt reaches every process of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _found(index: int) -> bytes:
    ((work, rules),) = _TASK
    return dumped(work(rules[index]))
