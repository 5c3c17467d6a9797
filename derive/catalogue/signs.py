"""Rules whose step is the sign of something: signSGD, Lion and Rprop."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE
from .parts import effective_gradient
from .vocabulary import THETA, G, hyperparameter, state, temporary

__all__ = ["lion", "rprop", "signsgd"]

_SIGNSGD = Source(
    "Bernstein, Wang, Azizzadenesheli & Anandkumar",
    2018,
    "signSGD: Compressed Optimisation for Non-Convex Problems",
    "Algorithm 1",
    "arXiv:1802.04434",
)
_SIGNUM = Source(_SIGNSGD.authors, _SIGNSGD.year, _SIGNSGD.title, "Algorithm 2", _SIGNSGD.link)
_LION = Source(
    "Chen, Liang, Huang, Real, Wang, Liu et al.",
    2023,
    "Symbolic Discovery of Optimization Algorithms",
    "Algorithm 2",
    "arXiv:2302.06675",
)
_RPROP = Source(
    "Riedmiller & Braun",
    1993,
    "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm",
    "eqs. (4)-(7)",
    "doi:10.1109/ICNN.1993.298623",
)
_IRPROP = Source(
    "Igel & Hüsken", 2000, "Improving the Rprop Learning Algorithm", "section 2, Algorithm iRprop-", "ICSC NC 2000"
)


def signsgd(*, momentum: bool = False, l2: bool = False) -> UpdateRule:
    """The sign of the gradient or, with `momentum`, of its moving average (Signum)."""
    lr = hyperparameter("lr")
    g, lines, extra = effective_gradient(l2=l2)
    if not momentum:
        return UpdateRule(
            "signsgd",
            title="signSGD",
            source=_SIGNSGD,
            hyper={lr: "0.0001", **extra},
            state={},
            steps=[*lines, (THETA, THETA - lr * sp.sign(g))],
        )
    beta1, m = hyperparameter("beta1"), state("m", "m", "first moment: average of gradients")
    return UpdateRule(
        "signsgd[momentum]",
        title="Signum",
        source=_SIGNUM,
        hyper={lr: "0.0001", beta1: "0.9", **extra},
        state={m: 0},
        steps=[*lines, (m, beta1 * m + (1 - beta1) * g), (THETA, THETA - lr * sp.sign(m))],
    )


def lion() -> UpdateRule:
    """Lion; its weight decay is decoupled, and beta1 mixes the step while beta2 keeps the momentum."""
    lr, beta1, beta2 = hyperparameter("lr"), hyperparameter("beta1"), hyperparameter("beta2")
    decay = hyperparameter("weight_decay")
    m = state("m", "m", "first moment: average of gradients")
    c = temporary("c", "c", "mixture of the first moment and the gradient")
    return UpdateRule(
        "lion",
        title="Lion",
        source=_LION,
        hyper={lr: "0.0001", beta1: "0.9", beta2: "0.99", decay: "0"},
        state={m: 0},
        steps=[
            (c, beta1 * m + (1 - beta1) * G),
            (THETA, THETA - lr * (sp.sign(c) + decay * THETA)),
            (m, beta2 * m + (1 - beta2) * G),
        ],
    )


def rprop(*, irprop_minus: bool = False) -> UpdateRule:
    """Rprop with weight backtracking, as in its paper; `irprop_minus` forgets the gradient instead of going back."""
    lr, lower, upper = hyperparameter("lr"), hyperparameter("step_min"), hyperparameter("step_max")
    shrink, grow = hyperparameter("eta_minus"), hyperparameter("eta_plus")
    size = state("step_size", r"\Delta", "step size", NONNEGATIVE)
    previous = state("g_previous", r"g^{\mathrm{prev}}", "gradient of the previous step, 0 after a change of sign")
    agreement = temporary("agreement", "a", "whether the gradient kept its sign: 1, 0 or -1")
    lines = [
        (agreement, sp.sign(previous * G)),
        (
            size,
            sp.Piecewise(
                (sp.Min(grow * size, upper), sp.Gt(agreement, 0)),
                (sp.Max(shrink * size, lower), sp.Lt(agreement, 0)),
                (size, sp.true),
            ),
        ),
        (previous, sp.Piecewise((sp.Integer(0), sp.Lt(agreement, 0)), (G, sp.true))),
    ]
    kept: dict[object, object] = {size: lr, previous: 0}
    if irprop_minus:
        move = temporary("move", r"\Delta\theta", "change of theta; none after a change of sign")
        back: sp.Expr = sp.Integer(0)
    else:
        move = state("move", r"\Delta\theta", "change of theta in the previous step")
        kept[move] = 0
        back = -move
    lines.append((move, sp.Piecewise((back, sp.Lt(agreement, 0)), (-size * sp.sign(G), sp.true))))
    lines.append((THETA, THETA + move))
    return UpdateRule(
        "rprop",
        title="Rprop",
        source=_IRPROP if irprop_minus else _RPROP,
        hyper={lr: "0.1", shrink: "0.5", grow: "1.2", lower: "1e-6", upper: "50"},
        state=kept,  # type: ignore[arg-type]
        steps=lines,
    )
