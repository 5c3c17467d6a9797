"""Asking Z3 within bounds: of work (deterministic), of time (the process is killed) and of memory."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from .smt import Query

__all__ = ["Answer", "Solver"]


@dataclass(frozen=True)
class Answer:
    """What a solver said: ``"unsat"``, ``"sat"`` or ``"unknown"``."""

    result: str
    model: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


# Run as a file, not as a module: it needs Z3 only, and importing this package would cost it SymPy.
_WORKER = Path(__file__).with_name("smt_worker.py")


class Solver:
    """Z3 in a process of its own; trouble of any kind is the answer ``"unknown"``.

    Parameters
    ----------
    rlimit : int
        The work a query may take, in Z3's deterministic units; the same on every machine.
    seconds : float
        After this time the process is killed.

    Attributes
    ----------
    findings : dict
        What provers found out with this solver, so that it is not found out twice; theirs to fill.

    Examples
    --------
    >>> from optproof.derive.prove.smt import encode
    >>> from optproof.derive.symbols import Quantity
    >>> x = Quantity("x")
    >>> with Solver() as solver:
    ...     solver.check(encode([x**2 < 0])).result
    'unsat'
    """

    def __init__(self, rlimit: int = 20_000_000, seconds: float = 10.0) -> None:
        self.rlimit = rlimit
        self.seconds = seconds
        self._process: subprocess.Popen[str] | None = None
        self._memory: dict[str, Answer] = {}
        self.findings: dict[Hashable, Any] = {}

    def __enter__(self) -> Solver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def check(self, query: Query) -> Answer:
        """Whether the conditions of `query` can hold together."""
        if query.text not in self._memory:
            self._memory[query.text] = self._ask(query.text)
        return self._memory[query.text]

    def _ask(self, text: str) -> Answer:
        start = time.perf_counter()
        process = self._running()
        if process.stdin is None or process.stdout is None:
            return Answer("unknown", reason="the solver's pipes could not be opened")
        try:
            process.stdin.write(json.dumps({"text": text, "rlimit": self.rlimit}) + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], self.seconds)
            line = process.stdout.readline() if ready else ""
            reply = json.loads(line) if line else None
        except (OSError, ValueError) as error:
            reply, line = None, str(error)
        elapsed = time.perf_counter() - start
        if reply is None:
            self.close()
            return Answer("unknown", reason=f"the solver gave no answer within {self.seconds:g} s", seconds=elapsed)
        return Answer(reply["answer"], reply.get("model", {}), reply.get("reason", ""), elapsed)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process
