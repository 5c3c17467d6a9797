"""Settling a condition: whether it holds for all values in the domains that satisfy the hypotheses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from ..relations import negation
from .exact import holds_at, sample_points
from .identity import prove_identity
from .normal_form import NormalForm
from .smt import NotEncodableError, encode
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["ContradictoryHypothesesError", "Finding", "require_satisfiable", "settle_condition"]

_POINTS = 200
_FEW_POINTS = 12


class ContradictoryHypothesesError(ValueError):
    """Hypotheses that no values satisfy: anything would follow from them."""


@dataclass(frozen=True)
class Finding:
    """What a tactic found: the part of a :class:`Result` that does not repeat the claim."""

    verdict: Verdict
    method: str
    steps: tuple[ProofStep, ...] = ()
    witness: Mapping[str, sp.Basic] = field(default_factory=dict)
    reason: str = ""
    confirmed_by: tuple[str, ...] = ()
    facts: tuple[sp.Basic, ...] = ()
    """Auxiliary invariants of another rule than the claim's, whose proof is part of `steps`."""

    @property
    def proved(self) -> bool:
        """Whether the verdict is PROVED."""
        return self.verdict is Verdict.PROVED


def settle_condition(
    condition: sp.Basic,
    hypotheses: Sequence[sp.Basic],
    solver: Solver,
    *,
    words: str = "",
    latex: str = "",
    seek_witness: bool = True,
) -> Finding:
    """Prove or refute that `condition` holds wherever `hypotheses` do.

    Tried in this order: the normal form (equations), the signs of coefficients (inequalities that need no
    hypothesis), an exact counterexample at a few sample points, the solver, and many sample points.  Without
    `seek_witness` nothing is refuted: where the symbols are states, values that break the condition need not be
    reachable.

    What was found is kept with the solver: rules that share lines share obligations.
    """
    key = (condition, tuple(hypotheses), seek_witness)
    if key not in solver.findings:
        solver.findings[key] = _settled(condition, hypotheses, solver, words, latex, seek_witness=seek_witness)
    found: Finding = solver.findings[key]
    return replace(found, steps=tuple(replace(step, words=words, latex=latex) for step in found.steps))


def _settled(
    condition: sp.Basic, hypotheses: Sequence[sp.Basic], solver: Solver, words: str, latex: str, *, seek_witness: bool
) -> Finding:
    start = time.perf_counter()
    if condition == sp.true:
        return Finding(Verdict.PROVED, "evaluation", (ProofStep(words, latex, "evaluation", "true", shows=condition),))
    if isinstance(condition, sp.Eq):
        identity = prove_identity(condition.lhs, condition.rhs)
        if identity.verdict is Verdict.PROVED:
            step = ProofStep(words, latex, "identity", identity.formal, time.perf_counter() - start, shows=condition)
            return Finding(Verdict.PROVED, "normal form", (step,), confirmed_by=_second(condition, hypotheses, solver))
    evident = _evident(condition)
    if evident is not None:
        step = ProofStep(words, latex, "identity", evident, time.perf_counter() - start, shows=condition)
        return Finding(
            Verdict.PROVED, "signs of coefficients", (step,), confirmed_by=_second(condition, hypotheses, solver)
        )
    if not seek_witness:
        return _by_solver(condition, hypotheses, solver, words, latex, seek_witness=False)
    witness = _counterexample(condition, hypotheses, _FEW_POINTS)
    if witness is None:
        finding = _by_solver(condition, hypotheses, solver, words, latex, seek_witness=True)
        if finding.verdict is not Verdict.UNKNOWN:
            return finding
        witness = _counterexample(condition, hypotheses, _POINTS)
        if witness is None:
            return finding
    return Finding(Verdict.REFUTED, "exact evaluation", witness=witness)


def require_satisfiable(hypotheses: Sequence[sp.Basic], solver: Solver) -> bool:
    """Whether some values are known to satisfy all of `hypotheses`.

    Raises
    ------
    ContradictoryHypothesesError
        If it is known that none do.
    """
    if not hypotheses or _point_where(hypotheses) is not None:
        return True
    try:
        answer = solver.check(encode(hypotheses, comment="Are the hypotheses satisfiable?"))
    except NotEncodableError:
        return False
    if answer.result == "unsat":
        listed = "; ".join(str(h) for h in hypotheses)
        raise ContradictoryHypothesesError(f"no values satisfy the hypotheses together ({listed}); drop or correct one")
    return answer.result == "sat"


def _point_where(conditions: Iterable[sp.Basic]) -> dict[sp.Symbol, sp.Rational] | None:
    conditions = list(conditions)
    symbols = set().union(*(c.free_symbols for c in conditions))
    for point in sample_points(symbols, _POINTS):
        if all(holds_at(c, point) for c in conditions):
            return point
    return None


def _counterexample(condition: sp.Basic, hypotheses: Sequence[sp.Basic], count: int) -> dict[str, sp.Basic] | None:
    symbols = condition.free_symbols.union(*(h.free_symbols for h in hypotheses))
    for point in sample_points(symbols, count):
        if holds_at(condition, point) is False and all(holds_at(h, point) for h in hypotheses):
            return {s.name: value for s, value in point.items()}
    return None


def _evident(condition: sp.Basic) -> str | None:
    """The inequality as a sign of coefficients, if that is all it takes."""
    if not isinstance(condition, (sp.Ge, sp.Gt, sp.Le, sp.Lt)):
        return None
    greater = isinstance(condition, (sp.Ge, sp.Gt))
    difference = condition.lhs - condition.rhs if greater else condition.rhs - condition.lhs
    form = NormalForm([condition.lhs, condition.rhs])
    if isinstance(condition, (sp.Ge, sp.Le)) and form.is_zero(difference):
        return f"{difference} = 0"
    sign = form.sign(difference)
    if sign is None or sign.direction < 0:
        return None
    strict = isinstance(condition, (sp.Gt, sp.Lt))
    if strict and not sign.strict:
        return None
    return f"all coefficients of the numerator of {difference} are positive after the bounded symbols are parametrised"


def _second(condition: sp.Basic, hypotheses: Sequence[sp.Basic], solver: Solver) -> tuple[str, ...]:
    """Z3 as a second opinion on what the algebra proved."""
    try:
        answer = solver.check(encode([*hypotheses, negation(condition)], comment="a second opinion"))
    except NotEncodableError:
        return ()
    return ("z3",) if answer.result == "unsat" else ()


def _by_solver(
    condition: sp.Basic, hypotheses: Sequence[sp.Basic], solver: Solver, words: str, latex: str, *, seek_witness: bool
) -> Finding:
    try:
        query = encode([*hypotheses, negation(condition)], comment=words)
    except NotEncodableError as error:
        return Finding(Verdict.UNKNOWN, "real arithmetic by SMT", reason=str(error))
    answer = solver.check(query)
    if answer.result == "unsat":
        step = ProofStep(words, latex, "smt", query.text, answer.seconds, tuple(hypotheses), condition)
        return Finding(Verdict.PROVED, "real arithmetic by SMT", (step,))
    if answer.result == "unknown":
        return Finding(Verdict.UNKNOWN, "real arithmetic by SMT", reason=f"the solver gave up: {answer.reason}")
    witness = _from_model(condition, hypotheses, answer.model, query.symbols) if seek_witness else None
    if witness is not None:
        return Finding(Verdict.REFUTED, "exact evaluation of the solver's model", witness=witness)
    reason = "the solver found values that speak against it, but none that are exact and reachable"
    return Finding(Verdict.UNKNOWN, "real arithmetic by SMT", reason=reason)


def _from_model(
    condition: sp.Basic, hypotheses: Sequence[sp.Basic], model: Mapping[str, str], symbols: Mapping[str, sp.Expr]
) -> dict[str, sp.Basic] | None:
    point = {s: sp.Rational(model[n]) for n, s in symbols.items() if n in model and isinstance(s, sp.Symbol)}
    needed = condition.free_symbols.union(*(h.free_symbols for h in hypotheses))
    if not needed <= set(point):
        return None
    if holds_at(condition, point) is False and all(holds_at(h, point) for h in hypotheses):
        return {s.name: value for s, value in point.items() if s in needed}
    return None
