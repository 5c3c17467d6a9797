"""LaTeX becomes MathML that says the same."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from optproof.derive import names, rule
from optproof.derive.printing import rule_lines
from optproof.reports.mathml import MathError, aligned, mathml

_NS = "{http://www.w3.org/1998/Math/MathML}"


def words(text: str) -> str:
    return "".join(ElementTree.fromstring(text).itertext())


def test_lines_are_rows_set_on_their_equals_signs() -> None:
    for name in names():
        lines = tuple(rule_lines(rule(name), "latex"))
        table = ElementTree.fromstring(aligned(lines)).find(f".//{_NS}mtable")
        assert table is not None
        rows = table.findall(f"{_NS}mtr")
        assert len(rows) == len(lines)
        assert all(len(row) == 2 for row in rows), name
        assert all("=" in "".join(row[1].itertext()) for row in rows)
        assert "&" not in words(aligned(lines))


def test_cases_and_text() -> None:
    text = mathml(r"\begin{cases} 1 & \text{if } t = 1 \\ 1 - \tau & \text{otherwise} \end{cases}", "block")
    assert "otherwise" in words(text)
    assert len(ElementTree.fromstring(text).findall(f".//{_NS}mtr")) == 2


def test_aligned_from_the_rule_itself() -> None:
    assert "&" not in words(mathml(rule("adam").latex(), "block"))


def test_limits_stand_under_their_operator() -> None:
    root = ElementTree.fromstring(mathml(r"\lim_{t \to \infty} x = 1", "block"))
    assert root.find(f".//{_NS}munder") is not None


def test_arrows_are_operators() -> None:
    root = ElementTree.fromstring(mathml(r"a \implies b"))
    assert [o.text for o in root.iter(f"{_NS}mo")] == ["⟹"]


@pytest.mark.parametrize("latex", ["", "{", r"\begin{cases}", "a_b_c"])
def test_what_is_no_formula_is_named(latex: str) -> None:
    with pytest.raises(MathError, match="cannot be shown as MathML"):
        mathml(latex)
