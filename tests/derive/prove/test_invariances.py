"""Invariances: right exponents are proved and hold in floating point, wrong ones are refuted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, Claim, Quantity, Result, UpdateRule, Verdict, gradient, names, parameter, rule
from optproof.derive.comparison_goals import KeepsTheta, ScalesAs, Superposes
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.symbols import bound, step_counter
from optproof.derive.theorems import invariance, weight_decay
from optproof.derive.translation import is_linear

RULES = ("sgd", "sgd[nesterov]", "adagrad", "rmsprop", "rmsprop[centered]", "adadelta", "adam", "amsgrad", "adamw")
T = step_counter()
C = bound("c", "c", "a factor")


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with Solver() as made:
        yield made


@pytest.fixture(scope="module")
def results(solver: Solver) -> list[Result]:
    return [settle(c, setting_of(rule(n), solver), solver) for n in RULES for c in invariance.claims(rule(n))]


def one(results: list[Result], name: str, claim: str) -> Result:
    (found,) = [r for r in results if (r.claim.rule.name, r.claim.name) == (name, claim)]
    return found


def verdict_on(made: UpdateRule, goal: ScalesAs | Superposes | KeepsTheta, solver: Solver) -> Verdict:
    return settle(Claim("x", "x", "x", made, goal), setting_of(made, solver), solver).verdict


def test_every_claim_gets_the_expected_verdict(results: list[Result]) -> None:
    assert [(r.claim.rule.name, r.claim.name, r.verdict, r.reason) for r in results if not r.as_expected] == []
    assert all(r.witness for r in results if r.verdict is Verdict.REFUTED)


@pytest.mark.parametrize(
    ("name", "claim", "formula"),
    [
        ("sgd", "units", "T**2/F"),
        ("adam", "units", "T"),
        ("sgd[nesterov]", "gradient-scale", "1/c"),
        ("rmsprop", "gradient-scale", "1"),
        ("adadelta", "units-with-two-eps", "T**2"),
        ("adadelta", "gradient-scale-with-two-eps", "c**2"),
        ("adadelta", "eps-is-the-learning-rate", "k"),
    ],
)
def test_exponents_are_found(results: list[Result], name: str, claim: str, formula: str) -> None:
    assert str(one(results, name, claim).derived) == formula


def test_only_linear_rules_are_additive() -> None:
    assert {n for n in names() if is_linear(rule(n))} == {
        n for n in names() if n.startswith(("sgd[", "asgd", "qhm")) or n == "sgd"
    }


# Floating point.


def trajectory(made: UpdateRule, hyper: dict[str, float], gradients: list[float], theta: float) -> list[list[float]]:
    symbols = [made.theta, *(s.symbol for s in made.state), made.gradient, T, *(h.symbol for h in made.hyper)]
    step = sp.lambdify(symbols, list(made.step().values()), "math")
    constants = [hyper[h.name] for h in made.hyper]
    start = [float(s.initial.xreplace({h.symbol: sp.Float(hyper[h.name]) for h in made.hyper})) for s in made.state]
    states = [[theta, *start]]
    for t, g in enumerate(gradients, start=1):
        states.append(step(*states[-1], g, t, *constants))
    return states


def numbers(made: UpdateRule, seed: int) -> dict[str, float]:
    chance = random.Random(seed)
    return {h.name: chance.uniform(0.2, 0.8) for h in made.hyper}


def number_of(e: sp.Expr) -> float:
    """An expression in the symbols T, F, c and k as a number."""
    at = {"T": 1.7, "F": 2.3, "c": 1.9, "k": 0.6}
    return float(e.xreplace({s: sp.Float(at[s.name], 30) for s in e.free_symbols}))


def test_proved_scalings_hold_in_floating_point(results: list[Result]) -> None:
    checked = 0
    for r in results:
        goal = r.claim.goal
        if not isinstance(goal, ScalesAs) or r.verdict is not Verdict.PROVED or goal.step is not None:
            continue
        made = goal.variant or r.claim.rule
        hyper = numbers(made, 3) | {q.name: float(e) for q, e in goal.fixed}
        factor = {q: number_of(m) for q, m in goal.multipliers}
        gradients = [0.4, -1.1, 0.7, 0.2]
        plain = trajectory(made, hyper, gradients, 0.5)
        scaled_hyper = {h.name: hyper[h.name] * factor.get(h.symbol, 1.0) for h in made.hyper}
        scaled_gradients = [g * factor[made.gradient] for g in gradients]
        scaled = trajectory(made, scaled_hyper, scaled_gradients, 0.5 * factor.get(made.theta, 1.0))
        kept = [made.theta, *(s.symbol for s in made.state)]
        for a, b in zip(plain, scaled, strict=True):
            for q, x, y in zip(kept, a, b, strict=True):
                wanted = pytest.approx(x * factor.get(q, 1.0), rel=1e-9, abs=1e-12)
                assert y == wanted, (r.claim.rule.name, r.claim.name, q)
        checked += 1
    assert checked >= 30


# Mutation.


def test_wrong_exponents_are_not_proved(
    results: list[Result], solver: Solver, capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[str] = Counter()
    for name, claim in (
        ("sgd[nesterov]", "units"),
        ("rmsprop[centered]", "gradient-scale"),
        ("adam", "gradient-scale"),
        ("adagrad", "gradient-scale-without-eps"),
        ("adamw", "odd-in-the-gradient"),
        ("adadelta", "units-with-two-eps"),
        ("adadelta", "eps-is-the-learning-rate"),
    ):
        found = one(results, name, claim).claim
        pairs = found.goal.multipliers
        for i, (q, m) in enumerate(pairs):
            wrong = [x for x in (m**2, m * C) if x != m]
            for new in wrong:
                goal = replace(found.goal, multipliers=(*pairs[:i], (q, new), *pairs[i + 1 :]))
                verdict = settle(replace(found, goal=goal), setting_of(found.rule, solver), solver).verdict
                assert verdict is not Verdict.PROVED, (name, claim, q, new)
                counts[verdict.name] += 1
    with capsys.disabled():
        print(f"\nwrong exponents: {dict(counts)}")
    assert counts.total() > 40
    assert counts["REFUTED"] >= 0.8 * counts.total()


def test_adadeltas_step_scales_with_the_root_of_its_eps(results: list[Result], solver: Solver) -> None:
    claim = one(results, "adadelta", "eps-is-the-learning-rate").claim
    (k,) = claim.goal.step.free_symbols
    for wrong in (k**2, sp.Integer(1), 2 * k):
        goal = replace(claim.goal, step=wrong)
        assert settle(replace(claim, goal=goal), setting_of(claim.rule, solver), solver).verdict is Verdict.REFUTED


def test_the_descent_along_the_sign_ignores_every_scale_at_every_step(solver: Solver) -> None:
    theta, g, lr = parameter(), gradient(), Quantity("lr", NONNEGATIVE)
    made = UpdateRule("signs", hyper={lr: "0.1"}, state={}, steps=[(theta, theta - lr * sp.sign(g))])
    goal = ScalesAs(((g, C),), over_time=True)
    assert verdict_on(made, goal, solver) is Verdict.PROVED
    plain = UpdateRule("plain", hyper={lr: "0.1"}, state={}, steps=[(theta, theta - lr * g)])
    assert verdict_on(plain, goal, solver) is Verdict.REFUTED


def test_a_changing_factor_does_not_pass_for_a_constant_one(solver: Solver) -> None:
    """The moments cannot scale by a factor that is another one in every step."""
    adam = rule("adam")
    m, v = (s.symbol for s in adam.state)
    eps = adam.quantities["eps"]
    goal = ScalesAs(((adam.gradient, C), (eps, C), (m, C), (v, C**2)), over_time=True)
    assert verdict_on(adam, goal, solver) is not Verdict.PROVED
    assert verdict_on(adam, replace(goal, over_time=False), solver) is Verdict.PROVED


def test_a_displacement_that_depends_on_theta_is_not_scaled_alone(solver: Solver) -> None:
    decayed = rule("sgd[l2]")
    goal = ScalesAs(((decayed.gradient, C), (decayed.quantities["weight_decay"], C)), step=C)
    assert verdict_on(decayed, goal, solver) is not Verdict.PROVED


def test_linear_rules_superpose_with_any_coefficients(solver: Solver) -> None:
    a, b = Quantity("a"), Quantity("b")
    for name in ("sgd[nesterov,l2]", "sgd[momentum,dampening]", "sgd[lookahead]"):
        assert verdict_on(rule(name), Superposes(a, b), solver) is Verdict.PROVED
    for name in ("adagrad", "adam[eps_hat]", "rmsprop[centered,momentum]"):
        assert verdict_on(rule(name), Superposes(a, b), solver) is Verdict.REFUTED


def test_a_rule_that_does_not_start_at_zero_does_not_superpose(solver: Solver) -> None:
    theta, g, lr, m = parameter(), gradient(), Quantity("lr", NONNEGATIVE), Quantity("m")
    warm = UpdateRule("warm", hyper={lr: "0.1"}, state={m: 1}, steps=[(m, m / 2 + g), (theta, theta - lr * m)])
    one_ = sp.Integer(1)
    assert verdict_on(warm, Superposes(one_, one_), solver) is Verdict.REFUTED


# Runs without gradients.


def test_decoupled_decay_alone_shrinks_theta_geometrically(solver: Solver) -> None:
    adamw = rule("adamw")
    (claim,) = [c for c in weight_decay.claims(adamw) if c.name == "decay-without-gradients"]
    factor = claim.goal.factor
    assert verdict_on(adamw, claim.goal, solver) is Verdict.PROVED
    for wrong in (factor**2, factor + 1, sp.Integer(1)):
        assert verdict_on(adamw, KeepsTheta(wrong), solver) is Verdict.REFUTED
    assert verdict_on(adamw, KeepsTheta(factor, sp.Integer(1)), solver) is Verdict.REFUTED
    assert verdict_on(adamw, KeepsTheta(factor, None), solver) is Verdict.REFUTED


def test_a_state_that_does_not_start_at_rest_moves_theta(solver: Solver) -> None:
    theta, g, lr, m = parameter(), gradient(), Quantity("lr", NONNEGATIVE), Quantity("m")
    warm = UpdateRule("warm", hyper={lr: "0.1"}, state={m: 1}, steps=[(m, m / 2 + g), (theta, theta - lr * m)])
    assert verdict_on(warm, KeepsTheta(sp.Integer(1)), solver) is Verdict.REFUTED


def test_a_value_outside_the_domain_does_not_carry_the_domains_of_the_states_along(solver: Solver) -> None:
    """With eps = 0 this v may become negative, though it cannot with eps > 0: its root may not be trusted."""
    theta, g = parameter(), gradient()
    eps = bound("eps", r"\epsilon", "a constant")
    v = Quantity("v", NONNEGATIVE)
    odd = UpdateRule("odd", hyper={eps: "1"}, state={v: 0}, steps=[(v, eps * v), (theta, theta - sp.sqrt(v**2) * g)])
    goal = ScalesAs(((theta, sp.Integer(1)),), fixed=((eps, sp.Integer(-1)),))
    assert verdict_on(odd, goal, solver) is not Verdict.PROVED
