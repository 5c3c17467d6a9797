"""Weight decay: the factor that theta keeps, what it does over time, and that an L2 term is the same for plain descent only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from ..claim import Claim, Hypothesis
from ..comparison_goals import AgreesOnlyFor, Equivalent, KeepsTheta
from ..goal import ClosedForm, DependsOn, Equal, Holds
from ..prove.shrinking import resting_states
from ..prove.verdict import Verdict
from ..relations import ge, gt, le
from ..rule import UpdateRule
from ..sequence import displacement, one_step
from ..structure import Movement, movement
from ..symbols import Quantity, bound
from ..translation import find_translation, is_linear
from .equivalences import same_name_map
from .partners import coupled_decay, decay_after_step, decay_before_step, decoupled_twin
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
            yield from _against_decoupled(rule, coefficient)


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
        else "Commonly said of an L2 term: while there are no gradients, every step shrinks theta by 1 - lr lambda. Here "
        "the term goes through the moments, and it does not.",
        rule,
        KeepsTheta(factor),
        derived=factor if true else None,
        source=None if coupled else loshchilov_hutter("Algorithm 2"),
        expected=Verdict.PROVED if true else Verdict.REFUTED,
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
        seed=("S12",),
    )
    update = Quantity("u", latex="u_{t}", meaning="what the step subtracts from theta beside the decay, divided by lr")
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
    update = Quantity("u", latex="u_{t}", meaning="what the step subtracts from theta beside the decay, divided by lr")
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


def _against_decoupled(rule: UpdateRule, coefficient: Quantity) -> Iterator[Claim]:
    """The L2 term against decoupled decay: one for plain descent, two for all others."""
    twin, scaled = decoupled_twin(rule), decoupled_twin(rule, times_lr=True)
    if twin is None:
        return
    decay = twin.quantities["decay"]
    found = find_translation(rule, twin, here={coefficient: _wanted(coefficient)}, unknowns=(_wanted(coefficient),))
    lr = next(h.symbol for h in rule.hyper if h.name == "lr") if scaled is not None else None
    if scaled is not None:
        yield Claim(
            "l2-is-weight-decay",
            WEIGHT_DECAY,
            "Adding lambda theta to the gradient is the same as shrinking theta by lr lambda."
            if found is not None
            else "Commonly said: adding lambda theta to the gradient is the same as shrinking theta by lr lambda.",
            rule,
            replace(same_name_map(rule, scaled), there=((decay, coefficient),)),
            source=loshchilov_hutter("Proposition 1" if found is not None else "Proposition 2"),
            expected=Verdict.PROVED if found is not None else Verdict.REFUTED,
            seed=("S12",),
        )
    if found is not None and lr is not None:
        yield from _same_for_plain_descent(rule, twin, coefficient, found.solved[_wanted(coefficient)], lr)
    elif found is None:
        yield _never_the_same(rule, twin, coefficient)


def _wanted(coefficient: Quantity) -> Quantity:
    return Quantity("wanted", coefficient.domain, "l", meaning="L2 coefficient")


def _same_for_plain_descent(
    rule: UpdateRule, twin: UpdateRule, coefficient: Quantity, value: sp.Expr, lr: Quantity
) -> Iterator[Claim]:
    decay = twin.quantities["decay"]
    positive = (Hypothesis(gt(lr, 0), "the learning rate is not zero"),)
    published = decay / lr
    yield Claim(
        "l2-for-decoupled-decay",
        WEIGHT_DECAY,
        "For plain descent an L2 term with this coefficient is the decoupled decay w; the coefficient must change with lr.",
        rule,
        Equivalent(twin, ((rule.theta, rule.theta),), here=((coefficient, value),), there=((decay, decay),), varying=(lr,)),
        hypotheses=positive,
        derived=value,
        source=loshchilov_hutter("Proposition 1"),
        published=published,
        relation="equal",
        seed=("S12",),
    )
    unknown = _wanted(coefficient)
    yield Claim(
        "l2-for-decoupled-decay-unique",
        WEIGHT_DECAY,
        "No other L2 coefficient does.",
        rule,
        AgreesOnlyFor(twin, unknown, value, here=((coefficient, unknown),)),
        hypotheses=positive,
        derived=value,
        source=loshchilov_hutter("Proposition 1"),
        published=published,
        relation="equal",
        seed=("S12",),
    )


def _never_the_same(rule: UpdateRule, twin: UpdateRule, coefficient: Quantity) -> Claim:
    unknown, decay = _wanted(coefficient), twin.quantities["decay"]
    # A variance without memory vanishes, and what is left is plain descent.
    names = {"lr", "momentum"} | ({"rho"} if any(s.name == "m" for s in rule.state) else set())
    needed = [h.symbol for h in rule.hyper if h.name in names]
    hypotheses = [Hypothesis(gt(s, 0), f"{s} is not zero") for s in needed]
    hypotheses.append(Hypothesis(gt(decay, 0), "there is decay"))
    return Claim(
        "l2-is-never-decoupled-decay",
        WEIGHT_DECAY,
        "No L2 coefficient l gives decoupled weight decay w: whatever l is, some run tells them apart.",
        rule,
        AgreesOnlyFor(twin, unknown, None, here=((coefficient, unknown),)),
        hypotheses=tuple(hypotheses),
        source=None if is_linear(rule) else loshchilov_hutter("Proposition 2"),
        seed=("S12",),
    )
