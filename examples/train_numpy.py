"""Fit a logistic regression by AdamW, on NumPy arrays that are updated in place."""

import numpy as np

import optproof as op

generator = np.random.default_rng(0)
inputs = generator.normal(size=(512, 3))
labels = (inputs @ [2.0, -1.0, 0.5] + 0.25 > 0).astype(float)

params = {"weights": np.zeros(3), "bias": np.zeros(1)}
opt = op.optimizer("adamw", params, lr=0.1, weight_decay=0.01)

for t in range(1, 301):
    probability = 1 / (1 + np.exp(-(inputs @ params["weights"] + params["bias"])))
    if t in (1, 10, 100, 300):
        loss = -np.mean(labels * np.log(probability) + (1 - labels) * np.log(1 - probability))
        print(f"step {t:>3}  loss {loss:.4f}")
    error = (probability - labels) / len(labels)
    opt.lr = 0.1 * (1 - t / 400)  # a schedule
    opt.step({"weights": inputs.T @ error, "bias": np.array([error.sum()])})

print("right for", f"{np.mean((probability > 0.5) == labels):.1%}", "of the examples")
