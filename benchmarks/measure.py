"""Run a command and measure it from outside: seconds, and the memory of its whole process tree."""

from __future__ import annotations

import math
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
    """A measured figure, and the bounds that the project has set itself.

    Attributes
    ----------
    name : str
    value : float
    unit : {"s", "ms", "us", "MiB", "times", "elements"}
    bound : float or None
        The most that it should be.
    at_least : float or None
        The least that it should be.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: float | None = None

    @property
    def within(self) -> bool:
        """Whether the bounds, if there are any, are kept."""
        return (self.bound is None or self.value <= self.bound) and (
            self.at_least is None or self.value >= self.at_least
        )

    def asked(self) -> str:
        """The bounds in words; empty where there is none."""
        words = [f"at most {self.bound:g} {self.unit}"] if self.bound is not None else []
        words += [f"at least {self.at_least:g} {self.unit}"] if self.at_least is not None else []
        return " and ".join(words)

    def measured(self) -> str:
        """The value with its unit, to as many digits as say something."""
        if math.isnan(self.value):
            return "none seen"
        return f"{self.value:,.0f} {self.unit}" if abs(self.value) >= 100 else f"{self.value:.3g} {self.unit}"


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
