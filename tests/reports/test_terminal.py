"""Tables of the command line, on a terminal and in a pipe."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from optproof.derive import names, rule
from optproof.derive.prove.verdict import Result
from optproof.kernels import generate
from optproof.reports import Content, terminal, write_report
from optproof.reports.console import console as console_of, summary_table


def printed(thing: Any, width: int | None = None) -> str:
    stream = io.StringIO()
    console = console_of(stream)
    if width:
        console.width = width
    console.print(thing)
    return stream.getvalue()


def test_a_pipe_gets_neither_colours_nor_cuts() -> None:
    text = printed(terminal.rule_table(map(rule, names())))
    assert "\x1b" not in text
    assert "…" not in text
    for name in names():
        assert name in text
    assert "eps=1e-8" in text
    assert "Sutskever et al. (2013)" in text


@pytest.mark.parametrize("width", [80, 100])
def test_narrow_terminals_lose_nothing(width: int, results: tuple[Result, ...], checks: tuple[Any, ...]) -> None:
    tables = [
        terminal.rule_table(map(rule, names())),
        terminal.rule_detail(rule("adadelta")),
        terminal.result_table(results),
        terminal.pass_table(generate("sgd")),
        terminal.check_table(checks),
    ]
    for table in tables:
        text = printed(table, width)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width
    assert "rmsprop[centered,momentum]" in printed(tables[0], width), "a name can be copied"


def test_a_rule_in_detail() -> None:
    text = printed(terminal.rule_detail(rule("sgd[lookahead]")))
    assert "theta[t] = theta[t-1] + v[t]" in text
    assert "The gradient g is taken at theta + momentum v." in text
    assert "0 <= momentum < 1" in text
    assert "F = T^2" in printed(terminal.rule_detail(rule("adadelta")))


def test_a_theorem_in_detail(results: tuple[Result, ...]) -> None:
    proved, refuted, unknown = (printed(terminal.result_detail(r)) for r in results)
    for part in ("✓ PROVED", "a gradient arrives", "Somebody & Else (2015)", "normal form", "1. Both sides", "cvc5"):
        assert part in proved
    assert "g = 2, lr = 1/3" in refuted
    assert "the solver ran out of time" in unknown


def test_an_unexpected_verdict_is_marked(results: tuple[Result, ...]) -> None:
    from dataclasses import replace

    from optproof.derive.prove.verdict import Verdict

    proved = results[0]
    text = printed(terminal.result_table([replace(proved, verdict=Verdict.UNKNOWN)]))
    assert "UNKNOWN (unexpected)" in text
    assert "unexpected" not in printed(terminal.result_table([proved]))


def test_a_failed_check_says_why(checks: tuple[Any, ...]) -> None:
    text = printed(terminal.check_table(checks))
    assert "✗ FAILED" in text
    assert "NaN was lost" in text


def test_the_summary_names_the_place(content: Content, tmp_path: Path) -> None:
    text = printed(summary_table(write_report(content, tmp_path / "out")))
    assert str(tmp_path / "out" / "index.html") in text.replace("\n", "")
