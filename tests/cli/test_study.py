"""``optproof study``: what is written, drawn again, listed and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optproof.__main__ import run


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run(["study", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_without_a_name_the_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys)
    assert (status, err) == (0, "")
    listed = json.loads(call(capsys, "--json")[1])
    assert [line.split()[0] for line in out.splitlines()] == [one["study"] for one in listed]


def test_a_study_writes_data_and_figures_and_draws_them_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "steps"
    status, out, err = call(capsys, "first-steps", "adam", "--out", str(folder), "--json")
    assert (status, err) == (0, "")
    files = {Path(path).name for path in json.loads(out)["files"]}
    figure = "bias-correction-adam"
    assert files == {
        "first-steps.html",
        "first-steps.json",
        "first-steps.csv",
        f"{figure}.svg",
        f"{figure}.png",
        "captions.md",
    }
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    (folder / f"{figure}.svg").unlink()
    (folder / "captions.md").unlink()
    assert call(capsys, "first-steps", "--redraw", str(folder))[0] == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert call(capsys, "first-steps", "adam", "--out", str(folder))[0] == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "There is no study 'nonsense'; the studies are effective-step"),
        (["stability", "adam", "--out", "x"], "the rule adam is not linear"),
        (["paths", "nonsense", "--out", "x"], "nonsense"),
        (["paths", "--redraw", "nowhere"], "nowhere/paths.json does not exist; run optproof study paths --out"),
        (["paths", "adam", "--redraw", "x"], "--redraw computes nothing"),
    ],
)
def test_a_mistake_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_stored_data_that_is_damaged_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "paths.json").write_text('{"steps": 3}', encoding="utf-8")
    status, _, err = call(capsys, "paths", "--redraw", str(tmp_path))
    assert status == 2
    assert "cannot be read: this is no Paths" in err
