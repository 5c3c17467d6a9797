"""Contents to render that need neither a prover nor a compiler: real rules, and records made by hand."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sympy as sp

from optproof.analysis import study
from optproof.derive import NONNEGATIVE, Quantity, Source, UpdateRule, gradient, parameter, rule
from optproof.derive.claim import Claim, Hypothesis
from optproof.derive.goal import Equal, Holds
from optproof.derive.prove.verdict import ProofStep, Result, Verdict
from optproof.reports import Content, Failure, RulePage, write_report
from optproof.reports.figures import draw_bias_correction, draw_effective_rates, draw_effective_steps
from optproof.reports.making import check_facts, comparison_facts, kernel_facts, rule_facts, theorem_of

EVIL = '<script>alert("x")</script>'
KERNEL_SOURCE = '''"""A kernel."""
import numpy as np


def step(theta, g):
    if theta.size < 1:
        return None
    theta -= np.float32(0.01) * g
'''


def results_about(one: UpdateRule) -> tuple[Result, ...]:
    """One result of each verdict about a rule with a learning rate."""
    lr, g = one.quantities["lr"], one.gradient
    published = Source("Somebody & Else", 2015, "A Paper", "eq. (1)")
    step = ProofStep("Both sides have the same normal form, see $\\sqrt{v}$.", r"\alpha = \alpha", "identity")
    proved = Claim(
        "effective-step",
        "Effective step size",
        "What a unit of gradient moves",
        one,
        Equal(lr * g, g * lr, r"\Delta\theta_t"),
        (Hypothesis(sp.Ne(g, 0), "a gradient arrives"),),
        derived=lr,
        source=published,
        published=lr,
        relation="equal",
        seed=("S1", "S5"),
    )
    refuted = Claim(
        "bounded-by-rate",
        "Bounds",
        "No step is larger than `lr`",
        one,
        Holds(sp.Le(sp.Abs(g), lr)),
        expected=Verdict.REFUTED,
    )
    unknown = Claim(
        "open-question", "Bounds", "Something <hard> & open", one, Holds(sp.Ge(g, 0)), expected=Verdict.UNKNOWN
    )
    return (
        Result(proved, Verdict.PROVED, "normal form", (step,), lr, confirmed_by=("cvc5",), seconds=0.25),
        Result(refuted, Verdict.REFUTED, "exact witness", (), witness={"g": sp.Integer(2), "lr": sp.Rational(1, 3)}),
        Result(unknown, Verdict.UNKNOWN, "search", reason="the solver ran out of time"),
    )


def fake_kernel(one: UpdateRule) -> Any:
    """What the pages read of a GeneratedKernel."""
    counts = SimpleNamespace(prologue={}, body={"mul": 2, "add": 1})
    less = SimpleNamespace(prologue={"mul": 1}, body={"mul": 1, "add": 1})
    passes = (
        SimpleNamespace(
            name="hoist", words="move out", before=counts, after=less, verdict=Verdict.PROVED, method="", seconds=0.1
        ),
    )
    return SimpleNamespace(rule=one, dtype="float32", source=KERNEL_SOURCE, digest="ab" * 32, passes=passes)


def fake_check(one: UpdateRule, *, passed: bool = True) -> Any:
    """What the pages read of a CrossCheck."""
    return SimpleNamespace(
        rule=one.name, dtype="float32", source_verdict=Verdict.PROVED, source_method="", cases=1200, exact_cases=12,
        max_ulps=1.5, worst="g = 1", error_over_bound=0.4, sizes=(0, 1, 7), parallel_bitwise=True, edges_ok=passed,
        passed=passed, problems=() if passed else ("NaN was lost",), notes=(), seconds=0.1,
        machine_verdict=Verdict.PROVED, machine_scope="every array",
        storage_bound="", storage_error_over_bound=float("nan"),
    )  # fmt: skip


def content_of(one: UpdateRule, *, failures: tuple[Failure, ...] = (), passed: bool = True) -> RulePage:
    """A whole page's content."""
    drawings = [draw_effective_steps(study.effective_steps(one, 60), one.title)]
    if study.has_bias_correction(one):
        drawings.append(draw_bias_correction(study.bias_correction(one, 30), one.title))
    return RulePage(
        rule=rule_facts(one),
        theorems=tuple(map(theorem_of, results_about(one))),
        kernel=kernel_facts(fake_kernel(one)),
        checks=(check_facts(fake_check(one, passed=passed)),),
        drawings=tuple(drawings),
        failures=failures,
        called=one.name,
    )


@pytest.fixture
def results() -> tuple[Result, ...]:
    """A result of each verdict about Adam."""
    return results_about(rule("adam"))


@pytest.fixture
def checks() -> tuple[Any, ...]:
    """A cross-check that passed and one that failed."""
    return fake_check(rule("adam")), fake_check(rule("sgd"), passed=False)


@pytest.fixture
def content() -> Content:
    """Two rules of the catalogue with a theorem of each verdict."""
    names = {"adagrad": "Adagrad", "rmsprop": "RMSprop"}
    against = draw_effective_rates(study.adagrad_against_rmsprop(60), names)
    return Content((content_of(rule("adam")), content_of(rule("rmsprop"))), (against,), seconds={"theorems": 1.5})


@pytest.fixture
def hostile_rule() -> UpdateRule:
    """A user's rule whose every text tries to become markup."""
    evil = EVIL
    lr = Quantity("lr", NONNEGATIVE, rf"\text{{{evil}}}\href{{javascript:alert(1)}}{{x}}", meaning=evil)
    theta = parameter()
    return UpdateRule(
        f"mine{evil}",
        title=f"{evil}`|$x$",
        hyper={lr: "0.1"},
        state={},
        steps=[(theta, theta - lr * gradient())],
        source=Source(evil, 2020, evil, evil, evil),
    )


@pytest.fixture
def hostile_results(hostile_rule: UpdateRule) -> tuple[Result, ...]:
    """A result of each verdict about that rule."""
    return results_about(hostile_rule)


@pytest.fixture
def hostile(hostile_rule: UpdateRule) -> Content:
    """A report about that rule, in which something failed."""
    failures = (Failure(EVIL, EVIL, "kernel"),)
    page = content_of(hostile_rule, failures=failures, passed=False)
    return Content((page,), command=f"optproof report '{EVIL}'")


class Page(HTMLParser):
    """What a page holds: elements in order, identifiers, links, and whether every element is closed."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing, at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def identifiers(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        return [a["href"] for tag, a in self.elements if tag == "a" and "href" in a]


@pytest.fixture
def read_page() -> type[Page]:
    """Reads a page's HTML."""
    return Page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report about two rules with real theorems, kernels, figures and a comparison; the check is made by hand."""
    from optproof.analysis.compare import compare
    from optproof.derive import derive
    from optproof.kernels import generate

    contents = []
    for name in ("adagrad", "adam"):
        found = tuple(map(theorem_of, derive(name)))
        contents.append(replace(content_of(rule(name)), theorems=found, kernel=kernel_facts(generate(name))))
    against = draw_effective_rates(study.adagrad_against_rmsprop(60), {"adagrad": "Adagrad", "rmsprop": "RMSprop"})
    compared = comparison_facts(compare("adagrad", "adam"))
    path = tmp_path_factory.mktemp("site") / "report"
    write_report(Content(tuple(contents), (against,), comparisons=(compared,)), path, ["html", "md", "json"])
    return path
