"""Values that runs force: two rules agree for one value of an unknown only, or for none.

The reduction.  If the rules agree in every run, they agree in a chosen one.  Run exactly, with the hyperparameters left
as symbols, it gives an equation for the unknown.  One equation may leave one value; two that contradict each other
leave none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import sympy as sp

from ..comparison_goals import AgreesOnlyFor, Equivalent
from ..relations import eq, negation
from ..rule import UpdateRule
from ..symbols import Quantity
from ..translation import find_translation, solve_equations
from .condition import Finding, settle_condition
from .equivalence import settle_equivalent
from .normal_form import NormalForm
from .setting import Setting
from .side_by_side import Machine, constants_for, differ, hold_here
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["agreement_equations", "settle_forced_value"]

_METHOD = "values forced by exact runs"
_TRIED = 4
# That both rules agree after a run, and the run in words.
_Equation: TypeAlias = tuple[sp.Eq, str]
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
    equations = agreement_equations(goal, setting.rule)
    if goal.value is not None:
        finding = _one_value(goal.value, goal, equations, hypotheses, solver)
    else:
        finding = _no_value(goal, equations, hypotheses, solver)
    return finding if finding.proved else _another_value(goal, hypotheses, setting, solver) or finding


def _no_value(
    goal: AgreesOnlyFor, equations: Iterable[_Equation], hypotheses: Sequence[sp.Basic], solver: Solver
) -> Finding:
    tried = 0
    for (first, words), (second, other_words) in _pairs(equations):
        if tried == _TRIED:
            break
        said = f"If both rules agree {words}, they cannot agree {other_words}, whatever {goal.unknown} is."
        finding = _contradiction(first, second, said, goal.unknown, hypotheses, solver)
        tried += finding is not None
        if finding is not None and finding.proved:
            return Finding(Verdict.PROVED, _METHOD, (_definition(words, first), *finding.steps))
    return Finding(Verdict.UNKNOWN, _METHOD, reason="no two runs were found that contradict each other")


def _another_value(
    goal: AgreesOnlyFor, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver
) -> Finding | None:
    """A constant for which both rules are proved to agree, other than the one the goal names."""
    unknown, t = goal.unknown, setting.rule.step_counter
    found = find_translation(
        setting.rule, goal.other, here=dict(goal.here), there=dict(goal.there), unknowns=(unknown,)
    )
    if found is None or unknown not in found.solved or t in found.solved[unknown].free_symbols:
        return None
    value: dict[sp.Basic, sp.Basic] = {unknown: found.solved[unknown]}
    own = {h.symbol for h in setting.rule.hyper}
    left = tuple((h.symbol, h.symbol) for h in goal.other.hyper if h.symbol not in own | {q for q, _ in goal.there})
    here, there, states = (
        tuple((q, e.xreplace(value)) for q, e in pairs) for pairs in (goal.here, (*goal.there, *left), found.states)
    )
    agreement = Equivalent(goal.other, states, here, there)
    if not settle_equivalent(agreement, hypotheses, setting, solver).proved:
        return None
    named = sp.Integer(0) if goal.value is None else goal.value
    for point in constants_for(value[unknown].free_symbols | named.free_symbols, hypotheses):
        works, claimed = value[unknown].xreplace(point), named.xreplace(point)
        if hold_here(unknown.domain.constraints(works), {}) and (goal.value is None or differ(works, claimed)):
            witness = {str(s): v for s, v in point.items()} | {str(unknown): works}
            return Finding(Verdict.REFUTED, "a value for which both rules are proved to agree", witness=witness)
    return None


def _pairs(equations: Iterable[_Equation]) -> Iterator[tuple[_Equation, _Equation]]:
    """Every pair, the later one as soon as it is known."""
    known: list[_Equation] = []
    for equation in equations:
        yield from ((earlier, equation) for earlier in known)
        known.append(equation)


def _contradiction(
    first: sp.Eq, second: sp.Eq, words: str, unknown: Quantity, hypotheses: Sequence[sp.Basic], solver: Solver
) -> Finding | None:
    """The proof that two equations for the unknown exclude each other; None where a sample point says that they do not.

    Where the first can be solved for the unknown, its solution is put into the second.
    """
    gap = sp.fraction(sp.together(first.lhs - first.rhs))[0]
    solved = solve_equations([gap], [unknown]) if unknown in gap.free_symbols else None
    if solved is None or unknown not in second.free_symbols:
        return settle_condition(negation(second), [*hypotheses, first], solver, words=words, seek_witness=False)
    value = sp.factor(solved[unknown])
    divisor = sp.fraction(value)[1]
    sign = NormalForm([divisor]).sign(divisor)
    if sign is None or not sign.strict:
        return settle_condition(negation(second), [*hypotheses, first], solver, words=words, seek_witness=False)
    left, right = (e.xreplace({unknown: value}) for e in (second.lhs, second.rhs))
    if not _differ_somewhere(left, right, hypotheses):
        return None
    forced = settle_condition(
        eq(unknown, value), [*hypotheses, first], solver, words=f"The first run forces {unknown}.", seek_witness=False
    )
    if not forced.proved:
        return None
    rest = settle_condition(negation(eq(left, right)), hypotheses, solver, words=words, seek_witness=False)
    return Finding(rest.verdict, _METHOD, (*forced.steps, *rest.steps))


def _differ_somewhere(left: sp.Expr, right: sp.Expr, hypotheses: Sequence[sp.Basic]) -> bool:
    symbols = left.free_symbols | right.free_symbols
    point = next(constants_for(symbols, hypotheses), None)
    return point is not None and differ(left.xreplace(point), right.xreplace(point))


def _one_value(
    value: sp.Expr,
    goal: AgreesOnlyFor,
    equations: Iterable[_Equation],
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


def agreement_equations(goal: AgreesOnlyFor, rule: UpdateRule) -> Iterator[_Equation]:
    """That both thetas agree at the end of a run, as an equation, and the run in words; trivial ones are left out."""
    there: dict[sp.Basic, sp.Basic] = {h.symbol: dict(goal.there).get(h.symbol, h.symbol) for h in goal.other.hyper}
    mine, theirs = Machine(rule, dict(goal.here)), Machine(goal.other, there)
    for start, gradients in _RUNS:
        own, other = mine.start(start, {}), theirs.start(start, {})
        for t, g in enumerate(gradients, start=1):
            own, other = mine.advance(own, g, t, {}), theirs.advance(other, g, t, {})
        left, right = _evaluated(own[rule.theta]), _evaluated(other[rule.theta])
        if sp.expand(left - right) != 0:
            listed = ", ".join(str(g) for g in gradients)
            yield eq(left, right), f"after the gradients {listed} from theta = {start}"


def _evaluated(e: sp.Expr) -> sp.Expr:
    """`e` with radicands factored, so that squares come out, and without arguments that a maximum never takes."""
    for extremum in sorted(e.atoms(sp.Max), key=lambda m: len(str(m))):
        kept = list(extremum.args)
        for argument in extremum.args:
            rest = [b for b in kept if b != argument]
            if any(_at_least(b, argument) for b in rest):
                kept = rest
        e = e.xreplace({extremum: sp.Max(*kept)})
    return e.replace(lambda x: isinstance(x, sp.Pow) and x.exp.is_Rational and x.exp.q == 2, _with_factored_base)


def _at_least(a: sp.Expr, b: sp.Expr) -> bool:
    sign = NormalForm([a - b]).sign(a - b)
    return sign is not None and sign.direction > 0


def _with_factored_base(root: sp.Pow) -> sp.Expr:
    """The root of a quotient as a quotient of roots, where the divisor is known to be positive."""
    above, below = sp.fraction(sp.factor(sp.together(root.base)))
    sign = None if below == 1 else NormalForm([below]).sign(below)
    if sign is None or not sign.strict:
        return sp.Pow(above / below, root.exp)
    return sp.Pow(sign.direction * above, root.exp) / sp.Pow(sp.expand(sign.direction * below), root.exp)


def _definition(words: str, equation: sp.Basic) -> ProofStep:
    return ProofStep(f"Both rules, run exactly, agree {words} if and only if {equation.lhs} = {equation.rhs}.")
