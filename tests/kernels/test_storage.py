"""Kernels whose states are stored in fewer bits: the same steps, rounded where a state is stored and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optproof as op
from optproof.analysis.kernel_check.narrow import FORMATS, encode, random_bits, stream_key
from optproof.derive.prove import Verdict
from optproof.kernels import KernelError, compile_kernel, generate, widened

from .conftest import step_range_code

F = np.float32
FORMS: list[dict[str, Any]] = [
    {"state_dtype": "bfloat16"},
    {"state_dtype": "float16"},
    {"state_dtype": "bfloat16", "stochastic_rounding": True},
    {"state_dtype": {"m": "bfloat16", "v": "float16"}},
]


def _number(stored: np.ndarray, kept: str) -> np.ndarray:
    return widened(stored, kept)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_state_is_rounded_when_it_is_stored_and_nowhere_else(form: dict[str, Any], rng: np.random.Generator) -> None:
    """Between two loads the arithmetic is that of the float32 kernel, bit by bit."""
    narrow, plain = compile_kernel("adam", **form), compile_kernel("adam")
    theta = rng.normal(size=4099).astype(F)
    state = narrow.initial_state(theta)
    other, wide = theta.copy(), plain.initial_state(theta)
    for t in range(1, 5):
        g = rng.normal(size=theta.size).astype(F)
        narrow(theta, g, state, t, seed=3, array=5)
        plain(other, g, wide, t)
        np.testing.assert_array_equal(theta, other)
        for lane, (name, kept) in enumerate(narrow.form.states):
            drawn = None
            if narrow.form.stochastic_rounding:
                drawn = random_bits(stream_key(3, t, 5), lane, theta.size)
            np.testing.assert_array_equal(state[name].view(np.uint16), encode(wide[name], kept, drawn))
            wide[name] = _number(state[name], kept)


SLOW_NAMES = [
    pytest.param(name, marks=pytest.mark.slow) for name in ("adagrad", "rmsprop", "sgd[momentum]", "adadelta")
]


@pytest.mark.parametrize("name", ["adam", *SLOW_NAMES])
@pytest.mark.parametrize("form", FORMS[:3], ids=str)
def test_narrow_kernels_are_proved_and_vectorised(name: str, form: dict[str, Any]) -> None:
    kernel = compile_kernel(name, **form)
    assert kernel.proof.verdict is Verdict.PROVED
    code = step_range_code(kernel.llvm())
    assert re.search(r"fmul <\d+ x float>", code)
    assert re.search(r"store <\d+ x i16>", code)
    assert "double" not in code


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("size", [0, 1, 7, 4097, 100_003])
def test_threads_change_no_bit(form: dict[str, Any], size: int, rng: np.random.Generator) -> None:
    kernel = compile_kernel("adam", extras=["average_decay"], **form)
    start, gradients = rng.normal(size=size).astype(F), rng.normal(size=(3, size)).astype(F)
    results = []
    for threads in (1, 2, 5):
        theta = start.copy()
        state = kernel.initial_state(theta)
        for t, g in enumerate(gradients, start=1):
            kernel(theta, g, state, t, threads=threads, average_decay=0.5)
        results.append([a.tobytes() for a in (theta, *state.values())])
    assert results[0] == results[1] == results[2]


def test_an_optimizer_of_many_arrays_is_the_kernel_array_by_array(rng: np.random.Generator) -> None:
    params = [rng.normal(size=n).astype(F) for n in (5, 10_000, 1, 300)]
    copies = [p.copy() for p in params]
    form: dict[str, Any] = {"state_dtype": "bfloat16", "stochastic_rounding": True}
    opt = op.optimizer("adam", params, seed=11, **form)
    kernel = compile_kernel("adam", **form)
    states = [kernel.initial_state(p) for p in copies]
    for t in range(1, 4):
        gradients = [rng.normal(size=p.size).astype(F) for p in params]
        opt.step(gradients, threads=2)
        for place, (theta, g, state) in enumerate(zip(copies, gradients, states, strict=True)):
            kernel(theta, g, state, t, seed=11, array=place)
            np.testing.assert_array_equal(params[place], theta)
            for name, values in state.items():
                np.testing.assert_array_equal(opt.state[place][name], values)


def test_the_state_takes_half_the_memory_and_no_more_is_kept() -> None:
    theta = np.ones(100_000, F)
    kept = {
        form: sum(s.nbytes for s in op.optimizer("adam", theta, state_dtype=form).state[0].values())
        for form in ("float32", "bfloat16", "float16")
    }
    assert kept == {"float32": 800_000, "bfloat16": 400_000, "float16": 400_000}
    averaged = op.optimizer("adam", theta, state_dtype="bfloat16", average_decay=0.999)
    assert {name: s.dtype.name for name, s in averaged.state[0].items()} == {
        "m": "uint16",
        "v": "uint16",
        "theta_average": "float32",
    }


def test_stochastic_rounding_does_not_stall() -> None:
    """An average of small new terms stands still when rounded to the nearest, and moves on average when not."""
    steps, size = 400, 2000
    ends = {}
    for stochastic in (False, True):
        opt = op.optimizer(
            "rmsprop", np.zeros(size, F), rho=0.999, state_dtype="bfloat16", stochastic_rounding=stochastic
        )
        for _ in range(steps):
            opt.step(np.ones(size, F))
        ends[stochastic] = float(_number(opt.state[0]["v"], "bfloat16").mean())
    exact = 1 - 0.999**steps
    assert abs(ends[True] - exact) < 0.02 * exact
    assert ends[False] < 0.9 * exact


@pytest.mark.parametrize("form", FORMS[:3], ids=str)
@pytest.mark.parametrize("way", ["dict", "file"])
def test_a_run_goes_on_bit_by_bit_from_a_checkpoint(
    form: dict[str, Any], way: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    gradients = rng.normal(size=(6, 500)).astype(F)
    seed = {"seed": 42} if form.get("stochastic_rounding") else {}
    extra = {"average_decay": 0.9, "clip_value": 1.5}
    through = np.ones(500, F)
    run = op.optimizer("adam", through, **form, **seed, **extra)
    for g in gradients[:3]:
        run.step(g)
    saved, kept = run.state_dict(), through.copy()
    run.save(tmp_path / "half")
    for g in gradients[3:]:
        run.step(g)
    again = kept.copy()
    # Another seed: the checkpoint's counts.
    other = op.optimizer("adam", again, **form, **extra)
    if way == "dict":
        other.load_state_dict(saved)
    else:
        other.load(tmp_path / "half")
    for g in gradients[3:]:
        other.step(g)
    np.testing.assert_array_equal(again, through)
    for name, values in run.state[0].items():
        np.testing.assert_array_equal(other.state[0][name], values)


def test_a_checkpoint_of_another_form_is_refused(tmp_path: Path) -> None:
    forms: dict[str, dict[str, Any]] = {
        "plain": {},
        "narrow": {"state_dtype": "bfloat16"},
        "random": {"state_dtype": "bfloat16", "stochastic_rounding": True},
    }
    for name, form in forms.items():
        op.optimizer("adam", np.ones(3, F), **form).save(tmp_path / name)
    sentences = {
        ("plain", "narrow"): "has 'm' stored as its parameter is, and this optimizer as bfloat16",
        ("narrow", "plain"): "has 'm' stored as bfloat16, and this optimizer as its parameter is",
        ("narrow", "random"): "is of a run without stochastic rounding, and this optimizer is one with",
        ("random", "narrow"): "is of a run with stochastic rounding, and this optimizer is one without",
    }
    for (saved, here), sentence in sentences.items():
        opt = op.optimizer("adam", np.ones(3, F), **forms[here])
        with pytest.raises(KernelError, match=f"{sentence}.*nothing was loaded"):
            opt.load(tmp_path / saved)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: compile_kernel("adam", state_dtype="int8"), "the state 'm' cannot be stored as 'int8'"),
        (
            lambda: compile_kernel("adam", state_dtype="float64"),
            "cannot be stored as 'float64' where the parameters are",
        ),
        (lambda: compile_kernel("adam", "float64", state_dtype="bfloat16"), "where the parameters are float64"),
        (
            lambda: compile_kernel("adam", state_dtype={"w": "bfloat16"}),
            "names the state 'w', and the states of 'adam'",
        ),
        (
            lambda: compile_kernel("sgd", state_dtype="bfloat16"),
            "'sgd' keeps no state that could be stored as bfloat16",
        ),
        (lambda: compile_kernel("adam", stochastic_rounding=True), "stochastic rounding is for states in bfloat16"),
        (
            lambda: compile_kernel("rmsprop[centered]", state_dtype="bfloat16"),
            "takes a root of a difference of m and v",
        ),
        (lambda: op.optimizer("adam", np.ones(2, F), seed=1), "the seed is 1, and nothing is random without"),
        (lambda: op.optimizer("adam", np.ones(2, F), seed=-1), "the seed is -1; it must be an integer from 0"),
        (lambda: op.optimizer("adam", np.ones(2), state_dtype="bfloat16"), "where the parameters are float64"),
        (
            lambda: op.optimizer("adagrad", np.ones(2, F), state_dtype="float16", initial_accumulator=1e5),
            "the state 'G' starts at 100000.0, which is too large for float16",
        ),
    ],
)
def test_misuse_is_refused_in_a_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(KernelError, match=re.escape(sentence)):
        call()


@pytest.mark.parametrize("wrong", [np.float32, np.int16])
def test_a_state_of_another_dtype_is_refused(wrong: type) -> None:
    kernel = compile_kernel("adam", state_dtype="bfloat16")
    theta = np.ones(3, F)
    state = {name: np.zeros(3, wrong) for name in ("m", "v")}
    with pytest.raises(KernelError, match=r"state\['m'\] has dtype .*, and the kernel was compiled for uint16"):
        kernel(theta, theta.copy(), state, 1)


def test_the_printed_module_runs_alone(fresh_process: Any, tmp_path: Path) -> None:
    for number, form in enumerate(FORMS[1:3]):
        path = tmp_path / f"kernel{number}.py"
        path.write_text(generate("adam", **form).source, encoding="utf-8")
        last = fresh_process(str(path), NUMBA_CACHE_DIR=str(tmp_path)).splitlines()[-1]
        assert float(last.split()[1]) < 1e-3


def test_what_storing_adds_to_a_run_stays_small(rng: np.random.Generator) -> None:
    """A thousand steps of Adam on a quadratic end as close to the minimum with half the state."""
    curvature = 10 ** rng.uniform(-2, 2, size=200)
    ends = {}
    for form in ("float32", "bfloat16", "float16"):
        theta = np.ones(200, F)
        opt = op.optimizer("adam", theta, lr=0.02, state_dtype=form)
        for _ in range(1000):
            opt.step((curvature * theta).astype(F))
        ends[form] = float(np.sum(curvature * theta.astype(float) ** 2))
    assert ends["bfloat16"] < 1e-3
    assert ends["float16"] < 1e-3
    assert FORMATS["bfloat16"].max < np.finfo(F).max
