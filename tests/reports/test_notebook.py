"""What objects show of themselves in a notebook."""

from __future__ import annotations

from typing import Any

from optproof.derive import UpdateRule, rule
from optproof.derive.prove.verdict import Result
from optproof.kernels import generate
from optproof.reports import notebook


def test_a_rule_shows_as_mathematics() -> None:
    assert rule("adam")._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")
    card = notebook.rule_card(rule("adam"))._repr_html_()
    assert r"\beta_1" in card
    assert "Kingma &amp; Ba" in card


def test_a_theorem_shows_statement_verdict_and_proof(results: tuple[Result, ...], read_page: Any) -> None:
    proved, refuted, _ = (r._repr_html_() for r in results)
    for part in ("PROVED", r"$\displaystyle \Delta\theta_t", "a gradient arrives", "<details>"):
        assert part in proved
    assert "g = 2, lr = 1/3" in refuted
    assert read_page(proved).problems == []
    assert results[0].claim._repr_latex_().startswith("$")
    assert repr(results[0]) == "<Result adam effective-step: PROVED>"


def test_a_kernel_shows_passes_and_coloured_source(read_page: Any) -> None:
    made = generate("sgd")
    text = made._repr_html_()
    assert read_page(text).problems == []
    assert all(p.words in text for p in made.passes)
    assert "<span style=" in text
    assert repr(made) == "<GeneratedKernel sgd float32>"


def test_tables(results: tuple[Result, ...], checks: tuple[Any, ...], read_page: Any) -> None:
    for table in (notebook.result_table(results), notebook.check_table(checks)):
        assert read_page(table._repr_html_()).problems == []
        assert table.count("<tr>") == len(results if "claim" in table else checks) + 1


def test_users_texts_are_escaped(hostile_rule: UpdateRule, hostile_results: tuple[Result, ...], read_page: Any) -> None:
    shown = [
        notebook.rule_card(hostile_rule),
        notebook.result_table(hostile_results),
        *(r._repr_html_() for r in hostile_results),
    ]
    for text in shown:
        assert "<script>" not in text
        assert read_page(text).problems == []
