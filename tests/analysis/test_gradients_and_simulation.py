"""Simulated runs agree with exact ones, and gradient sequences are what their names say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from optproof.analysis.study import GRADIENT_NAMES, gradient_sequences, rescaled, simulate
from optproof.derive import POSITIVE, Quantity, UpdateRule, gradient, names, parameter, rule, run


def test_sequences_are_the_same_on_every_call_and_of_the_length_asked_for() -> None:
    first, second = gradient_sequences(120), gradient_sequences(120)
    assert tuple(first) == GRADIENT_NAMES == ("constant", "decaying", "spiky", "sparse")
    for name, values in first.items():
        assert values.shape == (120,)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, second[name])


def test_sequences_have_the_shapes_of_their_names() -> None:
    sequences = gradient_sequences(200)
    assert set(sequences["constant"]) == {1.0}
    assert (np.diff(sequences["decaying"]) < 0).all()
    assert sequences["spiky"].max() == 20 * np.median(sequences["spiky"])
    assert np.count_nonzero(sequences["sparse"]) == 20
    np.testing.assert_array_equal(rescaled(6, change_at=2, before=1, after=5), [1, 1, 5, 5, 5, 5])


def test_an_empty_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="0 steps is empty"):
        gradient_sequences(0)


@pytest.mark.parametrize("name", names())
def test_simulation_agrees_with_the_exact_run(name: str) -> None:
    chosen = rule(name)
    gradients = [sp.Rational(n, 8) for n in (3, -5, 16)]
    hyper = {h.name: sp.Rational(float(h.default)) for h in chosen.hyper if h.default is not None}
    exact = run(chosen, gradients, hyper, sp.Rational(1, 4))
    found = simulate(chosen, np.array([float(x) for x in gradients]), theta=0.25)
    for before, after, moved, theta in zip(exact, exact[1:], found.displacement, found.theta, strict=False):
        wanted = (after[chosen.theta] - before[chosen.theta]).evalf(30)
        assert float(abs(moved - wanted)) <= 1e-13 * float(abs(wanted))
        assert float(theta) == pytest.approx(float(after[chosen.theta].evalf(30)), rel=1e-14)
    for state in chosen.state:
        assert found.state[state.name][-1] == pytest.approx(float(exact[-1][state.symbol].evalf(30)), rel=1e-13)


def test_a_small_run_by_hand_in_fractions() -> None:
    mu, lr, b, theta = Fraction(1, 2), Fraction(1, 4), Fraction(0), Fraction(1)
    steps = []
    for g in (Fraction(1), Fraction(2), Fraction(-1)):
        b = mu * b + g
        steps.append(-lr * b)
        theta -= lr * b
    found = simulate(rule("sgd[momentum]"), np.array([1.0, 2.0, -1.0]), hyper={"lr": 0.25, "momentum": 0.5}, theta=1.0)
    assert [Fraction(x) for x in found.displacement] == steps
    assert Fraction(found.theta[-1]) == theta
    assert Fraction(found.state["b"][-1]) == b


def test_runs_along_further_axes_are_independent() -> None:
    gradients = np.random.default_rng(1).normal(size=(20, 3))
    together = simulate(rule("adam"), gradients)
    for k in range(3):
        alone = simulate(rule("adam"), gradients[:, k])
        np.testing.assert_allclose(together.displacement[:, k], alone.displacement, rtol=1e-14)


def test_initial_state_follows_the_hyperparameters() -> None:
    found = simulate(rule("adagrad"), np.array([2.0]), hyper={"initial_accumulator": 5.0, "lr": 3.0, "eps": 1e-300})
    assert found.state["G"][0] == 9.0
    assert found.displacement[0] == -2.0


def test_a_rule_of_ones_own_with_awkward_names_runs() -> None:
    theta, g = parameter(), gradient()
    rate, sqrt = Quantity("lambda", POSITIVE), Quantity("sqrt", POSITIVE)
    own = UpdateRule("own", hyper={rate: "1/2", sqrt: 4}, state={}, steps=[(theta, theta - rate * g / sp.sqrt(sqrt))])
    assert simulate(own, np.array([1.0])).displacement.tolist() == [-0.25]


def test_unknown_and_missing_hyperparameters_are_named() -> None:
    with pytest.raises(ValueError, match=r"no hyperparameter 'beta'; it has lr, rho, eps"):
        simulate(rule("rmsprop"), np.ones(1), hyper={"beta": 0.5})
    theta, g, lr = parameter(), gradient(), Quantity("lr", POSITIVE)
    bare = UpdateRule("bare", hyper={lr: None}, state={}, steps=[(theta, theta - lr * g)])
    with pytest.raises(ValueError, match="no default for 'lr'"):
        simulate(bare, np.ones(1))
