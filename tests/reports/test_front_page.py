"""What leads to the theorems: the front page, the guide, the index, the comparisons."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optproof.derive import claims_of, rule
from optproof.reports import Content, Theorem, write_report
from optproof.reports.guide import GUIDE, GuideLine, guide_lines


def test_the_rules_stand_side_by_side_with_their_theorems(site: Path, read_page: Any) -> None:
    page = read_page((site / "index.html").read_text())
    cited = {link for link in page.links if link.startswith("rules/adam.html#theorem-")}
    for claim in ("effective-rate", "step-bound", "first-step", "additive-in-the-gradients", "units"):
        assert f"rules/adam.html#theorem-{claim}" in cited, claim
    text = " ".join(page.words)
    assert "blind to the gradients' scale" in text
    assert "optproof conformance" in text, "a matrix that was not measured is said to be missing"


def test_every_line_of_the_guide_cites_its_theorems(site: Path, read_page: Any) -> None:
    page = read_page((site / "index.html").read_text())
    cited = {link.rpartition("#")[2] for link in page.links}
    for advice in GUIDE:
        assert advice.because, advice.situation
        for name, claim, _ in advice.because:
            if name in ("adagrad", "adam"):
                assert f"theorem-{claim}" in cited, (name, claim)


@pytest.mark.slow
def test_the_guide_rests_on_claims_of_the_catalogue() -> None:
    wanted = {(name, claim): verdict for advice in GUIDE for name, claim, verdict in advice.because}
    for name in {name for name, _ in wanted}:
        expected = {(name, c.name): c.expected.name for c in claims_of(rule(name))}
        assert {k: v for k, v in wanted.items() if k[0] == name}.items() <= expected.items()


def test_a_guide_line_that_a_theorem_contradicts_is_left_out(content: Content) -> None:
    (_, first, *_) = GUIDE[0].because
    theorem = replace(content.theorems[0], rule=first[0], name=first[1], verdict=first[2])

    def lines(found: Theorem) -> tuple[GuideLine, ...]:
        return guide_lines(Content((replace(content.rules[0], theorems=(found,)),)))

    (line,) = lines(theorem)
    assert line.advice is GUIDE[0]
    assert (line.theorems, line.lacking) == ((theorem,), len(GUIDE[0].because) - 1)
    assert lines(replace(theorem, verdict="UNKNOWN")) == ()


def test_two_rules_beside_each_other(site: Path, read_page: Any) -> None:
    page = read_page((site / "comparisons/adagrad--adam.html").read_text())
    text = " ".join(page.words)
    assert "optproof compare adagrad adam" in text
    assert {"difference", "beside", "apart"} <= set(page.identifiers)
    for name in ("adagrad", "adam"):
        assert f"../rules/{name}.html" in page.links
        assert "../comparisons/adagrad--adam.html" in read_page((site / f"rules/{name}.html").read_text()).links
    # Proved of one of them, and false of the other.
    assert "../rules/adagrad.html#theorem-zero-gradient-changes-nothing" in page.links


def test_every_theorem_is_in_the_index(site: Path, read_page: Any) -> None:
    page = read_page((site / "theorems.html").read_text())
    for path in ("rules/adagrad.html", "rules/adam.html"):
        here = read_page((site / path).read_text()).identifiers
        there = {f"{path}#{i}" for i in here if i.startswith("theorem-") and not i.endswith("-title")}
        assert there == {link for link in page.links if link.startswith(f"{path}#")}
    assert ("div", "filter") in [(tag, a.get("class")) for tag, a in page.elements if "hidden" in a]


def test_a_users_rule_is_called_as_on_the_command_line(content: Content, tmp_path: Path) -> None:
    mine = replace(content.rules[0], called="own rules/mine.py:adam")
    write_report(Content((mine,)), tmp_path / "out")
    for ending in ("html", "md"):
        text = html.unescape((tmp_path / f"out/rules/adam.{ending}").read_text())
        assert "optproof derive 'own rules/mine.py:adam' --claim effective-step --out proofs" in text
        assert "optproof derive adam " not in text


def test_the_conformance_matrix_is_shown_where_it_was_measured(content: Content, tmp_path: Path) -> None:
    cells = [
        {"framework": "torch", "target": "torch.optim.Adam", "options": {"amsgrad": "True"}, "rule": "adam[amsgrad]",
         "verdict": "PROVED", "words": None, "equals": None},
        {"framework": "torch", "target": "torch.optim.LBFGS", "options": {}, "rule": None, "verdict": None,
         "words": "not element-wise: <it> takes inner products", "equals": None},
    ]  # fmt: skip
    frameworks = [{"name": "torch", "version": "2.13", "missing": None}]
    measured = replace(content, conformance={"frameworks": frameworks, "cells": cells, "seconds": 3.0})
    write_report(measured, tmp_path / "out")
    text = (tmp_path / "out/index.html").read_text()
    assert "Adam(amsgrad=True)" in text
    assert "&lt;it&gt; takes inner products" in text
    assert "Adam(amsgrad=True)" in (tmp_path / "out/README.md").read_text()
    assert "was not measured" not in text
