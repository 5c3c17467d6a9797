"""On which symbols an expression depends."""

from __future__ import annotations

import sympy as sp

from ..goal import DependsOn
from ..relations import eq, negation
from ..symbols import Quantity
from .condition import Finding
from .exact import exact_sign, sample_points
from .positivity import domain_of
from .verdict import ProofStep, Verdict

__all__ = ["depends", "settle_dependence"]


def settle_dependence(goal: DependsOn) -> Finding:
    """Each symbol is shown to matter by two exact points that differ in it alone; others do not occur."""
    extra = sorted(goal.expression.free_symbols - set(goal.symbols), key=str)
    if extra:
        pair = depends(goal.expression, extra[0])
        if pair is None:
            return Finding(
                Verdict.UNKNOWN, "evaluation at two points", reason=f"{extra[0]} occurs but seems not to matter"
            )
        return Finding(Verdict.REFUTED, "evaluation at two points", witness=pair)
    steps = []
    for symbol in goal.symbols:
        pair = depends(goal.expression, symbol)
        if pair is None:
            reason = f"no two points were found that differ in {symbol} alone and give different values"
            return Finding(Verdict.UNKNOWN, "evaluation at two points", reason=reason)
        shown = ", ".join(f"{name} = {value}" for name, value in pair.items())
        words = f"It depends on {symbol}: the values at {shown} differ."
        steps.append(_difference(goal.expression, symbol, pair, words, shown))
    steps.append(ProofStep("No other symbol occurs in it."))
    return Finding(Verdict.PROVED, "evaluation at two points", tuple(steps))


def _difference(expression: sp.Expr, symbol: sp.Symbol, pair: dict[str, sp.Basic], words: str, shown: str) -> ProofStep:
    """At the point the expression differs from itself with a second value of `symbol`, written ``symbol__other``."""
    other = Quantity(f"{symbol.name}__other", domain_of(symbol))
    given = [eq(s, pair[s.name]) for s in sorted(expression.free_symbols, key=str)]
    given.append(eq(other, pair[f"{symbol.name}'"]))
    differ = negation(eq(expression, expression.xreplace({symbol: other})))
    return ProofStep(words, "", "evaluation", shown, given=tuple(given), shows=differ)


def depends(expression: sp.Expr, symbol: sp.Symbol) -> dict[str, sp.Basic] | None:
    """Two exact points that differ in `symbol` alone and give different values; None if none was found."""
    # At points with zeros in them much cancels or is undefined: they come last.
    drawn = sorted(sample_points(expression.free_symbols, 24), key=lambda p: sum(v == 0 for v in p.values()))
    points = [{s: _late_value(s) for s in expression.free_symbols}, *drawn]
    for point in points:
        for other in points:
            if other[symbol] == point[symbol] or not domain_of(symbol).contains(other[symbol]):
                continue
            moved = {**point, symbol: other[symbol]}
            difference = expression.xreplace(point) - expression.xreplace(moved)
            if exact_sign(difference) in (1, -1):
                shared = {s.name: point[s] for s in sorted(point, key=str) if s != symbol}
                return {**shared, symbol.name: point[symbol], f"{symbol.name}'": other[symbol]}
    return None


def _late_value(symbol: sp.Symbol) -> sp.Rational:
    """A value as in a long run with slow averages, where rules that begin differently have changed over."""
    domain = domain_of(symbol)
    if domain.integer:
        return sp.Integer(10)
    if domain.upper == 1:
        return sp.Rational(99, 100)
    return sp.Integer(1) if domain.lower is None else domain.lower + 1
