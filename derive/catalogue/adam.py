"""Adam, AdamW and AMSGrad."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, Quantity
from .parts import Line, effective_gradient
from .vocabulary import THETA, T, hyperparameter, state, temporary

__all__ = ["adam", "adamw", "amsgrad"]

_ADAM = Source("Kingma & Ba", 2015, "Adam: A Method for Stochastic Optimization", "Algorithm 1", "arXiv:1412.6980")
_ADAM_EPS_HAT = Source(
    "Kingma & Ba", 2015, "Adam: A Method for Stochastic Optimization", "section 2, last paragraph", "arXiv:1412.6980"
)
_ADAMW = Source("Loshchilov & Hutter", 2019, "Decoupled Weight Decay Regularization", "Algorithm 2", "arXiv:1711.05101")
_AMSGRAD = Source(
    "Reddi, Kale & Kumar", 2018, "On the Convergence of Adam and Beyond", "Algorithm 2", "arXiv:1904.09237"
)


def _moments(g: sp.Expr, m: Quantity, v: Quantity) -> list[Line]:
    beta1, beta2 = hyperparameter("beta1"), hyperparameter("beta2")
    return [(m, beta1 * m + (1 - beta1) * g), (v, beta2 * v + (1 - beta2) * g**2)]


def _adam_lines(
    g: sp.Expr, lr: sp.Expr, *, amsgrad: bool, eps_hat: bool
) -> tuple[list[Line], sp.Expr, dict[Quantity, object]]:
    """The lines before theta's, the step that theta takes against the gradient, and the state."""
    beta1, beta2, eps = hyperparameter("beta1"), hyperparameter("beta2"), hyperparameter("eps")
    m = state("m", "m", "first moment: average of gradients")
    v = state("v", "v", "second moment: average of squared gradients", NONNEGATIVE)
    kept: dict[Quantity, object] = {m: 0, v: 0}
    lines = _moments(g, m, v)
    second = v
    if amsgrad:
        second = state("v_max", r"v^{\max}", "largest second moment so far", NONNEGATIVE)
        kept[second] = 0
        lines.append((second, sp.Max(second, v)))
    if eps_hat:
        size = temporary("step_size", r"\alpha", "step size with both bias corrections")
        lines.append((size, lr * sp.sqrt(1 - beta2**T) / (1 - beta1**T)))
        return lines, size * m / (sp.sqrt(second) + eps), kept
    m_hat = temporary("m_hat", r"\hat{m}", "bias-corrected first moment")
    v_hat = temporary("v_hat", r"\hat{v}", "bias-corrected second moment")
    lines += [(m_hat, m / (1 - beta1**T)), (v_hat, second / (1 - beta2**T))]
    return lines, lr * m_hat / (sp.sqrt(v_hat) + eps), kept


def _adam_hyper() -> dict[Quantity, object]:
    defaults = {"lr": "0.001", "beta1": "0.9", "beta2": "0.999", "eps": "1e-8"}
    return {hyperparameter(name): default for name, default in defaults.items()}


def adam(*, amsgrad: bool = False, eps_hat: bool = False, l2: bool = False) -> UpdateRule:
    """Adam, Algorithm 1; `eps_hat` is the reordered form at the end of the paper's section 2."""
    g, lines, extra = effective_gradient(l2=l2)
    body, step, kept = _adam_lines(g, hyperparameter("lr"), amsgrad=amsgrad, eps_hat=eps_hat)
    return UpdateRule(
        "adam",
        title="Adam",
        source=_ADAM_EPS_HAT if eps_hat else _ADAM,
        hyper={**_adam_hyper(), **extra},
        state=kept,
        steps=[*lines, *body, (THETA, THETA - step)],
    )


def adamw(*, amsgrad: bool = False, eps_hat: bool = False, l2: bool = False, paper: bool = False) -> UpdateRule:
    """AdamW; the decay is multiplied by lr as in every framework or, with `paper`, by the schedule alone."""
    lr, decay = hyperparameter("lr"), hyperparameter("weight_decay")
    g, lines, extra = effective_gradient(l2=l2, coefficient="l2")
    body, step, kept = _adam_lines(g, lr, amsgrad=amsgrad, eps_hat=eps_hat)
    hyper = {**_adam_hyper(), decay: "0.01", **extra}
    if paper:
        schedule = hyperparameter("schedule")
        hyper[schedule] = 1
        total = schedule * (step + decay * THETA)
    else:
        total = step + lr * decay * THETA
    return UpdateRule(
        "adamw",
        title="AdamW",
        source=_ADAMW,
        hyper=hyper,
        state=kept,
        steps=[*lines, *body, (THETA, THETA - total)],
    )


def amsgrad(*, first_corrected: bool = False, second_corrected: bool = False, l2: bool = False) -> UpdateRule:
    """AMSGrad, Algorithm 2 itself: no bias correction and no eps beyond the root's own guard.

    Frameworks correct the first moment, or the second before its maximum is taken, as Adam does.
    """
    lr, eps = hyperparameter("lr"), hyperparameter("eps")
    beta1, beta2 = hyperparameter("beta1"), hyperparameter("beta2")
    m = state("m", "m", "first moment: average of gradients")
    v = state("v", "v", "second moment: average of squared gradients", NONNEGATIVE)
    largest = state("v_hat", r"\hat{v}", "largest second moment so far", NONNEGATIVE)
    g, lines, extra = effective_gradient(l2=l2)
    first = m / (1 - beta1**T) if first_corrected else m
    second = v / (1 - beta2**T) if second_corrected else v
    return UpdateRule(
        "amsgrad",
        title="AMSGrad",
        source=_AMSGRAD,
        hyper={**_adam_hyper(), **extra},
        state={m: 0, v: 0, largest: 0},
        steps=[
            *lines,
            *_moments(g, m, v),
            (largest, sp.Max(largest, second)),
            (THETA, THETA - lr * first / (sp.sqrt(largest) + eps)),
        ],
    )
