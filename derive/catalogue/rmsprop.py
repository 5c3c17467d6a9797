"""RMSprop, plain, centered and with momentum."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, Quantity
from .common_options import IncompatibleOptionError
from .parts import Line, denominator, effective_gradient
from .vocabulary import THETA, T, hyperparameter, state

__all__ = ["rmsprop"]

_HINTON = Source(
    "Tieleman & Hinton",
    2012,
    "Lecture 6.5 - RMSProp, COURSERA: Neural Networks for Machine Learning",
    "slide 29",
    "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
)
_GRAVES = Source(
    "Graves", 2013, "Generating Sequences With Recurrent Neural Networks", "eqs. (38)-(41)", "arXiv:1308.0850"
)


def rmsprop(
    *,
    centered: bool = False,
    momentum: bool = False,
    nesterov: bool = False,
    lr_inside: bool = False,
    bias_correction: bool = False,
    eps_in_sqrt: bool = False,
    l2: bool = False,
) -> UpdateRule:
    """RMSprop; eps stands outside the root unless `eps_in_sqrt`, lr outside the momentum unless `lr_inside`.

    Frameworks offer a momentum that looks ahead (`nesterov`) and averages corrected as Adam's (`bias_correction`).
    """
    if (nesterov or lr_inside) and not momentum:
        raise IncompatibleOptionError("'nesterov' and 'lr_inside' need 'momentum'")
    lr, rho, eps = hyperparameter("lr"), hyperparameter("rho"), hyperparameter("eps")
    v = state("v", "v", "average of squared gradients", NONNEGATIVE)
    g, lines, extra = effective_gradient(l2=l2)
    hyper: dict[Quantity, object] = {lr: "0.001", rho: "0.9", eps: "1e-8"}
    kept: dict[Quantity, object] = {v: 0}
    lines = [*lines, (v, rho * v + (1 - rho) * g**2)]
    correction = 1 - rho**T if bias_correction else sp.Integer(1)
    spread = v / correction
    if centered:
        mean = state("m", "m", "average of gradients")
        kept[mean] = 0
        lines.append((mean, rho * mean + (1 - rho) * g))
        spread = spread - (mean / correction) ** 2
    step = g / denominator(spread, eps, eps_in_sqrt=eps_in_sqrt)
    if momentum:
        mu, b = hyperparameter("momentum"), state("b", "b", "momentum buffer")
        hyper[mu] = "0.9"
        kept[b] = 0
        step = lr * step if lr_inside else step
        lines.append((b, mu * b + step))
        step = mu * b + step if nesterov else b
    final: list[Line] = [*lines, (THETA, THETA - (step if lr_inside else lr * step))]
    return UpdateRule(
        "rmsprop",
        title="RMSprop",
        source=_GRAVES if centered else _HINTON,
        hyper={**hyper, **extra},
        state=kept,
        steps=final,
    )
