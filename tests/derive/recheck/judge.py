"""A judge of statements that shares no code with the checker: plain floating-point runs, and mpmath."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import mpmath

from .floats import drawn, evaluate, fails
from .judge_pairs import JUDGES, Draw

__all__ = ["broken"]


def broken(data: dict[str, Any]) -> bool:
    """Whether plain floating-point runs show that what is stated is false."""
    chance = random.Random(3)
    if data["claim"]["goal"]["kind"] in JUDGES:
        return _pair_broken(data, chance)
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
            name: given.get(name, drawn(domain, chance))
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


def _pair_broken(data: dict[str, Any], chance: random.Random) -> bool:
    """For claims about pairs of runs, recurrences, roots and rounded numbers."""
    judge = JUDGES[data["claim"]["goal"]["kind"]]
    if data["verdict"] == "REFUTED":
        with mpmath.workdps(50):
            return not judge(data, Draw(data, None, _number_values(data["witness"])))
    for _ in range(40):
        with suppress(ZeroDivisionError, OverflowError, ValueError):
            if judge(data, Draw(data, chance)):
                return True
    return False


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
    if kind == "StepWithin":
        return abs(both["theta__after"] - evaluate(goal["keep"], both) * both["theta"]) > (
            evaluate(goal["bound"], both) * (1 + 1e-9) + 1e-9
        )
    if kind == "DependsOn":
        return False
    raise AssertionError(kind)
