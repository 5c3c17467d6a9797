"""Sequences by induction, responses to simple gradients, changes of scale: true claims proved, false ones not."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, POSITIVE, Quantity, Verdict, derive, rule, run
from optproof.derive.goal import LimitIs
from optproof.derive.prove.condition import settle_condition
from optproof.derive.prove.recurrence import settle_recurrence
from optproof.derive.prove.sequences import settle_limit
from optproof.derive.prove.solver import Solver
from optproof.derive.recurrence_goals import AlongRecurrence
from optproof.derive.relations import ge, gt, le
from optproof.derive.symbols import step_counter
from optproof.derive.tidying import tidied, upright

T = step_counter()
X = Quantity("x", NONNEGATIVE)
A = Quantity("a", POSITIVE)


def verdict(goal: AlongRecurrence, *hypotheses: sp.Basic) -> Verdict:
    with Solver() as solver:
        return settle_recurrence(goal, hypotheses, solver).verdict


def test_growth_is_at_least_linear() -> None:
    goal = AlongRecurrence((X,), (A,), (A * X,), ge(X, A * (1 + (T - 1) * (A - 1))))
    assert verdict(goal, gt(A, 1)) is Verdict.PROVED


def test_a_false_bound_is_refuted_by_a_run() -> None:
    goal = AlongRecurrence((X,), (sp.Integer(1),), (X + 1,), le(X, 3))
    assert verdict(goal) is Verdict.REFUTED


def test_a_sequence_that_leaves_its_domain_is_not_used() -> None:
    goal = AlongRecurrence((X,), (sp.Integer(1),), (X - 1,), ge(X, 0))
    assert verdict(goal) is not Verdict.PROVED


def test_a_condition_on_an_input_is_not_taken() -> None:
    g = Quantity("g_in")
    goal = AlongRecurrence((X,), (sp.Integer(1),), (X + g**2,), ge(g, 0), inputs=(g,))
    assert verdict(goal, ge(g, 0)) is Verdict.UNKNOWN


@pytest.mark.parametrize("claim", ["constant-gradient-distance", "potential-bound"])
def test_each_half_of_the_bounds_is_sharp_enough_to_fail_when_tightened(claim: str) -> None:
    (result,) = derive("adagrad", claim=claim)
    assert result.verdict is Verdict.PROVED
    for index in range(2):
        parts = list(result.claim.goal.condition.args)
        part = parts[index]
        parts[index] = type(part)(part.lhs, part.rhs * sp.Rational(9, 10), evaluate=False)
        if part.lhs.is_symbol:
            tightened = replace(result.claim.goal, condition=sp.And(*parts, evaluate=False))
            assert verdict(tightened) is not Verdict.PROVED


def test_uncorrected_steps_are_larger_only_under_the_hypothesis() -> None:
    (result,) = derive("adam", claim="uncorrected-steps-larger")
    assert result.verdict is Verdict.PROVED
    assert verdict(result.claim.goal) is Verdict.REFUTED


@pytest.mark.parametrize("exponent", [-T / 2, -T, 1 / T, 2 - T])
def test_a_power_that_does_not_fade_has_no_limit_zero(exponent: sp.Expr) -> None:
    rho = rule("rmsprop").quantities["rho"]
    with Solver() as solver:
        finding = settle_limit(LimitIs(rho**exponent, T, sp.oo, sp.Integer(0)), [], solver)
    assert finding.verdict is not Verdict.PROVED


@pytest.mark.parametrize(
    ("name", "claim", "formula"),
    [
        ("sgd[momentum]", "constant-gradient-step", "lr*c*(1 - momentum**t)/(1 - momentum)"),
        ("sgd[nesterov]", "constant-gradient-step", "lr*c*(1 - momentum**(t + 1))/(1 - momentum)"),
        ("sgd[nesterov]", "constant-gradient-steady-step", "lr*c/(1 - momentum)"),
        ("sgd[momentum]", "impulse-response-total", "-lr*c/(1 - momentum)"),
        ("sgd[nesterov]", "impulse-response-total", "-lr*c/(1 - momentum)"),
        ("adam", "constant-gradient-step", "lr*c/(c + eps)"),
        ("rmsprop", "constant-gradient-steady-step", "lr*c/(c + eps)"),
        ("adagrad", "constant-gradient-steady-step", "0"),
        ("adam", "variance-limit-m", "sigma2*(1 - beta1)/(1 + beta1)"),
        ("adam", "effective-sample-limit-m", "(1 + beta1)/(1 - beta1)"),
        ("adam", "bias-correction-steps-m", "44"),
        ("adam", "bias-correction-steps-v", "4613"),
        ("adadelta", "fixed-point", "c**2"),
        ("adadelta", "fixed-point-step", "c"),
        ("adadelta", "fixed-point-contraction", "1 - (1 - rho)*eps/(c**2 + eps)"),
        ("rmsprop", "scale-change-recovery-v", "log((A**2/B**2 - 1)/d)/log(1/rho)"),
        ("adagrad", "scale-change-recovery-G", "T*((A**2/B**2 - 1)/d - 1)"),
    ],
)
def test_derived_formulas(name: str, claim: str, formula: str) -> None:
    (result,) = derive(name, claim=claim)
    assert result.verdict is Verdict.PROVED
    derived = sp.sympify(str(result.derived))
    assert sp.simplify(derived - sp.sympify(formula)) == 0


def test_steps_of_nesterov_under_a_constant_gradient_replay() -> None:
    (result,) = derive("sgd[nesterov]", claim="constant-gradient-step")
    made = rule("sgd[nesterov]")
    hyper = {"lr": sp.Rational(1, 5), "momentum": sp.Rational(2, 3)}
    history = run(made, [sp.Integer(3)] * 5, hyper, sp.Integer(1))
    formula = sp.sympify(str(result.derived)).subs({**hyper, "c": 3})
    for t in range(1, 6):
        assert history[t - 1][made.theta] - history[t][made.theta] == formula.subs("t", t)


def test_zero_gradients_change_nothing_for_sums_only() -> None:
    verdicts = {n: derive(n, claim="zero-gradient-changes-nothing")[0].verdict for n in ("adagrad", "rmsprop", "adam")}
    assert verdicts == {"adagrad": Verdict.PROVED, "rmsprop": Verdict.REFUTED, "adam": Verdict.REFUTED}


def test_recovery_takes_the_published_numbers_of_steps() -> None:
    values = {"A": 100, "B": 1, "d": mpmath.mpf("0.01"), "rho": mpmath.mpf("0.99"), "T": 1}
    counts = {}
    for name, claim in (("rmsprop", "scale-change-recovery-v"), ("adagrad", "scale-change-recovery-G")):
        (result,) = derive(name, claim=claim)
        formula = sp.sympify(str(result.derived))
        counts[name] = float(formula.subs({s: values[str(s)] for s in formula.free_symbols}))
    assert int(counts["rmsprop"]) + 1 == 1375
    assert round(counts["adagrad"]) == 999_899


def test_a_looser_recovery_is_not_equivalent() -> None:
    (result,) = derive("adagrad", claim="scale-change-recovery-G")
    hypotheses = [h.condition for h in result.claim.hypotheses]
    weaker = result.claim.goal.condition.replace(lambda e: e == result.derived, lambda e: e / 2)
    assert weaker != result.claim.goal.condition
    with Solver() as solver:
        assert settle_condition(weaker, hypotheses, solver).verdict is not Verdict.PROVED


@pytest.mark.parametrize("name", ["adadelta", "adadelta[lr]", "adadelta[l2]"])
def test_adadeltas_bounds_are_strict_and_smallest(name: str) -> None:
    for claim in ("update-bound", "first-update-bound", "update-average-growth"):
        (result,) = derive(name, claim=claim)
        assert result.verdict is Verdict.PROVED, claim


def test_tidying_keeps_the_value() -> None:
    b, c = sp.symbols("b c", positive=True)
    messy = c * (1 - b**3) / ((b - 1) * sp.sqrt((1 - b) * c**2 + b * c**2))
    assert sp.simplify(tidied(messy) - messy) == 0
    assert sp.simplify(upright((b + 1) / (b - 1)) - (b + 1) / (b - 1)) == 0
