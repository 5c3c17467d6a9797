"""Pieces that several families of rules have in common."""

from __future__ import annotations

from typing import TypeAlias

import sympy as sp

from ..symbols import Quantity
from .vocabulary import THETA, G, T, hyperparameter, temporary

__all__ = ["Line", "denominator", "effective_gradient", "next_first_moment"]

Line: TypeAlias = tuple[Quantity, sp.Expr]


def effective_gradient(
    *, l2: bool, coefficient: str = "weight_decay"
) -> tuple[sp.Expr, list[Line], dict[Quantity, object]]:
    """The gradient that enters the moments: g itself or, with `l2`, g plus a multiple of theta.

    Returns
    -------
    expression, lines, hyperparameters
        What stands for the gradient, the lines that compute it and the hyperparameters it adds.
    """
    if not l2:
        return G, [], {}
    decay = hyperparameter(coefficient)
    total = temporary("g_l2", r"\tilde{g}", "gradient with the L2 term")
    return total, [(total, G + decay * THETA)], {decay: "0.01"}


def denominator(accumulator: sp.Expr, eps: Quantity, *, eps_in_sqrt: bool) -> sp.Expr:
    """The root of `accumulator` with eps outside or inside the root."""
    return sp.sqrt(accumulator + eps) if eps_in_sqrt else sp.sqrt(accumulator) + eps


def next_first_moment(m: sp.Expr, g: sp.Expr) -> sp.Expr:
    """NAdam's first moment, corrected for bias: the one of the next step as far as it is known."""
    beta1 = hyperparameter("beta1")
    return beta1 * m / (1 - beta1 ** (T + 1)) + (1 - beta1) * g / (1 - beta1**T)
