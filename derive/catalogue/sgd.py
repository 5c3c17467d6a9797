"""Stochastic gradient descent, with momentum and Nesterov's momentum in the forms people run."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import Quantity
from .parts import effective_gradient
from .vocabulary import THETA, G, T, hyperparameter, state, temporary

__all__ = ["sgd", "sgd_lookahead", "sgd_momentum", "sgd_nesterov"]

_PLAIN = Source("Robbins & Monro", 1951, "A Stochastic Approximation Method", "eq. (8)", "doi:10.1214/aoms/1177729586")
_SUTSKEVER = Source(
    "Sutskever, Martens, Dahl & Hinton",
    2013,
    "On the importance of initialization and momentum in deep learning",
    "eqs. (1)-(2)",
    "PMLR 28(3):1139-1147",
)
_NESTEROV = Source(
    "Sutskever, Martens, Dahl & Hinton",
    2013,
    "On the importance of initialization and momentum in deep learning",
    "eqs. (3)-(4)",
    "PMLR 28(3):1139-1147",
)
_FRAMEWORK_NESTEROV = Source(
    "Bengio, Boulanger-Lewandowski & Pascanu",
    2013,
    "Advances in Optimizing Recurrent Networks",
    "section 3.5, eqs. (6)-(7)",
    "arXiv:1212.0901",
)


def sgd(*, l2: bool = False) -> UpdateRule:
    """Plain gradient descent."""
    lr = hyperparameter("lr")
    g, lines, extra = effective_gradient(l2=l2)
    return UpdateRule(
        "sgd",
        title="Stochastic gradient descent",
        source=_PLAIN,
        hyper={lr: "0.01", **extra},
        state={},
        steps=[*lines, (THETA, THETA - lr * g)],
    )


def sgd_momentum(*, lr_inside: bool = False, dampening: bool = False, l2: bool = False) -> UpdateRule:
    """Heavy-ball momentum; the buffer accumulates gradients, or steps when the learning rate is inside."""
    lr, momentum = hyperparameter("lr"), hyperparameter("momentum")
    g, lines, extra = effective_gradient(l2=l2)
    hyper: dict[Quantity, object] = {lr: "0.01", momentum: "0.9"}
    if dampening:
        # The first gradient enters the buffer undamped, as in the frameworks.
        tau, weight = hyperparameter("dampening"), temporary("fresh_weight", "w", "weight of the fresh gradient")
        hyper[tau] = "0"
        lines = [*lines, (weight, sp.Piecewise((sp.Integer(1), sp.Eq(T, 1)), (1 - tau, sp.true)))]
        g = weight * g
    if lr_inside:
        v = state("v", "v", "velocity")
        lines = [*lines, (v, momentum * v - lr * g), (THETA, THETA + v)]
    else:
        v = state("b", "b", "momentum buffer")
        lines = [*lines, (v, momentum * v + g), (THETA, THETA - lr * v)]
    return UpdateRule(
        "sgd[momentum]",
        title="SGD with momentum",
        source=_SUTSKEVER,
        hyper={**hyper, **extra},
        state={v: 0},
        steps=lines,
    )


def sgd_nesterov(*, lr_inside: bool = False, l2: bool = False) -> UpdateRule:
    """Nesterov's momentum in the form frameworks run: the parameter kept is the look-ahead point."""
    lr, momentum = hyperparameter("lr"), hyperparameter("momentum")
    g, lines, extra = effective_gradient(l2=l2)
    if lr_inside:
        v = state("v", "v", "velocity")
        lines = [*lines, (v, momentum * v - lr * g), (THETA, THETA + momentum * v - lr * g)]
    else:
        v = state("b", "b", "momentum buffer")
        lines = [*lines, (v, momentum * v + g), (THETA, THETA - lr * (g + momentum * v))]
    return UpdateRule(
        "sgd[nesterov]",
        title="SGD with Nesterov momentum",
        source=_FRAMEWORK_NESTEROV,
        hyper={lr: "0.01", momentum: "0.9", **extra},
        state={v: 0},
        steps=lines,
    )


def sgd_lookahead() -> UpdateRule:
    """Nesterov's momentum as Sutskever et al. state it: the gradient is taken at theta + momentum * v."""
    lr, momentum = hyperparameter("lr"), hyperparameter("momentum")
    v = state("v", "v", "velocity")
    return UpdateRule(
        "sgd[lookahead]",
        title="SGD with Nesterov momentum, look-ahead form",
        source=_NESTEROV,
        hyper={lr: "0.01", momentum: "0.9"},
        state={v: 0},
        steps=[(v, momentum * v - lr * G), (THETA, THETA + v)],
        gradient_at=THETA + momentum * v,
    )
