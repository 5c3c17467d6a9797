"""Which tactic settles which kind of goal."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import sympy as sp

from ..comparison_goals import AgreesOnlyFor, Equivalent, KeepsTheta, ScalesAs, Superposes
from ..goal import ClosedForm, DependsOn, EachStep, Equal, Holds, Invariant, LimitIs
from ..printing import claim_notation
from ..recurrence_goals import AlongRecurrence, StableIff, StepWithin, SupremumIs
from ..relations import eq
from ..rounding_goals import AbsorbedIff, Computed, ComputedRun, RoundsToOneIff
from ..rule import UpdateRule
from .condition import Finding, require_satisfiable, settle_condition
from .dependence import settle_dependence
from .equivalence import settle_equivalent
from .forcing import settle_forced_value
from .induction import settle_each_step, settle_invariant
from .recurrence import settle_recurrence
from .rounded_run import settle_computed_run
from .rounding import require_same_arithmetic, settle_absorbed, settle_computed, settle_rounds_to_one
from .scaling import settle_scaling
from .sequences import settle_closed_form, settle_limit
from .setting import Setting
from .shrinking import settle_shrinking
from .solver import Solver
from .stability import settle_stability
from .step_bound import settle_step_bound
from .superposition import settle_superposition
from .supremum import settle_supremum
from .verdict import ProofStep, Result, Verdict

if TYPE_CHECKING:
    from ..claim import Claim

__all__ = ["settle"]


def settle(claim: Claim, setting: Setting, solver: Solver) -> Result:
    """Prove or refute `claim`.

    Raises
    ------
    ContradictoryHypothesesError
        If no values satisfy the claim's hypotheses together.
    """
    start = time.perf_counter()
    finding = _find(claim, setting, solver)
    return Result(
        claim,
        finding.verdict,
        finding.method,
        tuple(_in_notation(step, claim) for step in finding.steps),
        claim.derived,
        finding.witness,
        finding.reason,
        finding.confirmed_by,
        time.perf_counter() - start,
        _facts_used(finding, setting),
    )


def _facts_used(finding: Finding, setting: Setting) -> tuple[sp.Basic, ...]:
    """The auxiliary invariants, if their proof is part of this one."""
    own = {id(step) for step in setting.steps}
    return setting.facts if any(id(step) in own for step in finding.steps) else ()


def _in_notation(step: ProofStep, claim: Claim) -> ProofStep:
    """The step with its obligation written out as the claim's rule writes formulas."""
    if step.shows is None or step.latex:
        return step
    return replace(step, latex=_obligation(claim.rule, step.given, step.shows))


@lru_cache(maxsize=1024)
def _obligation(rule: UpdateRule, given: tuple[sp.Basic, ...], shows: sp.Basic) -> str:
    """The obligation as LaTeX; the proofs about one rule share many."""
    notation = claim_notation(rule, "latex", now=False)
    shown = notation.write(shows)
    hypotheses = r",\; ".join(notation.write(c) for c in given)
    return rf"{hypotheses} \;\Rightarrow\; {shown}" if hypotheses else shown


def _find(claim: Claim, setting: Setting, solver: Solver) -> Finding:
    mixed = require_same_arithmetic(claim.goal, claim.semantics)
    if mixed is not None:
        return mixed
    if setting.trouble:
        return Finding(Verdict.UNKNOWN, "none", reason=setting.trouble)
    hypotheses = [h.condition for h in claim.hypotheses]
    if not require_satisfiable(hypotheses, solver):
        return Finding(Verdict.UNKNOWN, "none", reason="it is not known whether any values satisfy the hypotheses")
    match claim.goal:
        case Equal(left, right):
            equation = eq(left, right)
            return _in_one_step(equation, hypotheses, setting, solver)
        case Holds(condition):
            return settle_condition(condition, hypotheses, solver, words=claim.title)
        case EachStep():
            return settle_each_step(claim.goal, hypotheses, setting, solver)
        case Invariant():
            return settle_invariant(claim.goal, hypotheses, setting, solver)
        case LimitIs():
            return settle_limit(claim.goal, hypotheses, solver)
        case ClosedForm():
            return settle_closed_form(claim.goal)
        case DependsOn():
            return settle_dependence(claim.goal)
        case AlongRecurrence():
            return settle_recurrence(claim.goal, hypotheses, solver)
        case StableIff():
            return settle_stability(claim.goal, hypotheses, solver)
        case StepWithin():
            return settle_step_bound(claim.goal, hypotheses, setting, solver)
        case SupremumIs():
            return settle_supremum(claim.goal, hypotheses, setting, solver)
        case Equivalent():
            return settle_equivalent(claim.goal, hypotheses, setting, solver)
        case AgreesOnlyFor():
            return settle_forced_value(claim.goal, hypotheses, setting, solver)
        case ScalesAs():
            return settle_scaling(claim.goal, hypotheses, setting, solver)
        case Superposes():
            return settle_superposition(claim.goal, hypotheses, setting, solver)
        case KeepsTheta():
            return settle_shrinking(claim.goal, hypotheses, setting, solver)
        case Computed():
            return settle_computed(claim.goal, hypotheses, solver)
        case ComputedRun():
            return settle_computed_run(claim.goal, hypotheses, setting)
        case RoundsToOneIff():
            return settle_rounds_to_one(claim.goal, hypotheses)
        case AbsorbedIff():
            return settle_absorbed(claim.goal, hypotheses)


def _in_one_step(equation: sp.Eq, hypotheses: list[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    resolved = setting.resolved(equation)
    words = "Both sides have one normal form."
    finding = settle_condition(resolved, [*setting.facts, *hypotheses], solver, words=words)
    if finding.proved and any(fact in step.given for fact in setting.facts for step in finding.steps):
        return replace(finding, steps=(*setting.steps, *finding.steps))
    return finding
