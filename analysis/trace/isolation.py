"""Tracing in another process, with a time limit: a user's code can print, crash or hang without harm."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Any

from .record import Traced, TraceError, Untraceable
from .target import require_plausible
from .transport import traced_from_json

__all__ = ["TIME_LIMIT", "Tracer"]

TIME_LIMIT = 20.0
"""Seconds that a target may take to be imported and traced."""

_GRACE = 10.0
_TO_IMPORT = 120.0
"""Seconds for the import of a framework, which is done once."""


class Tracer:
    """A process for users' code, started when it is first needed.

    Parameters
    ----------
    seconds : float
        How long one target may take.
    apart : bool, optional
        Whether each target runs in a fork of its own, as users' code should.  The optimizers of a framework may share
        one process: what SymPy and the framework have to set up is then paid once.
    """

    def __init__(self, seconds: float = TIME_LIMIT, *, apart: bool = True) -> None:
        self.seconds = seconds
        self.apart = apart
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Tracer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()

    def trace(
        self,
        target: str,
        *,
        mapped: Mapping[str, str] | None = None,
        given: Mapping[str, Any] | None = None,
        known: tuple[str, ...] = (),
    ) -> Traced:
        """Trace a target.

        Raises
        ------
        TraceError
            If the target is missing, does not import, has another signature, raises, or does not end.
        Untraceable
            If its code cannot be read as expressions.
        """
        return traced_from_json(self._answer(_job(target, mapped, given, known))["traced"])

    def run(
        self,
        target: str,
        *,
        hyper: Sequence[Mapping[str, float]],
        theta: float,
        gradients: Sequence[float],
        mapped: Mapping[str, str] | None = None,
        given: Mapping[str, Any] | None = None,
        known: tuple[str, ...] = (),
    ) -> float | None:
        """Theta after running a target itself in float64; None for targets that are only traced.

        Parameters
        ----------
        hyper : sequence of mappings
            Its hyperparameters by its own names in each step.

        Raises
        ------
        TraceError, Untraceable
            As for :meth:`trace`.
        """
        numbers = {"hyper": [dict(h) for h in hyper], "theta": theta, "gradients": list(gradients)}
        found: float | None = self._answer(_job(target, mapped, given, known) | {"run": numbers})["theta"]
        return found

    def _answer(self, job: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer to a job, if it is no complaint."""
        target = job["target"]
        require_plausible(target)
        reply = self._ask(json.dumps(job | {"seconds": self.seconds, "apart": self.apart}))
        if reply is None:
            self.close()
            raise TraceError(f"{target}: its process gave no answer within {self.seconds + _GRACE:g} s")
        if reply["kind"] == "error":
            raise TraceError(_about(target, reply["words"]))
        if reply["kind"] == "untraceable":
            raise Untraceable(reply["words"])
        return reply

    def _ask(self, line: str) -> dict[str, Any] | None:
        if self._process is None or self._process.poll() is not None:
            self._process = self._started()
        process = self._process
        if process.stdin is None or process.stdout is None:
            return None
        try:
            # First the worker imports what the job needs, which is not the target's time; then it is told to go on.
            if not _exchanged(process.stdin, process.stdout, line, _TO_IMPORT):
                return None
            answer = _exchanged(process.stdin, process.stdout, "", self.seconds + _GRACE)
            return json.loads(answer) if answer else None
        except (OSError, ValueError):
            return None

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        package = __package__ or ""
        return subprocess.Popen(
            [sys.executable, "-c", f"from {package}.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _exchanged(to: IO[str], back: IO[str], line: str, seconds: float) -> str:
    """Write a line and read one; empty if none comes in time."""
    to.write(line + "\n")
    to.flush()
    ready, _, _ = select.select([back], [], [], seconds)
    return back.readline() if ready else ""


def _job(
    target: str, mapped: Mapping[str, str] | None, given: Mapping[str, Any] | None, known: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "target": target,
        "mapped": dict(mapped or {}),
        "given": dict(given or {}),
        "known": list(known),
        "folder": os.getcwd(),
    }


def _about(target: str, words: str) -> str:
    """A sentence that names the target once."""
    place = target.partition(":")[0]
    return words if place in words or target in words else f"{target}: {words}"
