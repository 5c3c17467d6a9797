"""Least upper bounds over all gradient sequences: the bound by induction, a run that approaches it in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy as sp

from ..goal import ClosedForm, Invariant
from ..recurrence_goals import SupremumIs
from ..relations import eq, ge, gt, le, lt, negation
from ..sequence import initial_state
from ..symbols import step_counter
from .condition import Finding, settle_condition
from .exact import holds_at, sample_points
from .induction import settle_invariant
from .sequences import settle_closed_form
from .setting import Setting
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_supremum"]

_POINTS = 400
_RUNS = 6
_LONGEST = 12


def settle_supremum(goal: SupremumIs, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that ``value`` is the supremum of ``numerator^2 / scale``.

    It is an upper bound: ``cleared`` is an invariant, and says ``numerator^2 <= value scale``.  It is the least one: on
    the run with the given gradients, which are not 0, both states have the closed forms ``along``, the second one is
    positive, their quotient is ``ratio``, and ``ratio = value (1 - shrinking^t)`` with ``0 <= shrinking < 1``, which
    tends to ``value``.
    """
    upper = settle_invariant(Invariant(goal.cleared), hypotheses, setting, solver)
    if not upper.proved:
        return upper
    steps: list[ProofStep] = list(upper.steps)
    for finding in _parts(goal, hypotheses, setting, solver):
        if not finding.proved:
            witness = _exceeded(goal, hypotheses, setting) or _smaller_bound(goal, hypotheses)
            if witness is not None:
                return Finding(Verdict.REFUTED, "exact evaluation beside the proved bound", witness=witness)
            return Finding(Verdict.UNKNOWN, "supremum", reason=f"not shown of the extremal run: {finding.reason}")
        steps += finding.steps
    last = ProofStep(
        "The powers of a number below 1 tend to 0, so the quotient comes as close to the bound as one likes."
    )
    return Finding(Verdict.PROVED, "induction and an extremal run", (*steps, last))


def _parts(goal: SupremumIs, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> list[Finding]:
    rule = setting.rule
    t = rule.step_counter
    along = dict(goal.along)
    forms = [
        settle_closed_form(
            ClosedForm(
                state, initial_state(rule)[state], setting.step[state].xreplace({rule.gradient: goal.gradient}), form
            )
        )
        for state, form in goal.along
    ]
    quotient = along[goal.numerator] ** 2 / along[goal.scale]
    says = _proportional(goal)
    ratio = goal.gradient.xreplace({t: sp.Integer(1)})
    factor = sp.cancel(goal.cleared.lhs / goal.numerator**2)
    gradient, grown = sp.Symbol("gradient__"), setting.step[goal.scale]
    moving = negation(eq(rule.gradient, 0))
    return [
        *forms,
        settle_closed_form(ClosedForm(gradient, sp.Integer(1), ratio * gradient, goal.gradient)),
        _holds(gt(ratio, 0), hypotheses, solver, "The gradients of that run are positive."),
        _holds(
            gt(grown, 0), [*hypotheses, moving], solver, "A gradient that is not 0 leaves a positive second moment."
        ),
        _holds(gt(factor, 0), hypotheses, solver, "What the invariant was multiplied by is positive."),
        _holds(eq(quotient, goal.ratio), hypotheses, solver, "The quotient on that run."),
        _holds(says, (), solver, "The invariant says that the numerator's square is at most the bound."),
        _holds(ge(goal.shrinking, 0), hypotheses, solver, "What shrinks is not negative."),
        _holds(lt(goal.shrinking, 1), hypotheses, solver, "It is below 1."),
        _same_power(goal, t),
    ]


def _holds(condition: sp.Basic, hypotheses: Sequence[sp.Basic], solver: Solver, words: str) -> Finding:
    return settle_condition(condition, hypotheses, solver, words=words, seek_witness=False)


def _proportional(goal: SupremumIs) -> sp.Basic:
    """That `cleared` is ``numerator^2 <= value scale`` times a common factor: both sides in the same proportion."""
    left, right = goal.cleared.lhs, goal.cleared.rhs
    return eq(left * goal.value * goal.scale, right * goal.numerator**2)


def _same_power(goal: SupremumIs, t: sp.Symbol) -> Finding:
    """That ratio = value (1 - shrinking^t), for every t: 1 - ratio/value is multiplied by `shrinking` at each step."""
    rest = 1 - goal.ratio / goal.value
    symbol = sp.Symbol("rest__")
    following = goal.shrinking * symbol
    return settle_closed_form(ClosedForm(symbol, sp.Integer(1), following, rest))


def _points(goal: SupremumIs, hypotheses: Sequence[sp.Basic]) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    constants = {q for q, _ in goal.along} | {step_counter()}
    symbols = goal.value.free_symbols.union(*(h.free_symbols for h in (goal.cleared, *hypotheses))) - constants
    for point in sample_points(symbols, _POINTS):
        if all(holds_at(h, point) is True for h in hypotheses):
            yield point


def _exceeded(goal: SupremumIs, hypotheses: Sequence[sp.Basic], setting: Setting) -> dict[str, sp.Basic] | None:
    """A run on the given gradients after which the quotient is above the claimed value."""
    rule = setting.rule
    t, start = rule.step_counter, initial_state(rule)
    for point in itertools.islice(_points(goal, hypotheses), _RUNS):
        states = {q: e.xreplace(point) for q, e in start.items()}
        for count in range(1, _LONGEST + 1):
            now: dict[sp.Basic, sp.Basic] = {t: sp.Integer(count)}
            gradient = goal.gradient.xreplace({**point, **now})
            inputs = {**point, **states, **now, rule.gradient: gradient}
            states = {q: setting.step[q].xreplace(inputs) for q in states}
            claim = le(states[goal.numerator] ** 2, goal.value.xreplace(point) * states[goal.scale])
            if holds_at(claim, {}) is False:
                return {s.name: v for s, v in point.items()} | {"t": sp.Integer(count)}
    return None


def _smaller_bound(goal: SupremumIs, hypotheses: Sequence[sp.Basic]) -> dict[str, sp.Basic] | None:
    """Constants for which the invariant, already proved, bounds the quotient by less than the claimed value."""
    bound = goal.cleared.rhs / goal.scale / (goal.cleared.lhs / goal.numerator**2)
    for point in itertools.islice(_points(goal, hypotheses), _RUNS):
        found = bound.xreplace(point)
        if not found.free_symbols and holds_at(lt(found, goal.value.xreplace(point)), {}) is True:
            factor = (goal.cleared.lhs / goal.numerator**2).xreplace(point)
            if holds_at(gt(factor, 0), {}) is True:
                return {s.name: v for s, v in point.items()} | {"an upper bound": found}
    return None
