"""Units follow from the rule: known ones are found, contradictions are reported."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, POSITIVE, Quantity, Unit, UpdateRule, gradient, names, parameter, rule
from optproof.derive.units import unit_system, units

THETA, G = parameter(), gradient()


@pytest.mark.parametrize(
    ("name", "symbol", "unit"),
    [
        ("sgd", "lr", "T^2/F"),
        ("sgd[momentum]", "b", "F/T"),
        ("sgd[momentum,lr_inside]", "v", "T"),
        ("sgd[momentum]", "momentum", "1"),
        ("sgd[l2]", "weight_decay", "F/T^2"),
        ("adagrad", "lr", "T"),
        ("adagrad", "G", "F^2/T^2"),
        ("adagrad", "initial_accumulator", "F^2/T^2"),
        ("adagrad", "eps", "F/T"),
        ("adagrad[eps_in_sqrt]", "eps", "F^2/T^2"),
        ("rmsprop", "lr", "T"),
        ("rmsprop", "rho", "1"),
        ("rmsprop[momentum]", "b", "1"),
        ("adam", "lr", "T"),
        ("adam", "eps", "F/T"),
        ("adam", "beta2", "1"),
        ("adam[l2]", "weight_decay", "F/T^2"),
        ("adamw", "weight_decay", "1/T"),
        ("adamw[paper]", "weight_decay", "1"),
        ("amsgrad", "v_hat", "F^2/T^2"),
        ("adadelta[lr]", "lr", "T^2/F"),
        ("adadelta[lr]", "eps", "F^2/T^2"),
    ],
)
def test_known_units_are_found(name: str, symbol: str, unit: str) -> None:
    chosen = rule(name)
    assert str(units(chosen)[chosen.quantities[symbol]]) == unit


@pytest.mark.parametrize("name", names())
def test_every_symbol_of_the_catalogue_has_a_unit(name: str) -> None:
    chosen = rule(name)
    system = unit_system(chosen)
    assert set(system.units) == set(chosen.quantities.values())
    assert system.undetermined == ()


# Adadelta has no learning rate to carry a unit; RAdam's first steps are a gradient's and its later ones a ratio's;
# AdaBelief adds one eps to a squared gradient and to a gradient.
TIED = {"adadelta": "F = T^2", "adadelta[l2]": "F = T^2", "adabelief": "F = T"}


@pytest.mark.parametrize("name", names())
def test_few_rules_tie_the_objective_to_the_parameter(name: str) -> None:
    expected = "F = T" if name.startswith("radam") else TIED.get(name, "")
    assert unit_system(rule(name)).condition == expected


def test_under_the_condition_adadeltas_update_is_measured_like_theta() -> None:
    chosen = rule("adadelta")
    found = {str(symbol): str(unit) for symbol, unit in units(chosen).items()}
    assert found == {"theta": "T", "g": "T", "t": "1", "rho": "1", "eps": "T^2", "v": "T^2", "u": "T^2", "delta": "T"}


@pytest.mark.parametrize("name", names())
def test_rescaling_by_the_units_leaves_the_step_as_it_is(name: str) -> None:
    """What units mean: in other units of T and F every symbol is rescaled, and the rule still holds."""
    chosen = rule(name)
    system = unit_system(chosen)
    t, f = sp.Integer(3), sp.Integer(9 if system.condition else 5)
    scale = {q: t ** sp.Rational(u.parameter) * f ** sp.Rational(u.objective) for q, u in system.units.items()}
    if system.condition:
        scale = {q: t ** sp.Rational(u.parameter) for q, u in system.units.items()}
    numbers = {q: sp.Rational(2 + i, 9 + 2 * i) for i, q in enumerate(chosen.quantities.values())}
    numbers[chosen.step_counter] = sp.Integer(3)
    for before, after in chosen.step().items():
        plain = after.xreplace(numbers)
        scaled = after.xreplace({q: numbers[q] * scale[q] for q in numbers})
        assert abs(sp.N(scaled - plain * scale[before], 40)) < sp.Rational(1, 10**30)


def test_a_product_of_two_free_scales_is_reported_as_undetermined() -> None:
    a, b = Quantity("a", NONNEGATIVE), Quantity("b", NONNEGATIVE)
    system = unit_system(UpdateRule("mine", hyper={a: 1, b: 1}, state={}, steps=[(THETA, THETA - a * b * G)]))
    assert {str(q) for q in system.undetermined} == {"a", "b"}
    assert set(system.units) == {THETA, G, rule("sgd").step_counter}


def test_a_declared_unit_is_taken_as_given() -> None:
    a, b = Quantity("a", NONNEGATIVE, unit=Unit()), Quantity("b", NONNEGATIVE)
    system = unit_system(UpdateRule("mine", hyper={a: 1, b: 1}, state={}, steps=[(THETA, THETA - a * b * G)]))
    assert str(system.units[b]) == "T^2/F"
    assert system.undetermined == ()


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        (THETA - G, "F = T^2"),
        (THETA - 1, "T = 1"),
        (THETA - G - 1, "T = F = 1"),
        (THETA - G**2 / (1 + G**2), "T = F = 1"),
        (THETA - THETA * sp.exp(G), "F = T"),
        (THETA * sp.Piecewise((1, G > 1), (sp.Rational(1, 2), True)), "F = T"),
        (THETA * (1 - G * THETA), "F = 1"),
        (sp.Max(THETA, G), "F = T^2"),
        (THETA - THETA * sp.sign(G), ""),
        (sp.Max(THETA - THETA * sp.sign(G), 0), ""),
    ],
)
def test_contradictions_become_conditions(value: sp.Expr, condition: str) -> None:
    made = UpdateRule("mine", hyper={}, state={}, steps=[(THETA, value)])
    assert unit_system(made).condition == condition


def test_a_root_halves_a_unit() -> None:
    lr, v = Quantity("lr", POSITIVE), Quantity("v", NONNEGATIVE)
    steps = [(v, v + sp.Abs(G)), (THETA, THETA - lr * G / sp.sqrt(v))]
    found = units(UpdateRule("mine", hyper={lr: 1}, state={v: 0}, steps=steps))
    assert str(found[lr]) == "T^3/2/F^1/2"
