"""False variants of proved claims: none may be proved.

Each proved claim is changed (a constant, a sign, a relation, an exponent, a symbol, a dropped hypothesis).  A variant
counts as false only when plain floating-point evaluation, which shares no code with the provers, shows a violation.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import mpmath
import pytest
import sympy as sp

from optproof.derive import Claim, Quantity, Verdict, derive, rule
from optproof.derive.goal import ClosedForm, EachStep, Equal, Holds, Invariant, LimitIs
from optproof.derive.prove.condition import ContradictoryHypothesesError
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.symbols import after, step_counter
from optproof.derive.theorems.subjects import CONVERGENCE

RELATIONS = (sp.Le, sp.Lt, sp.Ge, sp.Gt, sp.Eq)
T = step_counter()


# Goals of other kinds have false variants of their own, in tests of their own.
KNOWN = (Equal, Holds, Invariant, EachStep, LimitIs, ClosedForm)


def false_variants(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """Changed claims that floating-point evaluation shows to be false."""
    if not isinstance(claim.goal, KNOWN):
        return
    for kind, variant in _variants(claim):
        # Twice zero is zero: not every change changes the claim.
        if variant != claim and _violated(variant):
            yield kind, variant


def _variants(claim: Claim) -> Iterator[tuple[str, Claim]]:
    goal = claim.goal
    if isinstance(goal, Equal):
        for kind, right in _changed(goal.right):
            yield kind, replace(claim, goal=replace(goal, right=right))
    elif isinstance(goal, (Holds, EachStep, Invariant)):
        for kind, condition in _changed_condition(goal.condition):
            yield kind, replace(claim, goal=replace(goal, condition=condition))
    elif isinstance(goal, LimitIs):
        for kind, value in _changed(goal.value):
            yield kind, replace(claim, goal=replace(goal, value=value))
    elif isinstance(goal, ClosedForm):
        for kind, formula in _changed(goal.formula):
            yield kind, replace(claim, goal=replace(goal, formula=formula))
    else:
        # Other kinds of goals have tests of their own.
        return
    for index in range(len(claim.hypotheses)):
        rest = (*claim.hypotheses[:index], *claim.hypotheses[index + 1 :])
        yield "hypothesis dropped", replace(claim, hypotheses=rest)


def _changed(expression: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
    yield "doubled", 2 * expression
    yield "shifted", expression + 1
    yield "sign", -expression
    if not expression.has(sp.Sum):
        for symbol in sorted(expression.free_symbols, key=str)[:3]:
            if symbol != T:
                yield "symbol squared", expression.xreplace({symbol: symbol**2})
                yield "symbol replaced", expression.xreplace({symbol: 1 + symbol})
        if T in expression.free_symbols:
            yield "off by one", expression.xreplace({T: T + 1})
        roots = sorted((p for p in expression.atoms(sp.Pow) if p.exp == sp.Rational(1, 2)), key=str)
        if roots:
            yield "root dropped", expression.xreplace({roots[0]: roots[0].base})


def _changed_condition(condition: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    if not isinstance(condition, sp.core.relational.Relational):
        return
    left, right = condition.lhs, condition.rhs
    swap = {sp.Le: sp.Ge, sp.Lt: sp.Gt, sp.Ge: sp.Le, sp.Gt: sp.Lt}
    strict = {sp.Le: sp.Lt, sp.Ge: sp.Gt}
    if condition.func in swap:
        yield "reversed", swap[condition.func](left, right, evaluate=False)
    if condition.func in strict:
        yield "made strict", strict[condition.func](left, right, evaluate=False)
    for kind, changed in _changed(right):
        yield kind, condition.func(left, changed, evaluate=False)
    yield "halved", condition.func(left, right / 2, evaluate=False)


def _violated(claim: Claim) -> bool:
    chance = random.Random(7)
    goal = claim.goal
    with mpmath.workdps(40):
        for _ in range(60):
            try:
                if isinstance(goal, ClosedForm):
                    broken = _recurrence_differs(goal, chance)
                elif isinstance(goal, LimitIs):
                    broken = _limit_differs(goal, chance, claim)
                else:
                    broken = _run_breaks(claim, chance)
            except (ZeroDivisionError, TypeError, ValueError, OverflowError):
                continue
            if broken:
                return True
    return False


def _draw(symbol: sp.Symbol, chance: random.Random) -> sp.Float:
    domain = symbol.domain if isinstance(symbol, Quantity) else None
    if domain is not None and domain.integer:
        return sp.Integer(chance.choice((1, 2, 3, 7)))
    if domain is not None and domain.upper is not None:
        return sp.Float(chance.uniform(0.05, 0.95), 40)
    if domain is not None and domain.lower is not None:
        return sp.Float(chance.choice((0.01, 0.3, 1.7, 4.0)) * chance.uniform(0.5, 1.5), 40)
    return sp.Float(chance.choice((-3.0, -0.4, 0.6, 2.5)) * chance.uniform(0.5, 1.5), 40)


def _number(expression: sp.Expr) -> mpmath.mpf:
    value = sp.N(expression, 40)
    if not value.is_Float and not value.is_Integer and not value.is_Rational:
        raise ValueError(str(value))
    return mpmath.mpf(str(value))


def _fails(condition: sp.Basic, values: dict) -> bool:
    """A clear violation: by more than rounding could explain, or equality where strictness was claimed."""
    if isinstance(condition, (sp.And, sp.Or, sp.Not)):
        parts = [_fails(a, values) for a in condition.args]
        return any(parts) if isinstance(condition, sp.And) else all(parts) if isinstance(condition, sp.Or) else False
    left, right = _number(condition.lhs.xreplace(values)), _number(condition.rhs.xreplace(values))
    gap = left - right
    clear = mpmath.mpf(10) ** -25 * (1 + abs(left) + abs(right))
    return {
        "==": abs(gap) > clear,
        "<=": gap > clear,
        ">=": gap < -clear,
        "<": gap > clear or gap == 0,
        ">": gap < -clear or gap == 0,
    }.get(condition.rel_op, False)


def _run_breaks(claim: Claim, chance: random.Random) -> bool:
    made, goal = claim.rule, claim.goal
    step = made.step()
    inner = {made.theta, made.gradient, T, *(s.symbol for s in made.state)}
    symbols = set().union(
        *(e.free_symbols for e in step.values()), *(h.condition.free_symbols for h in claim.hypotheses)
    )
    if isinstance(goal, Equal):
        symbols |= goal.left.free_symbols | goal.right.free_symbols
    else:
        symbols |= goal.condition.free_symbols
    constants = {
        s: _draw(s, chance) for s in sorted(symbols, key=str) if s not in inner and not s.name.endswith("__after")
    }
    state = {s.symbol: sp.sympify(s.initial).xreplace(constants) for s in made.state} | {
        made.theta: sp.Float("0.7", 40)
    }
    for count in range(1, 5):
        g = _allowed_gradient(claim, constants, chance)
        inputs = {**constants, **state, made.gradient: g, T: sp.Integer(count)}
        later = {q: sp.N(e.xreplace(inputs), 40) for q, e in step.items()}
        both = {**inputs, **{after(q): e for q, e in later.items()}}
        if isinstance(goal, Equal):
            broken = _fails(sp.Eq(goal.left, goal.right, evaluate=False), both)
        elif isinstance(goal, Invariant):
            broken = _fails(goal.condition, {**constants, **later, T: sp.Integer(count)})
        else:
            broken = _fails(goal.condition, both)
        if broken:
            return all(not _fails(h.condition, inputs) for h in claim.hypotheses)
        state = later
    return False


def _allowed_gradient(claim: Claim, constants: dict, chance: random.Random) -> sp.Float:
    for _ in range(50):
        g = sp.Float(chance.choice((-2.0, -0.3, 0.0, 0.3, 1.0, 4.0)) * chance.uniform(0.5, 1.5), 40)
        named = [h.condition for h in claim.hypotheses if h.condition.has(claim.rule.gradient)]
        fixed = [c.rhs for c in named if isinstance(c, sp.Eq)]
        g = fixed[0].xreplace(constants) if fixed else g
        if not any(_fails(c, {**constants, claim.rule.gradient: g}) for c in named):
            return g
    raise ValueError("no gradient satisfies the hypotheses")


def _recurrence_differs(goal: ClosedForm, chance: random.Random) -> bool:
    symbols = goal.following.free_symbols | goal.formula.free_symbols | goal.initial.free_symbols
    dummies = {s for a in goal.formula.atoms(sp.Sum) for s in a.variables}
    values = {s: _draw(s, chance) for s in sorted(symbols - dummies - {T, goal.symbol}, key=str)}
    gradients = [sp.Float(chance.uniform(-2, 2), 40) for _ in range(5)]
    current = goal.initial.xreplace(values)
    for count in range(1, 5):
        current = _with_gradients(
            goal.following.xreplace({goal.symbol: current, T: sp.Integer(count)}), gradients
        ).xreplace(values)
        formula = _with_gradients(goal.formula.xreplace({T: sp.Integer(count)}).doit(), gradients).xreplace(values)
        if abs(_number(formula) - _number(current)) > mpmath.mpf(10) ** -20 * (1 + abs(_number(current))):
            return True
    return False


def _with_gradients(expression: sp.Expr, gradients: list[sp.Float]) -> sp.Expr:
    return expression.replace(sp.Function("g"), lambda i: gradients[int(i) - 1])


def _limit_differs(goal: LimitIs, chance: random.Random, claim: Claim) -> bool:
    symbols = goal.expression.free_symbols | goal.value.free_symbols
    values = {s: _draw(s, chance) for s in sorted(symbols - {goal.symbol}, key=str)}
    if any(_fails(h.condition, values) for h in claim.hypotheses):
        return False
    far = sp.Integer(4000) if goal.symbol == T else sp.Float("1e30", 40)
    near = [far, far * 10] if goal.point == sp.oo else [sp.Float("1e-15", 40), sp.Float("1e-18", 40)]
    gaps = [abs(_number((goal.expression - goal.value).xreplace({**values, goal.symbol: x}))) for x in near]
    return gaps[0] > mpmath.mpf("1e-3") and gaps[1] > mpmath.mpf("1e-3")


def _examine(rules: tuple[str, ...], without: str = "") -> tuple[Counter, list[tuple[str, str, str]]]:
    """What is found of the false variants of the rules' claims but those of the subject `without`."""
    counts: Counter = Counter()
    wrong: list[tuple[str, str, str]] = []
    with Solver() as solver:
        for name in rules:
            setting = setting_of(rule(name), solver)
            for result in derive(name):
                if result.verdict is not Verdict.PROVED or result.claim.subject == without:
                    continue
                for kind, variant in false_variants(result.claim):
                    try:
                        verdict = settle(variant, setting, solver).verdict
                    except ContradictoryHypothesesError:
                        continue
                    counts[verdict.name] += 1
                    if verdict is Verdict.PROVED:
                        wrong.append((name, result.claim.name, kind))
    return counts, wrong


def test_no_false_variant_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    counts, wrong = _examine(("adagrad",), without=CONVERGENCE)
    with capsys.disabled():
        print(f"\nfalse variants of adagrad: {dict(counts)}")
    assert wrong == []
    assert counts.total() > 60
    assert counts["REFUTED"] >= 0.9 * counts.total()


@pytest.mark.slow(minutes=15)
def test_no_false_variant_of_the_seeds_rules_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    rules = ("sgd[nesterov]", "adagrad", "rmsprop", "adam")
    counts, wrong = _examine(rules)
    with capsys.disabled():
        print(f"\nfalse variants of {', '.join(rules)}: {dict(counts)}")
    assert wrong == []
    assert counts["REFUTED"] > counts["UNKNOWN"]
