"""Sweeps: one function over many points, in this process or by any executor, continued where a killed one stopped.

Each point and each result is JSON-ready data.  With a directory, every result is a file of its own, which is written as
a whole or not at all; a point whose file is there is not computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...kernels.atomic import replacing

__all__ = ["IN_PROCESS", "SchedulerError", "Sweep", "dask_executor"]

Point = Mapping[str, Any]
Work = Callable[[Point], Any]
Advance = Callable[[str, int, int], None]


class SchedulerError(ValueError):
    """A Dask scheduler that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Sweep:
    """How a sweep is run.

    Attributes
    ----------
    executor : concurrent.futures.Executor, optional
        What computes the points; this process, one after the other, without it. Functions and points are sent to it.
    directory : pathlib.Path, optional
        Where results are kept, and found by the next sweep.
    progress : callable, optional
        Called with what is done, how many points are done and how many there are.
    """

    executor: Executor | None = None
    directory: Path | None = None
    progress: Advance | None = None

    def over(self, work: Work, points: Sequence[Point], what: str = "") -> list[Any]:
        """The result of `work` at each point, in their order.

        Parameters
        ----------
        work : callable
            A function of a module, of the point alone.
        points : sequence of mapping
            JSON-ready; equal points have equal results.
        what : str
            What is shown as progress.

        Examples
        --------
        >>> from optproof.analysis.study.sweep import IN_PROCESS
        >>> IN_PROCESS.over(len, [{"a": 1}, {"a": 1, "b": 2}])
        [1, 2]
        """
        found: dict[int, Any] = {}
        missing = []
        for k, point in enumerate(points):
            known, result = self._remembered(work, point)
            if known:
                found[k] = result
            else:
                missing.append(k)
        self._advance(what, len(found), len(points))
        for k, result in self._computed(work, points, missing):
            found[k] = self._remember(work, points[k], result)
            self._advance(what, len(found), len(points))
        return [found[k] for k in range(len(points))]

    def _computed(self, work: Work, points: Sequence[Point], missing: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Results as they come; what was not begun is called off if one fails."""
        if self.executor is None:
            for k in missing:
                yield k, work(points[k])
            return
        waiting: dict[Future[Any], int] = {self.executor.submit(work, dict(points[k])): k for k in missing}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            for future in waiting:
                future.cancel()

    def _advance(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)

    def _path(self, work: Work, point: Point) -> Path | None:
        from ... import __version__

        if self.directory is None:
            return None
        key = [__version__, f"{work.__module__}.{work.__qualname__}", point]
        text = json.dumps(key, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return self.directory / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"

    def _remembered(self, work: Work, point: Point) -> tuple[bool, Any]:
        """Whether there is a result, and it; a file that is damaged or of another point counts as none."""
        path = self._path(work, point)
        try:
            data = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False, None
        right = isinstance(data, dict) and data.get("point") == json.loads(json.dumps(dict(point))) and "result" in data
        return right, data["result"] if right else None

    def _remember(self, work: Work, point: Point, result: Any) -> Any:
        path = self._path(work, point)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = json.dumps({"point": dict(point), "result": result}, allow_nan=False)
            with replacing(path) as file:
                file.write(data.encode())
        # What is computed now is what would be read back, whether or not it is kept.
        return json.loads(json.dumps(result, allow_nan=False))


IN_PROCESS = Sweep()
"""One point after the other, in this process, nothing kept."""


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The executor of the Dask cluster whose scheduler is at `address`, as ``tcp://host:8786``.

    Raises
    ------
    SchedulerError
        If Dask is not installed, or no scheduler answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SchedulerError("a Dask cluster needs dask[distributed]; install optproof[dask]") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SchedulerError(
            f"no Dask scheduler answers at {address!r} ({said}); give the address it printed"
        ) from None
    with client, client.get_executor() as executor:
        yield executor
