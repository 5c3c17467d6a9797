"""Fit a line by Adam, with the proved kernel on NumPy arrays."""

import numpy as np

import optproof as op

generator = np.random.default_rng(0)
inputs = generator.normal(size=(256, 4))
weights = np.array([1.0, -2.0, 0.5, 3.0])
targets = inputs @ weights

kernel = op.compile("adam", dtype="float64")
theta = np.zeros(4)
state = kernel.initial_state(theta)
for t in range(1, 501):
    gradient = 2 * inputs.T @ (inputs @ theta - targets) / len(targets)
    kernel(theta, gradient, state, t, lr=0.05)  # updates theta and the state in place

print("found", theta.round(3))
print("largest error below 0.001:", bool(np.abs(theta - weights).max() < 1e-3))
