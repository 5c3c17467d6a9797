"""How long the command takes to start, and the package to import."""

from __future__ import annotations

import sys
from pathlib import Path

from .measure import Figure, repeated

__all__ = ["startup"]


def startup(folder: Path) -> list[Figure]:
    """Medians of five runs each; the first run, which may read from a cold disk, does not count."""
    script = str(Path(sys.executable).with_name("optproof"))
    repeated([script, "rules"], cwd=folder, times=1)

    def seconds(*command: str) -> float:
        return repeated(command, cwd=folder)

    return [
        Figure("python itself", seconds(sys.executable, "-c", ""), "s"),
        Figure("import optproof", seconds(sys.executable, "-c", "import optproof"), "s"),
        Figure("optproof --help", seconds(script, "--help"), "s", 0.3),
        Figure("optproof rules", seconds(script, "rules"), "s", 1.0),
        Figure("optproof show adam", seconds(script, "show", "adam"), "s"),
        Figure("optproof derive rmsprop", seconds(script, "derive", "rmsprop"), "s"),
    ]
