"""What earlier runs found: recalled when everything is equal, and only then."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from optproof.analysis import CrossCheck
from optproof.derive import Verdict, derive, rule
from optproof.reports import remember
from optproof.reports.remember import Memory

SGD = rule("sgd[momentum]")


@pytest.fixture(scope="module")
def results() -> tuple:
    return tuple(derive(SGD))


def passed(name: str) -> CrossCheck:
    return CrossCheck(name, "float32", Verdict.PROVED, "normal form", cases=3, max_ulps=1.5, sizes=(0, 1), passed=True)


def test_what_was_kept_is_recalled(tmp_path: Path, results: tuple) -> None:
    Memory(tmp_path).keep_results(SGD, results)
    recalled = Memory(tmp_path).results(SGD)
    assert recalled is not None
    assert [(r.claim.name, r.verdict, r.method, r.witness) for r in recalled] == [
        (r.claim.name, r.verdict, r.method, r.witness) for r in results
    ]
    assert [[(s.words, r.step_latex(s)) for s in r.steps] for r in recalled] == [
        [(s.words, r.step_latex(s)) for s in r.steps] for r in results
    ]


def test_nothing_is_recalled_when_asked_afresh(tmp_path: Path, results: tuple) -> None:
    Memory(tmp_path).keep_results(SGD, results)
    assert Memory(tmp_path, fresh=True).results(SGD) is None


def test_another_rule_and_other_sources_recall_nothing(
    tmp_path: Path, results: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(tmp_path)
    memory.keep_results(SGD, results)
    assert memory.results(rule("sgd")) is None
    monkeypatch.setattr(remember, "_surroundings", lambda: "another version")
    assert memory.results(SGD) is None


def test_what_is_not_settled_as_expected_is_not_kept(tmp_path: Path, results: tuple) -> None:
    undecided = (replace(results[0], verdict=Verdict.UNKNOWN), *results[1:])
    memory = Memory(tmp_path)
    memory.keep_results(SGD, undecided)
    memory.keep_results(SGD, results[1:])
    memory.keep_checks(SGD, [replace(passed(SGD.name), passed=False)])
    assert memory.results(SGD) is None
    assert memory.checks(SGD) is None


@pytest.mark.parametrize("damage", ["truncated", "other statement", "a claim less", "no such verdict"])
def test_a_damaged_record_is_not_believed(tmp_path: Path, results: tuple, damage: str) -> None:
    memory = Memory(tmp_path)
    memory.keep_results(SGD, results)
    (path,) = tmp_path.iterdir()
    record = json.loads(path.read_text())
    first = next(iter(record))
    if damage == "other statement":
        record[first]["statement"] = "theta[t] = 0"
    elif damage == "a claim less":
        del record[first]
    elif damage == "no such verdict":
        record[first]["verdict"] = "CERTAIN"
    text = json.dumps(record)
    path.write_text(text[: len(text) // 2] if damage == "truncated" else text)
    assert memory.results(SGD) is None


def test_checks_come_back_whole(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep_checks(SGD, [passed(SGD.name)])
    assert memory.checks(SGD) is not None
    (recalled,) = memory.checks(SGD)
    assert (recalled.source_verdict, recalled.sizes, recalled.max_ulps) == (Verdict.PROVED, (0, 1), 1.5)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path, results: tuple) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = Memory(blocked / "inside")
    memory.keep_results(SGD, results)
    assert memory.results(SGD) is None
