"""False variants of claims about step bounds, suprema, recurrences and stability: none may be proved.

A variant counts as false only when a simulation in floating point, which shares no code with the provers, shows it.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from optproof.derive import Claim, Verdict, claims_of, rule
from optproof.derive.prove.condition import ContradictoryHypothesesError
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.recurrence_goals import AlongRecurrence, StableIff, StepWithin, SupremumIs
from optproof.derive.symbols import Quantity, after, step_counter

T = step_counter()
KINDS = (AlongRecurrence, StableIff, StepWithin, SupremumIs)
FACTORS = (sp.Rational(1, 2), sp.Rational(9, 10), sp.Rational(11, 10), sp.Integer(2))


def variants(claim: Claim) -> Iterator[tuple[str, Claim]]:
    goal = claim.goal
    for factor in FACTORS:
        if isinstance(goal, StepWithin):
            yield f"bound * {factor}", replace(claim, goal=replace(goal, bound=factor * goal.bound))
        elif isinstance(goal, SupremumIs):
            yield f"value * {factor}", replace(claim, goal=replace(goal, value=factor * goal.value))
        else:
            for index, condition in enumerate(_scaled(goal.condition, factor)):
                yield f"part {index} * {factor}", replace(claim, goal=replace(goal, condition=condition))
    if isinstance(goal, (AlongRecurrence, StableIff)):
        for index, condition in enumerate(_reversed(goal.condition)):
            yield f"part {index} reversed", replace(claim, goal=replace(goal, condition=condition))
    for index in range(len(claim.hypotheses)):
        rest = (*claim.hypotheses[:index], *claim.hypotheses[index + 1 :])
        yield "hypothesis dropped", replace(claim, hypotheses=rest)


def _parts(condition: sp.Basic) -> list[sp.Basic]:
    return list(condition.args) if isinstance(condition, sp.And) else [condition]


def _with(parts: list[sp.Basic], index: int, part: sp.Basic) -> sp.Basic:
    changed = [*parts[:index], part, *parts[index + 1 :]]
    return changed[0] if len(changed) == 1 else sp.And(*changed, evaluate=False)


def _scaled(condition: sp.Basic, factor: sp.Rational) -> Iterator[sp.Basic]:
    parts = _parts(condition)
    for index, part in enumerate(parts):
        if isinstance(part, sp.core.relational.Relational):
            yield _with(parts, index, part.func(part.lhs, factor * part.rhs, evaluate=False))
        elif isinstance(part, sp.Or):
            # An implication: its conclusion is changed.
            said = part.args[-1] if isinstance(part.args[0], sp.Not) else part.args[0]
            rest = [a for a in part.args if a != said]
            if isinstance(said, sp.core.relational.Relational):
                changed = said.func(said.lhs, factor * said.rhs, evaluate=False)
                yield _with(parts, index, sp.Or(*rest, changed, evaluate=False))


def _reversed(condition: sp.Basic) -> Iterator[sp.Basic]:
    parts = _parts(condition)
    swap = {sp.Le: sp.Ge, sp.Lt: sp.Gt, sp.Ge: sp.Le, sp.Gt: sp.Lt}
    for index, part in enumerate(parts):
        if part.func in swap:
            yield _with(parts, index, swap[part.func](part.lhs, part.rhs, evaluate=False))


def _draw(symbol: sp.Symbol, chance: random.Random) -> float:
    domain = symbol.domain if isinstance(symbol, Quantity) else None
    if domain is not None and domain.integer:
        return float(chance.choice((1, 2, 3, 7)))
    if domain is not None and domain.upper is not None:
        return chance.uniform(0.03, 0.97)
    if domain is not None and domain.lower is not None:
        return chance.choice((0.1, 0.7, 3.0)) * chance.uniform(0.5, 2.0)
    return chance.choice((-3.0, -0.4, 0.6, 2.5)) * chance.uniform(0.3, 1.5)


def _value(expression: sp.Expr, values: dict[sp.Basic, float]) -> float:
    return float(expression.xreplace({k: sp.Float(v, 30) for k, v in values.items()}))


def _fails(condition: sp.Basic, values: dict[sp.Basic, float]) -> bool:
    if isinstance(condition, sp.And):
        return any(_fails(part, values) for part in condition.args)
    if isinstance(condition, sp.Or):
        return all(_fails(part, values) for part in condition.args)
    if isinstance(condition, sp.Not):
        return not _fails(condition.args[0], values)
    left, right = _value(condition.lhs, values), _value(condition.rhs, values)
    clear = 1e-7 * (1e-6 + abs(left) + abs(right))
    gap = left - right
    return {"==": abs(gap) > clear, "<=": gap > clear, "<": gap > clear, ">=": gap < -clear, ">": gap < -clear}[
        condition.rel_op
    ]


def _holds(condition: sp.Basic, values: dict[sp.Basic, float]) -> bool:
    return not _fails(condition, values)


def violated(claim: Claim) -> bool:
    """Whether a simulation shows the claim to be false."""
    chance = random.Random(11)
    check = {AlongRecurrence: _recurrence, StableIff: _stability, StepWithin: _steps, SupremumIs: _supremum}
    for _ in range(25):
        try:
            if check[type(claim.goal)](claim, chance):
                return True
        except (ZeroDivisionError, TypeError, ValueError, OverflowError):
            continue
    return False


def _constants(symbols: set[sp.Symbol], claim: Claim, chance: random.Random) -> dict[sp.Basic, float]:
    given = [h.condition for h in claim.hypotheses if h.condition.free_symbols <= symbols]
    for _ in range(200):
        values: dict[sp.Basic, float] = {s: _draw(s, chance) for s in sorted(symbols, key=str)}
        if all(_holds(c, values) for c in given):
            return values
    raise ValueError("no values satisfy the hypotheses")


def _recurrence(claim: Claim, chance: random.Random) -> bool:
    goal = claim.goal
    inner = {*goal.symbols, *goal.inputs, T}
    expressions = (*goal.initial, *goal.following, goal.condition, *(h.condition for h in claim.hypotheses))
    values = _constants(set().union(*(e.free_symbols for e in expressions)) - inner, claim, chance)
    now = {s: _value(e, values) for s, e in zip(goal.symbols, goal.initial, strict=True)}
    for t in range(goal.start, goal.start + 8):
        at = {**values, **now, T: float(t)}
        if _fails(goal.condition, at):
            return True
        inputs = _inputs(claim, at, chance)
        ahead = {**at, **inputs, T: float(t + 1)}
        now = {s: _value(e, ahead) for s, e in zip(goal.symbols, goal.following, strict=True)}
    return False


def _inputs(claim: Claim, values: dict[sp.Basic, float], chance: random.Random) -> dict[sp.Basic, float]:
    """Values of the inputs of one step that the hypotheses allow; 0 and 1 are tried too."""
    for attempt in range(60):
        drawn = {s: float(chance.choice((0, 1))) if attempt % 3 == 2 else _draw(s, chance) for s in claim.goal.inputs}
        if all(_holds(h.condition, {**values, **drawn}) for h in claim.hypotheses):
            return drawn
    raise ValueError("no inputs satisfy the hypotheses")


def _stability(claim: Claim, chance: random.Random) -> bool:
    goal = claim.goal
    symbols = goal.polynomial.free_symbols - {goal.variable} | goal.condition.free_symbols
    values = _constants(
        symbols | set().union(*(h.condition.free_symbols for h in claim.hypotheses), set()), claim, chance
    )
    h = next((s for s in symbols if s.name == "h"), None)
    limits = [p.rhs for p in _parts(goal.condition) if h is not None and p.lhs == h]
    if limits:
        values[h] = _value(limits[0], values) * chance.choice((0.4, 0.6, 0.95, 1.05, 1.8))
    coefficients = [_value(c, values) for c in sp.Poly(goal.polynomial, goal.variable).all_coeffs()]
    modulus = max(abs(np.roots(coefficients)))
    inside = _holds(goal.condition, values)
    clear = all(abs(_value(p.lhs - p.rhs, values)) > 1e-6 for p in _parts(goal.condition))
    return clear and abs(modulus - 1) > 1e-6 and inside != bool(modulus < 1)


def _gradients(claim: Claim, values: dict[sp.Basic, float], chance: random.Random) -> list[float]:
    by_name = {s.name: v for s, v in values.items()}
    growth = by_name["beta2"] / by_name["beta1"] if "beta1" in by_name else 1.0
    return (
        [growth**i for i in range(60)]
        if chance.random() < 0.6
        else [chance.choice((-5.0, 0.0, 1.0)) for _ in range(12)]
    )


def _steps(claim: Claim, chance: random.Random) -> bool:
    made, goal = claim.rule, claim.goal
    hyper = {h.symbol for h in made.hyper}
    values = _constants(hyper, claim, chance)
    values |= {s: 1e-12 for s in hyper if s.name == "eps"}
    values |= {s: 1e-9 for s in hyper if s.name in ("l2", "initial_accumulator", "weight_decay")}
    run = [made.theta, made.gradient, T, *(s.symbol for s in made.state)]
    step = {q: sp.lambdify([*run, *values], e, "math") for q, e in made.step().items()}
    moved = (after(made.theta) - goal.keep * made.theta).free_symbols
    bound, keep = _value(goal.bound, values), _value(goal.keep, values)
    assert moved
    state = {s.symbol: _value(sp.sympify(s.initial), values) for s in made.state} | {made.theta: 0.3}
    for t, g in enumerate(_gradients(claim, values, chance), start=1):
        inputs = {**state, made.gradient: g, T: float(t)}
        later = {q: f(*(inputs[s] for s in run), *values.values()) for q, f in step.items()}
        if abs(later[made.theta] - keep * state[made.theta]) > bound * (1 + 1e-6):
            return True
        state = later
    return False


def _supremum(claim: Claim, chance: random.Random) -> bool:
    """The supremum is found by running the rule's averages on the extremal gradients for a long time."""
    goal, made = claim.goal, claim.rule
    values = _constants({h.symbol for h in made.hyper}, claim, chance)
    by_name = {s.name: v for s, v in values.items()}
    a, b = by_name["beta1"], by_name["beta2"]
    if not a**2 < 0.8 * b:
        return False
    m = v = 0.0
    for i in range(120):
        g = (b / a) ** (i - 119)
        m, v = a * m + (1 - a) * g, b * v + (1 - b) * g * g
    return not math.isclose(m * m / v, _value(goal.value, values), rel_tol=1e-3)


def examine(rules: tuple[str, ...]) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    counts: Counter[str] = Counter()
    wrong: list[tuple[str, str, str]] = []
    with Solver() as solver:
        for name in rules:
            setting = setting_of(rule(name), solver)
            for claim in claims_of(rule(name)):
                if not isinstance(claim.goal, KINDS) or claim.expected is not Verdict.PROVED:
                    continue
                for kind, variant in variants(claim):
                    if not violated(variant):
                        continue
                    try:
                        verdict = settle(variant, setting, solver).verdict
                    except ContradictoryHypothesesError:
                        continue
                    counts[verdict.name] += 1
                    if verdict is Verdict.PROVED:
                        wrong.append((name, claim.name, kind))
    return counts, wrong


def test_no_false_variant_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    counts, wrong = examine(("sgd", "sgd[nesterov]", "rmsprop"))
    with capsys.disabled():
        print(f"\nfalse variants about runs: {dict(counts)}")
    assert wrong == []
    assert counts.total() > 30


@pytest.mark.slow(minutes=15)
def test_no_false_variant_of_the_seeds_rules_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    rules = ("sgd[nesterov]", "adagrad", "rmsprop", "adadelta", "adam")
    counts, wrong = examine(rules)
    with capsys.disabled():
        print(f"\nfalse variants about runs of {', '.join(rules)}: {dict(counts)}")
    assert wrong == []


def test_the_claims_themselves_are_not_violated() -> None:
    for name in ("sgd[nesterov]", "rmsprop", "adagrad", "adam", "adamw"):
        for claim in claims_of(rule(name)):
            if isinstance(claim.goal, KINDS) and claim.expected is Verdict.PROVED:
                assert not violated(claim), (name, claim.name)
