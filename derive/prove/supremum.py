"""Least upper bounds over all gradient sequences: the bound by induction, a run that approaches it in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..goal import ClosedForm, Invariant
from ..recurrence_goals import SupremumIs
from ..relations import eq, ge, gt, lt, negation
from ..sequence import initial_state
from .condition import Finding, settle_condition
from .induction import settle_invariant
from .sequences import settle_closed_form
from .setting import Setting
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_supremum"]


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
