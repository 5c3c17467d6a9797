"""Extras are part of the rule: what a fused step does is what separate passes over memory did before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optproof as op
from optproof.derive import names
from optproof.derive.prove import Verdict, prove_identity
from optproof.kernels import KernelError, compile_kernel, extended, generate

EVERY = ("gradient_scale", "clip_value", "average_decay", "zero_gradient", "skip_nonfinite")
F = np.float32


@pytest.mark.parametrize("name", ["sgd", "adam", "adagrad", "sgd[nesterov]", "lion"])
def test_every_extra_together_is_proved(name: str) -> None:
    made = generate(name, extras=EVERY)
    assert made.proof.verdict is Verdict.PROVED
    assert all(p.verdict is Verdict.PROVED for p in made.passes)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("extra", EVERY)
def test_each_extra_goes_with_each_rule(name: str, extra: str) -> None:
    assert generate(name, extras=(extra,)).proof.verdict is Verdict.PROVED


def test_decoupled_decay_makes_adam_adamw() -> None:
    left, right = extended(op.rule("adam"), ["weight_decay"]).step(), op.rule("adamw").step()
    assert all(prove_identity(left[q], right[q]).verdict is Verdict.PROVED for q in right)


def test_extras_are_the_identity_at_their_neutral_values() -> None:
    rule = op.rule("adam")
    step = extended(rule, ["gradient_scale", "average_decay", "weight_decay"])
    neutral = {h.symbol: {"gradient_scale": 1, "weight_decay": 0}.get(h.name, h.symbol) for h in step.hyper}
    for q, value in rule.step().items():
        assert prove_identity(step.step()[q].xreplace(neutral), value).verdict is Verdict.PROVED


@pytest.mark.parametrize("order", [("clip_value", "gradient_scale"), ("gradient_scale", "clip_value")])
def test_the_gradient_is_scaled_and_then_clipped_however_they_are_named(order: tuple[str, ...]) -> None:
    assert extended(op.rule("sgd"), order).text().splitlines()[:2] == [
        "g_scaled[t] = gradient_scale g[t]",
        "g_clipped[t] = max(-clip_value, min(clip_value, g_scaled[t]))",
    ]


def test_one_step_does_what_separate_passes_do(rng: np.random.Generator) -> None:
    theta, g = rng.normal(size=1000).astype(F), (5 * rng.normal(size=1000)).astype(F)
    fused = op.optimizer("adam", theta.copy(), lr=0.1, gradient_scale=0.5, clip_value=1.0, average_decay=0.75)
    plain = op.optimizer("adam", theta.copy(), lr=0.1)
    average = np.zeros(1000, F)
    for t in range(1, 6):
        fused.step(g)
        plain.step(np.clip(F(0.5) * g, F(-1), F(1)))
        weights = plain.groups[0].params[0]
        average = weights.copy() if t == 1 else F(0.75) * average + F(0.25) * weights
        np.testing.assert_array_equal(fused.groups[0].params[0], weights)
        np.testing.assert_array_equal(fused.state[0]["theta_average"], average)
        g = np.roll(g, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 4095, 4096, 9_999])
def test_one_gradient_that_is_not_finite_skips_the_whole_step(dtype: str, bad: float, place: int) -> None:
    params = {"a": np.ones(10_000, dtype), "b": np.ones((3, 4), dtype)}
    opt = op.optimizer("adam", params, skip_nonfinite=True)
    good = {name: np.full_like(array, 0.5) for name, array in params.items()}
    opt.step(good)
    before = opt.state_dict()
    kept = {name: array.copy() for name, array in params.items()}
    wrong = {**good, "a": good["a"].copy()}
    wrong["a"][place] = bad
    opt.step(wrong, threads=2)
    assert (opt.nonfinite, opt.t) == (1, 1)
    for name, array in params.items():
        np.testing.assert_array_equal(array, kept[name])
        for state, values in opt.state[name].items():
            np.testing.assert_array_equal(values, before["state"][name][state])
    opt.step(good)
    assert (opt.nonfinite, opt.t) == (0, 2)


def test_every_gradient_that_is_not_finite_is_counted(rng: np.random.Generator) -> None:
    kernel = compile_kernel("sgd", extras=["skip_nonfinite"])
    for size in (0, 1, 7, 100_003):
        g = rng.choice(np.array([1.0, -1e38, np.inf, -np.inf, np.nan, 0.0], F), size=size)
        theta = np.ones(size, F)
        wanted = int(np.count_nonzero(~np.isfinite(g)))
        assert [kernel(theta, g, {}, 1, threads=threads) for threads in (1, 2, 3)] == [wanted] * 3
        if wanted:
            assert (theta == 1).all()


def test_the_gradient_is_zero_afterwards_also_when_the_step_was_skipped() -> None:
    theta = np.ones(5, F)
    opt = op.optimizer("sgd", theta, zero_gradient=True, skip_nonfinite=True)
    for g in (np.full(5, 2, F), np.full(5, np.nan, F)):
        opt.step(g)
        assert g.tolist() == [0.0] * 5
    assert theta.tolist() == [F(1) - F(0.01) * F(2)] * 5
    kernel = compile_kernel("sgd", extras=["zero_gradient", "skip_nonfinite"])
    g = np.full(5, np.inf, F)
    assert kernel(theta, g, {}, 1) == 5
    assert not g.any()


def test_the_printed_module_does_the_same_alone() -> None:
    scope: dict[str, Any] = {"__name__": "printed"}
    exec(
        generate("sgd", extras={"clip_value": 1, "zero_gradient": True, "skip_nonfinite": True}).source.replace(
            "cache=True, ", ""
        ),
        scope,
    )
    theta, g = np.ones(3, F), np.array([5.0, -0.5, np.nan], F)
    assert scope["step"](theta, g, 1) == 1
    assert theta.tolist() == [1.0] * 3
    assert not g.any()
    assert scope["step"](theta, np.array([5.0, -0.5, 0.0], F), 1, lr=0.5) == 0
    assert theta.tolist() == [0.5, 1.25, 1.0]


def test_zeroed_gradients_must_be_writable_and_apart() -> None:
    params = [np.ones(4, F), np.ones(4, F)]
    opt = op.optimizer("sgd", params, zero_gradient=True)
    shared = np.ones(6, F)
    with pytest.raises(KernelError, match="the gradients 0 and 1 share memory, and the step sets each of them to zero"):
        opt.step([shared[:4], shared[2:]])
    frozen = np.ones(4, F)
    frozen.flags.writeable = False
    with pytest.raises(KernelError, match="the gradient 1 is read-only"):
        opt.step([np.ones(4, F), frozen])
    assert [p.tolist() for p in params] == [[1.0] * 4] * 2
    assert shared.tolist() == [1.0] * 6
    with pytest.raises(KernelError, match="g is read-only"):
        compile_kernel("sgd", extras=["zero_gradient"])(params[0], frozen, {}, 1)


@pytest.mark.parametrize(
    ("rule", "extras", "sentence"),
    [
        ("adam", ["clip_vlaue"], "there is no extra 'clip_vlaue'; did you mean 'clip_value'?"),
        ("adam", "clip_value", "extras is the string 'clip_value'; pass a list of names"),
        ("adam", {"clip_value": 0}, "lies outside its domain"),
        ("adam", {"clip_value": "big"}, "which is not a number"),
        ("adam", {"average_decay": 1.0}, "lies outside its domain"),
        ("adam", {"zero_gradient": 3}, "the extra 'zero_gradient' is 3; it takes no value"),
        ("adamw", ["weight_decay"], "has a weight decay already"),
        ("adadelta", ["weight_decay"], "has no learning rate"),
    ],
)
def test_an_extra_that_does_not_fit_is_refused_in_a_sentence(rule: str, extras: Any, sentence: str) -> None:
    with pytest.raises(KernelError, match=sentence.replace("?", r"\?")):
        compile_kernel(rule, extras=extras)


def test_weight_decay_is_no_keyword_of_a_rule_without_it() -> None:
    with pytest.raises(KernelError, match="'adam' has no hyperparameter 'weight_decay'"):
        op.optimizer("adam", np.ones(3), weight_decay=0.1)


def test_a_float_means_the_decimal_that_it_is_written_as() -> None:
    chosen = extended(op.rule("sgd"), {"clip_value": 0.1})
    assert str(chosen.defaults["clip_value"]) == "1/10"


def test_extras_can_be_scheduled_and_differ_between_groups() -> None:
    first, second = np.zeros(1, F), np.zeros(1, F)
    opt = op.optimizer("sgd", [{"params": [first]}, {"params": [second], "clip_value": 0.5}], lr=1, clip_value=2)
    opt.step([np.array([9], F), np.array([9], F)])
    opt.clip_value = 3
    opt.step([np.array([9], F), np.array([9], F)])
    assert (first[0], second[0]) == (-5.0, -3.5)
