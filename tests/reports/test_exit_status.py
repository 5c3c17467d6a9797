"""What `optproof report` says at its end: 0 when all is well, 1 when something failed, 2 for a mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optproof import analysis, derive
from optproof.__main__ import run

from .test_implementations import MINE
from .test_site import snapshot


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPTPROOF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(analysis, "crosscheck", lambda rules, progress=None: [])
    monkeypatch.setattr(derive, "derive", lambda rules, progress=None: [])


def test_a_figure_that_fails_is_shown_and_the_status_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["report", "sgd"]) == 0
    monkeypatch.setattr("optproof.analysis.study.effective_steps", lambda one: 1 / 0)
    assert run(["report", "sgd", "--fresh"]) == 1
    assert "division by zero" in Path("report/rules/sgd.html").read_text()
    assert "division by zero" in Path("report/rules/sgd.md").read_text()


def test_a_theorem_that_fails_is_shown_and_the_status_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "derive", lambda rules, progress=None: 1 / 0)
    assert run(["report", "sgd"]) == 1
    assert "The derivation of sgd failed" in Path("report/README.md").parent.joinpath("rules/sgd.md").read_text()


@pytest.mark.slow
def test_the_status_tells_what_an_implementation_is() -> None:
    for factor, status in (("1", 0), ("2", 1)):
        Path("mine.py").write_text(MINE.replace("FACTOR", factor))
        assert run(["report", "mine.py", "--against", "sgd[momentum]", "--format", "md"]) == status


def test_an_interrupted_run_leaves_the_old_report_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["report", "sgd"]) == 0
    before = snapshot(Path("report"))

    def interrupted(rules: object, progress: object = None) -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(derive, "derive", interrupted)
    assert run(["report", "sgd", "--fresh"]) == 130
    assert snapshot(Path("report")) == before
    assert sorted(os.listdir()) == ["cache", "report"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sgd", "--out", "file/report"], "cannot be written"),
        (["sgd", "--conformance", "absent.json"], "cannot be read from absent.json"),
        (["sgd", "--speeds", "absent.json"], "cannot be read from absent.json"),
        (["absent.py"], "there is no file absent.py"),
        (["--against", "adam"], "goes with an implementation"),
    ],
)
def test_mistakes_get_a_sentence(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    assert run(["report", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
