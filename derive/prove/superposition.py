"""Linearity in the gradients: the run on a combination of two gradient sequences is the combination of the runs.

The reduction.  If the initial states combine, and one step from combined values is the combination of the steps, for
all values of both runs, then by induction theta and the states combine at every time.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..comparison_goals import Superposes
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Quantity
from .condition import Finding
from .setting import Setting
from .side_by_side import GRADIENTS, Machine, constants_for, differ, equal_step
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_superposition"]

_METHOD = "superposition in one step"


def settle_superposition(goal: Superposes, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that runs combine as claimed, or find two that do not."""
    # Most rules are not linear, and then the first step already shows it, or a long run.
    witness = _differing_runs(goal, setting.rule, hypotheses, (GRADIENTS[0], GRADIENTS[-1]))
    if witness is not None:
        return Finding(Verdict.REFUTED, "three exact runs", witness=witness)
    proof = _linear(goal, setting.rule, hypotheses, solver)
    if not isinstance(proof, str):
        return Finding(Verdict.PROVED, _METHOD, tuple(proof))
    witness = _differing_runs(goal, setting.rule, hypotheses, GRADIENTS)
    if witness is not None:
        return Finding(Verdict.REFUTED, "three exact runs", witness=witness)
    return Finding(Verdict.UNKNOWN, _METHOD, reason=proof)


def _linear(
    goal: Superposes, rule: UpdateRule, hypotheses: Sequence[sp.Basic], solver: Solver
) -> list[ProofStep] | str:
    a, b = goal.first, goal.second
    kept = (rule.theta, *(s.symbol for s in rule.state), rule.gradient)
    # Real symbols: a combination need not lie in the domain of what it combines.
    one: dict[sp.Basic, sp.Basic] = {q: Quantity(f"{q.name}__first", latex=q.latex_form) for q in kept}
    two: dict[sp.Basic, sp.Basic] = {q: Quantity(f"{q.name}__second", latex=f"{{{q.latex_form}}}'") for q in kept}
    both = {q: a * one[q] + b * two[q] for q in kept}
    rows = [(f"The initial value of {q} combines.", e, a * e + b * e) for q, e in initial_state(rule).items()]
    for q, e in one_step(rule).items():
        rows.append((f"{q} combines in one step.", e.xreplace(both), a * e.xreplace(one) + b * e.xreplace(two)))
    proof: list[ProofStep] = []
    for words, left, right in rows:
        step = equal_step(words, left, right, hypotheses, solver)
        if step is None:
            return f"not shown: {words}"
        proof.append(step)
    return proof


def _differing_runs(
    goal: Superposes,
    rule: UpdateRule,
    hypotheses: Sequence[sp.Basic],
    sequences: tuple[tuple[sp.Rational, ...], ...],
) -> dict[str, sp.Basic] | None:
    symbols = {h.symbol for h in rule.hyper} | goal.first.free_symbols | goal.second.free_symbols
    for constants in constants_for(symbols, hypotheses):
        a, b = (e.xreplace(dict(constants)) for e in (goal.first, goal.second))
        for one in sequences:
            for two in (g for g in sequences if len(g) == len(one)):
                found = _combined_run(rule, a, b, one, two, constants)
                if found is not None:
                    return found
    return None


def _combined_run(
    rule: UpdateRule,
    a: sp.Expr,
    b: sp.Expr,
    one: tuple[sp.Rational, ...],
    two: tuple[sp.Rational, ...],
    constants: dict[sp.Basic, sp.Basic],
) -> dict[str, sp.Basic] | None:
    machine, zero = Machine(rule, {}), sp.Integer(0)
    runs = [machine.start(zero, constants) for _ in range(3)]
    for t, (g, h) in enumerate(zip(one, two, strict=True), start=1):
        gradients = (g, h, a * g + b * h)
        runs = [machine.advance(run, x, t, constants) for run, x in zip(runs, gradients, strict=True)]
        first, second, whole = (run[rule.theta] for run in runs)
        if differ(a * first + b * second, whole):
            found: dict[str, sp.Basic] = {str(s): v for s, v in constants.items()}
            for i in range(t):
                found |= {f"g[{i + 1}]": one[i], f"g'[{i + 1}]": two[i]}
            ends = {"combination of the runs": a * first + b * second, "run on the combination": whole}
            return {**found, "theta[0]": zero, **ends}
    return None
