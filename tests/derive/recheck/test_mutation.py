"""Every single change of a certificate is rejected, or leaves a certificate that is true.

Each leaf of the JSON is changed, each entry dropped, neighbours swapped, a key added: first in the file as it is, then
as a forger would, who computes the digests anew.  Whatever statement is accepted then must hold in plain
floating-point runs, which share no code with the checker.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import mpmath
import pytest

from optproof.derive.recheck import CONFIRMED, FINDER_ONLY, OBLIGATIONS, Finding

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
    "sgd[momentum] closed-form-b",
)
REST = (
    *("sgd[momentum] effective-step-depends", "rmsprop effective-step", "adam upper-bound-v"),
    *("adam bias-correction-limit-v", "adam bias-correction-above-one-v", "rmsprop weights-v", "adagrad rate-vanishes"),
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


def broken(data: dict[str, Any]) -> bool:
    """Whether plain floating-point runs show that what is stated is false."""
    chance = random.Random(3)
    with mpmath.workdps(50):
        if data["verdict"] == "REFUTED":
            run = _Run(data, chance, _number_values(data["witness"]))
            del run.moments[:-1]
            return not _breaks(data, run)
    return any(_breaks(data, run) for run in _runs(data, chance))


def _runs(data: dict[str, Any], chance: random.Random) -> Iterator[_Run]:
    for _ in range(40):
        with suppress(ZeroDivisionError, OverflowError, ValueError):
            yield _Run(data, chance, {})


def _number_values(witness: dict[str, Any]) -> dict[str, float]:
    return {name: evaluate(value, {}) for name, value in witness.items()}


class _Run:
    """A random run of the rule in a certificate, or the run that a witness gives."""

    def __init__(self, data: dict[str, Any], chance: random.Random, given: dict[str, float]) -> None:
        rule = data["rule"]
        self.constants = {
            name: given.get(name, _drawn(domain, chance))
            for name, domain in [
                *((h["name"], h["domain"]) for h in rule["hyperparameters"]),
                *data["symbols"].items(),
            ]
        }
        steps = sum(1 for n in given if n.startswith("g[")) or 4
        self.gradients = [given.get(f"g[{i}]", chance.uniform(-2, 2)) for i in range(1, steps + 1)]
        now = {s["name"]: evaluate(s["initial"], self.constants) for s in rule["state"]}
        now["theta"] = given.get("theta[0]", 0.5)
        self.moments: list[tuple[dict[str, float], dict[str, float]]] = []
        for count, g in enumerate(self.gradients, start=1):
            values = {**self.constants, **now, "g": g, "t": float(count)}
            before = dict(values)
            for line in rule["assignments"]:
                values[line["name"]] = evaluate(line["value"], values)
            now = {name: values[name] for name in now}
            self.moments.append((before, now))


def _drawn(domain: dict[str, Any], chance: random.Random) -> float:
    low = None if domain["lower"] is None else float(domain["lower"])
    high = None if domain["upper"] is None else float(domain["upper"])
    if domain["integer"]:
        first = math.ceil(1.0 if low is None else low) + (domain["lower_open"] and low == int(low or 0))
        last = first + 5 if high is None else math.floor(high) - (domain["upper_open"] and high == int(high))
        return float(chance.randint(first, max(first, last)))
    if low is not None and high is not None:
        return chance.uniform(low, high)
    if low is not None:
        return low + chance.uniform(0.01, 3)
    return chance.uniform(-3, 3) if high is None else high - chance.uniform(0.01, 3)


def _breaks(data: dict[str, Any], run: _Run) -> bool:
    """Whether the run satisfies the hypotheses and breaks the claim clearly."""
    goal, given = data["claim"]["goal"], [h["condition"] for h in data["claim"]["hypotheses"]]
    try:
        for before, now in run.moments:
            if any(fails(h, before) for h in given):
                return False
            after = {f"{name}__after": value for name, value in now.items()}
            if _goal_fails(goal, {**before, **after}, {**before, **now}, run):
                return True
    except (ZeroDivisionError, OverflowError, ValueError):
        return False
    return False


def _goal_fails(goal: dict[str, Any], both: dict[str, float], late: dict[str, float], run: _Run) -> bool:
    kind = goal["kind"]
    if kind == "Invariant":
        return fails(goal["condition"], late)
    if kind in ("EachStep", "Holds"):
        return fails(goal["condition"], both)
    if kind == "Equal":
        return fails(["==", goal["left"], goal["right"]], both)
    if kind == "LimitIs":
        far = 1e6 if goal["symbol"] == "t" else 1e14
        near = far if goal["point"] == ["oo"] else evaluate(goal["point"], both) + 1e-14
        return abs(evaluate(["+", goal["expression"], ["*", -1, goal["value"]]], {**both, goal["symbol"]: near})) > 1e-4
    if kind == "ClosedForm":
        x = evaluate(goal["initial"], both)
        for count in range(1, len(run.gradients) + 1):
            at = {**both, "t": float(count), "g at": run.gradients}
            x = evaluate(goal["following"], {**at, goal["symbol"]: x})
            if abs(x - evaluate(goal["formula"], at)) > 1e-6 * (1 + abs(x)):
                return True
        return False
    if kind == "DependsOn":
        return False
    raise AssertionError(kind)


def fails(condition: Any, values: dict[str, Any]) -> bool:
    """Whether a condition fails by more than rounding explains."""
    head, *rest = condition
    if head == "not" and rest[0][0] == "==":
        left, right = (evaluate(e, values) for e in rest[0][1:])
        return left == right
    if head == "and":
        return any(fails(c, values) for c in rest)
    if head == "or":
        return all(fails(c, values) for c in rest)
    if head == "not":
        return not fails(rest[0], values)
    left, right = (evaluate(e, values) for e in rest)
    gap, clear = (
        left - right,
        (1e-9 if isinstance(left, float) else mpmath.mpf(10) ** -40) * (1 + abs(left) + abs(right)),
    )
    return {
        "==": abs(gap) > clear,
        "<=": gap > clear,
        ">=": gap < -clear,
        "<": gap > clear,
        ">": gap < -clear,
        "!=": gap == 0,
    }[head]


def evaluate(e: Any, values: dict[str, Any]) -> Any:
    """The value of a prefix list in floating point."""
    if isinstance(e, int):
        # In a counterexample small differences count: mpmath's numbers spread through everything they touch.
        return mpmath.mpf(e) if mpmath.mp.dps > 15 else float(e)
    if isinstance(e, float):
        return e
    if isinstance(e, str):
        return values[e]
    head, *rest = e
    if head == "at":
        return float(values["g at"][round(evaluate(rest[1], values)) - 1])
    if head == "sum":
        term, index, low, high = rest
        span = range(round(evaluate(low, values)), round(evaluate(high, values)) + 1)
        return sum(evaluate(term, {**values, index: float(i)}) for i in span)
    parts = [evaluate(a, values) for a in rest]
    if head == "**" and parts[0] < 0 and parts[1] != int(parts[1]):
        raise ValueError("the root of a negative number")
    operations: dict[str, Callable[[list[float]], float]] = {
        "+": sum,
        "*": math.prod,
        "/": lambda p: p[0] / p[1],
        "**": lambda p: p[0] ** p[1],
        "abs": lambda p: abs(p[0]),
        "sign": lambda p: float((p[0] > 0) - (p[0] < 0)),
        "max": max,
        "min": min,
    }
    return operations[head](parts)


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
