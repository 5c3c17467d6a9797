"""What is proved of a rule before anything is claimed of it."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, POSITIVE, UNIT_INTERVAL, Quantity, UpdateRule, gradient, names, parameter, rule
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver

THETA, G = parameter(), gradient()


@pytest.fixture(scope="module")
def solver() -> Solver:
    with Solver() as running:
        yield running


@pytest.mark.parametrize("name", names())
def test_every_state_of_the_catalogue_stays_in_its_domain(name: str, solver: Solver) -> None:
    assert setting_of(rule(name), solver).trouble == ""


def test_the_auxiliary_invariants_are_found(solver: Solver) -> None:
    centered, amsgrad = rule("rmsprop[centered]"), rule("adam[amsgrad]")
    assert [str(f) for f in setting_of(centered, solver).facts] == ["m**2 <= v"]
    assert [str(f) for f in setting_of(amsgrad, solver).facts] == ["v <= v_max"]


def _with_second_moment(change: sp.Expr, v: Quantity, *hyper: Quantity) -> UpdateRule:
    lr = Quantity("lr", NONNEGATIVE)
    return UpdateRule(
        "broken",
        hyper={lr: "0.1", **dict.fromkeys(hyper)},
        state={v: 0},
        steps=[(v, change), (THETA, THETA - lr * G / (1 + v**2))],
    )


def test_a_state_that_leaves_its_domain_is_noticed(solver: Solver) -> None:
    v, rho = Quantity("v", NONNEGATIVE), Quantity("rho", UNIT_INTERVAL)
    assert "stay in its domain" in setting_of(_with_second_moment(rho * v - G**2, v, rho), solver).trouble
    positive = Quantity("rho", POSITIVE)
    assert (
        "stay in its domain" in setting_of(_with_second_moment(v + (1 - positive) * G**2, v, positive), solver).trouble
    )


def test_a_false_auxiliary_invariant_is_dropped(solver: Solver) -> None:
    # With different decay rates the square of the first moment is not bounded by the second.
    assert setting_of(rule("adam"), solver).facts == ()
