"""The report as LaTeX: text stays text, formulas are formulas, and an engine sets it where one is installed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from optproof.reports import Content, ReportError, report, write_report
from optproof.reports.engine import ENGINES, installed_engine, pdf_of
from optproof.reports.latex import is_plain_formula, latex_text
from optproof.reports.render import render

# What the templates themselves use, beside what a formula may hold.
_TEMPLATES = Path(__file__).parents[2] / "reports" / "templates"


def tex_files(content: Content) -> dict[str, str]:
    return {name: str(text) for name, text in render(content, ["tex"]).items() if name.endswith(".tex")}


def commands(text: str) -> set[str]:
    return set(re.findall(r"\\([A-Za-z]+)", text))


def mistakes(text: str) -> list[str]:
    """What a TeX engine would stumble over, as far as braces, environments and signs show it."""
    text = re.sub(r"(?<!\\)%.*", "", text)
    opened: list[str] = []
    found = []
    for mark in re.finditer(r"(?<!\\)(?:\\\\)*([{}])|\\(begin|end)\{(\w+)\}", text):
        brace, which, name = mark.groups()
        if which == "begin" or brace == "{":
            opened.append(name or "{")
        elif not opened or opened.pop() != (name or "{"):
            found.append(f"{mark.group()} closes nothing, at {mark.start()}")
    found += [f"{one} is never closed" for one in opened]
    outside = re.sub(r"\\\\|\\[#$%&_{}]", "", text)
    found += ["a # or an odd number of $"] if outside.count("$") % 2 or re.search(r"#(?!1)", outside) else []
    return found


@pytest.mark.parametrize("which", ["content", "hostile"])
def test_every_file_closes_what_it_opens(which: str, request: pytest.FixtureRequest) -> None:
    files = tex_files(request.getfixturevalue(which))
    assert "report.tex" in files
    for name, text in files.items():
        assert mistakes(text) == [], name
    for name in re.findall(r"\\input\{(.*?)\}", files["report.tex"]):
        assert name in files


def test_every_figure_is_a_file_beside_the_text(content: Content) -> None:
    files = render(content, ["tex"])
    named = re.findall(r"\\fittedfigure\{(.*?)\}", "".join(str(t) for n, t in files.items() if n.endswith(".tex")))
    assert len(named) == len(content.drawings) + sum(len(one.drawings) for one in content.rules)
    for name in named:
        assert bytes(files[name]).startswith(b"%PDF-"), name
    assert files == render(content, ["tex"]), "the same drawing gives the same bytes"


@pytest.mark.parametrize("text", ["{", r"\begin{a}", r"\begin{a}\end{b}", "$", "a # b", "}"])
def test_that_check_sees_what_is_wrong(text: str) -> None:
    assert mistakes(text) != []


def test_a_users_text_brings_no_command(hostile: Content, content: Content) -> None:
    own = commands("".join(p.read_text() for p in _TEMPLATES.glob("*.tex")))
    known = own | {c for text in tex_files(content).values() for c in commands(text)} | {"textless", "textgreater"}
    for text in tex_files(hostile).values():
        assert commands(text) <= known | {"textbackslash", "textbar", "alpha", "times"}
        assert r"\href" not in text


@pytest.mark.parametrize(
    "latex",
    [
        "", "{", "}", r"\input{/etc/passwd}", r"\write18{ls}", r"\def\x{y}", "$", "a%b", "a__b", "a^^41",
        r"\begin{cases} 1", r"\end{cases}", r"\begin{verbatim}x\end{verbatim}", r"\left( x", r"\text{a#b}",
    ],
)  # fmt: skip
def test_what_is_no_plain_formula(latex: str) -> None:
    assert not is_plain_formula(latex)


def test_formulas_of_theorems_are_set_as_formulas(content: Content) -> None:
    for theorem in content.theorems:
        assert is_plain_formula(theorem.statement_latex)
    text = tex_files(content)["rules/adam.tex"]
    assert r"\fitted{\begin{aligned} m_{t} &= " in text
    assert r"(\texttt{effective-step})" in text


def test_special_characters_are_shown() -> None:
    assert latex_text("50 % of #1 & a_b ~ {x} ^ \\ $ 10⁻⁴ é ☃") == (
        r"50 \% of \#1 \& a\_b \textasciitilde{} \{x\} \textasciicircum{} \textbackslash{} \$ "
        r"10$^{-}$$^{4}$ é [U+2603]"
    )


@pytest.mark.parametrize("which", ["content", "hostile"])
def test_an_engine_sets_it(which: str, request: pytest.FixtureRequest) -> None:
    if installed_engine() is None:
        pytest.skip(f"none of {', '.join(ENGINES)} is installed; braces, environments and commands are checked above")
    made = pdf_of(render(request.getfixturevalue(which), ["tex"]))
    assert made.startswith(b"%PDF-")
    assert len(made) > 10_000


def test_a_pdf_without_an_engine_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("optproof.reports.build.collect", lambda *a, **k: pytest.fail("began to work"))
    with pytest.raises(ReportError, match=r"needs a TeX engine.*install one, or write the report's LaTeX"):
        report("sgd", tmp_path / "out", ["pdf"])
    assert not (tmp_path / "out").exists()


def test_an_engine_that_fails_is_quoted(content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tmp_path / "pdflatex"
    engine.write_text("#!/bin/sh\necho '! Undefined control sequence.'\nexit 1\n")
    engine.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(engine) if name == "pdflatex" else None)
    with pytest.raises(ReportError, match="pdflatex could not set the report: ! Undefined control sequence"):
        write_report(content, tmp_path / "out", ["pdf"])
    assert not (tmp_path / "out").exists()
