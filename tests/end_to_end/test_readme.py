"""The README tells the truth: every command is run and every example executed.

How its code blocks are read:

* A ``console`` block holds commands, each on a line that begins with ``$ ``, and below each what it prints.  All
  blocks run one after the other in one empty folder, at 110 columns, standard error mixed into standard output.
* A ``console frameworks`` block is one that needs torch, jax, optax and keras; it is run by ``make frameworks``.
* In what a command prints, a line ``...`` stands for any number of lines, and ``...`` within a line for any text:
  for times, folders, and what would be too long to read.  Runs of spaces and of rules count as one.
* A ``python`` block that begins with ``# NAME.py`` is written into that folder under this name, and equals the
  example of that name.  Any other runs as a session with its outputs, all in one interpreter.
* A ``sh`` block is not run: it is about the checkout itself.

``make update`` puts what is printed now in the place of what no longer matches.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import optproof

ROOT = Path(optproof.__file__).parent
README = ROOT / "README.md"
SECONDS = re.compile(r"\b\d+\.\d+ s\b")
BLOCK = re.compile(r"^```(\w+(?: \w+)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command of a console block and what the README says it prints."""

    line: str
    output: str


def blocks(kind: str) -> list[str]:
    return [body for found, body in BLOCK.findall(README.read_text(encoding="utf-8")) if found == kind]


def commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield Command(line, output)


def matches(said: str, printed: str) -> bool:
    """Whether `printed` is what `said` stands for, with its ellipses."""
    pattern = ""
    for line in said.rstrip("\n").split("\n"):
        parts = (re.escape(_plain(part)) for part in line.split("..."))
        pattern += r"(?:.*\n)*" if line == "..." else " ?.* ?".join(parts) + r"\n"
    lines = (_plain(line) for line in printed.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, "\n".join(lines) + "\n") is not None


def _plain(line: str) -> str:
    return re.sub(r"─+", "─", re.sub(r"\s+", " ", line)).strip()


@pytest.mark.parametrize(
    ("said", "printed", "same"),
    [
        ("a\nb\n", "a \nb\n", True),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\nz\n", "a\nz\n", True),
        ("took ... s\n", "took 1.25 s\n", True),
        (" a   b\n ────\n", " a b\n ──────\n", True),
        ("a ... d\n", "a b c d\n", True),
        ("ab\n", "a b\n", False),
        ("a\n", "a\nb\n", False),
        ("a.b\n", "axb\n", False),
        ("...\nz\n", "a\ny\n", False),
    ],
)
def test_the_ellipsis(said: str, printed: str, same: bool) -> None:
    assert matches(said, printed) is same


def files() -> dict[str, str]:
    """The files that the README shows, by name."""
    found = {}
    for block in blocks("python"):
        if named := re.match(r"# (\w+\.py)\n", block):
            found[named.group(1)] = block
    return found


def test_the_files_shown_are_the_examples() -> None:
    assert files()
    for name, text in files().items():
        assert (ROOT / "examples" / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("kind", ["console", pytest.param("console frameworks", marks=pytest.mark.jax)])
def test_every_command_prints_what_the_readme_says(kind: str, tmp_path: Path, update: bool) -> None:
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "110",
        "NO_COLOR": "1",
        "OPTPROOF_CACHE_DIR": str(tmp_path / "cache"),
    }
    wrong: list[tuple[Command, str]] = []
    for command in (c for block in blocks(kind) for c in commands(block)):
        done = subprocess.run(
            ["bash", "-c", command.line], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if not matches(command.output, done.stdout):
            wrong.append((command, done.stdout))
    assert "Traceback" not in "".join(printed for _, printed in wrong)
    if update:
        text = README.read_text(encoding="utf-8")
        for command, printed in wrong:
            lines = "".join(f"{line.rstrip()}\n" for line in SECONDS.sub("... s", printed).splitlines())
            text = text.replace(f"$ {command.line}\n{command.output}", f"$ {command.line}\n{lines}")
        README.write_text(text, encoding="utf-8")
        return
    assert not wrong, "\n".join(f"$ {c.line}\n{printed}\n--- but the README says\n{c.output}" for c, printed in wrong)


def test_the_python_sessions_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    session = "\n".join(block for block in blocks("python") if block.startswith(">>> "))
    assert session
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", str(README), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    complaints: list[str] = []
    runner.run(test, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_every_python_block_is_checked_somehow() -> None:
    assert all(block.startswith((">>> ", "# ")) for block in blocks("python"))
