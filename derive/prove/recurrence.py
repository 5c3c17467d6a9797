"""Inequalities along a recurrence, by induction on t; exact runs of it where they fail."""

from __future__ import annotations

import random
from collections.abc import Sequence

import sympy as sp

from ..recurrence_goals import AlongRecurrence
from ..relations import ge, replaced
from ..symbols import step_counter
from .condition import Finding, settle_condition
from .exact import holds_at, sample_points
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_recurrence"]

_POINTS = 24
_MOST_POINTS = 400
_DRAWS = 20
_LONGEST = 6


def settle_recurrence(goal: AlongRecurrence, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    """Prove by induction on t that the condition holds from the start on, or run the recurrence until it does not.

    The domains of the sequences are proved first, in the same way, then the lemmas, then the condition: each holds of
    the initial values at the start, and if it (and what was proved before) holds at t - 1, it holds at t.  Inputs are
    free in the induction step, so they may take any value their hypotheses allow at each step.
    """
    domains = [c for s in goal.symbols for c in s.domain.constraints(s)]
    start = dict(zip(goal.symbols, goal.initial, strict=True)) | {step_counter(): sp.Integer(goal.start)}
    constant = [h for h in hypotheses if not h.free_symbols & set(goal.inputs)]
    if any(h.free_symbols & {*goal.symbols, step_counter()} for h in hypotheses):
        return Finding(Verdict.UNKNOWN, "induction", reason="a hypothesis speaks of t or of the sequences themselves")
    if any(c.free_symbols & set(goal.inputs) for c in (*goal.lemmas, goal.condition)):
        return Finding(Verdict.UNKNOWN, "induction", reason="a condition speaks of an input, which changes each step")
    steps: list[ProofStep] = []
    known: list[sp.Basic] = []
    for condition in [*domains, *goal.lemmas, goal.condition]:
        base = settle_condition(
            replaced(condition, start), constant, solver, words=f"At t = {goal.start}: {condition}", seek_witness=False
        )
        step = _step(condition, known, goal, hypotheses, solver) if base.proved else base
        if not step.proved:
            witness = _breaking_values(goal, hypotheses) or _breaking_start(goal, start, constant, solver)
            if witness is not None:
                return Finding(Verdict.REFUTED, "exact run", witness=witness)
            return Finding(Verdict.UNKNOWN, "induction", reason=f"the induction for {condition} fails: {step.reason}")
        steps += [*base.steps, *step.steps]
        known.append(condition)
    return Finding(Verdict.PROVED, "induction", tuple(steps))


def _step(
    condition: sp.Basic, known: list[sp.Basic], goal: AlongRecurrence, hypotheses: Sequence[sp.Basic], solver: Solver
) -> Finding:
    t = step_counter()
    later = dict(zip(goal.symbols, goal.following, strict=True))
    earlier = [replaced(c, {t: t - 1}) for c in (*known, condition)]
    facts = [*earlier, *(replaced(c, later) for c in known), *hypotheses]
    target = replaced(condition, later)
    if any(c.has(t) for c in (*facts, target)):
        facts.append(ge(t, goal.start + 1))
    words = f"If it holds at t - 1, it holds at t: {condition}"
    return settle_condition(target, facts, solver, words=words, seek_witness=False)


def _breaking_values(goal: AlongRecurrence, hypotheses: Sequence[sp.Basic]) -> dict[str, sp.Basic] | None:
    """Constants and inputs for which the condition fails at some time."""
    inner = {*goal.symbols, *goal.inputs, step_counter()}
    expressions = (*goal.initial, *goal.following, goal.condition, *hypotheses)
    constants = set().union(*(e.free_symbols for e in expressions)) - inner
    chance = random.Random(20260101)
    runs = 0
    for point in sample_points(constants, _MOST_POINTS):
        if runs == _POINTS:
            break
        # Points that the hypotheses exclude cost little.
        if any(holds_at(h, point) is not True for h in hypotheses if h.free_symbols <= constants):
            continue
        runs += 1
        values: dict[sp.Basic, sp.Basic] = {
            s: e.xreplace(point) for s, e in zip(goal.symbols, goal.initial, strict=True)
        }
        given: dict[str, sp.Basic] = {s.name: v for s, v in point.items()}
        for t in range(goal.start, goal.start + _LONGEST):
            if t > goal.start:
                drawn = _drawn(goal, hypotheses, point, chance)
                if drawn is None:
                    break
                given |= {f"{s.name}[{t}]": v for s, v in drawn.items()}
                now = {**point, **values, **drawn, step_counter(): sp.Integer(t)}
                following = _evaluated(goal, now)
                if following is None:
                    break
                values = following
            elif any(holds_at(h, point) is False for h in hypotheses):
                break
            if holds_at(replaced(goal.condition, {**point, **values, step_counter(): sp.Integer(t)}), {}) is False:
                return given | {"t": sp.Integer(t)}
    return None


def _evaluated(goal: AlongRecurrence, now: dict[sp.Basic, sp.Basic]) -> dict[sp.Basic, sp.Basic] | None:
    """The next values; None where one is not defined."""
    try:
        found = {s: e.xreplace(now) for s, e in zip(goal.symbols, goal.following, strict=True)}
    except ValueError:
        # SymPy does not compare what is not a number.
        return None
    return None if any(e.has(sp.nan, sp.zoo, sp.oo) for e in found.values()) else found


def _drawn(
    goal: AlongRecurrence, hypotheses: Sequence[sp.Basic], point: dict[sp.Symbol, sp.Rational], chance: random.Random
) -> dict[sp.Symbol, sp.Rational] | None:
    """Inputs of one step that the hypotheses allow."""
    for _ in range(_DRAWS):
        drawn = next(sample_points(goal.inputs, 1, seed=chance.randint(0, 10**6)))
        if all(holds_at(h, {**point, **drawn}) is True for h in hypotheses):
            return drawn
        if not goal.inputs:
            break
    return None


def _breaking_start(
    goal: AlongRecurrence, start: dict[sp.Symbol, sp.Expr], constant: Sequence[sp.Basic], solver: Solver
) -> dict[str, sp.Basic] | None:
    """Constants for which the condition fails of the initial values already, as the solver finds them."""
    found = settle_condition(replaced(goal.condition, dict(start)), constant, solver)
    if found.verdict is not Verdict.REFUTED:
        return None
    return {**found.witness, "t": sp.Integer(goal.start)}
