"""A report's LaTeX as PDF, by whichever TeX engine is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .records import ReportError

__all__ = ["ENGINES", "installed_engine", "pdf_of", "require_engine"]

ENGINES = ("tectonic", "lualatex", "pdflatex", "xelatex")
_SECONDS = 600


def installed_engine() -> str | None:
    """The path of the first engine that is installed, or None."""
    return next((path for name in ENGINES if (path := shutil.which(name))), None)


def require_engine() -> str:
    """The path of an engine.

    Raises
    ------
    ReportError
        If none is installed.
    """
    found = installed_engine()
    if found is None:
        raise ReportError(
            f"a PDF needs a TeX engine, and none of {', '.join(ENGINES)} is installed; install one, or write the "
            "report's LaTeX with --format tex"
        )
    return found


def pdf_of(files: Mapping[str, str | bytes], main: str = "report.tex") -> bytes:
    """Compile LaTeX files to a PDF.

    Parameters
    ----------
    files : mapping of relative path to text, or to the bytes of a figure
    main : str
        The one that holds the document.

    Raises
    ------
    ReportError
        If no engine is installed, or it fails; the message holds what it said.
    """
    engine = require_engine()
    with tempfile.TemporaryDirectory(prefix="optproof-") as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        command = [engine, main]
        if Path(engine).name != "tectonic":
            # No commands to the shell, and the first error ends it.
            command[1:1] = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
        for _ in range(1 if Path(engine).name == "tectonic" else 2):  # the second run knows the table of contents
            _run(command, folder)
        return Path(folder, main).with_suffix(".pdf").read_bytes()


def _run(command: list[str], folder: str) -> None:
    try:
        # The time of day is no part of a report.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ReportError(f"{Path(command[0]).name} did not finish within {_SECONDS} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        wrong = next((line for line in said.splitlines() if line.startswith(("!", "error"))), said[-200:])
        raise ReportError(f"{Path(command[0]).name} could not set the report: {wrong.strip()}")
