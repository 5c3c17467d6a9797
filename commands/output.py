"""What every command has in common on the way out: printing, files, progress, the exit status."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..derive.prove.verdict import Verdict
    from ..reports.progress import Advance

__all__ = [
    "DONE", "FAILED", "INTERRUPTED", "UNKNOWN", "WRONG_USAGE",
    "display", "print_json", "print_text", "show_progress", "status_of", "status_of_names",
    "write_file", "write_folder",
]  # fmt: skip

DONE, FAILED, WRONG_USAGE, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 130


def status_of(outcomes: Iterable[tuple[Verdict, bool]]) -> int:
    """The exit status for verdicts and whether each is as it should be; what is wrong outweighs what is unknown."""
    return status_of_names((verdict.name, as_expected) for verdict, as_expected in outcomes)


def status_of_names(outcomes: Iterable[tuple[str, bool]]) -> int:
    """The exit status for verdicts that are called by name."""
    wrong = {verdict for verdict, as_expected in outcomes if not as_expected}
    if not wrong:
        return DONE
    return UNKNOWN if wrong == {"UNKNOWN"} else FAILED


def print_json(data: object) -> int:
    """Print JSON for a machine."""
    return print_text(json.dumps(data, indent=2, ensure_ascii=False))


def print_text(text: str) -> int:
    """Print text as it is."""
    with _reader_may_leave():
        click.echo(text)
    return DONE


def show_progress() -> AbstractContextManager[Advance]:
    """A bar on standard error, where that is a terminal."""
    from ..reports.progress import progress

    return progress()


def display(*parts: Any) -> int:
    """Print what ``reports.terminal`` made for a person."""
    from ..reports.console import console as console_of

    console = console_of()
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    return print_text("\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n"))


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Whoever reads standard output may stop before the end (``| head``): the rest is dropped, the status stays."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    if path.is_dir():
        raise click.UsageError(f"{path} is a directory; -o takes the name of a file.")
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        fresh.unlink(missing_ok=True)


def write_folder(files: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder, which is made if need be; each as a whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be made: {error.strerror}.") from None
    for name, text in files.items():
        write_file(folder / name, text)
