"""Rules that look at how the gradient has changed: Adan, optimistic gradient descent and optimistic Adam."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, Quantity
from .parts import next_first_moment
from .vocabulary import THETA, G, T, hyperparameter, state, temporary

__all__ = ["adan", "optimistic_adam", "optimistic_gradient_descent"]

_ADAN = Source(
    "Xie, Zhou, Li, Lin & Yan",
    2022,
    "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models",
    "Algorithm 1",
    "arXiv:2208.06677",
)
_OPTIMISM = Source(
    "Daskalakis, Ilyas, Syrgkanis & Zeng",
    2018,
    "Training GANs with Optimism",
    "optimistic mirror descent",
    "arXiv:1711.00141",
)
_OPTIMISTIC_ADAM = Source(
    "Daskalakis, Ilyas, Syrgkanis & Zeng", 2018, "Training GANs with Optimism", "Algorithm 1", "arXiv:1711.00141"
)


def _change(now: sp.Expr, before: Quantity) -> sp.Expr:
    """How something has changed; nothing in the first step."""
    return sp.Piecewise((sp.Integer(0), sp.Eq(T, 1)), (now - before, sp.true))


def adan(*, bias_correction: bool = False, complement: bool = False, weight_decay: bool = False) -> UpdateRule:
    """Adan, with the averages' rates as beta where the paper has 1 - beta; `weight_decay` is the paper's, by division.

    Frameworks correct the averages as Adam's (`bias_correction`), or give the change of the gradient the weight
    1 - beta2 where the paper, in these terms, has beta2 (`complement`).
    """
    defaults = {"lr": "0.001", "beta1": "0.98", "beta2": "0.92", "beta3": "0.99", "eps": "1e-8"}
    hyper: dict[Quantity, object] = {hyperparameter(n): value for n, value in defaults.items()}
    lr, beta1, beta2, beta3, eps = (hyperparameter(n) for n in defaults)
    before = state("g_before", "g^-", "gradient of the step before")
    m, v = state("m", "m", "average of gradients"), state("v", "v", "average of the gradient's changes")
    n = state("n", "n", "average of squared gradients one step ahead", NONNEGATIVE)
    change = temporary("change", r"\Delta", "change of the gradient")
    rates = (beta1, beta2, beta3)
    first, second, size = (q / (1 - b**T) if bias_correction else q for q, b in zip((m, v, n), rates, strict=True))
    weight = 1 - beta2 if complement else beta2
    moved = THETA - lr * (first + weight * second) / (sp.sqrt(size) + eps)
    if weight_decay:
        decay = hyperparameter("weight_decay")
        hyper[decay] = "0.02"
        moved = moved / (1 + lr * decay)
    return UpdateRule(
        "adan",
        title="Adan",
        source=_ADAN,
        hyper=hyper,
        state={m: 0, v: 0, n: 0, before: 0},
        steps=[
            (change, _change(G, before)),
            (m, beta1 * m + (1 - beta1) * G),
            (v, beta2 * v + (1 - beta2) * change),
            (n, beta3 * n + (1 - beta3) * (G + weight * change) ** 2),
            (THETA, moved),
            (before, G),
        ],
    )


def optimistic_gradient_descent() -> UpdateRule:
    """Gradient descent that adds the change of the gradient, which the paper weighs by 1."""
    lr, optimism = hyperparameter("lr"), hyperparameter("optimism")
    before = state("g_before", "g^-", "gradient of the step before")
    return UpdateRule(
        "optimistic_gradient_descent",
        title="Optimistic gradient descent",
        source=_OPTIMISM,
        hyper={lr: "0.1", optimism: 1},
        state={before: 0},
        steps=[(THETA, THETA - lr * (G + optimism * _change(G, before))), (before, G)],
    )


def optimistic_adam(*, nesterov: bool = False) -> UpdateRule:
    """Adam that adds the change of its direction, which the paper weighs by 1; with `nesterov`, of NAdam's."""
    defaults = {"lr": "0.0001", "beta1": "0.5", "beta2": "0.9", "eps": "1e-8", "optimism": "1"}
    hyper: dict[Quantity, object] = {hyperparameter(n): value for n, value in defaults.items()}
    lr, beta1, beta2, eps, optimism = (hyperparameter(n) for n in defaults)
    m = state("m", "m", "first moment: average of gradients")
    v = state("v", "v", "second moment: average of squared gradients", NONNEGATIVE)
    before = state("u_before", "u^-", "direction of the step before")
    m_hat = temporary("m_hat", r"\hat{m}", "bias-corrected first moment")
    v_hat = temporary("v_hat", r"\hat{v}", "bias-corrected second moment")
    u = temporary("u", "u", "direction of Adam")
    return UpdateRule(
        "optimistic_adam",
        title="Optimistic Adam",
        source=_OPTIMISTIC_ADAM,
        hyper=hyper,
        state={m: 0, v: 0, before: 0},
        steps=[
            (m, beta1 * m + (1 - beta1) * G),
            (v, beta2 * v + (1 - beta2) * G**2),
            (m_hat, next_first_moment(m, G) if nesterov else m / (1 - beta1**T)),
            (v_hat, v / (1 - beta2**T)),
            (u, m_hat / (sp.sqrt(v_hat) + eps)),
            (THETA, THETA - lr * (u + optimism * _change(u, before))),
            (before, u),
        ],
    )
