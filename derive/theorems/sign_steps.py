"""Steps along a sign: how long they are, which other rules they are the sign of, and that they see signs only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from ..catalogue import names, rule as catalogue_rule
from ..claim import Claim, Hypothesis
from ..comparison_goals import ScalesAs
from ..goal import EachStep, Invariant
from ..prove.verdict import Verdict
from ..relations import eq, gt, implies, le, replaced
from ..rule import UpdateRule
from ..sequence import displacement, one_step, terms
from ..symbols import Quantity, after, bound
from .equivalences import same_name_map
from .sources import chen_lion, riedmiller_braun
from .subjects import INVARIANCE, LARGEST_STEP, RELATIONS, WEIGHT_DECAY

__all__ = ["claims", "follows_sign"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Rules that move theta by lr times a sign, Lion's relation to others, and step sizes kept between bounds."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is not None and follows_sign(rule):
        yield _moves_by_lr(rule, lr)
        yield _over_time(rule)
        yield from _stays_inside(rule, lr)
    if rule.name == "lion":
        yield from _mixture(rule)
    yield from _bounded_step_size(rule)


def follows_sign(rule: UpdateRule) -> bool:
    """Whether theta moves, beside its decay, by lr times one sign.

    Examples
    --------
    >>> follows_sign(catalogue_rule("signsgd")), follows_sign(catalogue_rule("sgd"))
    (True, False)
    """
    return _sign_of(rule) is not None


def _sign_of(rule: UpdateRule) -> sp.Expr | None:
    """What theta moves against the sign of."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    moved = [term for term in terms(displacement(rule)) if not _decays(term, rule)]
    if len(moved) != 1 or lr is None:
        return None
    sign = sp.cancel(-moved[0] / lr)
    return sign.args[0] if isinstance(sign, sp.sign) else None


def _decays(term: sp.Expr, rule: UpdateRule) -> bool:
    return (term / rule.theta).free_symbols <= {h.symbol for h in rule.hyper}


def _keep(rule: UpdateRule) -> sp.Expr:
    return 1 + sp.Add(*(term / rule.theta for term in terms(displacement(rule)) if _decays(term, rule)))


def _moves_by_lr(rule: UpdateRule, lr: Quantity) -> Claim:
    moved = after(rule.theta) - _keep(rule) * rule.theta
    return Claim(
        "moves-by-lr-or-not",
        LARGEST_STEP,
        "Beside its decay, theta moves by exactly the learning rate in every step, or not at all.",
        rule,
        EachStep(sp.Or(eq(moved, 0), eq(moved**2, lr**2), evaluate=False)),
        derived=lr,
        seed=("S2",),
    )


def _over_time(rule: UpdateRule) -> Claim:
    """The sign of the gradient itself sees no scale at all; that of an average does once the scale changes."""
    c = bound("c", "c", "what every gradient is multiplied by")
    plain = _sign_of(rule) == rule.gradient
    return Claim(
        "gradient-scale-over-time",
        INVARIANCE,
        "Multiplying each gradient by a positive number of its own changes nothing: only signs count."
        if plain
        else "Often assumed of a rule that moves along a sign: multiplying each gradient by a positive number of its "
        "own changes nothing. The sign is that of an average, and it does.",
        rule,
        ScalesAs(((rule.gradient, c),), over_time=True),
        expected=Verdict.PROVED if plain else Verdict.REFUTED,
        folklore=not plain,
        seed=("S2", "S3"),
    )


def _stays_inside(rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    """With decoupled decay theta stays within the inverse of the decay."""
    decay = sp.cancel((1 - _keep(rule)) / lr)
    if not decay.is_Symbol:
        return
    inside = le(rule.theta**2 * decay**2, 1)
    yield Claim(
        "decay-keeps-theta-below-its-inverse",
        WEIGHT_DECAY,
        "Theta stays within 1 / lambda: no update is larger than 1.",
        rule,
        EachStep(implies(inside, replaced(inside, {rule.theta: after(rule.theta)}))),
        hypotheses=(Hypothesis(le(lr * decay, 1), "the decay does not overshoot"),),
        derived=1 / decay,
        source=chen_lion("section 3"),
        published=1 / decay,
        relation="equal",
        seed=("S12",),
    )


def _mixture(rule: UpdateRule) -> Iterator[Claim]:
    """What Lion takes the sign of, in its new momentum."""
    beta1, beta2, m = (rule.quantities[name] for name in ("beta1", "beta2", "m"))
    g, taken = rule.gradient, _sign_of(rule)
    share = beta1 / beta2
    yield Claim(
        "is-sign-of-quasi-hyperbolic",
        RELATIONS,
        "What Lion takes the sign of is quasi-hyperbolic momentum: the new average with the weight beta1 / beta2, "
        "and the gradient with the rest.",
        rule,
        EachStep(eq(taken, share * after(m) + (1 - share) * g)),
        hypotheses=(Hypothesis(gt(beta2, 0), "the momentum has a memory"),),
        derived=share,
        source=chen_lion("section 2"),
    )
    yield Claim(
        "is-sign-of-nesterov",
        RELATIONS,
        "At beta1 = beta2^2 it is Nesterov's look-ahead of an averaged momentum: beta2 times the new average and 1 - "
        "beta2 times the gradient.",
        rule,
        EachStep(eq(taken, beta2 * after(m) + (1 - beta2) * g)),
        hypotheses=(Hypothesis(eq(beta1, beta2**2), "beta1 is the square of beta2"),),
        derived=beta2,
        source=chen_lion("section 2"),
    )
    signum = "signsgd[momentum]"
    if signum in names():
        goal = same_name_map(rule, catalogue_rule(signum))
        decay = rule.quantities["weight_decay"]
        yield Claim(
            "is-signum-with-equal-decays",
            RELATIONS,
            "With both decay rates equal and without weight decay Lion is Signum.",
            rule,
            replace(goal, here=((beta2, beta1), (decay, sp.Integer(0)))),
            source=chen_lion("section 2"),
        )


def _bounded_step_size(rule: UpdateRule) -> Iterator[Claim]:
    """A step size that is kept between bounds: Rprop."""
    hyper = {h.name: h.symbol for h in rule.hyper}
    if not {"lr", "step_min", "step_max"} <= set(hyper):
        return
    size = next(s.symbol for s in rule.state if s.initial == hyper["lr"])
    low, high = hyper["step_min"], hyper["step_max"]
    within = (
        Hypothesis(le(low, hyper["lr"]), "the first step is not too short"),
        Hypothesis(le(hyper["lr"], high), "the first step is not too long"),
    )
    yield Claim(
        "step-size-within-bounds",
        LARGEST_STEP,
        "The step size stays between its bounds, whatever the gradients are.",
        rule,
        Invariant(sp.And(le(low, size), le(size, high), evaluate=False)),
        hypotheses=within,
        derived=high,
        source=riedmiller_braun("eq. (4)"),
        seed=("S2",),
    )
    yield from _sees_signs_only(rule)


def _sees_signs_only(rule: UpdateRule) -> Iterator[Claim]:
    """One step with the gradient, and the remembered one, each multiplied by a positive number."""
    step, g = one_step(rule), rule.gradient
    remembered = next((s.symbol for s in rule.state if "previous" in s.name), None)
    if remembered is None:
        return
    c, d = bound("c", "c", "what the gradient is multiplied by"), bound("d", "d", "what the last one was multiplied by")
    scaled = {q: e.xreplace({g: c * g, remembered: d * remembered}) for q, e in step.items()}
    same = [eq(e, c * after(q) if q == remembered else after(q)) for q, e in scaled.items()]
    yield Claim(
        "sees-signs-only",
        INVARIANCE,
        "Multiplying each gradient by a positive number of its own changes neither theta nor the step size; only signs "
        "count.",
        rule,
        EachStep(sp.And(*same, evaluate=False)),
        source=riedmiller_braun("section 1"),
        seed=("S2",),
    )
