"""What is computed for a report, and what happens where something fails."""

from __future__ import annotations

from typing import Any

import pytest

from optproof import analysis, derive
from optproof.derive import UnknownRuleError, UpdateRule, gradient, parameter
from optproof.reports import ReportError, collect
from optproof.reports.gather import chosen_rules


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "crosscheck", lambda rules, progress=None: [])


def mine(name: str) -> UpdateRule:
    theta = parameter()
    return UpdateRule(name, hyper={}, state={}, steps=[(theta, theta - gradient())])


def test_a_report_on_one_rule() -> None:
    seen: list[tuple[str, int, int]] = []
    content = collect("sgd", progress=lambda *a: seen.append(a))
    (one,) = content.rules
    assert one.rule.name == "sgd"
    assert one.results
    assert one.kernel is not None
    assert [d.name for d in one.drawings] == ["effective-step"]
    assert content.all_failures == ()
    assert content.command == "optproof report sgd"
    done = [d for _, d, _ in seen]
    assert done == sorted(done)
    assert {total for _, _, total in seen} == {1000}
    assert set(content.seconds or {}) == {"theorems", "check", "kernel", "figures"}


def test_a_users_own_rule() -> None:
    (one,) = collect(mine("mine")).rules
    assert one.rule.name == "mine"
    assert one.failures == ()


def test_the_command_quotes_names_for_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "derive", lambda rules, progress=None: [])
    assert collect(["sgd[l2]", "sgd"]).command == "optproof report 'sgd[l2]' sgd"


def test_what_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(rules: Any, progress: Any = None) -> list[Any]:
        if any(r.name == "sgd" for r in rules):
            raise RuntimeError("the solver is gone")
        return []

    monkeypatch.setattr(derive, "derive", failing)
    sgd, other = collect(["sgd", "sgd[momentum]"], fresh=True).rules
    assert [(f.part, f.message) for f in sgd.failures] == [("theorems", "RuntimeError: the solver is gone")]
    assert other.failures == ()
    assert sgd.kernel is not None


def test_a_figure_or_kernel_that_fails_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "derive", lambda rules, progress=None: [])
    monkeypatch.setattr("optproof.analysis.study.effective_steps", lambda one: 1 / 0)
    monkeypatch.setattr("optproof.kernels.generation.generate", lambda one: 1 / 0)
    (one,) = collect("sgd").rules
    assert sorted(f.part for f in one.failures) == ["figures", "kernel"]
    assert one.kernel is None
    assert one.drawings == ()


def test_rules_that_cannot_be_reported() -> None:
    with pytest.raises(UnknownRuleError, match="adm"):
        chosen_rules("adm")
    with pytest.raises(ReportError, match="at least one rule"):
        chosen_rules([])
    with pytest.raises(ReportError, match="'my rule' and 'my-rule' would have one page"):
        chosen_rules([mine("my rule"), mine("my-rule")])
    assert len(chosen_rules()) > 30
    assert len(chosen_rules(["sgd", "sgd"])) == 1
