"""Asking a solver: cvc5, which took no part in finding the proofs, or Z3 where cvc5 is missing, and never silently.

The answer ``unknown`` covers everything that is neither ``sat`` nor ``unsat``: a limit, or a solver that is missing.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType

__all__ = ["FINDER", "SECOND", "Answer", "Solver", "available"]

SECOND, FINDER = "cvc5", "z3"
# The process ends itself after its time of work; on a busy machine that takes longer than the clock says.
_PATIENCE = 8.0


def available() -> str | None:
    """The solver that will be asked, or None if none is installed."""
    return SECOND if find_spec("cvc5") else FINDER if find_spec("z3") else None


@dataclass(frozen=True)
class Answer:
    """``unsat``, ``sat`` or ``unknown``, who said so, and for ``unknown`` why."""

    result: str
    by: str
    reason: str = ""


class Solver:
    """A solver in a process of its own, which is killed when a question outlives its limit; remembers answers.

    Parameters
    ----------
    name : str or None
        ``"cvc5"``, ``"z3"``, or None for none.
    soon, late : float
        Seconds of work for one form of a question: in the first round, and in the last.
    """

    def __init__(self, name: str | None, *, soon: float = 1.0, late: float = 5.0) -> None:
        self.name = name
        self.soon = soon
        self.late = late
        self._process: subprocess.Popen[str] | None = None
        self._memory: dict[tuple[str, float, bool], Answer] = {}

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

    def ask(self, script: str, seconds: float, *, coverings: bool = False) -> Answer:
        """The answer to an SMT-LIB script with one ``(check-sat)``, within a time limit.

        With `coverings`, cvc5 uses cylindrical algebraic coverings alone: complete, but slow in many variables.
        """
        key = (script, seconds, coverings)
        if key not in self._memory:
            self._memory[key] = self._ask(script, seconds, coverings=coverings)
        return self._memory[key]

    def _ask(self, script: str, seconds: float, *, coverings: bool) -> Answer:
        if self.name is None:
            reason = "no second solver is installed; pip install 'optproof[recheck]' installs cvc5"
            return Answer("unknown", "", reason)
        late = f"{self.name} gave no answer within {seconds:g} s of work"
        process = self._running()
        if process.stdin is None or process.stdout is None:
            return Answer("unknown", self.name, "the solver's pipes could not be opened")
        request = {"script": script, "solver": self.name, "seconds": seconds, "coverings": coverings}
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], seconds * _PATIENCE)
            line = process.stdout.readline() if ready else ""
            reply = json.loads(line) if line else {"result": "unknown", "reason": late}
        except (OSError, ValueError) as error:
            line, reply = "", {"result": "unknown", "reason": str(error)}
        if not line:
            self.close()
        return Answer(reply["result"], self.name, reply["reason"] or late)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.solver_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process
