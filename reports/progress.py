"""A progress bar on standard error, for what takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .console import console

__all__ = ["Advance", "progress"]

Advance = Callable[[str, int, int], None]
"""Called with what is being done now, how much is done and how much there is in all."""


@contextmanager
def progress() -> Iterator[Advance]:
    """Show a bar while the block runs; where standard error is no terminal, show nothing.

    Yields
    ------
    callable
        To be called as ``advance("adam", 3, 36)``.
    """
    where = console(stderr=True)
    if not where.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=where, transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield advance
