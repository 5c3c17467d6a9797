"""An optimizer does what its rule says, array by array, whatever the form of its parameters."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

import optproof as op
from optproof.derive import UpdateRule, names, run
from optproof.kernels import KernelError, Optimizer, compile_kernel

from .conftest import Compiled

Array = np.ndarray[Any, Any]


def alike(rng: np.random.Generator, arrays: list[Array]) -> list[Array]:
    """Random gradients for arrays, of their shapes, dtypes and orders."""
    made = [np.empty_like(a) for a in arrays]
    for a in made:
        a[...] = rng.normal(size=a.shape)
    return made


kernel_of = lru_cache(compile_kernel)


def one_by_one(rule: UpdateRule | str, arrays: list[Array], steps: list[list[Array]], **hyper: float) -> list[Array]:
    """Where the arrays are after some steps, each stepped alone by its kernel."""
    after = [a.copy(order="K") for a in arrays]
    for place, theta in enumerate(after):
        kernel = kernel_of(rule, theta.dtype.name)
        state = kernel.initial_state(theta, **hyper)
        for t, gradients in enumerate(steps, start=1):
            kernel(theta, gradients[place], state, t, threads=1, **hyper)
    return after


def assert_same_bits(found: list[Array], expected: list[Array]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", names())
def test_every_rule_steps_arrays_as_its_kernel_does_alone(name: str, rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in [(), (3,), (0,), (2, 33), (1, 2, 3), (101,)]]
    steps = [alike(rng, arrays) for _ in range(4)]
    expected = one_by_one(name, arrays, steps)
    opt = op.optimizer(name, arrays)
    for gradients in steps:
        opt.step(gradients)
    assert_same_bits(arrays, expected)
    assert opt.t == 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sgd[momentum]", "sgd[nesterov]", "sgd[momentum,dampening]", "sgd[lookahead]"])
def test_sums_and_products_are_exact_where_they_can_be(name: str, dtype: str) -> None:
    chosen = op.rule(name)
    hyper = {h.name: sp.Rational(1, 4) for h in chosen.hyper}
    gradients = [sp.Integer(3), sp.Integer(-2), sp.Rational(1, 2)]
    history = run(chosen, gradients, hyper, sp.Integer(1))
    params = [np.ones(11, dtype), np.ones((2, 2), dtype)]
    opt = op.optimizer(name, params, **hyper)
    for t, g in enumerate(gradients, start=1):
        opt.step([np.full_like(p, float(g)) for p in params])
        for place, p in enumerate(params):
            assert set(p.flat) == {float(history[t][chosen.theta])}
            for s in chosen.state:
                assert set(opt.state[place][s.name].flat) == {float(history[t][s.symbol])}


shapes = st.lists(st.integers(0, 5), max_size=3).map(tuple)
arrays_of_any_kind = st.lists(
    st.tuples(shapes, st.sampled_from(["float32", "float64"]), st.sampled_from(["C", "F"])), min_size=1, max_size=6
)


@settings(max_examples=40)
@given(kinds=arrays_of_any_kind, seed=st.integers(0, 2**32 - 1), rule=st.sampled_from(["adamw", "sgd[momentum]"]))
def test_any_shapes_dtypes_and_orders_together(kinds: list[Any], seed: int, rule: str) -> None:
    rng = np.random.default_rng(seed)
    arrays = [np.array(rng.normal(size=shape), dtype=dtype, order=order) for shape, dtype, order in kinds]
    steps = [alike(rng, arrays) for _ in range(2)]
    expected = one_by_one(rule, arrays, steps, lr=0.1)
    opt = op.optimizer(rule, arrays, lr=0.1)
    for gradients in steps:
        opt.step(gradients)
    assert_same_bits(arrays, expected)
    for array, state in zip(arrays, opt.state.values(), strict=True):
        assert all(s.shape == array.shape and s.dtype == array.dtype for s in state.values())


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_the_number_of_threads_changes_no_bit(threads: int, rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=n).astype(np.float32) for n in (70_001, 3, 20_000, 0, 4096, 40_960)]
    gradients = alike(rng, arrays)
    expected = one_by_one("adam", arrays, [gradients, gradients])
    opt = op.optimizer("adam", arrays)
    for _ in range(2):
        opt.step(gradients, threads=threads)
    assert_same_bits(arrays, expected)


def test_large_arrays_are_stepped_by_several_threads_of_their_own_accord(rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=150_000).astype(np.float32)]
    gradients = alike(rng, arrays)
    expected = one_by_one("adam", arrays, [gradients])
    op.optimizer("adam", arrays).step(gradients)
    assert_same_bits(arrays, expected)


def test_one_array_takes_one_gradient() -> None:
    theta = np.array(2.0)
    opt = op.optimizer("sgd", theta, lr=0.5)
    opt.step(np.array(1.0))
    opt.step([np.array(1.0)])
    assert theta == 1.0
    assert repr(opt) == "<Optimizer sgd: 1 array, 1 elements, float64, t = 2>"


def test_parameters_with_names_take_gradients_by_name() -> None:
    params = {"w": np.ones(3), "b": np.zeros(2, np.float32)}
    opt = op.optimizer("sgd", params, lr=1)
    opt.step({"b": np.full(2, 2, np.float32), "w": np.full(3, 3.0)})
    assert params["w"].tolist() == [-2.0] * 3
    assert params["b"].tolist() == [-2.0] * 2
    assert list(opt.state) == ["w", "b"]
    only = {"w": np.ones(1)}
    op.optimizer("sgd", only, lr=1).step({"w": np.ones(1)})
    assert only["w"].tolist() == [0.0]


def test_a_parameter_may_be_called_params() -> None:
    params = {"params": np.ones(1), "lr": np.ones(1)}
    op.optimizer("sgd", params, lr=1).step({"params": np.ones(1), "lr": np.zeros(1)})
    assert [a.tolist() for a in params.values()] == [[0.0], [1.0]]


def test_generators_of_parameters_and_gradients() -> None:
    arrays = [np.ones(2), np.ones(3)]
    opt = op.optimizer("sgd", (a for a in arrays), lr=1)
    opt.step(np.ones(a.shape) for a in arrays)
    assert not any(a.any() for a in arrays)


def test_groups_have_hyperparameters_of_their_own(rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=5).astype(d) for d in ("f4", "f8", "f4", "f8")]
    steps = [alike(rng, arrays) for _ in range(3)]
    first = one_by_one("adamw", arrays[:2], [s[:2] for s in steps], lr=0.1, weight_decay=0.0, beta1=0.5)
    second = one_by_one("adamw", arrays[2:], [s[2:] for s in steps], lr=0.25, beta1=0.5)
    groups = [{"params": arrays[:2], "weight_decay": 0.0}, {"params": arrays[2:], "lr": 0.25}, {"params": []}]
    opt = op.optimizer("adamw", groups, lr=0.1, beta1=0.5)
    for gradients in steps:
        opt.step(gradients)
    assert_same_bits(arrays, first + second)
    assert [group["lr"] for group in opt.groups] == [0.1, 0.25, 0.1]
    assert [len(group.params) for group in opt.groups] == [2, 2, 0]
    assert opt.groups[0].params[1] is arrays[1]


def test_groups_may_name_their_parameters() -> None:
    w, b = np.ones(2), np.ones(2)
    opt = op.optimizer("sgd", [{"params": {"w": w}, "lr": 1}, {"params": {"b": b}, "lr": 2}])
    opt.step({"w": np.ones(2), "b": np.ones(2)})
    assert (w.tolist(), b.tolist()) == ([0.0, 0.0], [-1.0, -1.0])
    alone = op.optimizer("sgd", {"params": [b], "lr": 3})
    assert alone.lr == 3.0


def test_a_schedule_is_an_assignment(rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=7)]
    expected = arrays[0].copy()
    kernel = compile_kernel("adam", "float64")
    state = kernel.initial_state(expected)
    opt = op.optimizer("adam", arrays)
    for t in range(1, 5):
        gradients = alike(rng, arrays)
        opt.lr = 0.1 / t
        kernel(expected, gradients[0], state, t, lr=0.1 / t)
        opt.step(gradients)
    assert_same_bits(arrays, [expected])
    assert opt.lr == 0.025
    assert "lr" in dir(opt)


def test_a_schedule_of_one_group() -> None:
    a, b = np.ones(1), np.ones(1)
    opt = op.optimizer("sgd", [{"params": [a]}, {"params": [b]}], lr=1)
    opt.groups[1]["lr"] = 0.5
    opt.step([np.ones(1), np.ones(1)])
    assert (a[0], b[0]) == (0.0, 0.5)
    with pytest.raises(AttributeError, match=r"lr differs between the groups; read opt.groups\[i\]\['lr'\]"):
        _ = opt.lr
    opt.lr = 0.25
    assert [dict(g) for g in opt.groups] == [{"lr": 0.25}] * 2
    opt.groups[0].update(lr=2)
    assert opt.groups[0]["lr"] == 2.0


def test_initial_states_follow_the_hyperparameters_of_the_group() -> None:
    groups = [{"params": [np.ones(2)]}, {"params": [np.ones(3, np.float32)], "initial_accumulator": 0.25}]
    opt = op.optimizer("adagrad", groups, initial_accumulator=0.5)
    assert [s["G"].tolist() for s in opt.state.values()] == [[0.5] * 2, [0.25] * 3]


def test_a_parameter_without_a_gradient_waits() -> None:
    params = {"a": np.ones(3), "b": np.ones(3)}
    g = np.full(3, 0.5)
    opt = op.optimizer("adam", params, lr=0.1)
    opt.step({"a": g, "b": g})
    before = params["b"].copy()
    opt.step({"a": g, "b": None}, allow_missing=True)
    opt.step({"a": g}, allow_missing=True)
    assert params["b"].tolist() == before.tolist()
    opt.step({"a": g, "b": g})
    # Each has taken its own steps: b two, a four, and the bias correction knows.
    assert {k: v["t"] for k, v in opt.state_dict()["state"].items()} == {"a": 4, "b": 2}
    expected = one_by_one("adam", [np.ones(3)], [[g], [g]], lr=0.1)
    assert_same_bits([params["b"]], expected)
    assert_same_bits([params["a"]], one_by_one("adam", [np.ones(3)], [[g]] * 4, lr=0.1))


def test_all_gradients_may_be_missing() -> None:
    theta = np.ones(2)
    opt = op.optimizer("adam", theta)
    opt.step(None, allow_missing=True)
    assert (theta.tolist(), opt.t) == ([1.0, 1.0], 0)


def test_a_users_rule_by_file_and_by_object(tmp_path: Path, odd_rule: UpdateRule, rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=n).astype(np.float32) for n in (5, 17)]
    gradients = alike(rng, arrays)
    expected = one_by_one(odd_rule, arrays, [gradients], level=0.5)
    op.optimizer(odd_rule, arrays, level=0.5).step(gradients)
    assert_same_bits(arrays, expected)
    file = tmp_path / "mine.py"
    file.write_text(
        "import optproof as op\n"
        "theta, g, lr = op.parameter(), op.gradient(), op.Quantity('lr', op.NONNEGATIVE)\n"
        "mine = op.UpdateRule('mine', hyper={lr: 1}, state={}, steps=[(theta, theta - 2 * lr * g)])\n"
    )
    theta = np.ones(2)
    op.optimizer(f"{file}:mine", theta).step(np.ones(2))
    assert theta.tolist() == [-1.0, -1.0]


def test_a_hyperparameter_that_is_called_like_a_method_is_set_in_the_groups() -> None:
    theta, g, step = op.parameter(), op.gradient(), op.Quantity("step", op.POSITIVE)
    opt = op.optimizer(op.UpdateRule("r", hyper={step: 1}, state={}, steps=[(theta, theta - step * g)]), np.ones(2))
    with pytest.raises(AttributeError, match=r"the hyperparameter of that name is opt.groups\[i\]\['step'\]"):
        opt.step = 0.5  # type: ignore[method-assign, assignment]
    opt.groups[0]["step"] = 0.5
    opt.step(np.ones(2))
    assert opt.groups[0].params[0].tolist() == [0.5, 0.5]


def test_memory_maps_and_other_views_are_stepped_in_place(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "theta", np.float32, "w+", shape=(4,))
    block = np.zeros((3, 4))
    opt = op.optimizer("sgd", [mapped, block[1]], lr=1)
    opt.step([np.memmap(tmp_path / "g", np.float32, "w+", shape=(4,)) + np.float32(1), np.ones(4)])
    assert mapped.tolist() == [-1.0] * 4
    assert block.tolist() == [[0.0] * 4, [-1.0] * 4, [0.0] * 4]


def test_the_state_is_shown_as_views_that_cannot_be_written() -> None:
    opt = op.optimizer("adam", {"w": np.ones((2, 3), order="F")})
    seen = opt.state["w"]["m"]
    opt.step({"w": np.ones((2, 3), order="F")})
    np.testing.assert_allclose(seen, np.full((2, 3), 0.1))
    with pytest.raises(ValueError, match="read-only"):
        seen[0] = 1


def test_an_optimizer_cannot_be_copied_by_mistake() -> None:
    import copy

    opt = op.optimizer("sgd", np.ones(2))
    for made in (opt, opt.groups[0]):
        with pytest.raises(TypeError, match="cannot be copied"):
            copy.deepcopy(made)


def test_assignments_are_checked() -> None:
    opt: Optimizer = op.optimizer("adam", [np.ones(2, np.float32), np.ones(2)])
    for name, value, message in (
        ("lr", -1, "lr is -1.0, outside its domain '0 <= lr'"),
        ("lr", float("nan"), "lr is nan, outside its domain"),
        ("beta1", 1, "beta1 is 1.0, outside its domain"),
        ("beta2", 1 - 1e-9, "beta2 is 0.999999999, which float32 rounds to 1.0"),
        ("lr", "0.1", "lr is '0.1'; it must be a real number"),
    ):
        before = dict(opt.groups[0])
        with pytest.raises(KernelError, match=message):
            setattr(opt, name, value)
        with pytest.raises(KernelError, match=message):
            opt.groups[0][name] = value  # type: ignore[assignment]
        assert dict(opt.groups[0]) == before
    with pytest.raises(AttributeError, match=r"bata1 cannot be assigned; did you mean 'beta1'\?"):
        opt.bata1 = 0.5
    with pytest.raises(
        AttributeError, match="has no attribute 'momentum'; the hyperparameters of 'adam' are lr, beta1"
    ):
        _ = opt.momentum
    with pytest.raises(AttributeError, match="groups cannot be assigned"):
        opt.groups = ()  # type: ignore[misc, assignment]
    with pytest.raises(KernelError, match="'adam' has no hyperparameter 'beta3'; did you mean"):
        opt.groups[0]["beta3"] = 0.5
    with pytest.raises(KernelError, match="cannot be deleted"):
        del opt.groups[0]["lr"]


def test_several_assignments_are_all_done_or_none() -> None:
    groups = [{"params": [np.ones(1)]}, {"params": [np.ones(1, np.float32)]}]
    opt = op.optimizer("adam", groups)
    with pytest.raises(KernelError, match=r"beta1 is 2\.0"):
        opt.groups[0].update(lr=0.5, beta1=2)
    with pytest.raises(KernelError, match="group 1: the hyperparameter eps is 1e-60, which float32 rounds"):
        opt.eps = 1e-60
    assert [g["eps"] for g in opt.groups] == [1e-8, 1e-8]
    assert opt.lr == 0.001


def test_where_the_state_starts_cannot_be_changed_afterwards() -> None:
    opt = op.optimizer("adagrad", np.ones(1), initial_accumulator=0.5)
    opt.initial_accumulator = 0.5
    with pytest.raises(KernelError, match=r"initial_accumulator is where the state starts.*make a new optimizer"):
        opt.initial_accumulator = 1


def test_a_compiled_kernel_is_made_once(compiled: Compiled) -> None:
    from optproof.kernels import native
    from optproof.kernels.form import form_of

    rule = op.rule("adam")
    form = form_of(rule, "float32")
    assert native.compiled(rule, form) is native.compiled(op.rule("adam"), form_of(rule, "float32"))
    assert native.compiled(rule, form).kernel.digest == compiled("adam", "float32").digest
