"""Adagrad and Adadelta: step sizes from accumulated squared gradients."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE
from .parts import denominator, effective_gradient
from .vocabulary import THETA, hyperparameter, state, temporary

__all__ = ["adadelta", "adagrad"]

_ADAGRAD = Source(
    "Duchi, Hazan & Singer",
    2011,
    "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    "section 1.1, eq. (1), diagonal form",
    "JMLR 12:2121-2159",
)
_ADADELTA = Source("Zeiler", 2012, "ADADELTA: An Adaptive Learning Rate Method", "Algorithm 1", "arXiv:1212.5701")


def adagrad(*, eps_in_sqrt: bool = False, l2: bool = False) -> UpdateRule:
    """Adagrad with diagonal matrices; eps stands outside the root unless `eps_in_sqrt`."""
    lr, eps, start = hyperparameter("lr"), hyperparameter("eps"), hyperparameter("initial_accumulator")
    total = state("G", "G", "accumulator: the sum of squared gradients", NONNEGATIVE)
    g, lines, extra = effective_gradient(l2=l2)
    return UpdateRule(
        "adagrad",
        title="Adagrad",
        source=_ADAGRAD,
        hyper={lr: "0.01", eps: "1e-10", start: 0, **extra},
        state={total: start},
        steps=[
            *lines,
            (total, total + g**2),
            (THETA, THETA - lr * g / denominator(total, eps, eps_in_sqrt=eps_in_sqrt)),
        ],
    )


def adadelta(*, lr: bool = False, l2: bool = False) -> UpdateRule:
    """Adadelta; it has no learning rate. With `lr` the applied step is scaled, the accumulated one is not."""
    rho, eps = hyperparameter("rho"), hyperparameter("eps")
    v = state("v", "E[g^2]", "average of squared gradients", NONNEGATIVE)
    u = state("u", r"E[\Delta^2]", "average of squared updates", NONNEGATIVE)
    delta = temporary("delta", r"\Delta", "update")
    g, lines, extra = effective_gradient(l2=l2)
    hyper = {rho: "0.95", eps: "1e-6", **extra}
    applied: sp.Expr = delta
    if lr:
        scale = hyperparameter("lr")
        hyper = {scale: 1, **hyper}
        applied = scale * delta
    return UpdateRule(
        "adadelta",
        title="Adadelta",
        source=_ADADELTA,
        hyper=hyper,
        state={v: 0, u: 0},
        steps=[
            *lines,
            (v, rho * v + (1 - rho) * g**2),
            (delta, -sp.sqrt(u + eps) / sp.sqrt(v + eps) * g),
            (u, rho * u + (1 - rho) * delta**2),
            (THETA, THETA + applied),
        ],
    )
