"""Which tactic settles which kind of goal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..comparison_goals import AgreesOnlyFor, Equivalent, KeepsTheta, ScalesAs, Superposes
from ..goal import ClosedForm, DependsOn, EachStep, Equal, Holds, Invariant, LimitIs
from ..monotone_goals import PositiveBeyond
from ..recurrence_goals import AlongRecurrence, StableIff, StepWithin, SupremumIs
from ..relations import eq
from ..rounding_goals import AbsorbedIff, Computed, ComputedRun, RoundsToOneIff
from .away import settle_positive_beyond
from .condition import Finding, require_satisfiable, settle_condition
from .dependence import settle_dependence
from .equivalence import settle_equivalent
from .forcing import settle_forced_value
from .induction import settle_each_step, settle_invariant
from .recurrence import settle_recurrence
from .rounded_run import settle_computed_run
from .rounded_spacing import settle_absorbed, settle_rounds_to_one
from .rounding import require_same_arithmetic, settle_computed
from .scaling import settle_scaling
from .sequences import settle_closed_form, settle_limit
from .setting import Setting
from .shrinking import settle_shrinking
from .solver import Solver
from .stability import settle_stability
from .step_bound import settle_step_bound
from .superposition import settle_superposition
from .supremum import settle_supremum
from .verdict import Result, Verdict

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
        finding.steps,
        claim.derived,
        finding.witness,
        finding.reason,
        finding.confirmed_by,
        time.perf_counter() - start,
        _facts_used(finding, setting),
    )


def _facts_used(finding: Finding, setting: Setting) -> tuple[sp.Basic, ...]:
    """The auxiliary invariants, if their proof is part of this one."""
    if finding.facts:
        return finding.facts
    own = {id(step) for step in setting.steps}
    return setting.facts if any(id(step) in own for step in finding.steps) else ()


def _find(claim: Claim, setting: Setting, solver: Solver) -> Finding:
    mixed = require_same_arithmetic(claim.goal, claim.semantics)
    if mixed is not None:
        return mixed
    if setting.trouble:
        return Finding(Verdict.UNKNOWN, "none", reason=setting.trouble)
    hypotheses = [h.condition for h in claim.hypotheses]
    if not require_satisfiable(hypotheses, solver):
        return Finding(Verdict.UNKNOWN, "none", reason="it is not known whether any values satisfy the hypotheses")
    return _TACTICS[type(claim.goal)](claim.goal, hypotheses, setting, solver)


def _settle_equal(goal: Equal, hypotheses: list[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    resolved = setting.resolved(eq(goal.left, goal.right))
    words = "Both sides have one normal form."
    finding = settle_condition(resolved, [*setting.facts, *hypotheses], solver, words=words)
    if finding.proved and any(fact in step.given for fact in setting.facts for step in finding.steps):
        return replace(finding, steps=(*setting.steps, *finding.steps))
    return finding


# Every tactic takes the goal, the hypotheses, the rule with its invariants, and the solver; some need less.
_TACTICS: Mapping[type, Callable[[Any, list[sp.Basic], Setting, Solver], Finding]] = {
    Equal: _settle_equal,
    Holds: lambda goal, given, _, solver: settle_condition(goal.condition, given, solver, words="The claim itself."),
    EachStep: settle_each_step,
    Invariant: settle_invariant,
    LimitIs: lambda goal, given, _, solver: settle_limit(goal, given, solver),
    ClosedForm: lambda goal, *_: settle_closed_form(goal),
    DependsOn: lambda goal, *_: settle_dependence(goal),
    AlongRecurrence: lambda goal, given, _, solver: settle_recurrence(goal, given, solver),
    StableIff: lambda goal, given, _, solver: settle_stability(goal, given, solver),
    StepWithin: settle_step_bound,
    SupremumIs: settle_supremum,
    PositiveBeyond: lambda goal, given, _, solver: settle_positive_beyond(goal, given, solver),
    Equivalent: settle_equivalent,
    AgreesOnlyFor: settle_forced_value,
    ScalesAs: settle_scaling,
    Superposes: settle_superposition,
    KeepsTheta: settle_shrinking,
    Computed: lambda goal, given, _, solver: settle_computed(goal, given, solver),
    ComputedRun: lambda goal, given, setting, _: settle_computed_run(goal, given, setting),
    RoundsToOneIff: lambda goal, given, *_: settle_rounds_to_one(goal, given),
    AbsorbedIff: lambda goal, given, *_: settle_absorbed(goal, given),
}
