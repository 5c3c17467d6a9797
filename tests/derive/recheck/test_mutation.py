"""Every single change of a certificate is rejected, or leaves a certificate that is true.

Each leaf of the JSON is changed, each entry dropped, neighbours swapped, a key added: first in the file as it is, then
as a forger would, who computes the digests anew.  Whatever statement is accepted then must hold in plain
floating-point runs, which share no code with the checker.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from optproof.derive.recheck import CONFIRMED, FINDER_ONLY, OBLIGATIONS, Finding

from .judge import broken

Certificates = dict[str, dict[str, Any]]
Recheck = Callable[[dict[str, Any]], Finding]
Reseal = Callable[[dict[str, Any]], dict[str, Any]]
Path = tuple[Any, ...]

ACCEPTED = (CONFIRMED, FINDER_ONLY, OBLIGATIONS)
# What a certificate says for people: the checker repeats none of it as checked.
WORDS = {
    *("title", "subject", "words", "kind", "source", "seed", "tools", "method", "expected"),
}
# What a rule says for people.
NOTATION = {"latex", "meaning", "unit", "title", "source", "default"}
OTHER = {
    **{"+": "*", "*": "+", "**": "*", "==": "<=", "!=": "==", "<": "<=", "<=": ">=", ">": ">=", ">=": ">"},
    **{"and": "or", "or": "and", "not": "abs", "abs": "sign", "max": "min", "at": "max", "sum": "+", "/": "+"},
}


def mutations(data: Any, symbols: list[str], path: Path = ()) -> Iterator[tuple[Path, str, Callable[[Any], Any]]]:
    """Where to change what, and how: the change maps the old value to the new one."""
    if isinstance(data, dict):
        yield path, "key added", lambda d: {**d, "more": 1}
        for key, value in data.items():
            yield path, f"{key} dropped", lambda d, k=key: {n: v for n, v in d.items() if n != k}
            yield from mutations(value, symbols, (*path, key))
        return
    if isinstance(data, list):
        yield path, "entry added", lambda d: [*d, 1]
        for index, value in enumerate(data):
            yield path, f"entry {index} dropped", lambda d, i=index: [*d[:i], *d[i + 1 :]]
            if index + 1 < len(data) and data[index + 1] != value:
                yield path, f"entry {index} swapped", lambda d, i=index: [*d[:i], d[i + 1], d[i], *d[i + 2 :]]
            yield from mutations(value, symbols, (*path, index))
        return
    yield from ((path, "changed", lambda _, v=new: v) for new in _changed(data, symbols))


def _changed(leaf: Any, symbols: list[str]) -> Iterator[Any]:
    if isinstance(leaf, bool):
        yield not leaf
    elif isinstance(leaf, int):
        yield leaf + 1
        yield -leaf if leaf else 2
    elif leaf is None:
        yield 1
    elif leaf in OTHER:
        yield OTHER[leaf]
    elif leaf in symbols:
        yield symbols[(symbols.index(leaf) + 1) % len(symbols)]
    elif leaf.lstrip("-").isdigit():
        yield str(int(leaf) + 1)
    elif leaf in ("PROVED", "REFUTED"):
        yield {"PROVED": "REFUTED", "REFUTED": "PROVED"}[leaf]
    else:
        yield leaf + "x"


def mutants(data: dict[str, Any]) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    rule = data["rule"]
    symbols = [q["name"] for part in ("hyperparameters", "state") for q in rule[part]]
    symbols += ["g", "t", "theta", *data["symbols"]]
    for path, kind, change in mutations(data, symbols):
        mutant = copy.deepcopy(data)
        if not path:
            yield path, kind, change(mutant)
            continue
        *outer, last = path
        place = mutant
        for step in outer:
            place = place[step]
        place[last] = change(place[last])
        yield path, kind, mutant


def statement(data: dict[str, Any]) -> Any:
    """What a certificate says, without what it says for people."""
    claim = data["claim"]
    kept = {k: data[k] for k in ("rule", "symbols", "verdict", "witness", "rule_digest", "statement_digest")}
    goal = {k: claim[k] for k in ("name", "goal", "semantics")}
    return {**kept, **goal, "hypotheses": [h["condition"] for h in claim["hypotheses"]]}


NAMES = (
    *("rmsprop rate-lower-bound-forever", "rmsprop rate-never-grows", "adagrad monotone-G"),
    *("sgd gradient-scale", "adagrad eps-lost-one-number-earlier"),
)
REST = (
    *("sgd[momentum] closed-form-b", "sgd[momentum] effective-step-depends", "rmsprop effective-step"),
    *("adam bias-correction-limit-v", "adam bias-correction-above-one-v", "rmsprop weights-v", "adagrad rate-vanishes"),
    *("adam upper-bound-v", "sgd additive-in-the-gradients", "sgd stability-region", "sgd[l2] without-weight-decay"),
    *("sgd[l2] decay-without-gradients", "sgd[l2] l2-for-decoupled-decay-unique", "adagrad eps-place-no-constant"),
    *("sgd[nesterov] stability-as-descent", "adadelta additive-in-the-gradients", "adadelta units-are-free"),
    *("adadelta no-movement-without-eps", "adagrad potential-bound", "adagrad eps-place-does-not-matter"),
    *("rmsprop step-bound", "rmsprop[momentum] buffer-bound", "rmsprop[centered] stability-region"),
    *("sgd[momentum,l2] decay-without-gradients", "adam moment-bound", "adadelta eps-lost"),
)


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(n, marks=pytest.mark.slow) for n in REST)])
def test_every_change_of_a_file_is_rejected_or_harmless(
    certificates: Certificates, recheck_one: Recheck, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, counts = certificates[name], Counter[str]()
    shown = recheck_one(data).record
    for path, kind, mutant in mutants(data):
        found = recheck_one(mutant)
        if found.status not in ACCEPTED:
            counts[found.status] += 1
            continue
        # A proof may do without a fact, or show a thing in other words: it was checked again as a whole.
        where = "words" if WORDS & set(path) else "proof" if {"obligations", "facts"} & set(path) else "elsewhere"
        counts[f"accepted, in {where}"] += 1
        assert statement(mutant) == statement(data), (path, kind)
        assert where != "elsewhere", (path, kind)
        for key in ("statement", "hypotheses", "derived", "published", "relation", "verdict", "witness"):
            assert found.record[key] == shown[key], (path, kind)
    with capsys.disabled():
        print(f"\n{name}: {dict(counts)}")
    assert counts["rejected"] > 200


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(n, marks=pytest.mark.slow) for n in REST)])
def test_what_a_forger_gets_accepted_is_true(
    certificates: Certificates, recheck_one: Recheck, reseal: Reseal, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, counts = certificates[name], Counter[str]()
    for path, kind, mutant in mutants(data):
        try:
            forged = reseal(mutant)
        except (KeyError, TypeError, AttributeError):
            counts["no certificate"] += 1
            continue
        found = recheck_one(forged)
        if found.status not in ACCEPTED:
            counts[found.status] += 1
        elif statement(forged) == statement(data):
            counts["accepted, the same statement"] += 1
        elif found.status == CONFIRMED:
            counts["accepted, another true statement"] += 1
            assert NOTATION & set(path) or not broken(forged), (path, kind)
        else:
            counts["accepted for its obligations only"] += 1
    with capsys.disabled():
        print(f"\n{name}, forged: {dict(counts)}")
    assert counts["rejected"] > 150


def test_the_floating_point_judge_can_judge(certificates: Certificates) -> None:
    """It finds false statements false, and those of the certificates not."""
    for name, data in certificates.items():
        assert not broken(data), name
    for name in ("adagrad monotone-G", "adam upper-bound-v", "rmsprop rate-lower-bound-forever"):
        wrong = copy.deepcopy(certificates[name])
        condition = wrong["claim"]["goal"]["condition"]
        condition[0] = {"<=": ">", ">=": "<"}[condition[0]]
        assert broken(wrong), name
    wrong = copy.deepcopy(certificates["sgd[momentum] closed-form-b"])
    text = json.dumps(wrong["claim"]["goal"]["formula"]).replace('"momentum"', '"lr"')
    wrong["claim"]["goal"]["formula"] = json.loads(text)
    assert broken(wrong)
