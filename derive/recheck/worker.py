"""A process that checks certificates: ``{"path": ..., "solver": ...}`` a line in, a finding a line out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .check import REJECTED, Finding, check
from .solver import Solver

__all__ = ["main"]

_DEEPEST = 20_000


def main() -> None:
    """Check files until standard input ends."""
    sys.setrecursionlimit(_DEEPEST)
    solvers: dict[str | None, Solver] = {}
    try:
        for line in sys.stdin:
            request = json.loads(line)
            name = request["solver"]
            solver = solvers.setdefault(name, Solver(name))
            sys.stdout.write(json.dumps(_finding(Path(request["path"]), solver).to_json()) + "\n")
            sys.stdout.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    finally:
        for solver in solvers.values():
            solver.close()


def _finding(path: Path, solver: Solver) -> Finding:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Finding(REJECTED, f"it cannot be read as text: {error}")
    return check(content, solver)


if __name__ == "__main__":
    main()
