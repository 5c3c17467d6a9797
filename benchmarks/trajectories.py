"""Many runs side by side: the trajectory kernel against JAX's vmap of a scan, jitted, in float64, interleaved."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from .measure import Figure

__all__ = ["trajectories"]

_LANES, _STEPS, _ROUNDS = 10_000, 1_000, 9
# A few lanes pass where rounding errors grow; after this many steps all still agree closely.
_COMPARED = 100


def trajectories(folder: Path) -> list[Figure]:
    """Rosenbrock with Adam: seconds of each, wall clock and processor, and the medians of the ratios of each round.

    The two take turns, so that what else the machine does falls on both.  Without JAX only the kernel is measured.
    """
    begin = np.random.default_rng(20150507).uniform(-2, 2, (2, _LANES))
    compared, runs = _runs(begin, folder, _COMPARED), _runs(begin, folder, _STEPS)
    for run in compared.values():
        np.testing.assert_allclose(run(), compared["kernel, 1 thread"](), rtol=1e-9)
    for run in runs.values():
        run()
    seconds = {name: np.empty((_ROUNDS, 2)) for name in runs}
    for k in range(_ROUNDS):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            seconds[name][k] = time.perf_counter() - wall, time.process_time() - processor
    figures = [
        Figure(f"Rosenbrock, Adam, {_LANES} x {_STEPS}: {name}, {clock}", float(median(taken[:, which])), "s")
        for name, taken in seconds.items()
        for which, clock in ((0, "wall clock"), (1, "processor"))
    ]
    for name in runs if "jax" in runs else ():
        if name != "jax":
            ratios = seconds["jax"] / seconds[name]
            for which, clock in ((0, "wall clock"), (1, "processor")):
                low, middle, high = np.quantile(ratios[:, which], (0, 0.5, 1))
                words = f"jax takes, {name}, {clock}, from {low:.2f} to {high:.2f}"
                figures.append(Figure(words, float(middle), "times"))
    return figures


def _runs(begin: Any, folder: Path, steps: int) -> dict[str, Callable[[], Any]]:
    """What is compared, as functions of nothing."""
    runs = {
        "kernel, 1 thread": _kernel(begin, folder, steps, 1),
        "kernel, all threads": _kernel(begin, folder, steps, os.cpu_count() or 1),
    }
    jax_run = _jax(begin, steps)
    return runs if jax_run is None else {**runs, "jax": jax_run}


def _kernel(begin: Any, folder: Path, steps: int, threads: int) -> Callable[[], Any]:
    from optproof.kernels.trajectory import objective, trajectory_kernel

    goal = objective("(1 - x)^2 + 100*(y - x^2)^2", name="Rosenbrock")
    kernel = trajectory_kernel("adam", goal, cache_dir=folder)
    start = {"x": begin[0], "y": begin[1]}

    def run() -> Any:
        ends = kernel.run(start, steps, threads=threads).final
        return np.stack([ends["x"], ends["y"]])

    return run


def _jax(begin: Any, steps: int) -> Callable[[], Any] | None:
    """The same, as one writes it in JAX; None where JAX is not installed."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(lambda p: 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2)

    def one(p: Any) -> Any:
        def step(carry: Any, t: Any) -> Any:
            p, m, v = carry
            g = gradient(p)
            m = 0.9 * m + (1 - 0.9) * g
            v = 0.999 * v + (1 - 0.999) * g * g
            m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            return (p - 1e-3 * m_hat / (jax.numpy.sqrt(v_hat) + 1e-8), m, v), None

        zero = jax.numpy.zeros(2)
        return jax.lax.scan(step, (p, zero, zero), jax.numpy.arange(1.0, steps + 1))[0][0]

    many = jax.jit(jax.vmap(one))
    points = jax.numpy.asarray(begin.T)
    return lambda: np.asarray(jax.block_until_ready(many(points))).T
