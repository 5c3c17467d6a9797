"""Gradient descent that keeps an average of its points or of its gradients, and FTRL-Proximal."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, POSITIVE, Quantity
from .parts import effective_gradient
from .vocabulary import THETA, G, T, hyperparameter, state, temporary

__all__ = ["asgd", "ftrl", "qhm"]

_ASGD = Source(
    "Polyak & Juditsky",
    1992,
    "Acceleration of Stochastic Approximation by Averaging",
    "eqs. (1)-(2)",
    "doi:10.1137/0330046",
)
_XU = Source(
    "Xu",
    2011,
    "Towards Optimal One Pass Large Scale Learning with Averaged Stochastic Gradient Descent",
    "schedule of the learning rate",
    "arXiv:1107.2490",
)
_QHM = Source(
    "Ma & Yarats", 2019, "Quasi-hyperbolic momentum and Adam for deep learning", "eqs. (3)-(4)", "arXiv:1810.06801"
)
_FTRL = Source(
    "McMahan, Holt, Sculley, Young, Ebner, Grady et al.",
    2013,
    "Ad Click Prediction: a View from the Trenches",
    "Algorithm 1",
    "doi:10.1145/2487575.2488200",
)


def asgd(*, decay: bool = False, l2: bool = False) -> UpdateRule:
    """Averaged gradient descent: theta descends, and the answer is the mean of the points it has visited.

    With `decay` the learning rate falls by Xu's schedule and theta shrinks; the first step has the full learning rate.
    """
    lr, mean = hyperparameter("lr"), state("theta_mean", r"\bar{\theta}", "mean of the points visited so far")
    g, lines, extra = effective_gradient(l2=l2)
    if decay:
        slow, power, start = hyperparameter("lambd"), hyperparameter("power"), hyperparameter("t0")
        rate = state("eta", r"\eta", "learning rate of the coming step")
        return UpdateRule(
            "asgd",
            title="Averaged SGD",
            source=_XU,
            hyper={lr: "0.01", slow: "0.0001", power: "0.75", start: 1000000, **extra},
            state={mean: 0, rate: lr},
            steps=[
                *lines,
                (THETA, THETA * (1 - slow * rate) - rate * g),
                (mean, mean + (THETA - mean) / sp.Max(1, T - start)),
                (rate, lr / (1 + slow * lr * T) ** power),
            ],
        )
    return UpdateRule(
        "asgd",
        title="Averaged SGD",
        source=_ASGD,
        hyper={lr: "0.01", **extra},
        state={mean: 0},
        steps=[*lines, (mean, mean + (THETA - mean) / T), (THETA, THETA - lr * g)],
    )


def qhm(*, l2: bool = False) -> UpdateRule:
    """Quasi-hyperbolic momentum: a mixture of the gradient and its moving average."""
    lr, beta1, nu = hyperparameter("lr"), hyperparameter("beta1"), hyperparameter("nu")
    m = state("m", "m", "first moment: average of gradients")
    g, lines, extra = effective_gradient(l2=l2)
    return UpdateRule(
        "qhm",
        title="Quasi-hyperbolic momentum",
        source=_QHM,
        hyper={lr: "1", beta1: "0.999", nu: "0.7", **extra},
        state={m: 0},
        steps=[
            *lines,
            (m, beta1 * m + (1 - beta1) * g),
            (THETA, THETA - lr * ((1 - nu) * g + nu * m)),
        ],
    )


def ftrl() -> UpdateRule:
    """FTRL-Proximal with its L1 and L2 terms, for each coordinate."""
    lr = Quantity("lr", POSITIVE, r"\alpha", meaning="learning rate")
    beta, l1, l2 = hyperparameter("beta"), hyperparameter("l1"), hyperparameter("l2")
    z = state("z", "z", "sum of gradients, corrected for the points they were taken at")
    n = state("n", "n", "accumulator: sum of squared gradients", NONNEGATIVE)
    sigma = temporary("sigma", r"\sigma", "growth of the inverse learning rate")
    return UpdateRule(
        "ftrl",
        title="FTRL-Proximal",
        source=_FTRL,
        hyper={lr: "0.1", beta: "1", l1: "0", l2: "0"},
        state={z: 0, n: 0},
        steps=[
            (sigma, (sp.sqrt(n + G**2) - sp.sqrt(n)) / lr),
            (z, z + G - sigma * THETA),
            (n, n + G**2),
            (
                THETA,
                sp.Piecewise(
                    (sp.Integer(0), sp.Le(sp.Abs(z), l1)),
                    (-(z - sp.sign(z) * l1) / ((beta + sp.sqrt(n)) / lr + l2), sp.true),
                ),
            ),
        ],
    )
