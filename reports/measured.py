"""What was measured before and is shown in a report: the matrix of the frameworks, and the speeds of kernels.

Both come from files, or from an earlier run, and are no part of what a report computes: measuring takes minutes, and
the same report must come out of the same inputs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .records import ReportError, Timing, from_plain

__all__ = ["Measured", "measure_frameworks", "read_measured"]

_CELL = ("framework", "target", "options", "rule", "verdict", "words", "equals")


@dataclass(frozen=True)
class Measured:
    """What was measured before.

    Attributes
    ----------
    conformance : mapping or None
        The matrix of the frameworks in the form of its JSON.
    speeds : tuple of Timing
    named : tuple of str
        The options of the command line that name the files.
    """

    conformance: Mapping[str, Any] | None = None
    speeds: tuple[Timing, ...] = ()
    named: tuple[str, ...] = ()


def read_measured(conformance: str | os.PathLike[str] | None, speeds: str | os.PathLike[str] | None) -> Measured:
    """The matrix and the speeds from their files, or from the folders that hold these.

    Raises
    ------
    ReportError
        If a file is missing or holds something else.
    """
    named: list[str] = []
    matrix: Mapping[str, Any] | None = None
    timings: tuple[Timing, ...] = ()
    if conformance is not None:
        matrix = _matrix(_place(conformance, "conformance.json"))
        named += ["--conformance", os.fspath(conformance)]
    if speeds is not None:
        timings = _timings(_place(speeds, "kernel_speed.json"))
        named += ["--speeds", os.fspath(speeds)]
    return Measured(matrix, timings, tuple(named))


def measure_frameworks(progress: Callable[[str, int, int], None] | None) -> Mapping[str, Any]:
    """Measure the installed frameworks now; the matrix in the form of its JSON."""
    from ..analysis.conformance.run import conformance

    found: Mapping[str, Any] = conformance((), progress=progress or (lambda what, done, total: None)).to_json()
    return found


def _place(named: str | os.PathLike[str], usual: str) -> Path:
    path = Path(named)
    return path / usual if path.is_dir() else path


def _matrix(path: Path) -> Mapping[str, Any]:
    data = _read(path, "conformance matrix", "optproof conformance --out DIR")
    frameworks = data.get("frameworks") if isinstance(data, dict) else None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not _listed(frameworks, ("name", "version", "missing")) or not _listed(cells, _CELL):
        raise ReportError(
            f"{path} holds no conformance matrix, which is an object with frameworks and cells; "
            "optproof conformance --out DIR writes one"
        )
    found: Mapping[str, Any] = data
    return found


def _listed(items: Any, keys: tuple[str, ...]) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) and set(keys) <= item.keys() for item in items)


def _timings(path: Path) -> tuple[Timing, ...]:
    data = _read(path, "speeds", "python -m benchmarks kernels --out DIR")
    rows = data.get("timings") if isinstance(data, dict) else data
    wanted = ("rule", "layout", "contestant", "elements", "seconds", "spread")
    try:
        if not isinstance(rows, list):
            raise ValueError("it holds no list of timings")
        found = tuple(from_plain(Timing, {key: row[key] for key in wanted}) for row in rows)
        if any(one.elements < 1 or not one.seconds > 0 for one in found):
            raise ValueError("a time or a number of elements is not positive")
    except (KeyError, TypeError, ValueError) as error:
        words = f"a timing has no {error}" if isinstance(error, KeyError) else error
        raise ReportError(
            f"{path} holds no speeds of kernels: {words}; python -m benchmarks kernels --out DIR writes them"
        ) from None
    return found


def _read(path: Path, what: str, command: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"the {what} cannot be read from {path}: {error.strerror}; {command} writes it") from None
    except ValueError as error:
        raise ReportError(f"{path} is no JSON: {error}; {command} writes it") from None
