"""What the studies find, against closed forms, exact runs and proved theorems."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import sympy as sp

from optproof.analysis.study import (
    LANDSCAPES,
    Counterexamples,
    StudyError,
    counterexamples,
    noisy_steps,
    paths,
    recoveries,
    sensitivities,
    stability_maps,
    worst_cases,
)
from optproof.analysis.study.counterexamples import online
from optproof.analysis.study.gradients import ALL_GRADIENTS, gradient_sequences
from optproof.derive import rule


def test_the_proved_region_says_what_every_run_does() -> None:
    for found in stability_maps(size=25, steps=3000).maps:
        assert found.verdict == "PROVED"
        assert found.agreement == 1
        assert 0.2 < found.settles.mean() < 0.8


def test_the_boundary_is_that_of_the_textbook() -> None:
    momentum, nesterov = stability_maps(size=8, steps=50).maps
    np.testing.assert_allclose(momentum.boundary, 2 * (1 + momentum.values), rtol=1e-14)
    np.testing.assert_allclose(nesterov.boundary, 2 * (1 + nesterov.values) / (1 + 2 * nesterov.values), rtol=1e-14)


def test_worst_sequences_approach_the_bound_and_never_pass_it() -> None:
    study = worst_cases([rule("amsgrad"), rule("rmsprop[momentum]")], steps=150)
    assert {case.verdict for case in study.cases} == {"PROVED"}
    for case in study.cases:
        assert (case.share <= 1 + 1e-12).all(), case.claim
        assert case.share[-1] > 0.99, case.claim
        if case.closed_form is not None:
            np.testing.assert_allclose(case.reached, case.closed_form, rtol=1e-9)


@lru_cache(maxsize=2)
def refuted(name: str) -> Counterexamples:
    return counterexamples([rule(name)], cycles=1000)


@pytest.mark.parametrize("name", ["adadelta", *(pytest.param(n, marks=pytest.mark.slow) for n in ("rmsprop", "adam"))])
def test_counterexamples_run_as_exactly_computed(name: str) -> None:
    study = refuted(name)
    assert {one.rule for one in study.refuted} == {name}
    for one in study.refuted:
        np.testing.assert_allclose(one.run, one.exact, rtol=1e-12, atol=1e-15, err_msg=one.claim)
    for longer in (one for one in study.refuted if one.claim in ("step-within-lr", "step-bound-published-sparse")):
        assert abs(np.diff(longer.run)).max() > longer.hyper["lr"], "the refuted bound holds on the run"


def test_adam_stays_at_the_worst_point_and_amsgrad_does_not() -> None:
    adam, amsgrad = refuted("rmsprop").cycles
    assert adam.verdict == "PROVED"
    np.testing.assert_allclose(adam.x, 1.0)
    assert (adam.regret >= adam.at_least / 3 - 1e-12).all()
    assert amsgrad.x[-1] < -0.99
    assert amsgrad.regret[-1] < 0.1


def test_the_online_rule_is_the_rule_with_a_falling_rate_inside_the_interval() -> None:
    one = online(rule("sgd"))
    g, theta, t, lr = one.gradient, one.theta, one.step_counter, one.hyper[0].symbol
    new = one.step()[theta]
    at = {theta: sp.Rational(1, 2), lr: sp.Integer(1), t: sp.Integer(4)}
    assert new.xreplace({**at, g: sp.Rational(1, 2)}) == sp.Rational(1, 4)
    assert new.xreplace({**at, g: sp.Integer(100)}) == -1
    assert new.xreplace({**at, g: sp.Integer(-100)}) == 1


def test_after_a_change_of_scale_the_closed_form_is_the_run() -> None:
    study = recoveries(steps=300)
    for run in study.runs:
        assert run.verdict == "PROVED"
        np.testing.assert_allclose(run.simulated[study.change :], run.closed_form, rtol=1e-10)
    rmsprop = next(run for run in study.runs if run.rule == "rmsprop")
    level = 0.1**2 * (1 + rmsprop.share)
    recovered = int(np.argmax(rmsprop.simulated[study.change :] <= level)) + 1
    assert recovered == int(np.ceil(rmsprop.recovery))


def test_chosen_learning_rates_are_the_best_of_their_grid() -> None:
    few = paths([rule("sgd")], steps=60, landscapes=["ill-conditioned quadratic"])
    (run,) = few.runs
    curvature = 100 * run.lr
    assert curvature < 2, "plain descent settles for learning rates below two over the curvature"
    np.testing.assert_allclose(run.x, -4 * (1 - run.lr) ** np.arange(61), rtol=1e-10)
    np.testing.assert_allclose(run.value, (run.x**2 + 100 * run.y**2) / 2, rtol=1e-12)
    stable = few.grid[few.grid < 0.02]
    others = (-4 * (1 - stable) ** 60) ** 2 / 2 + 50 * (1 - 100 * stable) ** 120
    assert run.value[-1] == pytest.approx(min(others), rel=1e-9)


def test_noise_widens_the_steps_of_descent_in_proportion() -> None:
    little, much = noisy_steps([rule("sgd")], steps=30, runs=500).distributions
    spread = [d.quantiles[-1, -1] - d.quantiles[0, -1] for d in (little, much)]
    assert spread[1] / spread[0] == pytest.approx(10, rel=1e-9)
    (bounded,) = noisy_steps([rule("rmsprop")], steps=30, runs=500, noise=[50.0]).distributions
    assert np.abs(bounded.quantiles).max() <= 1 / np.sqrt(1 - 0.9), "no step is longer than lr / sqrt(1 - rho)"


def test_too_large_a_learning_rate_ends_in_infinity() -> None:
    (curve,) = sensitivities([rule("sgd")], steps=2000, values=13, starts=8, landscapes=["Rosenbrock"]).curves
    assert np.isinf(curve.ends[-1])
    assert curve.ends[np.argmin(curve.ends)] < curve.ends[0]
    assert curve.default == curve.values[np.argmin(curve.ends)]


def test_landscapes_have_their_minimum_where_it_is_known() -> None:
    known = {
        "Rosenbrock": (1, 1),
        "Beale": (3, sp.Rational(1, 2)),
        "ill-conditioned quadratic": (0, 0),
        "saddle": (0, 1),
    }
    for name, place in known.items():
        goal = LANDSCAPES[name].objective
        at = dict(zip(goal.coordinates, map(sp.sympify, place), strict=True))
        assert [d.xreplace(at) for d in goal.gradient] == [0, 0], name


def test_six_kinds_of_gradients() -> None:
    sequences = gradient_sequences(100, ALL_GRADIENTS)
    assert tuple(sequences) == ("constant", "decaying", "drifting", "spiky", "periodic", "sparse")
    assert sequences["drifting"][0] == -sequences["drifting"][-1] == 1
    np.testing.assert_allclose(sequences["periodic"].sum(), 0, atol=1e-12)
    assert np.abs(sequences["periodic"]).min() > 0.01


@pytest.mark.parametrize(
    ("study", "name"), [(stability_maps, "adam"), (paths, "adadelta"), (worst_cases, "sgd"), (recoveries, "lion")]
)
def test_a_rule_that_does_not_fit_is_refused_in_a_sentence(study: object, name: str) -> None:
    with pytest.raises(StudyError, match=f"the rule {name} .*; this study can be made of"):
        study([rule(name)])  # type: ignore[operator]
