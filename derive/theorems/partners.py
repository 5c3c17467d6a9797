"""Rules that theorems compare the catalogue's with: variants made from a rule's structure, and textbook forms."""

from __future__ import annotations

import sympy as sp

from ..catalogue.vocabulary import THETA, G, hyperparameter, state, temporary
from ..rule import UpdateRule
from ..sequence import terms
from ..symbols import POSITIVE, Quantity

__all__ = [
    "averaged_momentum",
    "coupled_decay",
    "decay_after_step",
    "decay_before_step",
    "decoupled_twin",
    "normalised_descent",
    "split_eps",
    "two_sequences",
]


def averaged_momentum() -> UpdateRule:
    """Momentum whose buffer is an average of the gradients, not a sum."""
    lr, mu, m = hyperparameter("lr"), hyperparameter("momentum"), state("m", "m", "average of gradients")
    return UpdateRule(
        "averaged momentum",
        title="Momentum with an averaged buffer",
        hyper={lr: "0.1", mu: "0.9"},
        state={m: 0},
        steps=[(m, mu * m + (1 - mu) * G), (THETA, THETA - lr * m)],
    )


def two_sequences() -> UpdateRule:
    """Nesterov's method as two sequences: a gradient step to y, then an extrapolation along the change of y.

    The state is the distance from the last y to theta.
    """
    lr, mu = hyperparameter("lr"), hyperparameter("momentum")
    ahead = state("d", "d", "distance from y to theta")
    fresh = temporary("y", "y", "the point after the gradient step")
    return UpdateRule(
        "Nesterov in two sequences",
        title="Nesterov's method in two sequences",
        hyper={lr: "0.01", mu: "0.9"},
        state={ahead: 0},
        steps=[
            (fresh, THETA - lr * G),
            (ahead, mu * (fresh - (THETA - ahead))),
            (THETA, fresh + ahead),
        ],
    )


def normalised_descent() -> UpdateRule:
    """Descent along g / (abs(g) + eps), the sign of the gradient but for eps."""
    lr, eps = hyperparameter("lr"), hyperparameter("eps")
    return UpdateRule(
        "normalised descent",
        title="Descent along the normalised gradient",
        hyper={lr: "0.001", eps: "1e-8"},
        state={},
        steps=[(THETA, THETA - lr * G / (sp.Abs(G) + eps))],
    )


def split_eps(rule: UpdateRule) -> tuple[UpdateRule, Quantity, Quantity] | None:
    """A rule whose one eps stands beside two states, with an eps for each: Adadelta.

    Returns
    -------
    rule, eps beside the updates, eps beside the gradients
        None if eps stands beside fewer or more states.
    """
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if eps is None:
        return None
    bases = sorted({p.base for a in rule.assignments for p in a.value.atoms(sp.Pow) if p.base.has(eps)}, key=str)
    if len(bases) != 2:
        return None
    # The one above the fraction bar grows the step.
    top = [b for b in bases for a in rule.assignments for p in a.value.atoms(sp.Pow) if p.base == b and p.exp > 0]
    if len(set(top)) != 1:
        return None
    above, below = top[0], next(b for b in bases if b != top[0])
    eps_u = Quantity("eps_u", POSITIVE, r"\epsilon_u", meaning="constant added to the average of squared updates")
    eps_g = Quantity("eps_g", POSITIVE, r"\epsilon_g", meaning="constant added to the average of squared gradients")
    replace = {above: above.xreplace({eps: eps_u}), below: below.xreplace({eps: eps_g})}
    hyper: dict[Quantity, object] = {h.symbol: h.default for h in rule.hyper if h.symbol != eps}
    split = UpdateRule(
        f"{rule.name} with two eps",
        title=f"{rule.title} with an eps for each average",
        source=rule.source,
        hyper={**hyper, eps_u: "1e-6", eps_g: "1e-6"},
        state={s.symbol: s.initial for s in rule.state},
        steps=[(a.target, a.value.xreplace(replace)) for a in rule.assignments],
    )
    return split, eps_u, eps_g


def coupled_decay(rule: UpdateRule) -> Quantity | None:
    """The hyperparameter whose multiple of theta is added to the gradient, if the rule has one."""
    for line in rule.assignments:
        if line.target in rule.temporaries and line.value.has(rule.gradient):
            factor = sp.expand(line.value - rule.gradient) / rule.theta
            return next((h.symbol for h in rule.hyper if h.symbol == factor), None)
    return None


def decoupled_twin(rule: UpdateRule, *, times_lr: bool = False) -> UpdateRule | None:
    """The rule with its L2 term taken out and theta multiplied by 1 - decay, or by 1 - lr decay, instead."""
    coefficient = coupled_decay(rule)
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if coefficient is None or (times_lr and lr is None):
        return None
    decay = Quantity("decay", coefficient.domain, "w", meaning="decoupled weight decay")
    total = lr * decay if times_lr else decay
    steps = [(a.target, a.value.xreplace({coefficient: sp.Integer(0)})) for a in rule.assignments]
    shrunk = [(q, e - total * rule.theta if q == rule.theta else e) for q, e in steps]
    hyper: dict[Quantity, object] = {h.symbol: h.default for h in rule.hyper if h.symbol != coefficient}
    return UpdateRule(
        f"{rule.name} with decoupled decay",
        title=f"{rule.title} with decoupled weight decay",
        hyper={**hyper, decay: "0.01"},
        state={s.symbol: s.initial for s in rule.state},
        steps=shrunk,
    )


def decay_before_step(rule: UpdateRule, keep: sp.Expr) -> UpdateRule:
    """The rule with theta multiplied by `keep` in a line of its own before the step is taken."""
    shrunk = temporary("theta_shrunk", r"\bar{\theta}", "theta after the decay")
    moved = _moved(rule, keep)
    return _reordered(rule, [(shrunk, keep * THETA), (THETA, shrunk + moved)], "decay before the step")


def decay_after_step(rule: UpdateRule, keep: sp.Expr) -> UpdateRule:
    """The rule with theta, after the step was taken, multiplied by `keep`."""
    stepped = temporary("theta_stepped", r"\bar{\theta}", "theta after the step")
    return _reordered(rule, [(stepped, THETA + _moved(rule, keep)), (THETA, keep * stepped)], "decay after the step")


def _moved(rule: UpdateRule, keep: sp.Expr) -> sp.Expr:
    line = next(a.value for a in rule.assignments if a.target == rule.theta)
    kept = sp.expand(keep * rule.theta)
    return sp.Add(*(term for term in terms(line) if term not in sp.Add.make_args(kept)))


def _reordered(rule: UpdateRule, lines: list[tuple[Quantity, sp.Expr]], words: str) -> UpdateRule:
    rest = [(a.target, a.value) for a in rule.assignments if a.target != rule.theta]
    return UpdateRule(
        f"{rule.name} with {words}",
        title=f"{rule.title} with {words}",
        hyper={h.symbol: h.default for h in rule.hyper},
        state={s.symbol: s.initial for s in rule.state},
        steps=[*rest, *lines],
    )
