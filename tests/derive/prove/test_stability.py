"""Stability: derived regions are the published ones, wrong regions are refuted at exact points."""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy as sp

from optproof.derive import OPEN_UNIT, POSITIVE, Quantity, Verdict, derive, names, rule
from optproof.derive.linearised import CURVATURE, ROOT, linearised, region
from optproof.derive.prove.exact import holds_at
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.stability import jury_conditions, settle_stability
from optproof.derive.recurrence_goals import StableIff
from optproof.derive.relations import gt, le, lt


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("sgd", "2/lr"),
        ("sgd[momentum]", "2*(1 + momentum)/lr"),
        ("sgd[momentum,lr_inside]", "2*(1 + momentum)/lr"),
        ("sgd[nesterov]", "2*(1 + momentum)/((1 + 2*momentum)*lr)"),
        ("sgd[lookahead]", "2*(1 + momentum)/((1 + 2*momentum)*lr)"),
        ("rmsprop", "2*P/lr"),
        ("adam", "2*P*(1 + beta1)/((1 - beta1)*lr)"),
        ("adam[amsgrad]", "2*P*(1 + beta1)/((1 - beta1)*lr)"),
        ("adamw", "P*(1 + beta1)*(2 - lr*weight_decay)/((1 - beta1)*lr)"),
    ],
)
def test_the_derived_limit_is_the_published_one(name: str, limit: str) -> None:
    (result,) = derive(name, claim="stability-region")
    assert result.verdict is Verdict.PROVED
    assert sp.simplify(sp.sympify(str(result.derived)) - sp.sympify(limit)) == 0


def test_at_the_defaults_nesterov_allows_less_than_descent_and_adam_more() -> None:
    limits = {}
    for name in ("sgd[nesterov]", "adam"):
        made = rule(name)
        upper = region(linearised(made), made).upper
        values = {h.symbol: h.default for h in made.hyper} | {s: 1 for s in upper.free_symbols if str(s) in ("P",)}
        lr = next(h.symbol for h in made.hyper if h.name == "lr")
        limits[name] = (upper * lr).xreplace(values)
    assert limits == {"sgd[nesterov]": sp.Rational(19, 14), "adam": sp.Integer(38)}


def _wrong(name: str, factor: sp.Rational) -> Verdict:
    made = rule(name)
    found, interval = linearised(made), region(linearised(made), made)
    condition = sp.And(lt(interval.lower, CURVATURE), lt(CURVATURE, factor * interval.upper), evaluate=False)
    with Solver() as solver:
        finding = settle_stability(
            StableIff(found.polynomial, ROOT, condition), [gt(f, 0) for f in interval.divisors], solver
        )
    return finding.verdict


@pytest.mark.parametrize("name", ["sgd", "sgd[momentum]", "sgd[nesterov]", "rmsprop", "adam"])
def test_a_region_that_is_too_small_or_too_large_is_refuted(name: str) -> None:
    assert _wrong(name, sp.Rational(1, 2)) is Verdict.REFUTED
    assert _wrong(name, sp.Integer(2)) is Verdict.REFUTED


def test_the_edge_does_not_belong_to_the_region() -> None:
    made = rule("sgd")
    found, interval = linearised(made), region(linearised(made), made)
    condition = sp.And(lt(0, CURVATURE), le(CURVATURE, interval.upper), evaluate=False)
    with Solver() as solver:
        finding = settle_stability(
            StableIff(found.polynomial, ROOT, condition), [gt(f, 0) for f in interval.divisors], solver
        )
    assert finding.verdict is not Verdict.PROVED


def test_the_witness_against_nesterov_is_unstable_where_descent_is_not() -> None:
    (result,) = derive("sgd[nesterov]", claim="stability-as-descent")
    assert result.verdict is Verdict.REFUTED
    values = {s: result.witness[str(s)] for s in linearised(rule("sgd[nesterov]")).polynomial.free_symbols - {ROOT}}
    polynomial = sp.Poly(linearised(rule("sgd[nesterov]")).polynomial.xreplace(values), ROOT)
    modulus = max(abs(complex(z)) for z in np.roots([float(c) for c in polynomial.all_coeffs()]))
    inside = 0 < result.witness["h"] * result.witness["lr"] < 2
    assert (modulus < 1) != inside


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_jurys_conditions_agree_with_the_roots(degree: int) -> None:
    chance = random.Random(degree)
    agreed = {True: 0, False: 0}
    for _ in range(150):
        coefficients = [sp.Integer(1)] + [sp.Rational(chance.randint(-30, 30), 20) for _ in range(degree)]
        polynomial = sum(c * ROOT ** (degree - i) for i, c in enumerate(coefficients))
        largest = max(abs(np.roots([float(c) for c in coefficients])))
        if abs(largest - 1) < 1e-6:
            continue
        stable = all(holds_at(c, {}) for c in jury_conditions(polynomial, ROOT))
        assert stable == (largest < 1), coefficients
        agreed[stable] += 1
    assert min(agreed.values()) > 5


def test_the_linearised_step_is_the_rules_own_on_a_quadratic() -> None:
    """With the second moment at rest, one step of the rule is the matrix applied to theta and the odd states."""
    for name in ("sgd[momentum]", "sgd[nesterov]", "sgd[lookahead]", "sgd[momentum,l2]"):
        made = rule(name)
        found = linearised(made)
        vector = sp.Matrix([*found.variables])
        moved = found.matrix * vector
        step = made.step()
        for q, row in zip(found.variables, moved, strict=True):
            direct = step[q].xreplace({made.gradient: CURVATURE * made.gradient_at})
            assert sp.expand(row - direct) == 0


WITHOUT_A_REGION = {
    "nadam[momentum_decay]": "two divisors adapt, and one constant cannot stand for both",
    "signsgd": "a sign is not linear",
    "signsgd[momentum]": "a sign is not linear",
    "lion": "a sign is not linear",
    "rprop": "cases are not linear",
    "rprop[irprop_minus]": "cases are not linear",
    "asgd": "the mean's recurrence changes with t",
    "ftrl": "theta is made anew in every step",
}


def test_every_rule_that_becomes_linear_has_a_region() -> None:
    without = set()
    for name in names():
        made = rule(name)
        found = linearised(made)
        if found is None or region(found, made) is None:
            without.add(name)
    assert without == set(WITHOUT_A_REGION)


def test_the_two_cycle_of_rmsprop_needs_a_small_eps() -> None:
    (result,) = derive("rmsprop", claim="two-cycle-attracts")
    assert result.verdict is Verdict.PROVED
    goal = result.claim.goal
    wrong = StableIff(goal.polynomial, goal.variable, gt(goal.condition.lhs, goal.condition.rhs / 2))
    with Solver() as solver:
        finding = settle_stability(wrong, [h.condition for h in result.claim.hypotheses], solver)
    assert finding.verdict is Verdict.REFUTED


def test_rmsprop_goes_to_and_fro_on_a_quadratic() -> None:
    (result,) = derive("rmsprop", claim="two-cycle")
    step = rule("rmsprop").step()
    made = rule("rmsprop")
    values = {"lr": sp.Rational(1, 10), "eps": sp.Rational(1, 100), "L": sp.Integer(2), "rho": sp.Rational(3, 4)}
    x = sp.sympify(str(result.derived)).subs(values)
    v = next(s.symbol for s in made.state)
    at = {q: values[q.name] for q in (h.symbol for h in made.hyper)}
    state = {made.theta: x, v: (2 * x) ** 2}
    for sign in (-1, 1, -1):
        inputs = {**at, **state, made.gradient: 2 * state[made.theta]}
        state = {q: sp.nsimplify(e.xreplace(inputs)) for q, e in step.items()}
        assert state == {made.theta: sign * x, v: (2 * x) ** 2}


def test_a_cubic_is_settled_by_the_reduction() -> None:
    b, c = Quantity("b_", OPEN_UNIT), Quantity("c_", POSITIVE)
    with Solver() as solver:
        finding = settle_stability(StableIff(ROOT**3 - b * c, ROOT, lt(b * c, 1)), [], solver)
        wrong = settle_stability(StableIff(ROOT**3 - b * c, ROOT, lt(c, 1)), [], solver)
    assert finding.verdict is Verdict.PROVED
    assert wrong.verdict is Verdict.REFUTED
