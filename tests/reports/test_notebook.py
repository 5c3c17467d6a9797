"""What objects show of themselves in a notebook."""

from __future__ import annotations

from typing import Any

from optproof.derive import rule
from optproof.kernels import generate
from optproof.reports import Content, notebook


def test_a_rule_shows_as_mathematics() -> None:
    assert rule("adam")._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")
    card = notebook.rule_card(rule("adam"))._repr_html_()
    assert r"\beta_1" in card
    assert "Kingma &amp; Ba" in card


def test_a_theorem_shows_statement_verdict_and_proof(content: Content, read_page: Any) -> None:
    proved, refuted, _ = (r._repr_html_() for r in content.rules[0].results)
    for part in ("PROVED", r"$\displaystyle \Delta\theta_t", "a gradient arrives", "<details>"):
        assert part in proved
    assert "g = 2, lr = 1/3" in refuted
    assert read_page(proved).problems == []
    assert content.results[0].claim._repr_latex_().startswith("$")
    assert repr(content.results[0]) == "<Result adam effective-step: PROVED>"


def test_a_kernel_shows_passes_and_coloured_source(read_page: Any) -> None:
    made = generate("sgd")
    text = made._repr_html_()
    assert read_page(text).problems == []
    assert all(p.words in text for p in made.passes)
    assert "<span style=" in text
    assert repr(made) == "<GeneratedKernel sgd float32>"


def test_tables(content: Content, read_page: Any) -> None:
    for table in (notebook.result_table(content.results), notebook.check_table(content.checks)):
        assert read_page(table._repr_html_()).problems == []
        assert table.count("<tr>") == len(content.results if "claim" in table else content.checks) + 1


def test_users_texts_are_escaped(hostile: Content, read_page: Any) -> None:
    shown = [
        notebook.rule_card(hostile.rules[0].rule),
        notebook.result_table(hostile.results),
        *(r._repr_html_() for r in hostile.results),
    ]
    for text in shown:
        assert "<script>" not in text
        assert read_page(text).problems == []
