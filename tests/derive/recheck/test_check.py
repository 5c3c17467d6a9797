"""Certificates are confirmed for what they say, and forged ones are not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp

from optproof.derive import Claim, Quantity, rule
from optproof.derive.certificates import certificate
from optproof.derive.goal import ClosedForm
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver as FindersSolver
from optproof.derive.prove.tactics import settle
from optproof.derive.recheck import (
    CONFIRMED,
    FINDER_ONLY,
    NOT_CONFIRMED,
    OBLIGATIONS,
    REJECTED,
    Finding,
    Solver,
    check,
)
from optproof.derive.symbols import step_counter

Certificates = dict[str, dict[str, Any]]
Recheck = Callable[[dict[str, Any]], Finding]
Reseal = Callable[[dict[str, Any]], dict[str, Any]]


def test_each_is_confirmed(certificates: Certificates, recheck_one: Recheck) -> None:
    found = {name: recheck_one(data) for name, data in certificates.items()}
    assert {name: f.reason for name, f in found.items() if f.status != CONFIRMED} == {}
    assert found["rmsprop rate-lower-bound-forever"].confirmed_by == ("cvc5", "exact algebra")
    assert found["rmsprop rate-never-grows"].confirmed_by == ("exact evaluation",)
    assert found["adam bias-correction-limit-v"].confirmed_by == ("exact algebra",)


def test_what_is_printed_comes_from_what_was_checked(certificates: Certificates, recheck_one: Recheck) -> None:
    data = copy.deepcopy(certificates["adagrad monotone-G"])
    data["claim"]["title"] = "The accumulator shrinks."
    record = recheck_one(data).record
    assert record["statement"] == "G' >= G at every step"
    assert "shrinks" not in json.dumps(record)


def test_a_sequence_that_is_not_the_rules_own_is_noted(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal
) -> None:
    data = certificates["rmsprop weights-v"]
    assert recheck_one(data).reason == ""  # the rule's own, under a gradient of 1
    text = json.dumps({k: data[k] for k in ("claim", "obligations")}).replace('"v"', '"total_weight"')
    own = {"total_weight": data["rule"]["state"][0]["domain"]}
    other = reseal({**data, **json.loads(text), "symbols": {**data["symbols"], **own}})
    found = recheck_one(other)
    assert found.status == CONFIRMED
    assert "recurrence as written" in found.reason
    assert recheck_one(certificates["sgd[momentum] closed-form-b"]).reason == ""


def _without_obligation(data: dict[str, Any], dropped: dict[str, Any]) -> dict[str, Any]:
    """The certificate without an obligation, wherever it stands."""
    changed = copy.deepcopy(data)
    said = [dropped["given"], dropped["shows"]]
    changed["obligations"] = [o for o in changed["obligations"] if [o["given"], o["shows"]] != said]
    return changed


@pytest.mark.parametrize(
    "name",
    [
        *("rmsprop rate-lower-bound-forever", "adagrad monotone-G", "adam upper-bound-v", "rmsprop step-bound"),
        *(
            "sgd gradient-scale",
            "sgd additive-in-the-gradients",
            "sgd stability-region",
            "sgd[l2] without-weight-decay",
        ),
        *("sgd[l2] decay-without-gradients", "adagrad potential-bound", "adagrad eps-place-no-constant"),
        *("rmsprop[momentum] buffer-bound", "rmsprop[centered] stability-region", "adadelta eps-lost"),
    ],
)
def test_no_obligation_can_be_dropped(certificates: Certificates, recheck_one: Recheck, name: str) -> None:
    data = certificates[name]
    shown = [o for o in data["obligations"] if o["shows"] is not None]
    assert shown
    assert {recheck_one(_without_obligation(data, o)).status for o in shown} == {REJECTED}


def test_the_empty_proof_proves_nothing(certificates: Certificates, recheck_one: Recheck, reseal: Reseal) -> None:
    """Except where the claim is about so few numbers that the checker settles it alone."""
    alone = {"adam decay-rounds-to-one-float32"}
    for name, data in certificates.items():
        changed = reseal({**data, "obligations": [], "witness": {}})
        assert recheck_one(changed).status == (CONFIRMED if name in alone else REJECTED), name


def test_a_refuted_claim_cannot_be_called_proved(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal
) -> None:
    """Even with the proof of a true claim, or with the very condition as its own assumption."""
    false, true = (certificates[f"rmsprop {n}"] for n in ("rate-never-grows", "rate-lower-bound-forever"))
    borrowed = {"symbols": true["symbols"], "obligations": true["obligations"]}
    forged = reseal({**false, **borrowed, "verdict": "PROVED", "witness": {}})
    found = recheck_one(forged)
    assert found.status == REJECTED
    assert "lacks this obligation" in found.reason
    later = ["+", ["*", "rho", "v"], ["*", ["+", 1, ["*", -1, "rho"]], ["**", "g", 2]]]
    goal = json.dumps(false["claim"]["goal"]["condition"])
    condition = json.loads(goal.replace('"v__after"', json.dumps(later)))
    own = {"words": "", "kind": "identity", "given": [condition], "shows": condition, "smtlib": None}
    found = recheck_one({**forged, "obligations": [*true["obligations"], own]})
    assert found.status == REJECTED
    assert "which it may not" in found.reason
    found = recheck_one({**forged, "obligations": [*true["obligations"], {**own, "given": []}]})
    assert found.status == REJECTED
    assert "cvc5 found values that speak against it" in found.reason


def test_an_obligation_may_not_assume_what_it_shows(certificates: Certificates, recheck_one: Recheck) -> None:
    data = copy.deepcopy(certificates["adagrad monotone-G"])
    last = data["obligations"][-1]
    last["given"].append(last["shows"])
    last["smtlib"] = None
    found = recheck_one(data)
    assert found.status == REJECTED
    assert "which it may not" in found.reason


def test_hypotheses_that_contradict_each_other_are_rejected(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal
) -> None:
    data = copy.deepcopy(certificates["adam upper-bound-v"])
    data["claim"]["hypotheses"].append({"condition": ["<", "g_max", 0], "words": ""})
    found = recheck_one(reseal(data))
    assert found.status == REJECTED
    assert "anything would follow" in found.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"g[1]": 0}, "does not break"),
        ({"rho": 1}, "outside its domain"),
        ({"lr": ["**", 2, ["/", 1, 2]]}, "not rational"),
        ({"unheard": 1}, "does not speak of"),
        ({"g[4]": 1}, "from its first step on"),
        ({"eps": None}, "no expression"),
    ],
)
def test_a_counterexample_must_be_a_run_that_breaks_the_claim(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal, change: dict[str, Any], reason: str
) -> None:
    data = copy.deepcopy(certificates["rmsprop rate-never-grows"])
    data["witness"] = {**data["witness"], **change}
    found = recheck_one(reseal(data))
    assert found.status == REJECTED
    assert reason in found.reason


def test_a_counterexample_must_satisfy_the_hypotheses(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal
) -> None:
    data = copy.deepcopy(certificates["rmsprop rate-never-grows"])
    data["claim"]["hypotheses"] = [{"condition": [">", "g", 0], "words": ""}]
    assert "does not satisfy the hypotheses" in recheck_one(reseal(data)).reason
    data["claim"]["hypotheses"] = [{"condition": [">=", "g", 0], "words": ""}]
    assert recheck_one(reseal(data)).status == CONFIRMED


def test_a_false_recurrence_is_not_the_rules(certificates: Certificates, recheck_one: Recheck, reseal: Reseal) -> None:
    data = certificates["rmsprop weights-v"]
    assert recheck_one(data).status == CONFIRMED
    text = json.dumps({k: data[k] for k in ("claim", "obligations")}).replace('["*", -1, "rho"]', '["*", -2, "rho"]')
    assert recheck_one(reseal({**data, **json.loads(text)})).status == REJECTED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ('{"format": 1, "format": 2}', "twice"),
        ('{"format": 1.5}', "not exact"),
        ("{}", "lacks the key"),
    ],
)
def test_what_is_no_certificate_is_rejected(second: Solver, text: str, reason: str) -> None:
    found = check(text, second)
    assert found.status == REJECTED
    assert reason in found.reason


def test_without_a_second_solver_nothing_that_needs_one_is_confirmed(certificates: Certificates) -> None:
    with Solver(None) as none:
        found = check(json.dumps(certificates["rmsprop rate-lower-bound-forever"]), none)
        assert found.status == NOT_CONFIRMED
        assert "no second solver" in found.reason
        assert found.record["verdict"] == "UNKNOWN"
        assert check(json.dumps(certificates["rmsprop effective-step"]), none).status == CONFIRMED


def test_the_finders_solver_is_never_a_silent_second_opinion(certificates: Certificates) -> None:
    with Solver("z3") as finder:
        found = check(json.dumps(certificates["rmsprop rate-lower-bound-forever"]), finder)
    assert found.status == FINDER_ONLY
    assert "z3" in found.confirmed_by
    assert found.record["verdict"] == "UNKNOWN"


def test_goals_of_an_unknown_kind_are_shown_as_such(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal
) -> None:
    data = copy.deepcopy(certificates["adagrad monotone-G"])
    data["claim"]["goal"]["kind"] = "Unheard"
    found = recheck_one(reseal(data))
    assert found.status == OBLIGATIONS
    assert found.record["verdict"] == "UNKNOWN"
    data["obligations"][-1]["shows"] = ["<", "G", 0]
    assert recheck_one(reseal(data)).status == REJECTED
    data["obligations"] = []
    assert recheck_one(reseal(data)).status == NOT_CONFIRMED


def test_a_wrong_closed_form_is_broken_by_the_sequence_itself(recheck_one: Recheck) -> None:
    x, g, t = Quantity("x"), sp.Function("g"), step_counter()
    index = sp.Symbol("i", integer=True, positive=True)
    goal = ClosedForm(x, sp.Integer(0), x / 2 + g(t), sp.Sum(g(index) / 2**t, (index, 1, t)))
    made = rule("sgd")
    with FindersSolver() as solver:
        result = settle(Claim("wrong", "", "", made, goal), setting_of(made, solver), solver)
    data = json.loads(json.dumps(certificate(result)))
    assert data["verdict"] == "REFUTED"
    found = recheck_one(data)
    assert (found.status, found.confirmed_by) == (CONFIRMED, ("exact evaluation",))
