"""Run Adam ten thousand times on Rosenbrock's valley, at a hundred learning rates from a hundred starting points.

Run as ``python many_runs.py``.
"""

import numpy as np

from optproof.kernels.trajectory import objective, trajectory_kernel

rates = np.logspace(-4, 0, 100)
x, y = np.random.default_rng(0).uniform(-2, 2, (2, 100))

kernel = trajectory_kernel("adam", objective("(1 - x)^2 + 100*(y - x^2)^2"), varying=["lr"], record=["objective"])
print("the kernel is", kernel.proof.verdict.name)

runs = kernel.run(
    {"x": np.tile(x, 100), "y": np.tile(y, 100)}, steps=1000, every=1000, hyper={"lr": np.repeat(rates, 100)}
)
ends = np.median(runs.recorded["objective"][-1].reshape(100, 100), axis=1)
print(f"lr = {rates[ends.argmin()]:.2g} ends lowest, in the middle of its starting points at {ends.min():.2g}")
