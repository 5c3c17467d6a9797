"""The console of the command line, and what it says about a finished report."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .records import ReportSummary

__all__ = ["console", "summary_table"]

_WIDE = 200
_FIRST_PAGES = ("index.html", "README.md", "report.pdf", "report.tex", "report.json")


def console(file: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """A console for the command line's output, which is as wide as it needs to be where the output is no terminal.

    Parameters
    ----------
    file : text stream, optional
        Standard output, or standard error with `stderr`, by default.
    """
    made = Console(file=file, stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WIDE
    return made


def summary_table(summary: ReportSummary) -> RenderableType:
    """What a report holds, what did not work, and where it is."""
    n = summary.counts
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, justify="right")
    rows: list[tuple[str, int, str]] = [
        ("rules", n["rules"], ""),
        ("theorems proved", n["PROVED"], "green"),
        ("false statements refuted", n["REFUTED"], "green"),
        ("theorems open", n["UNKNOWN"], "yellow" if n["UNKNOWN"] else ""),
        ("unexpected verdicts", n["unexpected"], "bold red" if n["unexpected"] else ""),
        ("kernel checks passed", n["checks"] - n["checks_failed"], "green"),
        ("kernel checks failed", n["checks_failed"], "bold red" if n["checks_failed"] else ""),
    ]
    for words, count, style in rows:
        table.add_row(words, Text(str(count), style))
    failures = [Text(str(f), "red") for f in summary.failures]
    start = next((summary.path / f for f in _FIRST_PAGES if (summary.path / f).exists()), summary.path)
    return Group(table, *failures, Text(f"The report is in {start} ({summary.seconds:.1f} s)."))
