"""Weight decay: the factor that theta keeps, what it does over time, and what an L2 term does instead."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..comparison_goals import KeepsTheta
from ..goal import ClosedForm, DependsOn, EachStep, Equal, Holds, LimitIs
from ..normalised import NormalisedStep, normalised_step
from ..prove.shrinking import resting_states
from ..prove.verdict import Verdict
from ..recurrence_goals import Trial
from ..relations import ge, gt, implies, le, lt, replaced
from ..rule import UpdateRule
from ..sequence import displacement, one_step
from ..structure import Movement, movement
from ..symbols import OPEN_UNIT, Quantity, after, bound
from ..translation import is_linear
from .equivalences import same_name_map
from .l2_terms import against_decoupled
from .partners import coupled_decay, decay_after_step, decay_before_step
from .sign_steps import follows_sign
from .sources import loshchilov_hutter, xie_li
from .subjects import WEIGHT_DECAY

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """What decoupled decay does, what an L2 term does, and how they compare."""
    if not displacement(rule).has(rule.theta):
        return
    found, coefficient = movement(rule), coupled_decay(rule)
    kept = sp.Integer(1) if found is None else found.keep
    # With an L2 term in a linear rule theta's own factor contains the L2 coefficient; what is decoupled does not.
    decoupled = kept if coefficient is None else kept.xreplace({coefficient: sp.Integer(0)})
    if found is not None and decoupled != 1:
        yield from _decoupled(found, rule)
    if coefficient is not None:
        yield _without_gradient(_geometric(rule, coefficient), rule, coupled=True)
        if decoupled == 1:
            yield from against_decoupled(rule, coefficient)


def _geometric(rule: UpdateRule, coefficient: Quantity) -> sp.Expr:
    """The factor 1 - lr lambda of plain gradient descent on the L2 term."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), sp.Integer(1))
    return 1 - lr * coefficient


def _decoupled(found: Movement, rule: UpdateRule) -> Iterator[Claim]:
    if coupled_decay(rule) is None:
        yield _without_gradient(found.keep, rule, coupled=False)
        yield from _over_time(found, rule)
    yield Claim(
        "decay-factor-depends",
        WEIGHT_DECAY,
        "The factor by which theta shrinks does not depend on any gradient, past or present.",
        rule,
        DependsOn(found.keep, tuple(sorted(found.keep.free_symbols, key=str))),
        derived=found.keep,
        source=loshchilov_hutter("Algorithm 2"),
        seed=("S12",),
    )
    yield from _order_of_lines(found, rule)
    yield from _bounded_theta(found, rule)


def _without_gradient(factor: sp.Expr, rule: UpdateRule, *, coupled: bool) -> Claim:
    """Without gradients theta shrinks by one factor each step: true of decoupled decay and of plain descent."""
    plain = coupled and resting_states(rule, {rule.gradient: sp.Integer(0)}) == tuple(s.symbol for s in rule.state)
    true = not coupled or (plain and is_linear(rule))
    return Claim(
        "decay-without-gradients",
        WEIGHT_DECAY,
        "While there are no gradients, every step shrinks theta by the same factor."
        if true
        else "Commonly said of an L2 term: while there are no gradients, every step shrinks theta by 1 - lr lambda. "
        "Here "
        "the term goes through the moments, and it does not.",
        rule,
        KeepsTheta(factor),
        derived=factor if true else None,
        source=None if coupled else loshchilov_hutter("Algorithm 2"),
        expected=Verdict.PROVED if true else Verdict.REFUTED,
        folklore=not true,
        seed=("S12",),
    )


def _over_time(found: Movement, rule: UpdateRule) -> Iterator[Claim]:
    t, start = rule.step_counter, Quantity("theta_0", latex=r"\theta_0", meaning="parameter before the first step")
    given: dict[sp.Basic, sp.Basic] = {rule.gradient: sp.Integer(0)}
    given |= dict.fromkeys(resting_states(rule, given), sp.Integer(0))
    following = one_step(rule)[rule.theta].xreplace(given)
    formula = found.keep**t * start
    yield Claim(
        "decay-closed-form",
        WEIGHT_DECAY,
        "Without gradients theta fades geometrically, for any moments and any decay rates.",
        rule,
        ClosedForm(rule.theta, start, following, formula, r"\theta_t", "theta[t]"),
        derived=formula,
        source=loshchilov_hutter("Algorithm 2"),
        published=formula if rule.name == "adamw" else None,
        relation="equal" if rule.name == "adamw" else None,
        seed=("S12",),
    )
    i, u = sp.Symbol("i", integer=True, positive=True), sp.Function("u")
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is None or not sp.cancel((1 - found.keep) / lr).is_Symbol:
        return
    average = found.keep**t * start + sp.Sum(-lr * found.keep ** (t - i) * u(i), (i, 1, t))
    yield Claim(
        "decay-makes-an-average",
        WEIGHT_DECAY,
        "With weight decay theta is a moving average: the sum of all steps -lr u_i, each faded by the decay since.",
        rule,
        ClosedForm(rule.theta, start, found.keep * rule.theta - lr * u(t), average, r"\theta_t", "theta[t]"),
        derived=average,
        seed=("S12",),
    )


def _order_of_lines(found: Movement, rule: UpdateRule) -> Iterator[Claim]:
    before, after_ = decay_before_step(rule, found.keep), decay_after_step(rule, found.keep)
    yield Claim(
        "decay-before-step",
        WEIGHT_DECAY,
        "Shrinking theta in a line before the step, as PyTorch does, is the same rule.",
        rule,
        same_name_map(rule, before),
        source=loshchilov_hutter("Algorithm 2"),
        seed=("S12", "S15"),
    )
    yield Claim(
        "decay-after-step",
        WEIGHT_DECAY,
        "Commonly said: whether theta is shrunk before or after the step does not matter.",
        rule,
        same_name_map(rule, after_),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S12",),
    )
    update = Quantity("u", latex="u", meaning="what the step subtracts from theta beside the decay, divided by lr")
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is None or rule.name != "adamw":
        return
    together = found.keep * rule.theta - lr * update
    afterwards = found.keep * (rule.theta - lr * update)
    gap = sp.factor(sp.expand(afterwards - together))
    decay = next(h.symbol for h in rule.hyper if h.name == "weight_decay")
    yield Claim(
        "decay-after-step-difference",
        WEIGHT_DECAY,
        "Shrinking theta after the step u instead of beside it adds this to theta.",
        rule,
        Equal(afterwards - together, gap, r"{\theta}'_{t} - \theta_{t}", "theta'[t] - theta[t]"),
        derived=gap,
        published=decay * lr**2 * update,
        relation="equal",
        seed=("S12",),
    )


def _bounded_theta(found: Movement, rule: UpdateRule) -> Iterator[Claim]:
    """If updates are bounded, decay keeps theta in an interval, and pulls it there."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    decay = None if lr is None else sp.cancel((1 - found.keep) / lr)
    if decay is None or not decay.is_Symbol:
        return
    update = Quantity("u", latex="u", meaning="what the step subtracts from theta beside the decay, divided by lr")
    most, size = bound("K", "K", "an upper bound of |u|"), bound("M", "M", "a bound of |theta|")
    following = found.keep * rule.theta - lr * update
    shared = (
        Hypothesis(le(update**2, most**2), "no update is larger than K"),
        Hypothesis(le(lr * decay, 1), "the decay does not overshoot"),
        Hypothesis(gt(decay, 0), "there is decay"),
    )
    yield Claim(
        "decay-bounds-theta",
        WEIGHT_DECAY,
        "Where no update u is larger than K, a step cannot take theta out of an interval that reaches at least to "
        "K / lambda on both sides.",
        rule,
        Holds(le(following**2, size**2)),
        hypotheses=(
            *shared,
            Hypothesis(le(rule.theta**2, size**2), "theta is in the interval before the step"),
            Hypothesis(ge(size * decay, most), "the interval reaches to K / lambda"),
        ),
        derived=most / decay,
        source=xie_li(""),
        published=most / decay,
        relation="equal",
        seed=("S12",),
    )
    yield from _unit_updates(decay, rule)
    yield from _settles(found, rule, decay, update)
    step = normalised_step(rule)
    if lr is not None and step is not None and step.a != 0 and step.z == rule.gradient:
        yield _radius(step, decay, lr, rule)
    excess = found.keep * (rule.theta - most / decay)
    yield Claim(
        "decay-pulls-theta-back",
        WEIGHT_DECAY,
        "Beyond K / lambda the excess shrinks in every step at least by the decay's factor.",
        rule,
        Holds(le(following - most / decay, excess)),
        hypotheses=shared[:1] + shared[2:],
        derived=excess,
        seed=("S12",),
    )


def _unit_updates(decay: Quantity, rule: UpdateRule) -> Iterator[Claim]:
    """Two growing gradients give an update above 1 where the second moment forgets more slowly than the first."""
    hyper = {h.name: h for h in rule.hyper}
    if coupled_decay(rule) is not None or follows_sign(rule) or not {"beta1", "beta2"} <= set(hyper):
        return
    beta1, beta2 = hyper["beta1"].default, hyper["beta2"].default
    if beta1 is None or beta2 is None:
        return
    inside = le(rule.theta**2 * decay**2, 1)
    yield Claim(
        "decay-keeps-theta-below-its-inverse",
        WEIGHT_DECAY,
        "Commonly said: AdamW keeps theta within 1 / lambda, because its updates are at most 1. At its defaults they "
        "are not, and theta leaves.",
        rule,
        EachStep(
            implies(inside, replaced(inside, {rule.theta: after(rule.theta)})),
            trials=(Trial(((decay, sp.Integer(1)),), (-beta1 / beta2, sp.Integer(-1))),),
        ),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S12",),
    )


def _settles(found: Movement, rule: UpdateRule, decay: Quantity, update: Quantity) -> Iterator[Claim]:
    """Updates that do not change, as sign(g) under a constant gradient, lead theta to -u / lambda."""
    t, start = rule.step_counter, Quantity("theta_0", latex=r"\theta_0", meaning="parameter before the first step")
    lr = sp.cancel((1 - found.keep) / decay)
    formula = found.keep**t * start - (1 - found.keep**t) * update / decay
    positive = Hypothesis(gt(decay, 0), "there is decay")
    yield Claim(
        "decay-under-constant-updates",
        WEIGHT_DECAY,
        "While every update is the same u, theta is this: it forgets where it began.",
        rule,
        ClosedForm(rule.theta, start, found.keep * rule.theta - lr * update, formula, r"\theta_t", "theta[t]"),
        derived=formula,
        seed=("S12",),
    )
    kept = Quantity("x", OPEN_UNIT, "x", meaning="what a step leaves of theta, 1 - lr lambda")
    yield Claim(
        "decay-under-constant-updates-limit",
        WEIGHT_DECAY,
        "With x = 1 - lr lambda between 0 and 1 it tends to -u / lambda: to the edge of the interval that the decay "
        "keeps it in.",
        rule,
        LimitIs(kept**t * start - (1 - kept**t) * update / decay, t, sp.oo, -update / decay),
        hypotheses=(positive,),
        derived=-update / decay,
        source=xie_li(""),
        seed=("S12",),
    )


def _radius(step: NormalisedStep, decay: Quantity, lr: Quantity, rule: UpdateRule) -> Claim:
    """The interval for updates up to the derived constant of the step bound."""
    most = sp.cancel(step.base / lr) * step.supremum
    theta, update = rule.theta, Quantity("u", latex="u", meaning="what the step subtracts beside the decay, over lr")
    following = step.keep * theta - lr * update
    return Claim(
        "decay-bounds-theta-derived",
        WEIGHT_DECAY,
        "Updates are bounded by the derived constant of the step bound, so decay keeps theta within that constant over "
        "lambda: wider than 1 / lambda.",
        rule,
        Holds(le(following**2 * decay**2, most**2)),
        hypotheses=(
            Hypothesis(le(update**2, most**2), "no update exceeds the step bound"),
            Hypothesis(le(theta**2 * decay**2, most**2), "theta is in the interval before the step"),
            Hypothesis(le(lr * decay, 1), "the decay does not overshoot"),
            Hypothesis(lt(step.a**2, step.b), "the first moment forgets faster than the root of the second"),
        ),
        derived=most / decay,
        seed=("S12",),
    )
