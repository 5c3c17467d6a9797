# my_rule.py
import sympy as sp

import optproof as op

theta, g = op.parameter(), op.gradient()  # one coordinate of each; t, the step counter, is op.step_counter()
lr = op.Quantity("lr", op.NONNEGATIVE, latex=r"\alpha", meaning="learning rate")
beta = op.Quantity("beta", op.UNIT_INTERVAL, latex=r"\beta", meaning="decay rate of the average")
m = op.Quantity("m", meaning="average of gradients")

signum = op.UpdateRule(
    "signum",
    title="Signum",
    source=op.Source("Bernstein et al.", 2018, "signSGD", "Algorithm 2", "arXiv:1802.04434"),
    hyper={lr: "0.0001", beta: "0.9"},  # defaults are exact: "0.9" is nine tenths
    state={m: 0},
    steps=[
        (m, beta * m + (1 - beta) * g),
        (theta, theta - lr * sp.sign(m)),
    ],
)
