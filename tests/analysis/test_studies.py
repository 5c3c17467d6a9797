"""Studies against closed forms that are derived by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from optproof.analysis.study import (
    adagrad_against_rmsprop,
    bias_correction,
    corrected_rates,
    effective_rates,
    effective_steps,
    has_bias_correction,
    rescaled,
)
from optproof.derive import names, rule

T = np.arange(1, 301)
TINY = {"eps": 1e-300}


def test_adagrad_under_a_constant_gradient_moves_by_lr_over_root_t() -> None:
    study = effective_steps(rule("adagrad"), hyper={"lr": 0.01, **TINY})
    np.testing.assert_allclose(study.displacement["constant"], -0.01 / np.sqrt(T), rtol=1e-13)
    np.testing.assert_allclose(study.effective["constant"], 0.01 / np.sqrt(T), rtol=1e-13)


@pytest.mark.parametrize("rho", [0.5, 0.9, 0.99])
def test_rmsprop_under_a_constant_gradient_moves_by_lr_over_root_of_one_minus_rho_to_t(rho: float) -> None:
    study = effective_steps(rule("rmsprop"), hyper={"lr": 0.01, "rho": rho, **TINY})
    np.testing.assert_allclose(study.effective["constant"], 0.01 / np.sqrt(1 - rho**T), rtol=1e-12)


def test_momentum_under_a_constant_gradient_speeds_up_to_one_over_one_minus_mu() -> None:
    mu, lr = 0.75, 0.5
    study = effective_steps(rule("sgd[momentum]"), hyper={"momentum": mu, "lr": lr})
    np.testing.assert_allclose(study.effective["constant"], lr * (1 - mu**T) / (1 - mu), rtol=1e-13)


def test_adam_under_a_constant_gradient_moves_by_lr() -> None:
    study = effective_steps(rule("adam"), hyper=TINY)
    np.testing.assert_allclose(study.effective["constant"], 0.001, rtol=1e-11)


def test_sgd_is_the_same_for_every_gradient() -> None:
    study = effective_steps(rule("sgd"))
    for name, rate in study.effective.items():
        here = study.gradients[name] != 0
        np.testing.assert_allclose(rate[here], 0.01, rtol=1e-15)
        assert np.isnan(rate[~here]).all()


@pytest.mark.parametrize("name", names())
def test_every_rule_has_a_study_that_json_can_hold(name: str) -> None:
    study = effective_steps(rule(name), 12)
    back = json.loads(json.dumps(study.to_json(), allow_nan=False))
    assert back["rule"] == name
    assert len(back["effective"]["sparse"]) == 12
    assert back["effective"]["sparse"][1] is None
    assert all(np.isfinite(moved).all() for moved in study.displacement.values())


def test_bias_correction_factors_are_their_closed_form() -> None:
    study = bias_correction(rule("adam"), 1000)
    for name, beta in (("beta1", 0.9), ("beta2", 0.999)):
        np.testing.assert_allclose(study.factors[name], 1 / (1 - beta**study.t), rtol=1e-11)
        assert study.factors[name][0] == pytest.approx(1 / (1 - beta), rel=1e-13)
        assert (np.diff(study.factors[name]) <= 0).all()


def test_steps_without_correction_are_those_of_the_raw_moments() -> None:
    study = bias_correction(rule("adam"), 200, hyper=TINY)
    m, v = 1 - 0.9**study.t, 1 - 0.999**study.t
    np.testing.assert_allclose(study.uncorrected, -0.001 * m / np.sqrt(v), rtol=1e-10)
    np.testing.assert_allclose(study.corrected, -0.001, rtol=1e-10)


def test_the_eps_hat_form_is_corrected_in_the_same_places() -> None:
    plain, hat = bias_correction(rule("adam"), 50, hyper=TINY), bias_correction(rule("adam[eps_hat]"), 50, hyper=TINY)
    np.testing.assert_allclose(plain.corrected, hat.corrected, rtol=1e-12)
    np.testing.assert_allclose(plain.uncorrected, hat.uncorrected, rtol=1e-12)


def test_bias_correction_with_a_decay_rate_of_zero_corrects_nothing() -> None:
    study = bias_correction(rule("adam"), 20, hyper={"beta1": 0.0, "beta2": 0.0})
    assert set(study.factors["beta1"]) == set(study.factors["beta2"]) == {1.0}
    np.testing.assert_array_equal(study.corrected, study.uncorrected)


CORRECTED = ("adam", "adamw", "adamax", "nadam", "radam", "adabelief", "laprop")


def test_exactly_the_rules_that_divide_by_one_minus_a_power_have_bias_correction() -> None:
    corrected = {name for name in names() if has_bias_correction(rule(name))}
    assert corrected == {n for n in names() if n.partition("[")[0] in CORRECTED}
    assert [str(q) for q in corrected_rates(rule("adamw"))] == ["beta1", "beta2"]


def test_a_rule_without_bias_correction_is_refused() -> None:
    with pytest.raises(ValueError, match="the rule rmsprop has no bias correction"):
        bias_correction(rule("rmsprop"))


def test_bias_correction_is_json() -> None:
    data = json.loads(json.dumps(bias_correction(rule("adam"), 3).to_json(), allow_nan=False))
    assert data["t"] == [1, 2, 3]
    assert len(data["factors"]["beta2"]) == 3


def test_rmsprop_recovers_from_a_change_of_scale_and_adagrad_does_not() -> None:
    study = adagrad_against_rmsprop(400, lr=0.01)
    adagrad, rmsprop = study.rate["adagrad"], study.rate["rmsprop"]
    assert (np.diff(adagrad) < 0).all()
    # After the change RMSprop's average is 0.01 again but for 0.9**200, so its rate is lr/0.1.
    assert rmsprop[399] == pytest.approx(0.01 / 0.1, rel=1e-6)
    assert adagrad[399] == pytest.approx(0.01 / np.sqrt(200 + 200 * 0.01), rel=1e-8)


def test_effective_rates_gives_each_rule_the_hyperparameters_it_knows() -> None:
    study = effective_rates([rule("sgd"), rule("adagrad")], rescaled(4), hyper={"lr": 0.5, "eps": 1e-300})
    np.testing.assert_allclose(study.rate["sgd"], 0.5)
    assert study.rate["adagrad"][0] == pytest.approx(0.5)
    assert json.loads(json.dumps(study.to_json(), allow_nan=False))["rules"] == ["sgd", "adagrad"]
    with pytest.raises(ValueError, match="none of the rules sgd, adagrad has a hyperparameter 'beta'"):
        effective_rates([rule("sgd"), rule("adagrad")], hyper={"beta": 0.5})
