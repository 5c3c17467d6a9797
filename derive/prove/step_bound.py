"""How far one step can move theta: the chain from the movement to the bound."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..goal import EachStep
from ..recurrence_goals import StepWithin
from ..relations import eq, ge, gt, le, replaced
from ..symbols import after
from .condition import Finding, settle_condition
from .induction import prove_lemmas, settle_each_step
from .search import breaking_run
from .setting import Setting
from .solver import Solver
from .trials import breaking_trial
from .verdict import ProofStep, Verdict

__all__ = ["settle_step_bound"]


def settle_step_bound(goal: StepWithin, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that no step is longer than the bound, or find a run with one that is.

    With n for the direction, s for what stands under the root and r for the rate, all after the step, the obligations
    are ``theta' - keep theta = -r n``; ``n^2 below <= above s`` with ``below > 0`` and ``above >= 0``;
    ``r^2 s <= size``; and ``size above <= bound^2 below`` with ``bound >= 0``.  Together they give
    ``(r n)^2 below <= r^2 s above <= size above <= bound^2 below``, and below is positive.
    """
    condition = le((after(setting.rule.theta) - goal.keep * setting.rule.theta) ** 2, goal.bound**2)
    lemmas = prove_lemmas(goal.lemmas, hypotheses, setting, solver)
    if not lemmas.proved:
        return _broken(goal, condition, hypotheses, setting) or lemmas
    steps: list[ProofStep] = [*setting.steps, *lemmas.steps]
    for part, words in _obligations(goal, setting):
        finding = _settle(part, goal, hypotheses, setting, solver, words)
        if not finding.proved:
            refuted = _broken(goal, condition, hypotheses, setting)
            if refuted is not None:
                return refuted
            return Finding(Verdict.UNKNOWN, "chain of bounds", reason=f"not shown: {words} {finding.reason}")
        steps += finding.steps
    return Finding(Verdict.PROVED, "chain of bounds", tuple(steps))


def _broken(goal: StepWithin, condition: sp.Basic, hypotheses: Sequence[sp.Basic], setting: Setting) -> Finding | None:
    witness = breaking_trial(setting.rule, condition, hypotheses, goal.trials)
    if witness is None:
        witness = breaking_run(setting.rule, condition, hypotheses, both_ends=True)
    return None if witness is None else Finding(Verdict.REFUTED, "exact run", witness=witness)


def _obligations(goal: StepWithin, setting: Setting) -> list[tuple[sp.Basic, str]]:
    theta = setting.rule.theta
    moved = eq(after(theta), goal.keep * theta - goal.rate * goal.direction)
    return [
        (moved, "The step is the rate times the direction."),
        (gt(goal.below, 0), "A factor to divide by is positive."),
        (ge(goal.above, 0), "A factor to multiply by is not negative."),
        (
            le(goal.direction**2 * goal.below, goal.above * goal.scale),
            "The square of the direction against what stands under the root.",
        ),
        (le(goal.rate**2 * goal.scale, goal.size), "The rate against what stands under the root: eps only lowers it."),
        (le(goal.size * goal.above, goal.bound**2 * goal.below), "Both together stay below the square of the bound."),
        (ge(goal.bound, 0), "The bound is not negative."),
    ]


def _settle(
    part: sp.Basic,
    goal: StepWithin,
    hypotheses: Sequence[sp.Basic],
    setting: Setting,
    solver: Solver,
    words: str,
) -> Finding:
    """An obligation from what holds of the state after a step; if that is not enough, from the step itself."""
    now = {s.symbol: after(s.symbol) for s in setting.rule.state}
    facts = [replaced(c, now) for c in (*setting.facts, *goal.lemmas)]
    if not part.has(after(setting.rule.theta)):
        used = _relevant(facts, part, set(now.values()))
        finding = settle_condition(part, [*hypotheses, *used], solver, words=words, seek_witness=False)
        if finding.proved or not part.free_symbols & set(now.values()):
            return finding
    return settle_each_step(EachStep(part), hypotheses, setting, solver, refute=False)


def _relevant(facts: list[sp.Basic], part: sp.Basic, states: set[sp.Symbol]) -> list[sp.Basic]:
    """Facts that do not speak of what the obligation speaks of only burden the solver."""
    known = part.free_symbols & states
    grown = known | {s for f in facts if f.free_symbols & known for s in f.free_symbols & states}
    return [f for f in facts if f.free_symbols & states <= grown]
