"""What was measured before and is shown: the matrix of the frameworks, the speeds of kernels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optproof.reports import Content, ReportError, write_report
from optproof.reports.frameworks import framework_forms
from optproof.reports.measured import read_measured
from optproof.reports.records import Timing
from optproof.reports.speeds import speed_lines, speed_table


def cell(target: str, rule: str | None, verdict: str | None, **more: Any) -> dict[str, Any]:
    framework = target.partition(".")[0]
    blank = {"framework": framework, "target": target, "options": {}, "words": None, "equals": None}
    return {**blank, "rule": rule, "verdict": verdict, **more}


MATRIX = {
    "frameworks": [{"name": name, "version": "3", "missing": None} for name in ("keras", "torch")],
    "cells": [
        cell("torch.optim.Adam", "adam[l2]", "PROVED", evidence={"arguments": {"betas_0": "beta1", "lr": "lr"}}),
        cell("torch.optim.Adam", "adam[l2]", "PROVED", options={"foreach": "True"},
             evidence={"arguments": {"betas_0": "beta1", "lr": "lr"}}),
        cell("torch.optim.Adam", "adam[amsgrad,l2]", "PROVED", options={"amsgrad": "True"}),
        cell("keras.optimizers.Adam", "adam", "REFUTED", words="eps <elsewhere>", equals="adam[eps_hat], before 2^31",
             evidence={"side_effects": ["the default of epsilon is 1e-07, the rule's 1e-08", "it prints"]}),
        cell("torch.optim.LBFGS", None, None, words="not element-wise"),
    ],
    "seconds": 1.0,
}  # fmt: skip
TIMINGS = [
    Timing("adam", "1,000", "optproof float32", 1000, 2e-6, 0.1),
    Timing("adam", "10,000,000", "optproof float32", 10**7, 0.010, 0.1),
    Timing("adam", "10,000,000", "memory limit float32", 10**7, 0.008, 0.1),
    Timing("adam", "10,000,000", "torch default", 10**7, 0.060, 0.1),
    Timing("adam", "10,000,000", "torch fused", 10**7, 0.011, 0.1),
    Timing("adam", "1,000 x 10,000", "optproof float32", 10**7, 0.010, 0.1),
]


def saved(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_a_rules_page_says_who_implements_it_and_what_differs(content: Content) -> None:
    measured = replace(content, conformance=MATRIX)
    plain, keras = framework_forms(measured, "adam")
    assert (plain.framework, plain.rule, plain.verdict, plain.translation) == (
        "torch", "adam[l2]", "PROVED", {"betas_0": "beta1"},
    )  # fmt: skip
    assert (keras.verdict, keras.words) == ("REFUTED", "eps <elsewhere>; it is adam[eps_hat], before 2^31")
    assert keras.defaults == ("the default of epsilon is 1e-07, the rule's 1e-08",)
    assert keras.translation is None
    # Ways of measuring that came out alike are one form.
    (alike,) = framework_forms(measured, "adam[l2]")
    assert alike.options == ("", "foreach=True")
    # What is another form of the rule is that form.
    (form,) = framework_forms(measured, "adam[eps_hat]")
    assert (form.verdict, form.words, form.rule) == ("PROVED", "before 2^31", "adam[eps_hat]")
    assert framework_forms(measured, "rmsprop") == ()


def test_a_saved_matrix_is_shown_on_the_front_page_and_on_the_rules(content: Content, tmp_path: Path) -> None:
    path = saved(tmp_path / "conformance.json", MATRIX)
    for named in (path, tmp_path):
        assert read_measured(named, None).conformance == MATRIX
    found = read_measured(path, None)
    assert found.named == ("--conformance", str(path))
    write_report(replace(content, conformance=found.conformance), tmp_path / "out", ["html", "md"])
    front, adam = ((tmp_path / "out" / name).read_text() for name in ("index.html", "rules/adam.html"))
    assert "All 5 forms" in front
    assert "eps &lt;elsewhere&gt;" in front
    for text in (adam, (tmp_path / "out/rules/adam.md").read_text()):
        assert "betas_0" in text
        assert "elsewhere" in text
    assert "is this rule or was measured against it" in (tmp_path / "out/rules/rmsprop.html").read_text()


def test_without_a_matrix_the_page_says_how_to_get_one(content: Content, tmp_path: Path) -> None:
    write_report(content, tmp_path / "out", ["html"])
    for name in ("index.html", "rules/adam.html"):
        assert "optproof conformance" in (tmp_path / "out" / name).read_text()


def test_speeds_beside_the_peers(content: Content) -> None:
    timed = replace(content, speeds=tuple(TIMINGS))
    (line,) = speed_lines(timed)
    assert line.ours == TIMINGS[1], "the largest single array"
    assert line.of_limit == pytest.approx(1.25)
    assert line.usual == pytest.approx(6.0)
    assert line.peer == TIMINGS[4]
    assert line.ahead == pytest.approx(1.1)
    layouts, rows = speed_table(timed, "adam")
    assert layouts == ("1,000", "10,000,000", "1,000 x 10,000")
    assert rows[1] == ("memory limit float32", (None, TIMINGS[2], None))
    assert speed_lines(content) == ()


def test_saved_speeds_are_shown(content: Content, tmp_path: Path) -> None:
    rows = [{**vars(t), "other": 1} for t in TIMINGS]
    for data in (rows, {"machine": {}, "timings": rows}):
        found = read_measured(None, saved(tmp_path / "kernel_speed.json", data))
        assert found.speeds == tuple(TIMINGS)
    write_report(replace(content, speeds=found.speeds), tmp_path / "out", ["html", "md"])
    assert "1.10 ×" in (tmp_path / "out/index.html").read_text()
    assert "1.10 ×" in (tmp_path / "out/README.md").read_text()
    assert "torch fused" in (tmp_path / "out/rules/adam.html").read_text()
    assert "did not time this rule" in (tmp_path / "out/rules/rmsprop.html").read_text()


@pytest.mark.parametrize(
    "data",
    [[], {}, {"frameworks": [], "cells": [{}]}, {"frameworks": 1, "cells": []}, {"frameworks": [{}], "cells": []}],
)
def test_what_is_no_matrix_is_refused_in_a_sentence(tmp_path: Path, data: Any) -> None:
    with pytest.raises(ReportError, match=r"holds no conformance matrix.*optproof conformance --out DIR writes one"):
        read_measured(saved(tmp_path / "x.json", data), None)


@pytest.mark.parametrize(
    "data", [{}, [1], [{"rule": "adam"}], [{**vars(TIMINGS[0]), "seconds": "1"}], [{**vars(TIMINGS[0]), "elements": 0}]]
)
def test_what_is_no_list_of_speeds_is_refused_in_a_sentence(tmp_path: Path, data: Any) -> None:
    with pytest.raises(ReportError, match="holds no speeds of kernels"):
        read_measured(None, saved(tmp_path / "x.json", data))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cannot be read from .*absent\.json: No such file"):
        read_measured(tmp_path / "absent.json", None)
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ReportError, match=r"broken\.json is no JSON"):
        read_measured(None, tmp_path / "broken.json")
