"""What one step does: theta's movement split into rate and direction, and that every operation is defined."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import DependsOn, EachStep, Equal
from ..relations import eq, ge, negation
from ..rule import UpdateRule
from ..sequence import displacement
from ..structure import movement, step_in_new_state
from ..symbols import after
from .subjects import EFFECTIVE_STEP, ONE_STEP, WELL_DEFINED

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The one-step map, that it is defined, the effective step size and what it depends on."""
    yield from _one_step_map(rule)
    yield from _well_defined(rule)
    yield _effective_step(rule)
    yield _dependence(rule)
    yield from _effective_rate(rule)


def _one_step_map(rule: UpdateRule) -> Iterator[Claim]:
    expanded = rule.theta + sp.factor_terms(displacement(rule))
    yield Claim(
        "one-step-map",
        ONE_STEP,
        "One step as a function of what was known before it.",
        rule,
        Equal(after(rule.theta), expanded),
        derived=expanded,
    )


def _well_defined(rule: UpdateRule) -> Iterator[Claim]:
    conditions = _definedness(rule)
    if conditions:
        joined = conditions[0] if len(conditions) == 1 else sp.And(*conditions, evaluate=False)
        yield Claim(
            "well-defined",
            WELL_DEFINED,
            "No step divides by zero or takes the root of a negative number, from any reachable state.",
            rule,
            EachStep(joined),
        )


def _definedness(rule: UpdateRule) -> list[sp.Basic]:
    """That every divisor of the rule is not zero and every radicand not negative."""
    found: dict[sp.Basic, None] = {}
    for value in step_in_new_state(rule).values():
        for power in sorted(value.atoms(sp.Pow), key=sp.default_sort_key):
            if not power.exp.is_Rational or (power.exp.is_Integer and power.exp > 0):
                continue
            if power.exp.q == 2 and not power.base.is_nonnegative:
                found[ge(power.base, 0)] = None
            if power.exp < 0:
                found[negation(eq(power.base, 0))] = None
    return list(found)


def _effective_step(rule: UpdateRule) -> Claim:
    moved = displacement(rule)
    quotient = sp.factor_terms(moved / rule.gradient)
    return Claim(
        "effective-step",
        EFFECTIVE_STEP,
        "The effective step size: how far theta moves for each unit of gradient.",
        rule,
        Equal((after(rule.theta) - rule.theta) / rule.gradient, quotient),
        hypotheses=(Hypothesis(negation(eq(rule.gradient, 0)), "the gradient is not zero"),),
        derived=quotient,
        seed=("S1", "S14"),
    )


def _dependence(rule: UpdateRule) -> Claim:
    quotient = sp.factor_terms(displacement(rule) / rule.gradient)
    symbols = tuple(sorted(quotient.free_symbols, key=str))
    adaptive = rule.gradient in symbols
    title = (
        "The effective step size depends on the gradient: the rule is adaptive or carries momentum."
        if adaptive
        else "The effective step size does not depend on any gradient: the rule is not adaptive."
    )
    return Claim(
        "effective-step-depends",
        EFFECTIVE_STEP,
        title,
        rule,
        DependsOn(quotient, symbols),
        seed=("S1", "S14"),
    )


def _effective_rate(rule: UpdateRule) -> Iterator[Claim]:
    found = movement(rule)
    if found is None:
        return
    title = "The step is an effective learning rate times the gradient or what stands for it"
    title += "." if found.keep == 1 else "; weight decay shrinks theta beside it, whatever the gradients were."
    yield Claim(
        "effective-rate",
        EFFECTIVE_STEP,
        title,
        rule,
        Equal(after(rule.theta), found.keep * rule.theta - found.rate * found.direction),
        derived=found.rate,
        seed=("S1", "S4") if found.keep == 1 else ("S1", "S12"),
    )
