"""The directory of a report is replaced whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from optproof.reports import Content, ReportError, report, write_report
from optproof.reports.site import MARKER, publish


def snapshot(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_an_older_report_is_replaced(content: Content, tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_report(content, out)
    write_report(Content(content.rules[:1]), out, ["html"])
    assert sorted(p.name for p in out.rglob("*.html")) == ["adam.html", "index.html", "theorems.html"]
    assert os.listdir(tmp_path) == ["report"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 2])
def test_an_interrupted_run_leaves_the_old_report(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, at: int
) -> None:
    out = tmp_path / "report"
    write_report(content, out)
    before, calls, write = snapshot(out), iter(range(100)), Path.write_text

    def failing(self: Path, *arguments: Any, **options: Any) -> int:
        if next(calls) == at:
            raise error
        return write(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises(ReportError if isinstance(error, OSError) else KeyboardInterrupt):
        write_report(Content(content.rules[:1]), out)
    monkeypatch.undo()
    assert snapshot(out) == before
    assert os.listdir(tmp_path) == ["report"]


@pytest.mark.parametrize("error", [OSError("no"), KeyboardInterrupt()])
def test_a_failing_swap_puts_the_old_report_back(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    out = tmp_path / "report"
    write_report(content, out)
    before, rename, failed = snapshot(out), Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        if ".new-" in self.name and not failed:
            failed.append(self)
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises((ReportError, KeyboardInterrupt)):
        write_report(Content(content.rules[:1]), out)
    assert failed
    assert snapshot(out) == before
    assert os.listdir(tmp_path) == ["report"]


def test_an_error_while_rendering_leaves_the_old_report(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    write_report(content, out)
    before = snapshot(out)
    monkeypatch.setattr("optproof.reports.overview.seed_rows", lambda content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(content, out)
    assert snapshot(out) == before


def test_somebody_elses_directory_is_left_alone(content: Content, tmp_path: Path) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.tex").write_text("years of work")
    with pytest.raises(ReportError, match="holds no report"):
        write_report(content, out)
    assert snapshot(out) == {"chapter.tex": b"years of work"}


def test_somebody_elses_file_in_a_report_is_left_alone(content: Content, tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_report(content, out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(ReportError, match=r"also holds notes\.txt"):
        write_report(content, out)
    assert (out / "notes.txt").read_text() == "mine"


def test_a_file_is_not_replaced(content: Content, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("x")
    with pytest.raises(ReportError, match="is a file"):
        write_report(content, tmp_path / "report")


def test_what_stands_in_the_way_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optproof.reports.build.collect", lambda *a, **k: pytest.fail("began to work"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(ReportError, match="holds no report"):
        report("sgd", tmp_path / "full")
    with pytest.raises(ReportError, match="cannot be written to /proc/nowhere"):
        report("sgd", "/proc/nowhere")
    with pytest.raises(ReportError, match="cannot be written as 'word'; the formats are html, md"):
        report("sgd", tmp_path / "new", ["word"])
    assert os.listdir(tmp_path) == ["full"]


def test_a_missing_parent_is_made_and_a_link_stays(content: Content, tmp_path: Path) -> None:
    write_report(content, tmp_path / "a" / "b", ["md"])
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "a" / "b")
    write_report(content, link, ["html"])
    assert link.is_symlink()
    assert (tmp_path / "a" / "b" / "index.html").exists()
    assert not (tmp_path / "a" / "b" / "README.md").exists()


def test_an_empty_directory_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    publish({MARKER: '{"files": []}'}, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == [MARKER]
