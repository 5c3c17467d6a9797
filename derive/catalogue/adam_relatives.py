"""Adam's relatives: Adamax, NAdam, RAdam, AdaBelief, Yogi and LaProp."""

from __future__ import annotations

import sympy as sp

from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, Domain, Quantity
from .common_options import IncompatibleOptionError
from .parts import Line, effective_gradient, next_first_moment
from .vocabulary import THETA, T, hyperparameter, state, temporary

__all__ = ["adabelief", "adamax", "laprop", "nadam", "radam", "yogi"]

_ADAMAX = Source("Kingma & Ba", 2015, "Adam: A Method for Stochastic Optimization", "Algorithm 2", "arXiv:1412.6980")
_NADAM = Source(
    "Dozat", 2016, "Incorporating Nesterov Momentum into Adam", "Algorithm 2", "ICLR workshop OM0jvwB8jIp57ZJjtNEZ"
)
_RADAM = Source(
    "Liu, Jiang, He, Chen, Liu, Gao & Han",
    2020,
    "On the Variance of the Adaptive Learning Rate and Beyond",
    "Algorithm 2",
    "arXiv:1908.03265",
)
_ADABELIEF = Source(
    "Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris & Duncan",
    2020,
    "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients",
    "Algorithm 2",
    "arXiv:2010.07468",
)
_YOGI = Source(
    "Zaheer, Reddi, Sachan, Kale & Kumar",
    2018,
    "Adaptive Methods for Nonconvex Optimization",
    "Algorithm 2",
    "NeurIPS 2018",
)
_LAPROP = Source(
    "Ziyin, Wang & Ueda",
    2020,
    "LaProp: Separating Momentum and Adaptivity in Adam",
    "Algorithm 1",
    "arXiv:2002.04839",
)
_UP_TO_ONE = Domain("closed unit interval", lower=sp.Integer(0), upper=sp.Integer(1))


def _first_moment() -> Quantity:
    return state("m", "m", "first moment: average of gradients")


def _second_moment() -> Quantity:
    return state("v", "v", "second moment: average of squared gradients", NONNEGATIVE)


def _corrected(m: Quantity, v: Quantity) -> tuple[Quantity, Quantity, list[Line]]:
    """Both moments bias-corrected, and the lines that do it."""
    m_hat = temporary("m_hat", r"\hat{m}", "bias-corrected first moment")
    v_hat = temporary("v_hat", r"\hat{v}", "bias-corrected second moment")
    lines = [(q, e / (1 - hyperparameter(b) ** T)) for q, e, b in ((m_hat, m, "beta1"), (v_hat, v, "beta2"))]
    return m_hat, v_hat, lines


def _hyper(lr: str, *names: str, **defaults: str) -> dict[Quantity, object]:
    """The learning rate and the hyperparameters called `names` with Adam's defaults, or with `defaults`."""
    known = {"beta1": "0.9", "beta2": "0.999", "eps": "1e-8", **defaults}
    return {hyperparameter("lr"): lr, **{hyperparameter(n): known[n] for n in names}}


def adamax(*, eps_in_max: bool = False, eps: bool = False, l2: bool = False) -> UpdateRule:
    """Adamax; frameworks add eps to the gradient inside the maximum (`eps_in_max`) or to the denominator (`eps`)."""
    lr, beta1, beta2 = hyperparameter("lr"), hyperparameter("beta1"), hyperparameter("beta2")
    m, u = _first_moment(), state("u", "u", "largest decayed gradient so far", NONNEGATIVE)
    g, lines, extra = effective_gradient(l2=l2)
    size = sp.Abs(g) + hyperparameter("eps") if eps_in_max else sp.Abs(g)
    below = u + hyperparameter("eps") if eps else u
    guarded = ("eps",) if eps or eps_in_max else ()
    return UpdateRule(
        "adamax",
        title="Adamax",
        source=_ADAMAX,
        hyper={**_hyper("0.002", "beta1", "beta2", *guarded), **extra},
        state={m: 0, u: 0},
        steps=[
            *lines,
            (m, beta1 * m + (1 - beta1) * g),
            (u, sp.Max(beta2 * u, size)),
            (THETA, THETA - lr / (1 - beta1**T) * m / below),
        ],
    )


def nadam(*, momentum_decay: bool = False, l2: bool = False) -> UpdateRule:
    """NAdam with a constant momentum coefficient, or with Dozat's schedule that approaches it (`momentum_decay`)."""
    lr, beta1, beta2, eps = (hyperparameter(n) for n in ("lr", "beta1", "beta2", "eps"))
    m, v = _first_moment(), _second_moment()
    g, lines, extra = effective_gradient(l2=l2)
    m_bar = temporary("m_bar", r"\bar{m}", "bias-corrected first moment, one step ahead")
    v_hat = temporary("v_hat", r"\hat{v}", "bias-corrected second moment")
    kept: dict[Quantity, object] = {m: 0, v: 0}
    moments: list[Line] = [(m, beta1 * m + (1 - beta1) * g), (v, beta2 * v + (1 - beta2) * g**2)]
    hyper = _hyper("0.002", "beta1", "beta2", "eps")
    if momentum_decay:
        psi = hyperparameter("momentum_decay")
        hyper[psi] = "0.004"
        mu = temporary("mu", r"\mu", "momentum coefficient of this step")
        mu_next = temporary("mu_next", r"\mu^{+}", "momentum coefficient of the next step")
        product = state("mu_product", r"\Pi", "product of the momentum coefficients so far", _UP_TO_ONE)
        kept[product] = 1
        slow = sp.Rational(24, 25)
        moments = [
            (mu, beta1 * (1 - slow ** (psi * T) / 2)),
            (mu_next, beta1 * (1 - slow ** (psi * (T + 1)) / 2)),
            (product, product * mu),
            *moments,
        ]
        ahead = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
    else:
        ahead = next_first_moment(m, g)
    return UpdateRule(
        "nadam",
        title="NAdam",
        source=_NADAM,
        hyper={**hyper, **extra},
        state=kept,
        steps=[
            *lines,
            *moments,
            (m_bar, ahead),
            (v_hat, v / (1 - beta2**T)),
            (THETA, THETA - lr * m_bar / (sp.sqrt(v_hat) + eps)),
        ],
    )


def radam(
    *,
    eps: bool = False,
    eps_hat: bool = False,
    threshold: bool = False,
    inclusive: bool = False,
    nesterov: bool = False,
    l2: bool = False,
) -> UpdateRule:
    """RAdam; frameworks guard the root (`eps`, or `eps_hat` as in Adam) and normalise later (`threshold`).

    With `inclusive` an average as long as the threshold is long enough; with `nesterov` the first moment looks ahead.
    """
    if inclusive and not threshold:
        raise IncompatibleOptionError("'inclusive' needs 'threshold'")
    if eps and eps_hat:
        raise IncompatibleOptionError("'eps' and 'eps_hat' are two places for one eps")
    lr, beta1, beta2 = (hyperparameter(n) for n in ("lr", "beta1", "beta2"))
    m, v = _first_moment(), _second_moment()
    g, lines, extra = effective_gradient(l2=l2)
    longest = temporary("rho_inf", r"\rho_\infty", "longest length of the average of squared gradients")
    length = temporary("rho", r"\rho", "length of the average of squared gradients")
    factor = temporary("r", "r", "rectification; 1 while the average is too short")
    root = temporary("root", "d", "what the first moment is divided by; 1 while the average is too short")
    m_hat = temporary("m_hat", r"\hat{m}", "bias-corrected first moment")
    least = hyperparameter("threshold") if threshold else sp.Integer(4)
    enough = sp.Ge(length, least) if inclusive else sp.Gt(length, least)
    correction = sp.sqrt(1 - beta2**T)
    small = hyperparameter("eps")
    if eps_hat:
        divisor = (sp.sqrt(v) + small) / correction
    else:
        divisor = sp.sqrt(v) / correction + small if eps else sp.sqrt(v) / correction
    hyper = _hyper("0.001", "beta1", "beta2", *(("eps",) if eps or eps_hat else ()))
    if threshold:
        hyper[hyperparameter("threshold")] = "5"
    rectified = sp.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length))
    one: tuple[sp.Expr, object] = (sp.Integer(1), sp.true)
    return UpdateRule(
        "radam",
        title="RAdam",
        source=_RADAM,
        hyper={**hyper, **extra},
        state={m: 0, v: 0},
        steps=[
            *lines,
            (m, beta1 * m + (1 - beta1) * g),
            (v, beta2 * v + (1 - beta2) * g**2),
            (m_hat, next_first_moment(m, g) if nesterov else m / (1 - beta1**T)),
            (longest, 2 / (1 - beta2) - 1),
            (length, longest - 2 * T * beta2**T / (1 - beta2**T)),
            (factor, sp.Piecewise((rectified, enough), one)),
            (root, sp.Piecewise((divisor, enough), one)),
            (THETA, THETA - lr * factor * m_hat / root),
        ],
    )


def adabelief(*, eps_root: bool = False, nesterov: bool = False, l2: bool = False) -> UpdateRule:
    """AdaBelief; eps also enters the second moment in every step, or `eps_root` does.

    With `nesterov` the first moment looks ahead, as in NAdam.
    """
    lr, beta1, beta2, eps = (hyperparameter(n) for n in ("lr", "beta1", "beta2", "eps"))
    m, s = _first_moment(), state("s", "s", "average of squared deviations from the first moment", NONNEGATIVE)
    g, lines, extra = effective_gradient(l2=l2)
    inner = hyperparameter("eps_root") if eps_root else eps
    m_hat = temporary("m_hat", r"\hat{m}", "bias-corrected first moment")
    s_hat = temporary("s_hat", r"\hat{s}", "bias-corrected average of squared deviations")
    return UpdateRule(
        "adabelief",
        title="AdaBelief",
        source=_ADABELIEF,
        hyper={**_hyper("0.001", "beta1", "beta2", "eps"), **({inner: "1e-16"} if eps_root else {}), **extra},
        state={m: 0, s: 0},
        steps=[
            *lines,
            (m, beta1 * m + (1 - beta1) * g),
            (s, beta2 * s + (1 - beta2) * (g - m) ** 2 + inner),
            (m_hat, next_first_moment(m, g) if nesterov else m / (1 - beta1**T)),
            (s_hat, s / (1 - beta2**T)),
            (THETA, THETA - lr * m_hat / (sp.sqrt(s_hat) + eps)),
        ],
    )


def yogi(*, bias_correction: bool = False, same_start: bool = False, l2: bool = False) -> UpdateRule:
    """Yogi: the second moment moves toward the squared gradient by an amount that does not depend on their distance.

    Frameworks correct the moments as Adam's (`bias_correction`), or start the first like the second (`same_start`).
    """
    lr, beta1, beta2, eps = (hyperparameter(n) for n in ("lr", "beta1", "beta2", "eps"))
    m, v, start = _first_moment(), _second_moment(), hyperparameter("initial_accumulator")
    g, lines, extra = effective_gradient(l2=l2)
    first, second, corrected = _corrected(m, v) if bias_correction else (m, v, [])
    return UpdateRule(
        "yogi",
        title="Yogi",
        source=_YOGI,
        hyper={**_hyper("0.01", "beta1", "beta2", "eps", eps="0.001"), start: 0, **extra},
        state={m: start if same_start else 0, v: start},
        steps=[
            *lines,
            (m, beta1 * m + (1 - beta1) * g),
            (v, v - (1 - beta2) * sp.sign(v - g**2) * g**2),
            *corrected,
            (THETA, THETA - lr * first / (sp.sqrt(second) + eps)),
        ],
    )


def laprop(*, l2: bool = False) -> UpdateRule:
    """LaProp: the gradient is normalised first and averaged afterwards."""
    lr, beta1, beta2, eps = (hyperparameter(n) for n in ("lr", "beta1", "beta2", "eps"))
    m, v = state("m", "m", "average of normalised gradients"), _second_moment()
    g, lines, extra = effective_gradient(l2=l2)
    v_hat = temporary("v_hat", r"\hat{v}", "bias-corrected second moment")
    return UpdateRule(
        "laprop",
        title="LaProp",
        source=_LAPROP,
        hyper={**_hyper("0.0004", "beta1", "beta2", "eps"), **extra},
        state={m: 0, v: 0},
        steps=[
            *lines,
            (v, beta2 * v + (1 - beta2) * g**2),
            (v_hat, v / (1 - beta2**T)),
            (m, beta1 * m + (1 - beta1) * g / (sp.sqrt(v_hat) + eps)),
            (THETA, THETA - lr * m / (1 - beta1**T)),
        ],
    )
