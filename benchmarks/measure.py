"""Run a command and measure it from outside: seconds, and the memory of its whole process tree."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

__all__ = ["Figure", "Run", "measured", "repeated"]

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Run:
    """One run of a command: wall-clock seconds, and the peak of the summed resident memory in MiB."""

    seconds: float
    memory: float


@dataclass(frozen=True)
class Figure:
    """A measured figure, and the bound that the project has set itself.

    Attributes
    ----------
    name : str
    value, bound : float
        `bound` is None where there is none.
    unit : {"s", "MiB", "times"}
    """

    name: str
    value: float
    unit: str
    bound: float | None = None

    @property
    def within(self) -> bool:
        """Whether the bound, if there is one, is kept."""
        return self.bound is None or self.value <= self.bound


def measured(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run `command` once.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        peak = 0.0
        while True:
            try:
                out, err = process.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _memory_of_tree(process.pid))
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {process.returncode}:\n{(out + err).decode()}")
    return Run(seconds, peak)


def repeated(command: Sequence[str], *, cwd: Path, times: int = 5) -> float:
    """The median of the seconds of several runs."""
    return median(measured(command, cwd=cwd).seconds for _ in range(times))


def _memory_of_tree(root: int) -> float:
    """The resident memory of a process and all its descendants in MiB; 0 where /proc does not tell."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        resident[int(entry.name)] = int(fields[21])
    tree = {root}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(resident.get(pid, 0) for pid in tree) * _PAGE / 2**20
