"""Running every case, in processes of their own with a time limit for each."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import ExitStack, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any

from .cases import Case
from .cell import Cell
from .matrix import Framework, Matrix
from .worker import FRAMEWORKS, case_from_json

__all__ = ["SECONDS_PER_CASE", "UnknownFrameworkError", "conformance"]

SECONDS_PER_CASE = 30.0
_SECONDS_TO_START = 60.0
"""The first case of a process waits for its framework to be imported."""


class UnknownFrameworkError(ValueError):
    """A framework that cannot be measured."""


def conformance(
    frameworks: Iterable[str] | None = None,
    *,
    seconds: float = SECONDS_PER_CASE,
    workers: int | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Matrix:
    """Measure every element-wise optimizer of the installed frameworks against the published rules.

    Parameters
    ----------
    frameworks : iterable of str, optional
        Of ``"torch"``, ``"optax"``, ``"keras"``; all by default.
    seconds : float, optional
        How long one case may take; longer, and it is UNKNOWN.
    workers : int, optional
        How many processes; as many as there are cores by default, at most four.
    progress : callable, optional
        Called as ``progress("torch: Adam", 3, 190)``.

    Returns
    -------
    Matrix
        A framework that is not installed is said to be missing, with a reason.

    Raises
    ------
    UnknownFrameworkError
        If there is no such framework.
    """
    chosen = list(dict.fromkeys(frameworks or FRAMEWORKS))
    for name in chosen:
        if name not in FRAMEWORKS:
            raise UnknownFrameworkError(f"there is no framework {name!r}; the frameworks are {', '.join(FRAMEWORKS)}")
    start = time.perf_counter()
    with ExitStack() as stack:
        pool = [stack.enter_context(Worker()) for _ in range(workers or min(4, os.cpu_count() or 1))]
        about, cases = _listed(chosen)
        cells = _measured(pool, cases, seconds, progress)
    return Matrix(tuple(about), tuple(cells), time.perf_counter() - start)


def _listed(chosen: list[str]) -> tuple[list[Framework], list[Case]]:
    """Each framework in a process of its own: importing one may decide what another finds."""
    about: list[Framework] = []
    cases: list[Case] = []
    for name in chosen:
        with Worker() as worker:
            worker.ask({"list": name})
            found = worker.answer(_SECONDS_TO_START) or {"missing": f"{name} could not be imported"}
        about.append(Framework(name, found.get("version", ""), found.get("missing", "")))
        cases += [case_from_json(c) for c in found.get("cases", [])]
    return about, cases


def _measured(
    pool: list[Worker], cases: list[Case], seconds: float, progress: Callable[[str, int, int], None]
) -> list[Cell]:
    cells: dict[int, Cell] = {}
    waiting = dict(enumerate(cases))
    while len(cells) < len(cases):
        for worker in pool:
            if worker.task is None and waiting:
                index = _next(waiting, worker.last, {w.last for w in pool if w is not worker})
                case = waiting.pop(index)
                progress(f"{case.framework}: {case.title}", len(cells), len(cases))
                worker.begin(index, case, seconds)
        for worker in _ready([w for w in pool if w.task is not None]):
            index, case, began = worker.finished()
            found = worker.answer(0.0) if time.perf_counter() < worker.deadline else None
            if found is None:
                worker.end()
                words = f"no decision within {seconds:g} s"
            cell = Cell.blank(case, words=words) if found is None else Cell(**found)
            cells[index] = replace(cell, seconds=time.perf_counter() - began)
    progress("done", len(cases), len(cases))
    return [cells[i] for i in range(len(cases))]


def _next(waiting: Mapping[int, Case], last: str, elsewhere: Set[str]) -> int:
    """The case that a worker takes: one that was at another way through the same code knows most of the answer.

    Examples
    --------
    >>> waiting = {i: Case("torch", target) for i, target in enumerate(("torch.optim.Adam", "torch.optim.SGD"))}
    >>> _next(waiting, "torch.optim.SGD", set()), _next(waiting, "", {"torch.optim.Adam"}), _next(waiting, "", set())
    (1, 1, 0)
    """
    framework = next(iter(waiting.values())).framework
    near = {i: case.target for i, case in waiting.items() if case.framework == framework}
    return min(near, key=lambda i: (near[i] != last, near[i] in elsewhere, i))


def _ready(busy: list[Worker]) -> list[Worker]:
    """The workers that have answered or have run out of time; waits for the first."""
    with selectors.DefaultSelector() as selector:
        for worker in busy:
            selector.register(worker.output, selectors.EVENT_READ, worker)
        left = min(worker.deadline for worker in busy) - time.perf_counter()
        answered = [key.data for key, _ in selector.select(max(0.0, left))]
    late = [w for w in busy if w not in answered and time.perf_counter() >= w.deadline]
    return [*answered, *late]


class Worker:
    """A process that decides one case after another, started when it is first needed."""

    def __init__(self) -> None:
        self.task: tuple[int, Case, float] | None = None
        self.deadline = 0.0
        self.last = ""
        self._process: subprocess.Popen[str] | None = None
        self._known: set[str] = set()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def output(self) -> Any:
        """Where its answers come from."""
        return self._running().stdout

    def begin(self, index: int, case: Case, seconds: float) -> None:
        """Start on a case; the first of a framework has time to import it."""
        now = time.perf_counter()
        self.task, self.last = (index, case, now), case.target
        self.deadline = now + seconds + (0.0 if case.framework in self._known else _SECONDS_TO_START)
        self.ask({"case": vars(case)})
        self._known.add(case.framework)

    def finished(self) -> tuple[int, Case, float]:
        """The case it was at, which it is no longer."""
        task, self.task = self.task, None
        if task is None:
            raise RuntimeError("this worker has no task")
        return task

    def ask(self, job: dict[str, Any]) -> None:
        """Hand it a job."""
        stream = self._running().stdin
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.write(json.dumps(job) + "\n")
                stream.flush()

    def answer(self, seconds: float) -> dict[str, Any] | None:
        """Its answer; None if it ended or took longer."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.output, selectors.EVENT_READ)
            line = self.output.readline() if selector.select(seconds) else ""
        return json.loads(line) if line else None

    def end(self) -> None:
        """End the process and those that it started."""
        process, self._process = self._process, None
        self._known.clear()
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            # A group of its own, so that an interruption reaches only the process that waits.
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {__package__}.worker import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env={**os.environ, "KERAS_BACKEND": "jax"},
            )
        return self._process
