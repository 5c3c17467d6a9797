"""Names and texts of a user's rule are text, whatever they hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from optproof.reports import Content, write_report
from optproof.reports.highlight import highlighted
from optproof.reports.mathml import mathml


@pytest.fixture
def written(hostile: Content, tmp_path: Path) -> Path:
    write_report(hostile, tmp_path / "out")
    return tmp_path / "out"


def test_no_text_becomes_markup(written: Path, read_page: Any) -> None:
    for path in written.rglob("*.html"):
        page = read_page(path.read_text())
        assert page.problems == []
        scripts = [tag for tag, _ in page.elements if tag == "script"]
        assert scripts == (["script"] if path.name == "theorems.html" else []), path
        assert not any("javascript:" in value for _, a in page.elements for name, value in a.items() if name == "href")
        assert any("<script>" in words for words in page.words), "the text itself is still shown"


def test_no_text_becomes_markup_in_markdown_or_figures(written: Path) -> None:
    for path in [*written.rglob("*.md"), *written.rglob("*.svg")]:
        text = re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"(?<!\\)`[^`\n]*`", "", text)
        assert not re.search(r"(?<!\\)<script", text), path


def test_files_stay_inside_the_report(written: Path) -> None:
    assert all(re.fullmatch(r"[\w./-]+", p.relative_to(written).as_posix()) for p in written.rglob("*"))


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;}",
        r"\unicode{x3c}script",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//x)}{x}",
        r"\class{a' onclick='b}{x}",
        r"\color{red'/><script>} x",
        "x < y > z & q",
        r"\mathrm{</math><script>}",
    ],
)
def test_latex_cannot_make_elements_or_attributes(latex: str, read_page: Any) -> None:
    page = read_page(mathml(latex))
    assert page.problems == []
    allowed = {"math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msub", "msup", "mstyle", "mfrac"}
    for tag, attributes in page.elements:
        assert tag in allowed
        assert not {"href", "style", "class", "onclick"} & attributes.keys()


def test_source_is_escaped() -> None:
    assert "<script>" not in highlighted('x = "<script>"  # </code></pre>')
    assert "</code>" not in highlighted('x = "<script>"  # </code></pre>')
