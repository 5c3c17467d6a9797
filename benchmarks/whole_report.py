"""How long the whole report takes, and how much memory: with an empty cache, and again with a full one."""

from __future__ import annotations

import sys
from pathlib import Path

from .measure import Figure, measured

__all__ = ["whole_report"]


def whole_report(folder: Path) -> list[Figure]:
    """`optproof report`, which is what `make report` runs once everything is installed."""
    script = str(Path(sys.executable).with_name("optproof"))
    environment = {"OPTPROOF_CACHE_DIR": str(folder / "cache")}
    figures = []
    for name, bound in (("cold", 120.0), ("warm", 20.0)):
        run = measured([script, "report", "--out", "report"], cwd=folder, environment=environment)
        figures += [
            Figure(f"make report, {name}", run.seconds, "s", bound),
            Figure(f"make report, {name}, memory", run.memory, "MiB", 2048.0),
        ]
    return figures
