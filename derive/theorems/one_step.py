"""What one step does: theta's movement split into rate and direction, and that every operation is defined."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import DependsOn, EachStep, Equal
from ..prove.verdict import Verdict
from ..recurrence_goals import Trial
from ..relations import eq, ge, implies, negation
from ..rule import UpdateRule
from ..sequence import displacement, one_step
from ..structure import movement, step_in_new_state
from ..symbols import after
from ..tidying import pruned
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
    if not conditions:
        return
    joined = conditions[0] if len(conditions) == 1 else sp.And(*conditions, evaluate=False)
    guarded = not any(_vanishes_at_rest(c, rule) for c in conditions)
    yield Claim(
        "well-defined",
        WELL_DEFINED,
        "No step divides by zero or takes the root of a negative number, from any reachable state."
        if guarded
        else "Taken for granted: no step divides by zero. Without an eps one does while every gradient is 0.",
        rule,
        EachStep(joined, trials=() if guarded else (Trial((), (sp.Integer(0),) * 8),)),
        expected=Verdict.PROVED if guarded else Verdict.REFUTED,
    )
    if not guarded:
        yield Claim(
            "well-defined-with-a-gradient",
            WELL_DEFINED,
            "No step with a gradient other than 0 divides by zero or takes the root of a negative number.",
            rule,
            EachStep(joined),
            hypotheses=(Hypothesis(negation(eq(rule.gradient, 0)), "the gradient is not zero"),),
        )


def _vanishes_at_rest(condition: sp.Basic, rule: UpdateRule) -> bool:
    """Whether a divisor that must not be zero is zero as long as every state and gradient is."""
    still: dict[sp.Basic, sp.Basic] = {rule.gradient: sp.Integer(0), **{s.symbol: sp.Integer(0) for s in rule.state}}
    rest = still | {after(s.symbol): one_step(rule)[s.symbol].xreplace(still) for s in rule.state}
    divisors = [n.args[0].lhs for n in condition.atoms(sp.Not) if isinstance(n.args[0], sp.Eq)]
    return any(d.xreplace(rest) == 0 for d in divisors)


def _definedness(rule: UpdateRule) -> list[sp.Basic]:
    """That every divisor of the rule is not zero and every radicand not negative, in the cases where it is used."""
    found: dict[sp.Basic, None] = {}
    for value in step_in_new_state(rule).values():
        for guard, power in _guarded_powers(value, sp.true):
            if not power.exp.is_Rational or (power.exp.is_Integer and power.exp > 0):
                continue
            if power.exp.q == 2 and not power.base.is_nonnegative:
                found[_when(guard, ge(power.base, 0))] = None
            if power.exp < 0:
                found[_when(guard, negation(eq(power.base, 0)))] = None
    return list(found)


def _when(guard: sp.Basic, condition: sp.Basic) -> sp.Basic:
    return condition if guard == sp.true else implies(guard, condition)


def _guarded_powers(e: sp.Basic, guard: sp.Basic) -> Iterator[tuple[sp.Basic, sp.Pow]]:
    """Every power in `e`, with the condition under which its value is used."""
    if isinstance(e, sp.Piecewise):
        for value, condition in e.args:
            yield from _guarded_powers(condition, guard)
            inside = condition if guard == sp.true else sp.And(guard, condition, evaluate=False)
            yield from _guarded_powers(value, guard if condition == sp.true else inside)
            if condition != sp.true:
                guard = negation(condition) if guard == sp.true else sp.And(guard, negation(condition), evaluate=False)
        return
    for argument in sorted(e.args, key=sp.default_sort_key):
        yield from _guarded_powers(argument, guard)
    if isinstance(e, sp.Pow):
        yield guard, e


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
    quotient = pruned(sp.factor_terms(displacement(rule) / rule.gradient))
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
