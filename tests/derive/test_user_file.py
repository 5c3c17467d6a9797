"""FILE.py:NAME finds a user's own rule, and every way it can fail is one sentence with the file's name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from optproof.derive import UnknownRuleError, UserFileError, find_rule

GOOD = """\
import optproof as op

theta, g = op.parameter(), op.gradient()
lr = op.Quantity("lr", op.NONNEGATIVE)
descent = op.UpdateRule("descent", hyper={lr: "0.01"}, state={}, steps=[(theta, theta - lr * g)])
number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_rule_of_ones_own_is_found(folder: Path) -> None:
    (folder / "mine.py").write_text(GOOD)
    assert find_rule("mine.py:descent").text() == "theta[t] = theta[t-1] - lr g[t]"
    assert find_rule(f"{folder / 'mine.py'}:descent").name == "descent"


def test_other_names_are_looked_up_in_the_catalogue() -> None:
    assert find_rule("adam[l2]").name == "adam[l2]"
    with pytest.raises(UnknownRuleError, match="there is no rule 'adamm'; did you mean 'adam'"):
        find_rule("adamm")


def test_the_file_may_import_its_neighbours_and_leaves_no_trace(folder: Path) -> None:
    (folder / "mine.py").write_text("import parts_of_mine\n" + GOOD)
    (folder / "parts_of_mine.py").write_text("x = 1\n")
    paths, modules = list(sys.path), set(sys.modules)
    assert find_rule("mine.py:descent").name == "descent"
    assert sys.path == paths
    assert {m for m in set(sys.modules) - modules if m.startswith("_optproof")} == set()
    del sys.modules["parts_of_mine"]


def test_two_files_of_one_name_do_not_meet(folder: Path) -> None:
    for place, name in (("a", "first"), ("b", "second")):
        (folder / place).mkdir()
        (folder / place / "mine.py").write_text(GOOD.replace('"descent"', f'"{name}"'))
    assert [find_rule(f"{p}/mine.py:descent").name for p in "ab"] == ["first", "second"]


def test_what_the_file_prints_does_not_mix_with_the_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.py").write_text("print('hello')\n" + GOOD)
    find_rule("mine.py:descent")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "asked", "sentence"),
    [
        (None, "mine.py:descent", r"there is no file mine\.py"),
        (GOOD, "mine.py:desent", r"mine\.py defines no 'desent'; did you mean 'descent'\?"),
        (GOOD, "mine.py:zzz", r"mine\.py defines no 'zzz'; it holds descent"),
        (
            GOOD,
            "mine.py:",
            r"mine\.py is a file; say which rule of it is meant, as 'mine\.py:descent'; it holds descent",
        ),
        (
            GOOD,
            "mine.py",
            r"mine\.py is a file; say which rule of it is meant, as 'mine\.py:descent'; it holds descent",
        ),
        (GOOD, "mine.py:number", r"mine\.py:number is of type int, not an UpdateRule; it holds descent"),
        ("x = 1\n", "mine.py:descent", r"mine\.py defines no 'descent'; it holds no UpdateRule"),
        ("x = 1\ny = = 2\n", "mine.py:y", r"mine\.py:2: invalid syntax"),
        ("x = 1\n\ny = 1 / 0\n", "mine.py:y", r"mine\.py:3: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "mine.py:y", r"mine\.py:1: SystemExit: 3"),
        (
            "import not_there_at_all\n",
            "mine.py:y",
            r"mine\.py:1: ModuleNotFoundError: No module named 'not_there_at_all'",
        ),
        ("open('not there')\n", "mine.py:y", r"mine\.py:1: FileNotFoundError: "),
        (
            GOOD.replace("lr * g", "0.1 * lr * g"),
            "mine.py:descent",
            r"mine\.py:5: rule 'descent': .* holds the float -0\.1",
        ),
        (
            GOOD.replace('"0.01"', "0.01"),
            "mine.py:descent",
            r"mine\.py:5: rule 'descent': the default of lr is the float",
        ),
        ("\0", "mine.py:y", r"mine\.py.*null bytes"),
    ],
)
def test_what_goes_wrong_is_one_sentence(folder: Path, text: str | None, asked: str, sentence: str) -> None:
    if text is not None:
        (folder / "mine.py").write_text(text)
    with pytest.raises(UserFileError, match=sentence) as caught:
        find_rule(asked)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_file(folder: Path) -> None:
    (folder / "mine.py").mkdir()
    with pytest.raises(UserFileError, match=r"mine\.py cannot be read: "):
        find_rule("mine.py:descent")
