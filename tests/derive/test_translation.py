"""Finding state maps and hyperparameters: what is found, and that nothing is found where nothing is."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof.derive import Quantity, rule
from optproof.derive.translation import find_translation, is_linear, solve_equations


@pytest.mark.parametrize(
    ("here", "other", "states"),
    [
        ("sgd[momentum]", "sgd[momentum,lr_inside]", {"theta": "theta", "v": "-b*lr"}),
        ("sgd[nesterov]", "sgd[nesterov,lr_inside]", {"theta": "theta", "v": "-b*lr"}),
        ("sgd[lookahead]", "sgd[nesterov,lr_inside]", {"theta": "momentum*v + theta", "v": "v"}),
        ("sgd[nesterov]", "sgd[lookahead]", {"theta": "b*lr*momentum + theta", "v": "-b*lr"}),
        ("adamw", "adamw", {"theta": "theta", "m": "m", "v": "v"}),
    ],
)
def test_state_maps(here: str, other: str, states: dict[str, str]) -> None:
    found = find_translation(rule(here), rule(other))
    assert found is not None
    assert {str(q): str(e) for q, e in found.states} == states


@pytest.mark.parametrize(
    ("here", "other"),
    [
        ("sgd[momentum]", "sgd[nesterov]"),
        ("sgd[nesterov]", "sgd[momentum,lr_inside]"),
        ("adam", "adam[eps_hat]"),
        ("adagrad", "adagrad[eps_in_sqrt]"),
        ("rmsprop", "rmsprop[centered]"),
    ],
)
def test_no_map_between_rules_that_differ(here: str, other: str) -> None:
    assert find_translation(rule(here), rule(other)) is None


def test_a_translation_is_solved_for() -> None:
    adam, hat = rule("adam"), rule("adam[eps_hat]")
    eps, wanted = adam.quantities["eps"], Quantity("wanted")
    found = find_translation(adam, hat, there={eps: wanted}, unknowns=(wanted,))
    beta2, t = adam.quantities["beta2"], adam.step_counter
    assert found is not None
    assert sp.simplify(found.solved[wanted] - eps * sp.sqrt(1 - beta2**t)) == 0


def test_a_translation_that_cannot_be_is_not_found() -> None:
    outside, inside = rule("rmsprop"), rule("rmsprop[eps_in_sqrt]")
    wanted = Quantity("wanted")
    assert find_translation(outside, inside, there={outside.quantities["eps"]: wanted}, unknowns=(wanted,)) is None


def test_equations_are_solved_one_by_one() -> None:
    x, y, z = sp.symbols("x y z")
    assert solve_equations([x * y - 6, x - 2, z - x * y], [x, y, z]) == {x: 2, y: 3, z: 6}
    assert solve_equations([x - 1, x - 2], [x]) is None
    assert solve_equations([x**2 - 4], [x]) is None
    assert solve_equations([], [x]) == {}


def test_linear_rules_have_coefficients_of_hyperparameters_only() -> None:
    assert is_linear(rule("sgd[momentum,dampening]"))
    assert not is_linear(rule("adagrad"))
    assert not is_linear(rule("adadelta[lr]"))
