"""Values that runs force: two rules agree for one value of an unknown only, or for none.

The reduction.  If the rules agree in every run, they agree in a chosen one.  Its exact run, with the hyperparameters left as
symbols, is an equation for the unknown.  One equation may leave one value; two that contradict each other leave none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy as sp

from ..comparison_goals import AgreesOnlyFor
from ..relations import eq, negation
from ..rule import UpdateRule
from .condition import Finding, settle_condition
from .setting import Setting
from .side_by_side import Machine
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["agreement_equations", "settle_forced_value"]

_METHOD = "values forced by exact runs"
_PAIRS = 4
# Where theta starts, and the gradients.
_RUNS = tuple(
    (sp.Integer(start), tuple(sp.Integer(n) for n in gradients.split()))
    for start, gradients in (("1", "0"), ("2", "0"), ("1", "0 0"), ("0", "1"), ("0", "2"), ("0", "1 1"), ("1", "1"))
)


def settle_forced_value(
    goal: AgreesOnlyFor, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver
) -> Finding:
    """Prove that no value of the unknown, or none but the given one, makes both rules agree."""
    if setting.rule.gradient_at != setting.rule.theta or goal.other.gradient_at != setting.rule.theta:
        return Finding(Verdict.UNKNOWN, _METHOD, reason="the rules may ask for gradients at different points")
    equations = list(agreement_equations(goal, setting.rule))
    if goal.value is not None:
        return _one_value(goal.value, goal, equations, hypotheses, solver)
    for (first, words), (second, other_words) in itertools.islice(_pairs(equations), _PAIRS):
        said = f"If both rules agree {words}, they cannot agree {other_words}, whatever {goal.unknown} is."
        finding = settle_condition(
            negation(second), [*hypotheses, first], solver, words=said, seek_witness=False
        )
        if finding.proved:
            return Finding(Verdict.PROVED, _METHOD, (_definition(words, first), *finding.steps))
    return Finding(Verdict.UNKNOWN, _METHOD, reason="no two runs were found that contradict each other")


def _one_value(
    value: sp.Expr,
    goal: AgreesOnlyFor,
    equations: list[tuple[sp.Basic, str]],
    hypotheses: Sequence[sp.Basic],
    solver: Solver,
) -> Finding:
    for equation, words in equations:
        if goal.unknown not in equation.free_symbols:
            continue
        said = f"If both rules agree {words}, {goal.unknown} has this value."
        finding = settle_condition(
            eq(goal.unknown, value), [*hypotheses, equation], solver, words=said, seek_witness=False
        )
        if finding.proved:
            return Finding(Verdict.PROVED, _METHOD, (_definition(words, equation), *finding.steps))
    return Finding(Verdict.UNKNOWN, _METHOD, reason=f"no run was found that forces {goal.unknown} to be {value}")


def agreement_equations(goal: AgreesOnlyFor, rule: UpdateRule) -> Iterator[tuple[sp.Basic, str]]:
    """That both thetas agree at the end of a run, as an equation, and the run in words; trivial ones are left out."""
    there: dict[sp.Basic, sp.Basic] = {h.symbol: dict(goal.there).get(h.symbol, h.symbol) for h in goal.other.hyper}
    mine, theirs = Machine(rule, dict(goal.here)), Machine(goal.other, there)
    for start, gradients in _RUNS:
        own, other = mine.start(start, {}), theirs.start(start, {})
        for t, g in enumerate(gradients, start=1):
            own, other = mine.advance(own, g, t, {}), theirs.advance(other, g, t, {})
        left, right = own[rule.theta], other[rule.theta]
        if sp.expand(left - right) != 0:
            listed = ", ".join(str(g) for g in gradients)
            yield eq(left, right), f"after the gradients {listed} from theta = {start}"


def _pairs(
    equations: list[tuple[sp.Basic, str]],
) -> Iterator[tuple[tuple[sp.Basic, str], tuple[sp.Basic, str]]]:
    return itertools.combinations(equations, 2)


def _definition(words: str, equation: sp.Basic) -> ProofStep:
    return ProofStep(f"Both rules, run exactly, agree {words} if and only if {equation.lhs} = {equation.rhs}.")
