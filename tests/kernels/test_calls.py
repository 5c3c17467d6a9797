"""A kernel refuses what it cannot do, in a sentence, before it touches an array."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from optproof.derive import OPEN_UNIT, Quantity, UpdateRule, gradient, parameter
from optproof.kernels import Kernel, KernelError, compile_kernel

from .conftest import Compiled

N = 6


@pytest.fixture
def adam(compiled: Compiled) -> Kernel:
    return compiled("adam", "float32")


def _arguments() -> dict[str, Any]:
    f = np.float32
    return {
        "theta": np.arange(N, dtype=f),
        "g": np.ones(N, f),
        "state": {"m": np.full(N, 0.5, f), "v": np.full(N, 0.25, f)},
        "t": 3,
    }


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


_SHARED = np.ones(2 * N, np.float32)
_BYTES = np.zeros(4 * N + 1, np.uint8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"g": np.ones(N + 1, np.float32)}, r"g has shape \(7,\), and theta has \(6,\)"),
        ({"g": np.ones((1, N), np.float32)}, r"g has shape \(1, 6\), and theta has \(6,\)"),
        ({"m": np.ones(N - 1, np.float32)}, r"state\['m'\] has shape \(5,\)"),
        ({"g": np.ones(N)}, "g has dtype float64, and the kernel was compiled for float32"),
        ({"theta": np.ones(N, np.int64)}, "theta has dtype int64"),
        ({"v": np.ones(N, ">f4")}, r"state\['v'\] has dtype >f4"),
        ({"theta": [1.0] * N}, "theta is a list; a kernel works on plain NumPy arrays"),
        ({"g": np.float32(1)}, "g is a float32"),
        ({"g": np.ma.masked_array(np.ones(N, np.float32))}, "g is a MaskedArray"),
        ({"theta": np.ones(2 * N, np.float32)[::2]}, r"theta is not contiguous, with strides \(8,\)"),
        ({"g": np.ones(N, np.float32)[::-1]}, "g is not contiguous"),
        ({"m": np.broadcast_to(np.float32(1), N)}, r"state\['m'\] is not contiguous"),
        ({"theta": _BYTES[1:].view(np.float32)}, "theta is not aligned"),
        ({"theta": _read_only(np.ones(N, np.float32))}, "theta is read-only"),
        ({"v": _read_only(np.ones(N, np.float32))}, r"state\['v'\] is read-only"),
        ({"m": _SHARED[:N], "v": _SHARED[N - 1 : 2 * N - 1]}, r"state\['m'\] and state\['v'\] share memory"),
        ({"theta": _SHARED[1 : N + 1], "g": _SHARED[:N]}, "theta and g share memory"),
        ({"m": _SHARED[:N], "v": _SHARED[:N]}, "share memory"),
        ({"state": {"m": np.ones(N, np.float32)}}, "the state 'v' of 'adam' is missing"),
        ({"state": {**_arguments()["state"], "vv": None}}, "'adam' has no state 'vv'; did you mean 'v'?"),
        ({"state": None}, "state is a NoneType; pass a dict"),
        ({"beta3": 0.5}, "'adam' has no hyperparameter 'beta3'; did you mean 'beta"),
        ({"momentum": 0.5}, "'adam' has no hyperparameter 'momentum'; it has lr, beta1, beta2, eps"),
        ({"lr": -1e-3}, "lr is -0.001, outside its domain '0 <= lr'"),
        ({"lr": float("nan")}, "lr is nan, outside its domain"),
        ({"lr": float("inf")}, "lr is inf, outside its domain"),
        ({"lr": "0.1"}, "lr is '0.1'; it must be a real number"),
        ({"lr": True}, "lr is True; it must be a real number"),
        ({"lr": 10**400}, "too large for a float"),
        ({"lr": np.ones(1)}, "it must be a real number"),
        ({"beta1": 1.0}, "beta1 is 1.0, outside its domain '0 <= beta1 < 1'"),
        ({"beta1": Fraction(10**30 - 1, 10**30)}, "beta1 is 1.0, outside its domain"),
        ({"beta2": 1 - 1e-9}, "beta2 is 0.999999999, which float32 rounds to 1.0, outside its domain"),
        ({"eps": 0.0}, "eps is 0.0, outside its domain '0 < eps'"),
        ({"eps": 1e-60}, "eps is 1e-60, which float32 rounds to 0.0, outside its domain"),
        ({"eps": 1e60}, "eps is 1e.60, which float32 rounds to inf, outside its domain"),
        ({"lr": 3e38}, "cannot take step t = 3 with lr = 3e.38, .*: scale_of_m would be inf in float32"),
        ({"t": 0}, "the step counter t is 0; it must be an integer, 1 in the first step"),
        ({"t": 1.0}, "the step counter t is 1.0"),
        ({"t": True}, "the step counter t is True"),
        ({"t": 10**400}, "cannot take step t = "),
        ({"threads": 0}, "threads is 0; it must be an integer of at least 1"),
        ({"threads": 1.5}, "threads is 1.5"),
    ],
)
def test_a_wrong_argument_is_refused_and_no_array_touched(adam: Kernel, change: dict[str, Any], message: str) -> None:
    arguments = _arguments()
    for name, value in change.items():
        (arguments["state"] if name in ("m", "v") else arguments)[name] = value
    arrays = [arguments["theta"], arguments["g"], *(arguments["state"] or {}).values()]
    before = [np.array(a, copy=True) for a in arrays if isinstance(a, np.ndarray)]
    with pytest.raises(KernelError, match=message):
        adam(**arguments)
    after = [a for a in arrays if isinstance(a, np.ndarray)]
    for a, b in zip(after, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_gradient_may_be_read_only(adam: Kernel) -> None:
    arguments = _arguments()
    _read_only(arguments["g"])
    adam(**arguments)
    assert (arguments["theta"] != np.arange(N)).all()


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 3), (2, 0, 3), (1, 2, 3)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_shape_is_updated_in_place(adam: Kernel, shape: tuple[int, ...], order: Any) -> None:
    values = np.linspace(1, 2, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    theta, g = np.array(values, order=order), np.array(-values, order=order)
    flat = values.reshape(-1).copy()
    state, flat_state = adam.initial_state(theta), adam.initial_state(flat)
    adam(theta, g, state, 1)
    adam(flat, -values.reshape(-1), flat_state, 1)
    np.testing.assert_array_equal(theta, flat.reshape(shape))
    np.testing.assert_array_equal(state["m"], flat_state["m"].reshape(shape))


def test_arrays_in_different_orders_are_refused(adam: Kernel) -> None:
    theta = np.ones((2, 3), np.float32)
    with pytest.raises(KernelError, match="theta in C order, g in Fortran order"):
        adam(theta, np.asfortranarray(theta), adam.initial_state(theta), 1)


def test_numbers_of_any_exact_kind_are_hyperparameters(compiled: Compiled) -> None:
    kernel = compiled("sgd", "float64")
    for lr in (0.5, Fraction(1, 2), sp.Rational(1, 2), np.float32(0.5), np.array(0.5)):
        theta = np.ones(2)
        kernel(theta, np.ones(2), {}, np.int64(1), lr=lr)
        assert theta.tolist() == [0.5, 0.5]


def test_a_float64_kernel_takes_what_float32_cannot_hold(compiled: Compiled) -> None:
    kernel = compiled("adam", "float64")
    theta = np.ones(2)
    kernel(theta, np.ones(2), kernel.initial_state(theta), 1, beta2=1 - 1e-9, eps=1e-60)
    assert np.isfinite(theta).all()


def test_initial_values_follow_the_hyperparameters(compiled: Compiled) -> None:
    kernel = compiled("adagrad", "float32")
    theta = np.ones((2, 2), np.float32)
    state = kernel.initial_state(theta, initial_accumulator=0.25)
    assert state["G"].tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert state["G"].dtype == np.float32
    with pytest.raises(KernelError, match=r"initial_accumulator is -1\.0, outside its domain"):
        kernel.initial_state(theta, initial_accumulator=-1.0)
    with pytest.raises(KernelError, match="theta has dtype float64"):
        kernel.initial_state(np.ones(2))


def test_a_hyperparameter_without_default_must_be_given() -> None:
    theta, g, q = parameter(), gradient(), Quantity("q", OPEN_UNIT)
    kernel = compile_kernel(UpdateRule("needy", hyper={q: None}, state={}, steps=[(theta, theta - q * g)]), "float64")
    array = np.ones(3)
    assert kernel.initial_state(array) == {}
    with pytest.raises(KernelError, match="the hyperparameter 'q' of 'needy' has no default; pass q="):
        kernel(array, np.ones(3), {}, 1)
    kernel(array, np.ones(3), {}, 1, q=0.5)
    assert array.tolist() == [0.5] * 3


def test_a_hyperparameter_named_like_an_argument_is_refused() -> None:
    theta, g, threads = parameter(), gradient(), Quantity("threads")
    clash = UpdateRule("clash", hyper={threads: 1}, state={}, steps=[(theta, theta - threads * g)])
    with pytest.raises(KernelError, match="'threads' of 'clash' has the name of an argument"):
        compile_kernel(clash)


def test_a_step_that_divides_by_zero_is_refused() -> None:
    theta, g, a = parameter(), gradient(), Quantity("a")
    kernel = compile_kernel(UpdateRule("pole", hyper={a: 1}, state={}, steps=[(theta, theta - g / (1 - a))]))
    array = np.ones(3, np.float32)
    with pytest.raises(KernelError, match=r"'pole' cannot take step t = 1 with a = 1.0: .*zero"):
        kernel(array, array.copy(), {}, 1)
    assert array.tolist() == [1.0] * 3
