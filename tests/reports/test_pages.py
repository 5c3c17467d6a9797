"""The pages as a reader's browser and a screen reader find them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import optproof.reports
from optproof.reports import Content, write_report

_SECTIONS = ("algorithm", "symbols", "behaviour", "theorems", "kernel", "check", "reproduce")


def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) == 5
    return found


def own_script() -> str:
    return (Path(optproof.reports.__file__).parent / "templates" / "filter.js").read_text().strip()


def test_every_element_is_closed_and_identifiers_are_unique(site: Path, read_page: Any) -> None:
    for path in pages(site):
        page = read_page(path.read_text())
        assert page.problems == [], path
        assert len(page.identifiers) == len(set(page.identifiers)), path


def test_every_internal_link_leads_somewhere(site: Path, read_page: Any) -> None:
    known = {path: set(read_page(path.read_text()).identifiers) for path in pages(site)}
    for path in known:
        for link in read_page(path.read_text()).links:
            assert not re.match(r"[a-z]+:|//", link), f"{path.name} links to the network: {link}"
            name, _, place = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name} links to {link}"
            assert not place or place in known[target], f"{path.name} links to {link}"


def test_nothing_is_loaded_from_elsewhere(site: Path, read_page: Any) -> None:
    for path in pages(site):
        text = path.read_text()
        scripts = re.findall(r"<script[^>]*>.*?</script>", text, re.DOTALL)
        assert scripts == ([f"<script>{own_script()}</script>"] if path.name == "theorems.html" else []), path
        page = read_page(text)
        loading = {"src", "srcset", "xlink:href", "data", "poster", "action"}
        for tag, attributes in page.elements:
            assert tag not in {"iframe", "object", "embed", "img", "base", "form"}, path
            assert not loading & attributes.keys(), (path, tag)
            if tag == "link":
                assert attributes["href"] == "data:,"
            assert not any(name.startswith("on") for name in attributes), (path, tag)
        assert "@import" not in text
        assert "url(" not in text


def test_every_formula_is_well_formed_mathml(site: Path) -> None:
    for path in pages(site):
        text = path.read_text()
        formulas = re.findall(r"<math.*?</math>", text, re.DOTALL)
        assert len(formulas) > 10 or path.name == "theorems.html"
        for formula in formulas:
            root = ElementTree.fromstring(formula)
            assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
            assert "\\" not in "".join(root.itertext()), formula
        assert 'class="latex"' not in text, "a formula could not be converted"


def test_headings_come_in_order_and_tables_name_their_columns(site: Path, read_page: Any) -> None:
    for path in pages(site):
        page = read_page(path.read_text())
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels)), (path, levels)
        assert all("scope" in attributes for tag, attributes in page.elements if tag == "th"), path
        first = page.links[0]
        assert first == "#main", "the first link skips to the content"
        assert "main" in page.identifiers


def test_figures_have_a_description_and_a_caption(site: Path, read_page: Any) -> None:
    page = read_page((site / "rules/adam.html").read_text())
    pictures = [a for tag, a in page.elements if a.get("role") == "img"]
    assert len(pictures) == 2
    assert all(len(a["aria-label"]) > 80 for a in pictures)
    assert sum(tag == "figcaption" for tag, _ in page.elements) == 2
    described = " ".join(page.words)
    assert "Bias correction" in described
    assert "0.999" in described, "labels keep their digits"


def test_a_rules_page_has_every_section_and_theorem(site: Path, read_page: Any) -> None:
    page = read_page((site / "rules/adagrad.html").read_text())
    assert set(_SECTIONS) <= set(page.identifiers)
    assert {"theorem-closed-form-G", "theorem-rate-never-grows", "figure-effective-step"} <= set(page.identifiers)
    text = " ".join(page.words)
    for expected in ("Duchi, Hazan & Singer (2011)", "PROVED", "learning rate", "strength", "optproof kernel adagrad"):
        assert expected in text, expected


def test_the_index_lists_every_claim_of_the_seed(site: Path, read_page: Any) -> None:
    page = read_page((site / "index.html").read_text())
    assert {f"claim-S{k}" for k in range(1, 17)} <= set(page.identifiers)
    text = " ".join(page.words)
    assert "No theorem yet." in text
    assert "rules/adagrad.html#theorem-rate-never-grows" in page.links


def test_pages_are_small(site: Path) -> None:
    for path in site.rglob("*"):
        assert path.is_dir() or path.stat().st_size < 2_000_000, path


def test_markdown_has_the_same_contents(site: Path) -> None:
    text = (site / "rules/adam.md").read_text()
    for heading in (
        "Algorithm",
        "Symbols",
        "Behaviour",
        "Often said, and false",
        "Theorems",
        "Kernel",
        "Cross-check",
        "Reproduce",
    ):
        assert f"\n## {heading}\n" in text
    page = (site / "rules/adam.html").read_text()
    assert text.count("\n#### ") == page.count("<article")
    assert text.count("<details>") == text.count("</details>") > 3
    assert text.count("Its certificate") == page.count("Its certificate") == page.count("<article")
    assert text.count("```") % 2 == 0
    for path in site.rglob("*.md"):
        for name in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            assert (path.parent / name).exists(), (path.name, name)


def test_markdown_tables_have_as_many_cells_in_every_row(site: Path) -> None:
    for path in site.rglob("*.md"):
        width = 0
        for line in path.read_text().splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (cells and width) or cells == width, (path.name, line)
            width = cells


def test_what_failed_is_shown_in_its_place(content: Content, hostile: Content, tmp_path: Path, read_page: Any) -> None:
    summary = write_report(hostile, tmp_path / "out")
    (path,) = (tmp_path / "out" / "rules").glob("*.html")
    text = path.read_text()
    kernel, check = text.index('id="kernel"'), text.index('id="check"')
    assert kernel < text.index('class="failure"', kernel) < check
    assert "NaN was lost" in text
    assert summary.counts["checks_failed"] == 1
    assert summary.counts["failures"] == 1
    assert not summary.as_expected
    assert write_report(content, tmp_path / "good").as_expected


def test_times_are_kept_apart(content: Content, tmp_path: Path) -> None:
    write_report(content, tmp_path / "out")
    assert '"adam effective-step": 0.25' in (tmp_path / "out/timings.json").read_text()
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in {".html", ".md"}:
            assert "0.25" not in path.read_text()


@pytest.mark.parametrize("kind", ["html", "md"])
def test_one_format_alone(content: Content, tmp_path: Path, kind: str) -> None:
    write_report(content, tmp_path / "out", [kind])
    found = {p.suffix for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert found == ({".html", ".json"} if kind == "html" else {".md", ".svg", ".json"})
