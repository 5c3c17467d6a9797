"""What theta does without gradients, or without anything that could move it: every step multiplies it by one factor.

The reduction.  States that start at zero and that one step keeps at zero, for the gradients allowed, stay there in
every such run.  If one step from there multiplies theta by the factor, every step does.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..comparison_goals import KeepsTheta
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Quantity
from .condition import Finding
from .identity import prove_identity
from .setting import Setting, setting_of
from .side_by_side import GRADIENTS, Machine, constants_for, differ, domain_obstacle, equal_step
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["resting_states", "settle_shrinking"]

_METHOD = "states that stay at zero"


def resting_states(rule: UpdateRule, given: dict[sp.Basic, sp.Basic]) -> tuple[Quantity, ...]:
    """The largest set of states that start at zero and that one step keeps there, with `given` put in."""
    step = {q: e.xreplace(given) for q, e in one_step(rule).items()}
    resting = [q for q, e in initial_state(rule).items() if e.xreplace(given) == 0]
    while True:
        zero: dict[sp.Basic, sp.Basic] = {q: sp.Integer(0) for q in resting}
        kept = [q for q in resting if _is_zero(step[q].xreplace(zero))]
        if kept == resting:
            return tuple(resting)
        resting = kept


def _is_zero(e: sp.Expr) -> bool:
    return e == 0 or prove_identity(e, sp.Integer(0)).verdict is Verdict.PROVED


def settle_shrinking(goal: KeepsTheta, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that each step multiplies theta by the factor, or find a run in which one does not."""
    rule = goal.variant or setting.rule
    own = setting if goal.variant is None else setting_of(goal.variant, solver)
    if own.trouble:
        return Finding(Verdict.UNKNOWN, _METHOD, reason=own.trouble)
    given: dict[sp.Basic, sp.Basic] = dict(goal.fixed)
    if goal.gradient is not None:
        given[rule.gradient] = goal.gradient
    resting = resting_states(rule, given)
    if obstacle := domain_obstacle(rule, dict(goal.fixed), resting):
        return Finding(Verdict.UNKNOWN, _METHOD, reason=obstacle)
    zero: dict[sp.Basic, sp.Basic] = {q: sp.Integer(0) for q in resting}
    step = one_step(rule)
    rows = [(f"{q} stays at zero.", step[q].xreplace(given).xreplace(zero), sp.Integer(0)) for q in resting]
    moved = step[rule.theta].xreplace(given).xreplace(zero)
    rows.append(("From there one step multiplies theta by the factor.", moved, goal.factor * rule.theta))
    proof: list[ProofStep] = []
    for words, left, right in rows:
        shown = equal_step(words, left, right, hypotheses, solver)
        if shown is None:
            witness = _moving_run(goal, rule, hypotheses)
            if witness is not None:
                return Finding(Verdict.REFUTED, "exact run", witness=witness)
            return Finding(Verdict.UNKNOWN, _METHOD, reason=f"not shown: {words}")
        proof.append(shown)
    return Finding(Verdict.PROVED, _METHOD, (*own.steps, *proof), facts=own.facts)


def _moving_run(goal: KeepsTheta, rule: UpdateRule, hypotheses: Sequence[sp.Basic]) -> dict[str, sp.Basic] | None:
    fixed: dict[sp.Basic, sp.Basic] = dict(goal.fixed)
    symbols = {h.symbol for h in rule.hyper if h.symbol not in fixed} | goal.factor.free_symbols
    machine, one = Machine(rule, fixed), sp.Integer(1)
    for constants in constants_for(symbols, hypotheses):
        factor = goal.factor.xreplace(dict(constants))
        for sequence in GRADIENTS:
            gradients = sequence if goal.gradient is None else (goal.gradient,) * len(sequence)
            state = machine.start(one, constants)
            for t, g in enumerate(gradients, start=1):
                following = machine.advance(state, g, t, constants)
                if differ(following[rule.theta], factor * state[rule.theta]):
                    found: dict[str, sp.Basic] = {str(s): v for s, v in constants.items()} | {"theta[0]": one}
                    found |= {f"g[{i}]": x for i, x in enumerate(gradients[:t], start=1)}
                    ends = {f"theta[{t}]": following[rule.theta], "as claimed": factor * state[rule.theta]}
                    return {**found, **ends}
                state = following
    return None
