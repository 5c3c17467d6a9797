"""The judge of claims about pairs of runs, recurrences, roots and rounded numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from .floats import drawn, evaluate, fails

__all__ = ["JUDGES", "Draw"]


class Draw:
    """Values for what a claim needs: from a witness, or by chance."""

    def __init__(self, data: dict[str, Any], chance: random.Random | None, given: dict[str, Any] | None = None) -> None:
        goal = data["claim"]["goal"]
        self.given, self.chance = given or {}, chance
        # A number that both rules use is the certificate's own rule's.
        rules = [*(goal[k] for k in ("other", "variant") if goal.get(k)), data["rule"]]
        self.domains = dict(data["symbols"])
        self.domains |= {h["name"]: h["domain"] for rule in rules for h in rule["hyperparameters"]}
        self.constants: dict[str, Any] = {}
        for name, domain in self.domains.items():
            if name in self.given or chance is not None:
                self.constants[name] = self.given.get(name) if name in self.given else drawn(domain, chance)
        self.steps = max([int(n[2:-1]) for n in self.given if n.startswith("g[")], default=0) or 4

    def at(self, name: str, count: int, low: float = -2.0, high: float = 2.0) -> Any:
        """The value of a sequence."""
        if self.chance is None:
            return self.given[f"{name}[{count}]"]
        if name in self.domains and name not in ("g", "g'"):
            return drawn(self.domains[name], self.chance)
        return self.chance.uniform(low, high)

    @property
    def theta(self) -> Any:
        return self.given.get("theta[0]", 0.5)


def _begun(rule: dict[str, Any], hyper: dict[str, Any], theta: Any) -> dict[str, Any]:
    return {"theta": theta, **{s["name"]: evaluate(s["initial"], hyper) for s in rule["state"]}}


def _stepped(rule: dict[str, Any], hyper: dict[str, Any], state: dict[str, Any], g: Any, count: int) -> dict[str, Any]:
    values = {**hyper, **state, "g": g, "t": float(count)}
    for line in rule["assignments"]:
        values[line["name"]] = evaluate(line["value"], values)
    return {name: values[name] for name in state}


def _apart(a: Any, b: Any) -> bool:
    clear = 1e-7 if isinstance(a, float) and isinstance(b, float) else mpmath.mpf(10) ** -40
    return abs(a - b) > clear * (1 + abs(a) + abs(b))


def _hyper(rule: dict[str, Any], settings: list[Any], values: dict[str, Any]) -> dict[str, Any]:
    set_ = dict(settings)
    return {
        h["name"]: evaluate(set_[h["name"]], values) if h["name"] in set_ else values[h["name"]]
        for h in rule["hyperparameters"]
    }


def _unmet(data: dict[str, Any], values: dict[str, Any]) -> bool:
    return any(fails(h["condition"], values) or _touches(h["condition"], values) for h in data["claim"]["hypotheses"])


def _touches(condition: Any, values: dict[str, Any]) -> bool:
    """Whether both sides of a strict inequality are the same number, which :func:`fails` lets pass as rounding."""
    return condition[0] in ("<", ">") and evaluate(condition[1], values) == evaluate(condition[2], values)


def _scales_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal = data["claim"]["goal"]
    rule, factors = goal["variant"] or data["rule"], dict(goal["multipliers"])
    changing = _symbols_of(factors.get("g", 1)) if goal["over_time"] else set()
    values = dict(draw.constants)
    values |= {n: draw.at(n, 1) for n in changing}
    names = [h["name"] for h in rule["hyperparameters"]]

    def factor(name: str, now: dict[str, Any]) -> Any:
        return evaluate(factors.get(name, 1), now)

    plain = _hyper(rule, goal["fixed"], {**dict.fromkeys(names, 0.0), **values})
    bigger = {name: factor(name, values) * plain[name] for name in names}
    own = _begun(rule, plain, draw.theta)
    other = _begun(rule, bigger, factor("theta", values) * draw.theta)
    for count in range(1, draw.steps + 1):
        now = {**values, **{n: draw.at(n, count) for n in changing}}
        g = draw.at("g", count)
        before, before_other = own, other
        own, other = _stepped(rule, plain, own, g, count), _stepped(rule, bigger, other, factor("g", now) * g, count)
        for name in own:
            claimed, found = factor(name, now) * own[name], other[name]
            if name == "theta" and goal["step"] is not None:
                claimed = evaluate(goal["step"], now) * (own[name] - before[name])
                found = other[name] - before_other[name]
            if _apart(claimed, found):
                return True
    return False


def _superposes_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal, rule, values = data["claim"]["goal"], data["rule"], draw.constants
    a, b = evaluate(goal["first"], values), evaluate(goal["second"], values)
    starts = (draw.theta, draw.theta, (a + b) * draw.theta)
    runs = [_begun(rule, values, theta) for theta in starts]
    for count in range(1, draw.steps + 1):
        g, h = draw.at("g", count), draw.at("g'", count)
        taken = (g, h, a * g + b * h)
        runs = [_stepped(rule, values, run, x, count) for run, x in zip(runs, taken, strict=True)]
    return _apart(a * runs[0]["theta"] + b * runs[1]["theta"], runs[2]["theta"])


def _keeps_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal = data["claim"]["goal"]
    rule = goal["variant"] or data["rule"]
    names = [h["name"] for h in rule["hyperparameters"]]
    hyper = _hyper(rule, goal["fixed"], {**dict.fromkeys(names, 0.0), **draw.constants})
    state = _begun(rule, hyper, draw.theta)
    for count in range(1, draw.steps + 1):
        at = {**draw.constants, **hyper, "t": float(count)}
        g = draw.at("g", count) if goal["gradient"] is None else evaluate(goal["gradient"], at)
        if draw.chance is None and _apart(g, draw.at("g", count)):
            return False
        before, state = state, _stepped(rule, hyper, state, g, count)
        if _apart(state["theta"], evaluate(goal["factor"], at) * before["theta"]):
            return True
    return False


def _equivalent_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal, rule = data["claim"]["goal"], data["rule"]
    other, varying = goal["other"], goal["varying"]

    def now(count: int) -> dict[str, Any]:
        drawn = {n: draw.at(n, count) for n in varying if draw.chance is not None or f"{n}[{count}]" in draw.given}
        return {**draw.constants, **drawn, "t": float(count)}

    values = now(1)
    mine = _begun(rule, _hyper(rule, goal["here"], values), draw.theta)
    theirs = _begun(other, _hyper(other, goal["there"], values), draw.theta)
    for count in range(1, draw.steps + 1):
        values = now(count) if count > 1 else values
        here, there = _hyper(rule, goal["here"], values), _hyper(other, goal["there"], values)
        points = [
            evaluate(r["gradient_at"], {**h, **s, "t": float(count)})
            for r, h, s in ((rule, here, mine), (other, there, theirs))
        ]
        if _apart(*points):
            return True
        if draw.chance is None and f"g[{count}]" not in draw.given:
            return False
        g = draw.at("g", count)
        if _unmet(data, {**values, **mine, "g": g}):
            return False
        mine, theirs = _stepped(rule, here, mine, g, count), _stepped(other, there, theirs, g, count)
        if any(_apart(evaluate(e, {**values, **mine}), theirs[q]) for q, e in goal["states"]):
            return True
    return False


def _agrees_broken(data: dict[str, Any], draw: Draw) -> bool:
    """A value of the unknown, other than the one that is named, for which random runs agree."""
    goal, values = data["claim"]["goal"], {**draw.constants, "t": 1.0}
    if _unmet(data, values):
        return False
    if goal["value"] is not None and not _apart(values[goal["unknown"]], evaluate(goal["value"], values)):
        return False
    sides = [(data["rule"], goal["here"]), (goal["other"], goal["there"])]
    for _ in range(3):
        ends = []
        gradients = [draw.at("g", i) for i in range(1, 4)]
        for rule, settings in sides:
            state = _begun(rule, _hyper(rule, settings, values), 0.7)
            for count, g in enumerate(gradients, start=1):
                state = _stepped(rule, _hyper(rule, settings, {**values, "t": float(count)}), state, g, count)
            ends.append(state["theta"])
        if _apart(*ends):
            return False
    return True


def _recurrence_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal, constants = data["claim"]["goal"], draw.constants
    now = {n: evaluate(e, constants) for n, e in zip(goal["symbols"], goal["initial"], strict=True)}
    count = goal["start"]
    last = int(draw.given["t"]) if draw.chance is None else count + 5
    while True:
        at = {**constants, **now, "t": float(count)}
        if (draw.chance is not None or count == last) and fails(goal["condition"], at):
            return True
        if count == last:
            return False
        count += 1
        drawn = {n: draw.at(n, count) for n in goal["inputs"]}
        inside = {**constants, **now, **drawn, "t": float(count)}
        if _unmet(data, inside):
            return False
        now = {n: evaluate(e, inside) for n, e in zip(goal["symbols"], goal["following"], strict=True)}


def _stable_broken(data: dict[str, Any], draw: Draw) -> bool:
    """Where the largest root, found numerically, says one thing and the region another."""
    goal, values = data["claim"]["goal"], draw.constants
    if _unmet(data, values):
        return False
    places = [mpmath.mpf(n) for n in range(-3, 4)]
    variable = goal["variable"]
    heights = [evaluate(goal["polynomial"], {**values, variable: x}) for x in places]
    rows = mpmath.matrix([[x**k for k in range(len(places))] for x in places])
    found = list(mpmath.lu_solve(rows, mpmath.matrix([mpmath.mpf(h) for h in heights])))
    while len(found) > 1 and abs(found[-1]) < 1e-9:
        found.pop()
    roots = mpmath.polyroots(found[::-1], maxsteps=500, extraprec=300) if len(found) > 1 else []
    largest = max((abs(r) for r in roots), default=mpmath.mpf(0))
    # At a witness a root may lie on the circle itself, which is not inside; by chance none does.
    near = 1e-6 if draw.chance is not None else mpmath.mpf(10) ** -30
    if draw.chance is not None and abs(largest - 1) < near:
        return False
    return (largest < 1 - near) == fails(goal["condition"], values)


def _supremum_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal, rule, values = data["claim"]["goal"], data["rule"], draw.constants
    if _unmet(data, values):
        return False
    bound, state = evaluate(goal["value"], values), _begun(rule, values, 0.0)
    extremal = _begun(rule, values, 0.0)
    for count in range(1, 9):
        state = _stepped(rule, values, state, draw.at("g", count), count)
        extremal = _stepped(rule, values, extremal, evaluate(goal["gradient"], {**values, "t": float(count)}), count)
        for run in (state, extremal):
            if run[goal["numerator"]] ** 2 / run[goal["scale"]] > bound * (1 + 1e-6):
                return True
        at = {**values, "t": float(count)}
        if _apart(extremal[goal["numerator"]] ** 2 / extremal[goal["scale"]], evaluate(goal["ratio"], at)):
            return True
    return False


def _rounded(value: Fraction, digits: int, bits: int) -> Fraction:
    """The nearest number of a format, by the definition: of the two neighbours on its grid."""
    if value == 0:
        return value
    top = 2 ** (bits - 1) - 1
    exponent = max(math.floor(math.log2(abs(value))), 1 - top)
    while exponent > 1 - top and abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    return round(value / Fraction(2) ** (exponent - digits + 1)) * Fraction(2) ** (exponent - digits + 1)


def _exact(e: Any) -> Fraction:
    return Fraction(e[1], e[2]) if isinstance(e, list) else Fraction(e)


_FORMATS = {"float32": (24, 8), "bfloat16": (8, 8), "float16": (11, 5)}


def _run_lines(goal: dict[str, Any], values: dict[str, Any]) -> None:
    for line in goal["lines"]:
        parts = [values[e] if isinstance(e, str) else _exact(e) for e in line["operands"]]
        a, b = parts[0], parts[-1]
        exact = {"": a, "+": a + b, "-": a - b, "*": a * b}[line["operator"]]
        values[line["target"]] = _rounded(exact, *_FORMATS[goal["arithmetic"]])


def _computed_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal = data["claim"]["goal"]
    for _ in range(30):
        values: dict[str, Any] = {}
        for name in goal["inputs"]:
            if draw.chance is None:
                values[name] = _exact(data["witness"][name])
            else:
                size = Fraction(2) ** draw.chance.randint(-20, 20) * Fraction(draw.chance.randint(1, 999), 999)
                values[name] = _rounded(size * draw.chance.choice((1, -1)), *_FORMATS[goal["arithmetic"]])
        if all(_true(h["condition"], values) for h in data["claim"]["hypotheses"]):
            _run_lines(goal, values)
            if not _true(goal["condition"], values):
                return True
    return False


def _computed_run_broken(data: dict[str, Any], draw: Draw) -> bool:
    """The run of a counterexample: no such claim is proved."""
    goal, witness = data["claim"]["goal"], data["witness"]
    now = {n: _exact(e) for n, e in zip(goal["states"], goal["initial"], strict=True)}
    values: dict[str, Any] = {}
    for _ in range(witness["t"]):
        values = {**now, "g": _exact(witness["g"])}
        _run_lines(goal, values)
        now = {n: values[f"{n}__after"] for n in now}
    return not _true(goal["condition"], values)


def _rounds_to_one_broken(data: dict[str, Any], draw: Draw) -> bool:
    goal = data["claim"]["goal"]
    threshold = _exact(goal["threshold"])
    places = [threshold + Fraction(n, 2**40) for n in (-1, 0, 1)]
    form = _FORMATS[goal["arithmetic"]]
    return any((_rounded(b, *form) == 1) != (b >= threshold) for b in places if b <= 1)


def _true(condition: Any, values: dict[str, Fraction]) -> bool:
    head, *rest = condition
    if head in ("and", "or", "not", "iff"):
        parts = [_true(c, values) for c in rest]
        return {"and": all(parts), "or": any(parts), "not": not parts[0], "iff": parts[0] == parts[-1]}[head]
    left, right = (_fraction(e, values) for e in rest)
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[head]


def _fraction(e: Any, values: dict[str, Fraction]) -> Fraction:
    if isinstance(e, str):
        return values[e]
    return abs(_fraction(e[1], values)) if isinstance(e, list) and e[0] == "abs" else _exact(e)


def _symbols_of(e: Any) -> set[str]:
    if isinstance(e, str):
        return {e}
    return set().union(*(_symbols_of(a) for a in e[1:])) if isinstance(e, list) else set()


JUDGES: dict[str, Callable[[dict[str, Any], Draw], bool]] = {
    "ScalesAs": _scales_broken,
    "Superposes": _superposes_broken,
    "KeepsTheta": _keeps_broken,
    "Equivalent": _equivalent_broken,
    "AgreesOnlyFor": _agrees_broken,
    "AlongRecurrence": _recurrence_broken,
    "StableIff": _stable_broken,
    "SupremumIs": _supremum_broken,
    "Computed": _computed_broken,
    "ComputedRun": _computed_run_broken,
    "RoundsToOneIff": _rounds_to_one_broken,
}
