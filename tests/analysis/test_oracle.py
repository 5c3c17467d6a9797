"""The exact oracle against steps computed by hand in fractions, and the inputs it is asked about."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from optproof.analysis.evaluate import DECIMAL, NUMPY, evaluator
from optproof.analysis.kernel_check.grid import COUNTERS, SIZES, edge_grid, ordinary_inputs, points, tiled
from optproof.analysis.kernel_check.oracle import Oracle, ulp
from optproof.derive import OPEN_UNIT, POSITIVE, Quantity, UpdateRule, gradient, names, parameter, rule, step_counter


def test_momentum_by_hand() -> None:
    lr, mu, theta, g, b = 0.1, 0.9, 1.5, -0.7, 0.3
    found = Oracle(rule("sgd[momentum]")).evaluate({"theta": theta, "g": g, "b": b}, 7, {"lr": lr, "momentum": mu})
    new = Fraction(mu) * Fraction(b) + Fraction(g)
    assert abs(Fraction(found["b"]) - new) < Fraction(1, 10**48)
    assert abs(Fraction(found["theta"]) - (Fraction(theta) - Fraction(lr) * new)) < Fraction(1, 10**48)


def test_adam_by_hand_where_every_root_is_exact() -> None:
    # beta2 = 3/4, t = 1: v_hat = (3/4 v + g^2/4) / (1/4) = 3 v + g^2 = 16 for v = 4, g = 2.
    hyper = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 4.0}
    found = Oracle(rule("adam")).evaluate({"theta": 1.0, "g": 2.0, "m": 6.0, "v": 4.0}, 1, hyper)
    assert (found["m"], found["v"]) == (4, 4)
    assert found["theta"] == 1 - Decimal("0.5") * 8 / (4 + 4)


def test_floats_enter_as_the_numbers_they_are() -> None:
    found = Oracle(rule("sgd")).evaluate({"theta": 0.0, "g": 1.0}, 1, {"lr": 0.1})
    assert found["theta"] != Decimal("-0.1")
    assert abs(Fraction(found["theta"]) + Fraction(0.1)) < Fraction(1, 10**49)


def test_where_the_map_is_undefined_there_is_no_answer() -> None:
    oracle = Oracle(rule("rmsprop[centered]"))
    hyper = {"lr": 0.1, "rho": 0.5, "eps": 1e-8}
    assert set(oracle.evaluate({"theta": 0.0, "g": 0.0, "v": 0.0, "m": 1.0}, 1, hyper).values()) == {None}
    assert None not in oracle.evaluate({"theta": 0.0, "g": 0.0, "v": 1.0, "m": 1.0}, 1, hyper).values()


def test_a_case_distinction_and_a_maximum_are_decided_exactly() -> None:
    oracle = Oracle(rule("sgd[momentum,dampening]"))
    hyper = {"lr": 0.5, "momentum": 0.5, "dampening": 0.25}
    assert oracle.evaluate({"theta": 0.0, "g": 1.0, "b": 2.0}, 1, hyper)["b"] == 2
    assert oracle.evaluate({"theta": 0.0, "g": 1.0, "b": 2.0}, 2, hyper)["b"] == Decimal("1.75")
    amsgrad = Oracle(rule("amsgrad")).evaluate(
        {"theta": 0.0, "g": 0.0, "m": 0.0, "v": 1.0, "v_hat": 3.0}, 1, {"lr": 1, "beta1": 0, "beta2": 0.5, "eps": 1}
    )
    assert (amsgrad["v"], amsgrad["v_hat"]) == (Decimal("0.5"), 3)


def test_every_function_of_rules_can_be_evaluated_alike_in_both_arithmetics() -> None:
    x, y = sp.symbols("x y", real=True)
    expression = sp.sign(x) * sp.Abs(y) + sp.Max(x, y) * sp.Min(x, y, 1) + sp.exp(x) / sp.log(3 + y) + x**-2 + y**x
    expression += sp.Piecewise((x, sp.And(x > 0, sp.Ne(y, 2))), (y, True)) + sp.sqrt(x) / 3 + 2**-x
    exact = evaluator(expression, DECIMAL)({"x": Decimal(2), "y": Decimal("1.5")})
    usual = evaluator(expression, NUMPY)({"x": np.array([2.0, 2.0]), "y": np.array([1.5, 1.5])})
    wanted = float(expression.subs({x: 2, y: sp.Rational(3, 2)}).evalf(30))
    assert float(exact) == pytest.approx(wanted, rel=1e-15)
    np.testing.assert_allclose(usual, wanted, rtol=1e-14)
    with pytest.raises(ValueError, match=r"sin\(x\) \(sin\) cannot be evaluated"):
        evaluator(sp.sin(x) + 1, NUMPY)


def test_units_in_the_last_place() -> None:
    for dtype in (np.dtype("float32"), np.dtype("float64")):
        for x in (1.0, 1.5, -2.0, 1e-3, 3e38, float(np.finfo(dtype).tiny)):
            assert ulp(x, dtype) == np.spacing(np.abs(dtype.type(x)))
        assert ulp(0.0, dtype) == ulp(1e-320, dtype) == np.finfo(dtype).smallest_subnormal


def test_a_wrong_value_exceeds_its_bound_and_is_described() -> None:
    oracle = Oracle(rule("sgd"))
    inputs = {"theta": np.array([1.0, 2.0]), "g": np.array([0.5, 0.25])}
    right = {"theta": np.array([0.75, 1.875])}
    bounds = {"theta": np.array([1e-15, 1e-15])}
    good = oracle.compare(inputs, right, bounds, 1, {"lr": 0.5})
    assert (good.cases, good.max_ulps, good.error_over_bound, good.problems) == (2, 0.0, 0.0, ())
    bad = oracle.compare(inputs, {"theta": np.array([0.75, 1.875000001])}, bounds, 1, {"lr": 0.5})
    assert bad.error_over_bound > 1e5
    assert bad.max_ulps > 1e6
    assert "theta at t = 1, theta = 2.0, g = 0.25, lr = 0.5 is 1.875000001, but exactly 1.875" in bad.problems[0]
    assert good.with_other(bad).problems == bad.problems == bad.with_other(good).problems
    infinite = oracle.compare(inputs, {"theta": np.array([0.75, np.inf])}, bounds, 1, {"lr": 0.5})
    assert infinite.cases == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sgd", "rmsprop[centered]", "adam"])
def test_the_edge_grid_holds_every_edge_and_respects_domains(name: str, dtype: str) -> None:
    grid, info = edge_grid(rule(name), dtype), np.finfo(dtype)
    edges = [0.0, info.smallest_subnormal, info.tiny, 1.0, info.max, np.inf]
    for edge in edges:
        assert {edge, -edge} <= set(grid["g"].tolist())
    assert np.signbit(grid["g"][grid["g"] == 0]).any()
    assert np.isnan(grid["g"]).any()
    for state in rule(name).state:
        values = grid[state.name]
        assert set(edges) <= set(values.tolist())
        assert np.isnan(values).any()
        assert (values < 0).any() == (state.symbol.domain.lower is None)
    pairs = set(zip(map(str, grid["theta"]), map(str, grid["g"]), strict=True))
    assert len(pairs) == len(set(map(str, grid["theta"]))) * len(set(map(str, grid["g"]))) == 4 * 13


@pytest.mark.parametrize("name", names())
def test_points_lie_in_the_domains_and_tell_hyperparameters_apart(name: str) -> None:
    chosen = rule(name)
    found = list(points(chosen))
    assert {p.t for p in found} == set(COUNTERS) == {1, 2, 10**3, 10**6}
    assert {p.name for p in found} == {"defaults", "inside", "lower ends"}
    for point in found:
        assert all(h.symbol.domain.contains(sp.Rational(point.hyper[h.name])) for h in chosen.hyper)
    inside = next(p for p in found if p.name == "inside")
    assert len(set(inside.hyper.values())) == len(inside.hyper)


def test_hyperparameters_without_defaults_and_with_narrow_domains_get_values() -> None:
    theta, g, t = parameter(), gradient(), step_counter()
    a, b = Quantity("a", OPEN_UNIT), Quantity("b", POSITIVE)
    own = UpdateRule("own", hyper={a: None, b: None}, state={}, steps=[(theta, theta - a**t * b * g)])
    for point in points(own):
        assert 0 < point.hyper["a"] < 1
        assert point.hyper["b"] > 0


def test_ordinary_inputs_are_the_same_on_every_call_and_in_their_domains() -> None:
    chosen = rule("rmsprop[centered]")
    hyper = {"lr": 0.001, "rho": 0.9, "eps": 1e-8}
    first, second = ordinary_inputs(chosen, hyper, 10), ordinary_inputs(chosen, hyper, 10)
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
    assert (first["v"] >= 0).all()
    # The second half are states that the rule reaches, where the variance is not negative.
    assert (first["v"][5:] >= first["m"][5:] ** 2).all()


def test_tiling_repeats_and_moves_off_alignment() -> None:
    small = {"x": np.arange(3, dtype=np.float32)}
    assert tiled(small, 7)["x"].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert tiled(small, 0)["x"].size == 0
    moved = tiled(small, 5, offset=1)["x"]
    assert moved.tolist() == [0, 1, 2, 0, 1]
    assert moved.base is not None
    assert moved.ctypes.data - moved.base.ctypes.data == 4
    assert SIZES == (0, 1, 7, 1024, 10**6)
