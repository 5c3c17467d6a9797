"""A page about a user's implementation: what was found, both beside each other, and text that stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optproof import analysis
from optproof.analysis import study
from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.trace.record import TraceError
from optproof.analysis.verify import verify
from optproof.derive import UserFileError, derive as floor, rule
from optproof.reports import Content, ReportError, collect, report, write_report
from optproof.reports.figures.beside import draw_beside
from optproof.reports.implementations import implementation_pages, is_implementation, require_found
from optproof.reports.records import Failure, ImplementationFacts, ImplementationPage

from .conftest import EVIL

MINE = """
def step(theta, g, state, t, *, lr, momentum):
    b = momentum * state["b"] + FACTOR * g
    return theta - lr * b, {"b": b}

def init(theta):
    return {"b": 0 * theta}

class Kind:
    pass
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE.replace("FACTOR", "2"))
    return path


def quiet(words: str, done: int, total: int) -> None:
    """Progress that nobody reads."""


def test_what_a_name_means_is_seen_without_running_it(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("raise SystemExit('it was run')\n" + MINE + "rule = UpdateRule('x')\n")
    for name in ("", ":step", ":Kind"):
        assert is_implementation(f"{path}{name}")
    for name in (f"{path}:rule", f"{path}:missing", f"{tmp_path}/absent.py", "adam", "adam[l2]", "sgd[momentum,l2]"):
        assert not is_implementation(name)
    for name in ("torch.optim.Adam", "optax.adam", "package.module:step", "module:step"):
        assert is_implementation(name)
    path.write_text("rule = UpdateRule('x')\n")
    assert not is_implementation(str(path)), "a file of rules is asked which rule is meant"


def test_two_implementations_need_two_pages_and_a_file_must_be_there(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "sub" / "mine.py"
    other.parent.mkdir()
    other.write_text(MINE)
    with pytest.raises(ReportError, match="would have one page"):
        require_found([str(mine), str(other)])
    with pytest.raises(TraceError, match="there is no file"):
        require_found([str(tmp_path / "absent.py")])


@pytest.mark.slow
def test_both_run_beside_each_other_as_the_verification_says(mine: Path) -> None:
    found = verify(str(mine), "sgd[momentum]")
    assert found.verdict.name == "REFUTED"
    one = rule("sgd[momentum]")
    with Tracer() as tracer:
        parted = study.at_the_counterexample(found, one, tracer)
        usual = study.at_the_defaults(found, one, tracer)
    assert parted is not None
    assert found.counterexample is not None
    assert parted.rule[0] == parted.implementation[0] == 1.0
    assert parted.rule[-1] == pytest.approx(float(found.counterexample.rule))
    assert parted.implementation[-1] == pytest.approx(float(found.counterexample.implementation))
    # Twice the gradient is twice the way.
    np.testing.assert_allclose(usual.implementation - 1, 2 * (usual.rule - 1), rtol=1e-12, atol=1e-15)
    drawing = draw_beside(parted, usual, one.name, "mine.py")
    assert len(drawing.panels) == 3
    assert "mine.py" in drawing.caption
    assert "counterexample" in drawing.caption


def test_a_report_on_an_implementation_holds_the_rule_too(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "crosscheck", lambda rules, progress=None: [])
    monkeypatch.setattr(floor, "derive", lambda rules, progress=None: [], raising=False)
    out = tmp_path / "report"
    summary = report(str(mine), out, ["html", "md", "tex", "json"], against="sgd[momentum]")
    assert [(one.rule, one.verdict) for one in summary.implementations] == [("sgd[momentum]", "REFUTED")]
    assert summary.counts["implementations"] == 1
    page = (out / "implementations/mine-py.html").read_text()
    assert "../rules/sgd-momentum.html" in page
    assert (out / "rules/sgd-momentum.html").is_file()
    assert all(words in page for words in ("REFUTED", "--against", "<svg"))
    assert "implementations/mine-py.html" in (out / "index.html").read_text()
    assert "implementations/mine-py.md" in (out / "README.md").read_text()
    assert (out / "figures/mine-py-beside.svg").is_file()
    assert (out / "figures/mine-py-beside.pdf").read_bytes().startswith(b"%PDF-")
    assert r"\input{implementations/mine-py.tex}" in (out / "report.tex").read_text()
    data = json.loads((out / "implementations/mine-py.json").read_text())
    assert data["verification"]["arguments"] == {"lr": "lr", "momentum": "momentum"}


@pytest.mark.slow
def test_one_that_fails_is_shown_as_failed_in_its_place(mine: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def step(theta, g, state, t, *, lr):\n    raise ValueError('no <luck>')\n")
    good, bad = implementation_pages([str(mine), str(broken)], "sgd", quiet)
    assert good.facts is not None
    assert bad.facts is None
    (failure,) = bad.failures
    assert "no <luck>" in failure.message
    content = Content((), implementations=(good, bad))
    assert content.all_failures == (failure,)
    write_report(content, tmp_path / "out", ["html", "md", "tex", "json"])
    assert "no &lt;luck&gt;" in (tmp_path / "out/implementations/broken-py.html").read_text()
    assert "no &lt;luck&gt;" in (tmp_path / "out/index.html").read_text()


def test_a_report_of_a_missing_file_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("def step(theta, g, state, t): return theta, state")
    with pytest.raises(UserFileError, match="there is no file"):
        collect([str(tmp_path / "x.py"), f"{tmp_path}/gone.py:step"])


@pytest.mark.parametrize("ending", ["html", "md", "tex"])
def test_names_and_texts_of_a_users_code_are_escaped(tmp_path: Path, ending: str, read_page: Any) -> None:
    facts = ImplementationFacts(
        target=f"{EVIL}.py", rule=EVIL, verdict="REFUTED", against=EVIL, reason=EVIL, counterexample=(EVIL,),
        effect=EVIL, weaker=(EVIL,), arguments={EVIL: EVIL}, state_map={EVIL: EVIL}, conditions=(EVIL,),
        side_effects=(EVIL,), notes=(EVIL,), undrawn=EVIL,
    )  # fmt: skip
    page = ImplementationPage(facts, facts.target, failures=(Failure(EVIL, EVIL, "implementations"),))
    write_report(Content((), implementations=(page, replace(page, facts=None, target="other"))), tmp_path, [ending])
    written = list(tmp_path.rglob(f"*.{ending}"))
    assert len(written) >= 3
    for path in written:
        # Between backticks everything is text.
        text = re.sub(r"`[^`]*`", "", path.read_text()) if ending == "md" else path.read_text()
        assert EVIL not in text
        if ending == "html":
            found = read_page(path.read_text())
            assert found.problems == []
            assert [tag for tag, _ in found.elements].count("script") <= (path.name == "theorems.html")


@pytest.mark.slow
def test_code_that_is_not_its_trace_is_not_drawn(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tracer, "run", lambda *a, **k: 17.0)
    found = replace(verify(str(mine), "sgd[momentum]"))
    with Tracer() as tracer, pytest.raises(ValueError, match=r"the code itself ends at theta = 17\.0"):
        study.at_the_defaults(found, rule("sgd[momentum]"), tracer)
