"""The theorems of issue-size: what the engine derives is what the papers say, and refutations can be replayed."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, Quantity, UpdateRule, Verdict, derive, gradient, names, parameter, rule, run
from optproof.derive.derivation import UnknownClaimError, prove
from optproof.derive.goal import ClosedForm
from optproof.derive.prove.condition import ContradictoryHypothesesError, require_satisfiable
from optproof.derive.prove.sequences import settle_closed_form
from optproof.derive.prove.solver import Solver
from optproof.derive.relations import gt, lt
from optproof.derive.user_claims import claim

RULES = ("sgd", "sgd[nesterov]", "adagrad", "rmsprop", "adadelta", "adam", "adamw")


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, str], object]:
    return {(r.claim.rule.name, r.claim.name): r for r in derive(RULES)}


def test_every_claim_about_the_seeds_rules_gets_the_expected_verdict(results: dict) -> None:
    wrong = [(key, r.verdict, r.reason) for key, r in results.items() if not r.as_expected]
    assert wrong == []


def test_each_proof_has_steps_and_each_refutation_a_witness(results: dict) -> None:
    for key, result in results.items():
        if result.verdict is Verdict.PROVED:
            assert result.steps, key
        if result.verdict is Verdict.REFUTED:
            assert result.witness, key


@pytest.mark.parametrize(
    ("name", "claim", "formula"),
    [
        ("adagrad", "effective-rate", "lr/(sqrt(G) + eps)"),
        ("rmsprop", "rate-lower-bound-forever", "lr/(eps + g_max)"),
        ("adam", "first-step-without-eps", "-lr"),
        ("adamw", "first-step", "-lr*(weight_decay*theta_0 + g_1/(eps + Abs(g_1)))"),
        ("rmsprop", "first-step-without-eps", "-lr/sqrt(1 - rho)"),
        ("adagrad", "rate-constant-gradient-without-eps", "lr/(c*sqrt(t))"),
        ("adagrad", "constant-gradient-G", "c**2*t + initial_accumulator"),
        ("adam", "bias-correction-exact-v", "mu*(1 - beta2**t)"),
        ("adam", "bias-correction-limit-m", "1"),
        ("sgd", "effective-step", "-lr"),
    ],
)
def test_derived_formulas(results: dict, name: str, claim: str, formula: str) -> None:
    derived = str(results[name, claim].derived).replace("__after", "")
    assert sp.simplify(sp.sympify(derived) - sp.sympify(formula)) == 0


def test_sgd_is_not_adaptive_and_the_others_are(results: dict) -> None:
    for name in RULES:
        on = {str(s) for s in results[name, "effective-step-depends"].claim.goal.symbols}
        assert ("g" in on) == (name != "sgd")


def test_the_witness_against_rmsprops_monotone_rate_replays(results: dict) -> None:
    result = results["rmsprop", "rate-never-grows"]
    assert result.verdict is Verdict.REFUTED
    v = Fraction(0)
    rho, eps, lr = (Fraction(str(result.witness[name])) for name in ("rho", "eps", "lr"))
    squares = []
    for step in range(1, 1 + sum(name.startswith("g[") for name in result.witness)):
        v = rho * v + (1 - rho) * Fraction(str(result.witness[f"g[{step}]"])) ** 2
        squares.append(v)
    rates = [lr / (Fraction(float(s) ** 0.5) + eps) for s in squares]
    assert rates[-1] > rates[-2]


def test_closed_forms_agree_with_exact_runs() -> None:
    gradients = [sp.Rational(n) for n in ("3", "-1/2", "0", "7/3")]
    hyper = {
        "lr": sp.Rational(1, 10),
        "beta1": sp.Rational(9, 10),
        "beta2": sp.Rational(99, 100),
        "eps": sp.Rational(1, 100),
    }
    history = run(rule("adam"), gradients, hyper, sp.Integer(1))
    closed = {r.claim.name: r.derived for r in derive("adam") if r.claim.name.startswith("closed-form")}
    for name in ("m", "v"):
        formula = closed[f"closed-form-{name}"]
        values = {s: hyper[s.name] for s in formula.free_symbols if s.name in hyper}
        at_end = formula.xreplace({rule("adam").step_counter: sp.Integer(4)}).doit().xreplace(values)
        at_end = at_end.replace(sp.Function("g"), lambda i: gradients[int(i) - 1])
        (state,) = [q for q in history[-1] if q.name == name]
        assert sp.nsimplify(at_end - history[-1][state]) == 0


def test_a_users_rule_gets_its_theorems_by_structure() -> None:
    theta, g = parameter(), gradient()
    lr, total = Quantity("lr", NONNEGATIVE), Quantity("total", NONNEGATIVE)
    mine = UpdateRule(
        "mine", hyper={lr: "0.1"}, state={total: 1}, steps=[(total, total + g**2), (theta, theta - lr * g / total)]
    )
    verdicts = {r.claim.name: r.verdict for r in derive(mine)}
    assert verdicts["monotone-total"] is Verdict.PROVED
    assert verdicts["rate-vanishes"] is Verdict.PROVED
    # total is only declared nonnegative; that it never is zero follows from where it starts.
    assert verdicts["well-defined"] is Verdict.PROVED


def test_a_state_that_cannot_be_reached_refutes_nothing() -> None:
    theta, g = parameter(), gradient()
    lr, low = Quantity("lr", NONNEGATIVE), Quantity("low", NONNEGATIVE)
    # low wanders but never reaches 0, which no invariant tried here shows.
    wandering = UpdateRule(
        "wandering",
        hyper={lr: "0.1"},
        state={low: 2},
        steps=[(low, low / (1 + g**2) + sp.Rational(1, 2)), (theta, theta - lr * g / low)],
    )
    (result,) = derive(wandering, claim="well-defined")
    assert result.verdict is not Verdict.REFUTED


def test_nothing_is_proved_of_a_rule_whose_state_leaves_its_domain() -> None:
    theta, g = parameter(), gradient()
    lr, v = Quantity("lr", NONNEGATIVE), Quantity("v", NONNEGATIVE)
    broken = UpdateRule(
        "broken", hyper={lr: "0.1"}, state={v: 0}, steps=[(v, v - g**2), (theta, theta - lr * sp.sqrt(v) * g)]
    )
    assert {r.verdict for r in derive(broken)} == {Verdict.UNKNOWN}


def test_an_unknown_claim_is_named() -> None:
    with pytest.raises(UnknownClaimError, match="did you mean 'effective-rate'"):
        derive("adam", claim="effective-rates")


def test_contradictory_hypotheses_are_an_error() -> None:
    x = Quantity("x")
    with Solver() as solver, pytest.raises(ContradictoryHypothesesError, match="no values satisfy"):
        require_satisfiable([gt(x, 1), lt(x, 0)], solver)


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    derive("sgd", progress=lambda _, done, total: seen.append((done, total)))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] > 0


@pytest.mark.slow(minutes=2)
def test_the_whole_catalogue_gets_the_expected_verdicts() -> None:
    wrong = [(r.claim.rule.name, r.claim.name, r.verdict, r.reason) for r in derive(names()) if not r.as_expected]
    assert wrong == []


def test_values_of_a_sequence_at_different_times_are_different() -> None:
    x, g, t = Quantity("x"), sp.Function("g"), rule("sgd").step_counter
    wrong = ClosedForm(x, sp.Integer(0), g(t - 1) + 0 * x, g(t + 1), "x_t", "x[t]")
    assert settle_closed_form(wrong).verdict is not Verdict.PROVED


def test_an_invariant_does_not_take_hypotheses_on_time_or_state() -> None:
    late = claim("adagrad", always="G >= 1", given="t >= 5")
    (result,) = prove([late])
    assert result.verdict is not Verdict.PROVED
