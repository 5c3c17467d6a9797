"""What is computed for a report, and what happens where something fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optproof import analysis, derive
from optproof.analysis.compare import compare
from optproof.derive import UnknownRuleError, UpdateRule, exact, gradient, parameter, rule
from optproof.reports import ReportError, collect
from optproof.reports.making import comparison_facts
from optproof.reports.remember import Memory
from optproof.reports.subjects import Rules, Subject, chosen_subjects

OWN = """
import optproof as op
theta, g, lr = op.parameter(), op.gradient(), op.Quantity("lr", op.NONNEGATIVE)
mine = op.UpdateRule("mine", hyper={lr: "RATE"}, state={}, steps=[(theta, theta - lr * g)])
"""


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
    assert one.theorems
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
    (one,) = collect("sgd", fresh=True).rules
    assert sorted(f.part for f in one.failures) == ["figures", "kernel"]
    assert one.kernel is None
    assert one.drawings == ()


def chosen_rules(rules: Rules = None) -> tuple[Subject, ...]:
    return chosen_subjects(rules, Memory(fresh=True))


def test_rules_that_cannot_be_reported() -> None:
    with pytest.raises(UnknownRuleError, match="adm"):
        chosen_rules("adm")
    with pytest.raises(ReportError, match="at least one rule"):
        chosen_rules([])
    with pytest.raises(ReportError, match="'my rule' and 'my-rule' would have one page"):
        chosen_rules([mine("my rule"), mine("my-rule")])
    assert len(chosen_rules()) > 30
    assert len(chosen_rules(["sgd", "sgd"])) == 1


def test_a_rule_is_recognised_by_name_only_while_it_is_in_the_catalogue(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    (found,) = chosen_subjects("adam[l2,amsgrad]", memory)
    assert (found.name, found.digest) == ("adam[amsgrad,l2]", rule("adam[amsgrad,l2]").digest)
    (again,) = chosen_subjects("adam[l2,amsgrad]", memory)
    assert (again.name, again.digest) == (found.name, found.digest)
    assert again.rule() == found.rule()
    file = tmp_path / "own.py"
    for rate in ("0.1", "0.2"):
        file.write_text(OWN.replace("RATE", rate))
        (own,) = chosen_subjects(f"{file}:mine", memory)
        assert own.rule().defaults["lr"] == exact(rate)
        assert (own.name, own.called) == ("mine", f"{file}:mine")


def test_pairs_are_compared_where_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "derive", lambda rules, progress=None: [])
    content = collect(["sgd", "sgd[momentum]", "sgd[l2]"], compare=True)
    assert [(c.first, c.second) for c in content.comparisons] == [
        ("sgd", "sgd[momentum]"),
        ("sgd", "sgd[l2]"),
        ("sgd[momentum]", "sgd[l2]"),
    ]
    assert content.comparisons[1] == comparison_facts(compare("sgd", "sgd[l2]"))
    assert content.command.endswith(" --compare")
    assert collect(["sgd", "sgd[l2]"]).comparisons == ()


def test_rules_are_derived_together_and_known_ones_not_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together: list[list[str]] = []
    found = derive.derive

    def watched(rules: Any, progress: Any = None) -> Any:
        together.append([r.name for r in rules])
        return found(rules, progress=progress)

    monkeypatch.setattr(derive, "derive", watched)
    memory = Memory(tmp_path)
    before = collect(["sgd", "sgd[l2]"], memory=memory).theorems
    assert together == [["sgd", "sgd[l2]"]]
    assert collect(["sgd", "sgd[l2]"], memory=memory).theorems == before
    assert together == [["sgd", "sgd[l2]"]]
    for path in tmp_path.glob("theorems-*"):
        path.write_text("damaged")
    assert collect(["sgd", "sgd[l2]"], memory=memory).theorems == before
    assert [name for batch in together[1:] for name in batch] == ["sgd", "sgd[l2]"]
