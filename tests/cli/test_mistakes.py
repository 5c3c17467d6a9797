"""A user's mistake gets one clear sentence on standard error and exit status 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from optproof.__main__ import run

BROKEN_FILE = "import optproof as op\n\nx = 1 +\n"
FLOAT_FILE = """\
import optproof as op

theta, g = op.parameter(), op.gradient()
lr = op.Quantity("lr", op.NONNEGATIVE)
descent = op.UpdateRule("descent", hyper={lr: None}, state={}, steps=[(theta, theta - 0.5 * lr * g)])
"""

MISTAKES: dict[str, tuple[list[str], str]] = {
    "unknown rule": (["show", "adamm"], "there is no rule 'adamm'; did you mean 'adam'?"),
    "unknown option of a rule": (["derive", "adam[amsgard]"], "has no option 'amsgard'; did you mean 'amsgrad'?"),
    "options that conflict": (["kernel", "sgd[momentum,nesterov]"], "does not go with"),
    "no rule name at all": (["check", "adam["], "is no rule name"),
    "unknown command": (["dervie"], "There is no command 'dervie'. Did you mean 'derive'?"),
    "nothing like a command": (["quux"], "The commands are rules, show, derive"),
    "misspelt option": (["kernel", "adam", "--dtpye", "float32"], "--dtpye"),
    "unknown dtype": (["kernel", "adam", "--dtype", "float16"], "'float16' is not one of 'float32', 'float64'"),
    "unknown format of show": (["show", "adam", "--format", "word"], "'word' is not one of"),
    "unknown format of the report": (["report", "sgd", "--format", "html,word"], "word"),
    "missing rule": (["show"], "Missing argument 'RULE'"),
    "two rules where one is meant": (["show", "adam", "sgd"], "unexpected extra argument (sgd)"),
    "unknown claim": (["derive", "rmsprop", "--claim", "rate-never-grow"], "did you mean 'rate-never-grows'?"),
    "missing file": (["show", "nowhere.py:x"], "there is no file nowhere.py"),
    "missing name": (["show", "float.py"], "float.py"),
    "syntax error": (["show", "broken.py:x"], "broken.py:3: invalid syntax"),
    "float in a rule": (["derive", "float.py:descent"], "float.py:5: rule 'descent': the assignment of theta holds"),
    "directory in the place of a file": (["kernel", "sgd", "-o", "folder"], "folder is a directory"),
    "file in a folder that does not exist": (
        ["kernel", "sgd", "-o", "no/where.py"],
        "no/where.py cannot be written: No such",
    ),
    "unwritable directory": (["derive", "sgd", "--out", "/proc/nowhere"], "/proc/nowhere"),
    "report over a file": (["report", "sgd", "--out", "float.py"], "float.py"),
    "report over somebody's folder": (["report", "sgd", "--out", "folder"], "folder"),
    "report where nothing can be written": (["report", "sgd", "--out", "/proc/nowhere"], "/proc/nowhere"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_and_status_2(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, sentence = MISTAKES[mistake]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text(BROKEN_FILE)
    (tmp_path / "float.py").write_text(FLOAT_FILE)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/diary.txt").write_text("mine")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    status = run(arguments)
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.startswith("optproof: ")
    assert len(captured.err.splitlines()) == 1, captured.err
    assert sentence in captured.err
    assert sorted(p.name for p in tmp_path.rglob("*") if p.name != "__pycache__" and p.suffix != ".pyc") == before


def test_a_mistake_of_ours_is_not_dressed_up_as_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(names: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("optproof.commands.theorems.rules_called", fail)
    with pytest.raises(ValueError, match="a bug"):
        run(["show", "adam"])
