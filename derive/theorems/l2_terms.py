"""An L2 term against decoupled decay: one for plain descent, two for every other rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from ..claim import Claim, Hypothesis
from ..comparison_goals import AgreesOnlyFor, Equivalent
from ..prove.verdict import Verdict
from ..relations import gt
from ..rule import UpdateRule
from ..symbols import Quantity
from ..translation import find_translation, is_linear
from .equivalences import same_name_map
from .partners import decoupled_twin
from .sources import loshchilov_hutter
from .subjects import WEIGHT_DECAY

__all__ = ["against_decoupled"]


def against_decoupled(rule: UpdateRule, coefficient: Quantity) -> Iterator[Claim]:
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
            source=loshchilov_hutter("Proposition 1") if found is not None else None,
            expected=Verdict.PROVED if found is not None else Verdict.REFUTED,
            folklore=found is None,
            seed=("S12",),
        )
    if found is not None and lr is not None:
        yield from _same_for_plain_descent(rule, twin, coefficient, found.solved[_wanted(coefficient)], lr)
    elif found is None:
        yield _never_the_same(rule, twin, coefficient)


def _wanted(coefficient: Quantity) -> Quantity:
    return Quantity("l", coefficient.domain, "l", meaning="L2 coefficient")


def _same_for_plain_descent(
    rule: UpdateRule, twin: UpdateRule, coefficient: Quantity, value: sp.Expr, lr: Quantity
) -> Iterator[Claim]:
    decay = twin.quantities["decay"]
    positive = (Hypothesis(gt(lr, 0), "the learning rate is not zero"),)
    published = decay / lr
    yield Claim(
        "l2-for-decoupled-decay",
        WEIGHT_DECAY,
        "For plain descent an L2 term with this coefficient is the decoupled decay w; the coefficient must change "
        "with lr.",
        rule,
        Equivalent(twin, ((rule.theta, rule.theta),), ((coefficient, value),), ((decay, decay),), (lr,)),
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
    names = {"momentum"} | ({"rho"} if any(s.name == "m" for s in rule.state) else set())
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
