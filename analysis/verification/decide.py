"""Whether two expressions are equal wherever conditions hold: algebra first, then case by case, then the solver."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from ...derive.prove.condition import settle_condition
from ...derive.prove.exact import sample_points
from ...derive.prove.normal_form import NormalForm
from ...derive.prove.solver import Solver
from ...derive.relations import eq, ge, gt, lt, negation, replaced
from ...derive.symbols import Quantity
from ..evaluate import NUMPY, evaluator
from ..trace.branches import settled

__all__ = ["Obligation", "Prover"]

_DEPTH = 6
_POINTS = 24


@dataclass(frozen=True)
class Obligation:
    """Where all of `given` hold, `left` equals `right`; `words` says what that means."""

    words: str
    left: sp.Expr
    right: sp.Expr
    given: tuple[sp.Basic, ...] = ()


@dataclass
class Prover:
    """Decides equalities and signs with one solver, and keeps the methods that were needed."""

    solver: Solver
    facts: tuple[sp.Basic, ...] = ()
    methods: dict[str, None] = field(default_factory=dict)

    def equal(self, left: sp.Expr, right: sp.Expr, given: Sequence[sp.Basic] = (), depth: int = 0) -> bool:
        """Whether the two are proved equal wherever `given` and the facts hold.

        What was found is kept with the solver: implementations and rules that share lines share obligations.
        """
        if left == right:
            return True
        key = ("equal", left, right, tuple(given), self.facts, depth)
        if key not in self.solver.findings:
            own = Prover(self.solver, self.facts)
            self.solver.findings[key] = own._equal(left, right, given, depth), own.methods
        found, methods = self.solver.findings[key]
        self.methods |= methods
        return bool(found)

    def _equal(self, left: sp.Expr, right: sp.Expr, given: Sequence[sp.Basic], depth: int) -> bool:
        given, values = _solved_equations(tuple(given))
        if any(settled(c) is False for c in given) or _clash(given):
            return True
        if values:
            return self.equal(left.xreplace(values), right.xreplace(values), given, depth)
        if left.has(sp.nan, sp.zoo) or right.has(sp.nan, sp.zoo):
            return False
        if self._differ_at_a_point(left, right, given):
            return False
        if _vanishes(left - right, left, right):
            self.methods["normal form"] = None
            return True
        splits = next(_splits(left, right), None)
        if splits is not None and depth < _DEPTH:
            self.methods["case distinction"] = None
            return all(
                self.equal(left.xreplace(put), right.xreplace(put), (*given, case), depth + 1)
                for case, put in splits
                if settled(case) is not False
            )
        return self._by_solver(eq(left, right), given)

    def holds(self, condition: sp.Basic, given: Sequence[sp.Basic] = ()) -> bool:
        """Whether a condition is proved to hold wherever `given` and the facts do."""
        known = settled(condition)
        if known is not None:
            return known
        return self._by_solver(condition, given)

    def contradictory(self, given: Sequence[sp.Basic]) -> bool:
        """Whether conditions are proved never to hold together."""
        return (
            any(settled(c) is False for c in given)
            or _clash(given)
            or (bool(given) and self._by_solver(sp.false, given))
        )

    def _by_solver(self, condition: sp.Basic, given: Sequence[sp.Basic]) -> bool:
        if not given and not self.facts:
            return False
        # Given conditions may be compound; the solver reads them as they are.
        finding = settle_condition(condition, [*self.facts, *given], self.solver, seek_witness=False)
        if finding.proved:
            self.methods[finding.method] = None
        return finding.proved

    def _differ_at_a_point(self, left: sp.Expr, right: sp.Expr, given: Sequence[sp.Basic]) -> bool:
        """A quick look at floats, which can only keep a proof from being tried."""
        symbols = left.free_symbols | right.free_symbols | set().union(*(c.free_symbols for c in given))
        if any(f.free_symbols - symbols for f in self.facts):
            return False
        conditions = [evaluator(c, NUMPY) for c in (*given, *self.facts)]
        sides = evaluator(left, NUMPY), evaluator(right, NUMPY)
        # Every third of these points is random, the others are simple, where much coincides.
        for point in itertools.islice(sample_points(symbols, _POINTS), 2, None, 3):
            values = {s.name: np.float64(float(v)) for s, v in point.items()}
            with np.errstate(all="ignore"):
                if all(bool(c(values)) for c in conditions):
                    a, b = (float(side(values)) for side in sides)
                    if abs(a - b) > 1e-6 * max(1.0, abs(a), abs(b)):
                        return True
        return False


_SIGNS = {
    "<": frozenset({-1}), "<=": frozenset({-1, 0}), ">": frozenset({1}), ">=": frozenset({0, 1}),
    "==": frozenset({0}), "!=": frozenset({-1, 1}),
}  # fmt: skip


def _clash(given: Sequence[sp.Basic]) -> bool:
    """Whether two of the conditions say contrary things of the same difference."""
    allowed: dict[sp.Expr, frozenset[int]] = {}
    for condition in given:
        negative = isinstance(condition, sp.Not)
        relation = condition.args[0] if negative else condition
        if not isinstance(relation, sp.core.relational.Relational):
            continue
        signs = _SIGNS[relation.rel_op]
        if negative:
            signs = frozenset({-1, 0, 1}) - signs
        difference = sp.expand(relation.lhs - relation.rhs)
        if difference.could_extract_minus_sign():
            difference, signs = -difference, frozenset(-x for x in signs)
        allowed[difference] = allowed.get(difference, signs) & signs
        if not allowed[difference]:
            return True
    return False


def _vanishes(difference: sp.Expr, left: sp.Expr, right: sp.Expr) -> bool:
    return difference == 0 or NormalForm([left, right]).is_zero(difference)


def _solved_equations(given: tuple[sp.Basic, ...]) -> tuple[tuple[sp.Basic, ...], dict[sp.Basic, sp.Basic]]:
    """One equation among the conditions, solved for a symbol and put into the others."""
    for index, condition in enumerate(given):
        c = _without_double_negation(condition)
        if not isinstance(c, sp.Eq):
            continue
        for symbol in sorted(c.free_symbols, key=str):
            difference = sp.expand(c.lhs - c.rhs)
            if not difference.is_polynomial(symbol) or sp.degree(difference, symbol) != 1:
                continue
            slope = difference.coeff(symbol, 1)
            if not slope.is_Rational:
                continue
            value = sp.expand(symbol - difference / slope)
            rest = (*given[:index], *given[index + 1 :])
            inside = [replaced(k, {symbol: value}) for k in _domain_of(symbol)]
            return (*(replaced(k, {symbol: value}) for k in rest), *inside), {symbol: value}
    return given, {}


def _without_double_negation(c: sp.Basic) -> sp.Basic:
    inner = c.args[0] if isinstance(c, sp.Not) else None
    if isinstance(inner, sp.Not):
        return inner.args[0]
    return eq(*inner.args) if isinstance(inner, sp.Ne) else c


def _domain_of(symbol: sp.Symbol) -> tuple[sp.Basic, ...]:
    return symbol.domain.constraints(symbol) if isinstance(symbol, Quantity) else ()


def _splits(left: sp.Expr, right: sp.Expr) -> Iterator[list[tuple[sp.Basic, Mapping[sp.Basic, sp.Basic]]]]:
    """Ways to distinguish cases, each a list of (condition, what is put for what); the innermost first."""
    for e in (left, right):
        for node in sp.postorder_traversal(e):
            if isinstance(node, sp.Piecewise):
                value, condition = node.args[0]
                rest = node.args[1:]
                other = rest[0][0] if rest and rest[0][1] == sp.true else sp.Piecewise(*rest)
                yield [(condition, {node: value}), (_contrary(condition), {node: other})]
            elif isinstance(node, (sp.Max, sp.Min)):
                a = node.args[0]
                others = node.func(*node.args[1:])
                first, second = (a, others) if isinstance(node, sp.Max) else (others, a)
                yield [(ge(a, others), {node: first}), (lt(a, others), {node: second})]
            elif isinstance(node, sp.Abs):
                inner = node.args[0]
                yield [(ge(inner, 0), {node: inner}), (lt(inner, 0), {node: -inner})]
            elif isinstance(node, sp.sign):
                inner = node.args[0]
                yield [
                    (gt(inner, 0), {node: sp.Integer(1)}),
                    (eq(inner, 0), {node: sp.Integer(0)}),
                    (lt(inner, 0), {node: sp.Integer(-1)}),
                ]


def _contrary(condition: sp.Basic) -> sp.Basic:
    return condition.args[0] if isinstance(condition, sp.Not) else negation(condition)
