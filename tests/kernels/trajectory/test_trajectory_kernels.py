"""Trajectory kernels: proved for every rule, equal to runs step by step, and broken ones are caught."""

from __future__ import annotations

import platform
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import sympy as sp

from optproof.derive import names, rule
from optproof.derive.prove.verdict import Verdict
from optproof.kernels import KernelError, compile_kernel
from optproof.kernels.trajectory import (
    GeneratedTrajectories,
    Objective,
    TrajectoryKernel,
    generate_trajectories,
    objective,
    trajectory_kernel,
)
from optproof.kernels.trajectory.reading import prove_trajectories

ROSENBROCK = objective("(1 - x)^2 + 100*(y - x^2)^2", name="Rosenbrock")
compiled = lru_cache(maxsize=None)(trajectory_kernel)


def starts(lanes: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {"x": rng.uniform(-2, 2, lanes), "y": rng.uniform(-1, 3, lanes)}


# By default one rule of each kind; `make slow` takes all.
KINDS = (
    "sgd",
    "sgd[lookahead]",
    "adagrad",
    "rmsprop[centered,momentum]",
    "adadelta",
    "adam[l2]",
    "radam",
    "lion",
    "rprop",
)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in KINDS else [pytest.mark.slow]) for n in names()])
def test_every_rule_is_proved_on_an_objective_with_every_hyperparameter_varying(name: str) -> None:
    varying = [h.name for h in rule(name).hyper]
    found = generate_trajectories(name, ROSENBROCK, varying=varying, record=["objective"])
    assert found.proof.verdict is Verdict.PROVED
    shown = {output.output for output in found.proof.outputs}
    assert {"theta", "the derivative g_x", "the derivative g_y", "the recorded objective"} <= shown


# One rule of each kind: plain, looking ahead, with powers of t, with a maximum, with signs and cases.
RUN = {
    "sgd[momentum]": {"lr": 1e-5},
    "sgd[lookahead]": {"lr": 1e-5},
    "adam": {},
    "adamw[amsgrad]": {"lr": 0.1},
    "radam": {},
    "rprop": {},
    "adagrad": {"lr": 0.5},
}


@pytest.mark.parametrize("name", RUN)
def test_a_run_is_the_single_step_kernel_step_by_step(name: str) -> None:
    chosen, lanes, steps = rule(name), 5, 40
    hyper = RUN[name]
    runs = trajectory_kernel(name, ROSENBROCK, record=["x"]).run(starts(lanes), steps, hyper=hyper)
    single = compile_kernel(name, "float64")
    theta = np.array(list(starts(lanes).values()))
    flat, state = theta.reshape(-1), single.initial_state(theta.reshape(-1))
    place = sp.lambdify(
        [chosen.theta, *(s.symbol for s in chosen.state), *(h.symbol for h in chosen.hyper)], chosen.gradient_at
    )
    values = {**{h.name: float(h.default or 0) for h in chosen.hyper}, **hyper}
    for t in range(1, steps + 1):
        x, y = place(flat, *(state[s.name] for s in chosen.state), *(values[h.name] for h in chosen.hyper)).reshape(
            2, -1
        )
        g = np.concatenate([2 * x - 2 - 400 * x * (y - x * x), 200 * (y - x * x)])
        single(flat, g, state, t, **hyper)
        np.testing.assert_allclose(runs.recorded["x"][t - 1], flat[:lanes], rtol=1e-9, err_msg=f"step {t}")
    np.testing.assert_allclose(runs.final["y"], flat[lanes:], rtol=1e-9)


def test_a_run_in_fractions_by_hand() -> None:
    kernel = trajectory_kernel("sgd[momentum]", objective("3*x^2/2 + x"), record=["x", "objective", "b_x"])
    runs = kernel.run({"x": 2.0}, 12, hyper={"lr": 0.25, "momentum": 0.5}, every=4)
    x, b, seen = Fraction(2), Fraction(0), []
    for t in range(1, 13):
        b = b / 2 + 3 * x + 1
        x -= b / 4
        if t % 4 == 0:
            seen.append((x, 3 * x * x / 2 + x, b))
    assert runs.t.tolist() == [4, 8, 12]
    for k, name in enumerate(("x", "objective", "b_x")):
        np.testing.assert_allclose(runs.recorded[name][:, 0], [float(row[k]) for row in seen], rtol=1e-15)


def test_lanes_that_differ_in_their_hyperparameters_are_runs_of_their_own() -> None:
    lr, beta2 = np.array([1e-3, 1e-2, 0.1]), np.array([0.9, 0.99, 0.999])
    together = trajectory_kernel("adam", ROSENBROCK, varying=["lr", "beta2"]).run(
        {"x": -1.0, "y": 2.0}, 500, hyper={"lr": lr, "beta2": beta2}
    )
    alone = trajectory_kernel("adam", ROSENBROCK)
    for k in range(3):
        one = alone.run({"x": -1.0, "y": 2.0}, 500, hyper={"lr": lr[k], "beta2": beta2[k]})
        for name, values in one.final.items():
            assert together.final[name][k] == pytest.approx(values[0], rel=1e-9)


def test_given_gradients_are_run_for_all_lanes_or_for_each() -> None:
    kernel = compiled("sgd", None)
    shared = kernel.run({"theta": [0.0, 1.0]}, 3, hyper={"lr": 0.5}, gradients=[1.0, 2.0, -1.0])
    assert shared.final["theta"].tolist() == [-1.0, 0.0]
    each = kernel.run({"theta": 0.0}, 2, hyper={"lr": 0.5}, gradients=[[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    assert each.final["theta"].tolist() == [-1.0, -1.5, -2.0]


@pytest.mark.parametrize("lanes", [1, 255, 256, 257, 1000])
def test_a_lane_depends_on_no_other_and_not_on_the_threads(lanes: int) -> None:
    kernel = compiled("adam", ROSENBROCK)
    one = kernel.run(starts(lanes), 50, threads=1)
    for threads in (2, 3):
        several = kernel.run(starts(lanes), 50, threads=threads)
        for name, values in one.final.items():
            assert values.tobytes() == several.final[name].tobytes()
    first = {name: values[:1] for name, values in starts(lanes).items()}
    np.testing.assert_allclose(kernel.run(first, 50).final["x"][0], one.final["x"][0], rtol=1e-9)


def test_a_diverging_lane_is_not_hidden_and_leaves_the_others_alone() -> None:
    kernel = compiled("sgd", objective("x^2 / 2"), varying=("lr",))
    ends = kernel.run({"x": 1.0}, 3000, hyper={"lr": [0.5, 3.0, 1.0]}).final["x"]
    assert ends[0] < 1e-300
    assert not np.isfinite(ends[1])
    assert ends[2] == 0


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 instructions")
def test_lanes_run_in_simd_registers() -> None:
    module: dict[str, Any] = {}
    # Numba shows no machine code that came from a cache.
    exec(adam().source.replace("cache=True, ", ""), module)
    assembly = "\n".join(module["run_lanes"].inspect_asm().values())
    assert "sqrtpd" in assembly
    assert "divpd" in assembly


# What may be wrong in a printed module: arithmetic, loops, indices, and what one lane leaves behind for another.
MUTATIONS: dict[str, tuple[str, str]] = {
    "a coefficient": ("200.0", "201.0"),
    "a sign": ("beta1 * m_x +", "beta1 * m_x -"),
    "the other coordinate's gradient": ("one_minus_beta1 * g_x", "one_minus_beta1 * g_y"),
    "a start": ("work[2, i] = 0.0", "work[2, i] = 1.0"),
    "a start of a power": ("work[6, i] = 1.0", "work[6, i] = 0.0"),
    "a power that stays": ("work[6, i] = beta2_to_t\n", "work[6, i] = beta2_to_t_before\n"),
    "rows exchanged": ("work[0, i] = x_new", "work[1, i] = x_new"),
    "an updated value read": ("m_y_new = beta1 * m_y", "m_y_new = beta1 * m_x_new"),
    "a varying hyperparameter lost": ("beta2 = work[7, i]", "beta2 = work[6, i]"),
    "the steps": ("range(1, steps + 1)", "range(steps)"),
    "the lanes": ("for i in range(count):", "for i in range(1, count):"),
    "the blocks": ("range(first, last, WIDTH)", "range(first, last, 2 * WIDTH)"),
    "the width": ("WIDTH = 256", "WIDTH = 128"),
    "the rows": ("ROWS = 8", "ROWS = 4"),
    "the types": ("float64, float64, float64, float64[:, ::1]", "float64, float64, intp, float64[:, ::1]"),
    "the counter": ("t = np.float64(step)", "t = np.float64(step + 1)"),
    "the record": ("work[1, i]\n                    record", "work[0, i]\n                    record"),
    "when it is recorded": ("step % every == 0", "step % every == 1"),
    "what is handed out": ("final[0, corner + i] = work[0, i]", "final[0, corner + i] = work[1, i]"),
    "fast mathematics": ("nogil=True)", "nogil=True, fastmath=True)"),
    "a line more": (
        "            for i in range(count):\n",
        "            lr = 2 * lr\n            for i in range(count):\n",
    ),
    "a neighbour": ("work[0, i] = x_new", "work[0, i] = x_new\n                work[0, i + 1] = x_new"),
    "a scalar changed in a lane": ("work[0, i] = x_new", "work[0, i] = x_new\n                lr = x_new"),
    "the gradients overwritten": ("work[0, i] = x_new", "work[0, i] = x_new\n                begin[0, i] = x_new"),
    "a function more": ("@njit", "def helper():\n    pass\n\n\n@njit"),
    "an import": ("import numpy as np", "import math as np"),
}


@lru_cache(maxsize=1)
def adam() -> GeneratedTrajectories:
    return generate_trajectories("adam", ROSENBROCK, varying=["beta2"], record=["objective"])


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_module_is_not_proved(mutation: str) -> None:
    before, after = MUTATIONS[mutation]
    found = adam()
    assert before in found.source, "the mutation has nothing to change"
    with pytest.raises(KernelError):
        prove_trajectories(found.source.replace(before, after), found.program)


def test_the_unbroken_module_is_proved_again() -> None:
    assert prove_trajectories(adam().source, adam().program).verdict is Verdict.PROVED


def test_generation_is_deterministic() -> None:
    again = generate_trajectories("adam", ROSENBROCK, varying=["beta2"], record=["objective"])
    assert again.source == adam().source


def test_numbers_that_float64_does_not_hold_are_quotients() -> None:
    source = generate_trajectories("sgd", objective("x^2/3 + x/10")).source
    assert "2 / 3" in source
    assert "1 / 10" in source


def mistakes() -> dict[str, tuple[Callable[[], object], str]]:
    """What a user may ask for by mistake, and what the message says."""

    def kernel() -> TrajectoryKernel:
        return compiled("adam", ROSENBROCK)

    at = {"x": 0.0, "y": 0.0}
    return {
        "hyperparameter": (lambda: trajectory_kernel("sgd", ROSENBROCK, varying=["beta"]), "no hyperparameter 'beta'"),
        "record": (lambda: trajectory_kernel("sgd", ROSENBROCK, record=["m_x"]), "no 'm_x' to record; it has x, y"),
        "float": (lambda: objective(0.5 * sp.Symbol("x")), "float 0.5"),
        "text": (lambda: objective("x +"), "cannot be read"),
        "code": (lambda: objective("__import__('os').getcwd()"), "cannot be read"),
        "condition": (lambda: objective("x < 1"), "cannot be read"),
        "coordinate": (lambda: objective("x*y", ["x"]), "reads 'y', which is no coordinate"),
        "clash": (lambda: trajectory_kernel("sgd", objective("lr^2")), "the coordinate 'lr' is called as a quantity"),
        "function": (lambda: trajectory_kernel("sgd", Objective(sp.cos(_x()), (_x(),))), "cannot compute"),
        "start": (lambda: kernel().run({"x": 0.0}, 1), "give exactly x, y"),
        "steps": (lambda: kernel().run(at, 0), "steps is 0"),
        "unknown": (lambda: kernel().run(at, 1, hyper={"rho": 0.5}), "no hyperparameter 'rho'"),
        "domain": (lambda: kernel().run(at, 1, hyper={"beta1": 1.0}), "beta1 holds a number outside its domain"),
        "nan": (lambda: kernel().run(at, 1, hyper={"lr": np.nan}), "lr holds a number outside its domain"),
        "array": (lambda: kernel().run(at, 1, hyper={"lr": [0.1, 0.2]}), "varying=\\['lr'\\]"),
        "lanes": (lambda: kernel().run({"x": [0.0, 1.0], "y": [0.0] * 3}, 1), "disagree on how many lanes"),
        "no lanes": (lambda: kernel().run({"x": [], "y": []}, 1), "disagree on how many lanes"),
        "gradients": (lambda: kernel().run(at, 1, gradients=[1.0]), "give it no gradients"),
        "no gradients": (lambda: compiled("sgd", None).run({"theta": 0.0}, 1), "give it gradients"),
        "length": (lambda: compiled("sgd", None).run({"theta": 0.0}, 2, gradients=[1.0]), "gradients for 1 steps"),
        "words": (lambda: kernel().run({"x": "a", "y": 0.0}, 1), "x is 'a', and a number"),
    }  # fmt: skip


def _x() -> sp.Symbol:
    return ROSENBROCK.coordinates[0]


@pytest.mark.parametrize("mistake", mistakes())
def test_a_mistake_is_one_clear_sentence(mistake: str) -> None:
    act, message = mistakes()[mistake]
    with pytest.raises(KernelError, match=message):
        act()
