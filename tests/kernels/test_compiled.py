"""The compiled kernel computes the rule, in its dtype, with SIMD instructions, and IEEE's special values."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest
import sympy as sp

from optproof import rule
from optproof.derive import UpdateRule, names, run
from optproof.kernels import compile_kernel

from .conftest import Compiled, step_range_code

DTYPES = ("float32", "float64")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [n for n in names() if n.startswith("sgd")], ids=lambda n: n)
def test_sums_and_products_are_exact_where_they_can_be(name: str, dtype: str, compiled: Compiled) -> None:
    chosen = rule(name)
    kernel = compiled(name, dtype)
    hyper = {h.name: sp.Rational(1, 4) for h in chosen.hyper}
    gradients = [sp.Integer(3), sp.Integer(-2), sp.Rational(1, 2)]
    history = run(chosen, gradients, hyper, sp.Integer(1))
    theta = np.ones(11, dtype)
    state = kernel.initial_state(theta)
    for t, g in enumerate(gradients, start=1):
        kernel(theta, np.full(11, float(g), dtype), state, t, **hyper)
        assert theta.tolist() == [float(history[t][chosen.theta])] * 11
        for s in chosen.state:
            assert state[s.name].tolist() == [float(history[t][s.symbol])] * 11


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", names())
def test_every_rule_follows_fifty_digit_arithmetic(
    name: str, dtype: str, compiled: Compiled, rng: np.random.Generator
) -> None:
    chosen = rule(name)
    kernel = compiled(name, dtype)
    theta = rng.normal(size=13).astype(dtype)
    state = kernel.initial_state(theta)
    symbols = [chosen.theta, *(s.symbol for s in chosen.state), chosen.gradient, chosen.step_counter]
    symbols += [h.symbol for h in chosen.hyper]
    exact_step = sp.lambdify(symbols, list(chosen.step().values()), "mpmath")
    hyper = [float(v) for v in chosen.defaults.values()]
    rounding = float(np.finfo(dtype).eps)
    with mpmath.workdps(50):
        now = [[mpmath.mpf(float(a[i])) for a in (theta, *state.values())] for i in range(13)]
        for t in range(1, 5):
            g = rng.normal(size=13).astype(dtype)
            kernel(theta, g, state, t)
            now = [exact_step(*values, mpmath.mpf(float(x)), t, *hyper) for values, x in zip(now, g, strict=True)]
            for array, column in zip((theta, *state.values()), zip(*now, strict=True), strict=True):
                expected = np.array([float(x) for x in column])
                np.testing.assert_allclose(array, expected, rtol=200 * rounding, atol=50 * rounding)


@pytest.mark.parametrize(
    "name", ["adam", "rmsprop", "adam[amsgrad,l2]", "rmsprop[centered,momentum]", "adadelta", "sgd"]
)
def test_float32_is_vectorised_and_stays_float32(name: str, compiled: Compiled) -> None:
    code = step_range_code(compiled(name, "float32").llvm())
    assert re.search(r"fmul <\d+ x float>", code)
    assert "double" not in code
    assert "fpext" not in code


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", names())
def test_every_rule_is_vectorised(name: str, dtype: str, compiled: Compiled) -> None:
    kernel = compiled(name, dtype)
    code = step_range_code(kernel.llvm())
    number = {"float32": "float", "float64": "double"}[dtype]
    # Theta and every state are written by vectors, and no kind of arithmetic is left to single numbers alone.
    assert len(re.findall(rf"store <\d+ x {number}>", code)) >= 1 + len(kernel.rule.state)
    single = set(re.findall(rf"\b(f(?:add|sub|mul|div)) {number} ", code))
    assert single <= set(re.findall(rf"\b(f(?:add|sub|mul|div)) <\d+ x {number}>", code))
    assert ("llvm.sqrt.f" in code) <= bool(re.search(r"llvm\.sqrt\.v\d+f", code))


@pytest.mark.parametrize("state_dtype", ["bfloat16", "float16"])
def test_narrow_states_are_vectorised(state_dtype: str) -> None:
    kernel = compile_kernel("adam", state_dtype=state_dtype)
    code = step_range_code(kernel.llvm())
    assert len(re.findall(r"store <\d+ x i16>", code)) >= 2
    assert re.search(r"fdiv <\d+ x float>", code)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_float64_is_vectorised(name: str, compiled: Compiled) -> None:
    code = step_range_code(compiled(name, "float64").llvm())
    assert re.search(r"fdiv <\d+ x double>", code)
    assert re.search(r"sqrt\.v\d+f64", code)
    assert "fast" not in code
    assert "reassoc" not in code


def test_a_rule_with_every_operation_handles_special_values(odd_rule: UpdateRule) -> None:
    kernel = compile_kernel(odd_rule)
    g = np.array([np.nan, 0.0, -0.0, 2.0, -2.0, np.inf, 1.0], np.float32)
    theta = np.ones_like(g)
    state = {"np": np.full_like(g, 0.5), "i": np.full_like(g, 2.0)}
    kernel(theta, g, state, 1, level=1.0)
    f = np.float32
    with np.errstate(invalid="ignore"):
        largest = np.maximum(np.maximum(np.abs(g), f(0.5)), f(1 / 3)) + np.minimum(g, f(2))
    np.testing.assert_array_equal(state["np"], largest)
    cube = f(8) * f(1 / 7)
    np.testing.assert_allclose(state["i"], [-2, -2, -2, 3, cube, 3, -2], rtol=1e-6)
    assert np.isnan(theta[[0, 5]]).all()
    assert np.isfinite(theta[[1, 2, 3, 4, 6]]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", names())
def test_nan_in_one_element_stays_there(name: str, dtype: str, compiled: Compiled) -> None:
    kernel = compiled(name, dtype)
    theta, g = np.ones(40, dtype), np.ones(40, dtype)
    state = kernel.initial_state(theta)
    clean = theta.copy(), {n: a.copy() for n, a in state.items()}
    kernel(clean[0], g, clean[1], 1)
    g[17] = np.nan
    kernel(theta, g, state, 1)
    assert np.isnan(theta).nonzero()[0].tolist() == [17]
    # A state that does not take in the gradient itself, as Rprop's step size, stays a number there too.
    for array, same in zip((theta, *state.values()), (clean[0], *clean[1].values()), strict=True):
        np.testing.assert_array_equal(np.delete(array, 17), np.delete(same, 17))


# Neither Adamax nor centred RMSprop in their papers' form keeps its divisor from zero.
@pytest.mark.parametrize("name", [n for n in names() if "centered" not in n and n != "adamax"])
def test_a_vanishing_gradient_at_the_start_moves_nothing(name: str, compiled: Compiled) -> None:
    kernel = compiled(name, "float32")
    theta = np.zeros(5, np.float32)
    kernel(theta, np.zeros_like(theta), kernel.initial_state(theta), 1)
    assert theta.tolist() == [0.0] * 5


@pytest.mark.parametrize("name", ["adam", "rmsprop[centered,momentum]", "sgd[nesterov,lr_inside]", "adadelta"])
@pytest.mark.parametrize("size", [0, 1, 7, 4096, 4097, 100_003])
def test_parallel_equals_serial_bit_by_bit(name: str, size: int, compiled: Compiled, rng: np.random.Generator) -> None:
    kernel = compiled(name, "float32")
    start, gradients = rng.normal(size=size).astype(np.float32), rng.normal(size=(3, size)).astype(np.float32)
    results = []
    for threads in (1, 2, 5):
        theta = start.copy()
        state = kernel.initial_state(theta)
        for t, g in enumerate(gradients, start=1):
            kernel(theta, g, state, t, threads=threads)
        results.append([a.tobytes() for a in (theta, *state.values())])
    assert results[0] == results[1] == results[2]


def test_large_arrays_are_shared_among_threads_by_themselves(compiled: Compiled, rng: np.random.Generator) -> None:
    kernel = compiled("sgd", "float32")
    theta = rng.normal(size=300_000).astype(np.float32)
    other = theta.copy()
    kernel(theta, theta * 2, {}, 1)
    kernel(other, other * 2, {}, 1, threads=1)
    assert theta.tobytes() == other.tobytes()
