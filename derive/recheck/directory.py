"""Checking all certificates of a folder, in worker processes that can be killed."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from .check import CONFIRMED, NOT_CONFIRMED, REJECTED, Finding
from .solver import available

__all__ = ["KEYS", "Checked", "NoCertificatesError", "certificates_in", "exit_status", "recheck"]

KEYS = (
    *("rule", "claim", "statement", "hypotheses", "semantics", "verdict", "expected", "method", "derived", "published"),
    *("relation", "source", "certificate", "witness", "confirmed_by", "seconds", "status", "stated", "reason"),
)
DONE, FAILED, UNKNOWN = 0, 1, 3
_SECONDS_FOR_ONE = 120.0


class NoCertificatesError(ValueError):
    """A folder that is missing or holds no certificates, or a file that cannot be read."""


@dataclass(frozen=True)
class Checked:
    """A certificate's file and what became of it."""

    path: Path
    finding: Finding

    @property
    def confirmed(self) -> bool:
        """Whether the claim, as the certificate states it, is confirmed by a second opinion."""
        return self.finding.status == CONFIRMED

    def to_json(self) -> dict[str, Any]:
        """The record with the stable keys of the command line's ``--json``."""
        found = self.finding
        own = {
            "certificate": str(self.path),
            "confirmed_by": list(found.confirmed_by),
            "seconds": round(found.seconds, 3),
            "status": found.status,
            "reason": found.reason or None,
        }
        return {key: own[key] if key in own else found.record.get(key) for key in KEYS}


def certificates_in(directory: Path | str) -> list[Path]:
    """The files with certificates in a folder and below it.

    Raises
    ------
    NoCertificatesError
        If there are none, or one of them cannot be read.
    """
    folder = Path(directory)
    if not folder.is_dir():
        problem = "is a file, not a folder" if folder.exists() else "does not exist"
        raise NoCertificatesError(
            f"the folder {folder} {problem}; `optproof derive --out {folder}` writes certificates"
        )
    found = sorted(p for p in folder.rglob("*.json") if not p.name.startswith("."))
    if not found:
        raise NoCertificatesError(f"{folder} holds no certificates; `optproof derive --out {folder}` writes them")
    for path in found:
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            raise NoCertificatesError(f"{path} cannot be read: {error.strerror}") from None
    return found


def recheck(
    directory: Path | str,
    *,
    solver: str | None = "",
    processes: int = 2,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Checked]:
    """Re-verify every certificate in a folder, and below it, without the code that found the proofs.

    Parameters
    ----------
    directory : path
        Where ``optproof derive --out`` wrote the certificates.
    solver : str or None, optional
        ``"cvc5"``, ``"z3"`` or None for none; the best that is installed by default.
    processes : int
        How many certificates are checked at once.
    progress : callable, optional
        Called with the file that was checked last, how many are checked and how many there are.

    Returns
    -------
    list of Checked
        In the order of the files' names.

    Raises
    ------
    NoCertificatesError
        If the folder is missing or empty, or a file cannot be read.
    """
    paths = certificates_in(directory)
    chosen = available() if solver == "" else solver
    found: dict[Path, Finding] = {}
    report = _Report(found, len(paths), progress)
    # A rule's certificates share obligations, which a worker remembers; long lists first, so that no worker waits.
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.parent, []).append(path)
    work: SimpleQueue[list[Path]] = SimpleQueue()
    for group in sorted(groups.values(), key=len, reverse=True):
        work.put(group)
    stop = threading.Event()
    with ThreadPoolExecutor(max(1, min(processes, len(groups)))) as pool:
        try:
            for future in [pool.submit(_check_all, work, chosen, report, stop) for _ in range(processes)]:
                future.result()
        finally:
            stop.set()
    return [Checked(path, found[path]) for path in paths]


def exit_status(checked: Iterable[Checked]) -> int:
    """0 if everything is confirmed, 1 if something was rejected, 3 if something is not confirmed."""
    statuses = {c.finding.status for c in checked}
    return FAILED if REJECTED in statuses else DONE if statuses <= {CONFIRMED} else UNKNOWN


@dataclass
class _Report:
    """Collects findings from several threads and tells how far the work is."""

    found: dict[Path, Finding]
    total: int
    progress: Callable[[str, int, int], None] | None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def add(self, path: Path, finding: Finding) -> None:
        with self._lock:
            self.found[path] = finding
            if self.progress is not None:
                self.progress(f"{path.parent.name}: {path.stem}", len(self.found), self.total)


def _check_all(work: SimpleQueue[list[Path]], solver: str | None, report: _Report, stop: threading.Event) -> None:
    """Check groups of files until none is left."""
    worker = _Worker(solver)
    try:
        while not stop.is_set():
            for path in work.get_nowait():
                if stop.is_set():
                    return
                report.add(path, worker.check(path))
    except Empty:
        return
    finally:
        worker.close()


class _Worker:
    """A process that checks certificates, one after the other; one that takes too long ends it."""

    def __init__(self, solver: str | None) -> None:
        self._solver = solver
        self._process: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the process, which ends its solver."""
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def check(self, path: Path) -> Finding:
        """The finding about one file."""
        start, process = time.perf_counter(), self._running()
        if process.stdin is None or process.stdout is None:
            return Finding(NOT_CONFIRMED, "the checker's pipes could not be opened")
        process.stdin.write(json.dumps({"path": os.fspath(path.resolve()), "solver": self._solver}) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _SECONDS_FOR_ONE)
        line = process.stdout.readline() if ready else ""
        if not line:
            process.kill()
            self.close()
            late = "the checker gave no answer" + ("" if ready else f" within {_SECONDS_FOR_ONE:g} s")
            return Finding(NOT_CONFIRMED, late, seconds=time.perf_counter() - start)
        data = json.loads(line)
        return Finding(**{**data, "confirmed_by": tuple(data["confirmed_by"])})

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process
