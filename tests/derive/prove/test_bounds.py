"""Step bounds: derived constants are the published ones, false variants are not proved, hypotheses are needed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from optproof.derive import Result, Verdict, derive, rule, run
from optproof.derive.normalised import driven_buffer, normalised_step, smallest_constant
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.relations import le
from optproof.derive.theorems import moment_bounds, step_bounds

HALF = sp.Rational(1, 2)


def settled(name: str, claim: str, **changed: object) -> Result:
    """A claim of the catalogue, with fields of its goal or of itself changed."""
    made = rule(name)
    listed = [*step_bounds.claims(made), *moment_bounds.claims(made)]
    (found,) = [c for c in listed if c.name == claim]
    own = {k: v for k, v in changed.items() if k in ("hypotheses",)}
    goal = {k: v for k, v in changed.items() if k not in own}
    found = replace(found, **own, goal=replace(found.goal, **goal))
    with Solver(rlimit=5_000_000) as solver:
        return settle(found, setting_of(made, solver), solver)


def test_adams_constant_is_derived_and_exact_at_the_defaults() -> None:
    found = normalised_step(rule("adam"))
    values = {found.a: sp.Rational(9, 10), found.b: sp.Rational(999, 1000)}
    assert sp.nsimplify(found.supremum.xreplace(values) ** 2) == sp.Rational(370, 7)
    assert smallest_constant(found.a, found.p, found.b, found.q).xreplace(values) == sp.Rational(370, 7)


@pytest.mark.parametrize(
    ("name", "bound"),
    [("adagrad", "lr"), ("rmsprop", "lr/sqrt(1 - rho)"), ("rmsprop[momentum]", "lr/(sqrt(1 - rho)*(1 - momentum))")],
)
def test_the_derived_step_bound(name: str, bound: str) -> None:
    (result,) = derive(name, claim="step-bound")
    assert result.verdict is Verdict.PROVED
    assert sp.simplify(sp.sympify(str(result.derived)) - sp.sympify(bound)) == 0


@pytest.mark.parametrize("name", ["adam", "adam[eps_hat]", "adam[l2]", "adamw", "adamw[paper]", "amsgrad"])
def test_the_step_bound_of_adams_family_is_proved(name: str) -> None:
    assert settled(name, "step-bound").verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("name", "claim"), [("adam", "step-bound"), ("rmsprop", "step-bound"), ("adagrad", "step-bound")]
)
def test_no_smaller_step_bound_is_proved(name: str, claim: str) -> None:
    found = normalised_step(rule(name))
    smaller = found.base * found.supremum * sp.Rational(99, 100)
    assert settled(name, claim, bound=smaller).verdict is not Verdict.PROVED


def test_no_smaller_moment_bound_is_proved() -> None:
    found = normalised_step(rule("adam"))
    m, v = found.numerator.state.symbol, found.second.state.symbol
    above, below = found.constant
    smaller = le(m**2 * below, above * sp.Rational(99, 100) * v)
    assert settled("adam", "moment-bound", cleared=smaller).verdict is not Verdict.PROVED


def test_a_supremum_that_is_too_large_is_not_proved() -> None:
    found = normalised_step(rule("adam"))
    above, below = found.constant
    assert settled("adam", "moment-bound", value=2 * above / below).verdict is not Verdict.PROVED


@pytest.mark.parametrize("claim", ["moment-bound", "moment-bound-at-t", "step-bound", "step-within-lr-equal-decays"])
def test_the_condition_on_the_decay_rates_is_needed(claim: str) -> None:
    assert settled("adam", claim, hypotheses=()).verdict is not Verdict.PROVED


def test_the_bound_at_t_is_attained_by_the_extremal_run() -> None:
    adam = rule("adam")
    found = normalised_step(adam)
    a, b = sp.Rational(9, 10), sp.Rational(99, 100)
    above, below = (e.xreplace({found.a: a, found.b: b}) for e in found.constant)
    m, v = found.numerator.state.symbol, found.second.state.symbol
    gradients = [(b / a) ** i for i in range(1, 8)]
    history = run(adam, gradients, {"lr": HALF, "beta1": a, "beta2": b, "eps": HALF}, sp.Integer(0))
    for t, state in enumerate(history[1:], start=1):
        assert state[m] ** 2 / state[v] == above / below * (1 - (a**2 / b) ** t)


def test_kingma_and_bas_bound_fails_on_the_published_witness() -> None:
    (result,) = derive("adam", claim="step-bound-published-dense")
    assert result.verdict is Verdict.REFUTED
    b1, b2 = (Fraction(str(result.witness[n])) for n in ("beta1", "beta2"))
    g = [Fraction(str(result.witness[f"g[{i}]"])) for i in (1, 2)]
    assert (b1, b2, g) == (Fraction(9, 10), Fraction(99, 100), [Fraction(10, 11), 1])
    m = v = Fraction(0)
    for gradient in g:
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
    ratio = (m / (1 - b1**2)) ** 2 / (v / (1 - b2**2))
    assert ratio == Fraction(3980, 3971)


def test_kingma_and_bas_other_bound_fails_too() -> None:
    (result,) = derive("adam", claim="step-bound-published-sparse")
    assert result.verdict is Verdict.REFUTED
    b1, b2, eps, lr = (Fraction(str(result.witness[n])) for n in ("beta1", "beta2", "eps", "lr"))
    m = v = Fraction(0)
    count = sum(name.startswith("g[") for name in result.witness)
    for i in range(1, count + 1):
        g = Fraction(str(result.witness[f"g[{i}]"]))
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    step = lr * float(m / (1 - b1**count)) / (float(v / (1 - b2**count)) ** 0.5 + float(eps))
    assert float(step) > float(lr) * float(1 - b1) / float(1 - b2) ** 0.5


def test_rules_without_a_normalised_step_have_no_such_claims() -> None:
    for name in ("sgd", "sgd[momentum]", "sgd[nesterov]"):
        assert normalised_step(rule(name)) is None
        assert driven_buffer(rule(name)) is None
        assert not [*step_bounds.claims(rule(name)), *moment_bounds.claims(rule(name))]


def test_the_centred_step_is_at_least_twice_the_learning_rate_and_not_more() -> None:
    (proved,) = derive("rmsprop[centered]", claim="centered-step-at-least")
    assert proved.verdict is Verdict.PROVED
    goal = proved.claim.goal
    larger = type(goal.condition)(goal.condition.lhs, goal.condition.rhs * sp.Rational(11, 10), evaluate=False)
    assert settled("rmsprop[centered]", "centered-step-at-least", condition=larger).verdict is not Verdict.PROVED


@pytest.mark.parametrize("name", ["adagrad", "rmsprop"])
def test_the_bound_is_approached_but_only_without_eps_attained(name: str) -> None:
    assert settled(name, "step-bound-not-attained").verdict is Verdict.PROVED
    assert settled(name, "step-bound-not-attained", hypotheses=()).verdict is not Verdict.PROVED
