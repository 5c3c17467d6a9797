"""How far expressions can be off, where symbols in them are: formulas, in exact arithmetic.

If a and b are off by at most e(a) and e(b), then

    a + b         is off by at most  e(a) + e(b)
    a b                              abs(a) e(b) + abs(b) e(a) + e(a) e(b)
    a / b                            (e(a) + abs(a / b) e(b)) / (abs(b) - e(b)),  if e(b) < abs(b)
    sqrt(a)                          e(a) / sqrt(a),                             if 0 < a
    a ** n                           n (abs(a) + e(a)) ** (n - 1) e(a),           n a positive integer
    max, min                         the larger one
    abs(a)                           e(a)
    exp(a)                           exp(a) (exp(e(a)) - 1)
    log(a)                           e(a) / (a - e(a)),                          if e(a) < a
    sign(a)                          0 if e(a) < abs(a), and 2 otherwise

Where a condition fails there is no bound.

A sign jumps, and so may a distinction of cases: no bound goes to zero with u there, and the one that there is says by
how much it jumps, and where it cannot.  A comparison of a with b comes out the same if e(a) + e(b) < abs(a - b).  Where
that holds for all comparisons of a distinction the same case is taken, and its own bound counts; elsewhere any case
may be taken instead of the right one, with value v, and a case c is off by at most  e(c) + abs(c - v).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp

from ...derive import Quantity
from ...derive.rule import Assignment

__all__ = ["NoBoundError", "Propagation"]

_ZERO = sp.Integer(0)


class NoBoundError(Exception):
    """The lines hold something through which no error is followed."""


class Propagation:
    """Bounds of expressions, given those of symbols; symbols without one are exact."""

    def __init__(self, errors: Mapping[Quantity, sp.Expr]) -> None:
        self.errors: dict[sp.Basic, sp.Expr] = dict(errors)
        self.values: dict[sp.Basic, sp.Expr] = {}
        self.required: dict[sp.Basic, dict[sp.Expr, None]] = {}
        self._conditions: dict[sp.Expr, None] = {}

    def follow(self, line: Assignment) -> None:
        """Take in a line: the value of its target, its bound, and what has to be positive for that."""
        # The value first: the line may read what it overwrites.
        value = line.value.xreplace(self.values)
        self._conditions = {}
        error = self.error(line.value)
        for symbol in line.value.free_symbols:
            self._conditions |= self.required.get(symbol, {})
        self.values[line.target], self.errors[line.target] = value, error
        self.required[line.target] = self._conditions

    def error(self, e: sp.Basic) -> sp.Expr:
        """The bound of `e`, which is written in the symbols of the lines."""
        if isinstance(e, sp.Symbol):
            return self.errors.get(e, _ZERO)
        if not any(self.errors.get(s, _ZERO) != 0 for s in e.free_symbols):
            return _ZERO
        if isinstance(e, sp.Add):
            return sp.Add(*(self.error(a) for a in e.args))
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, (sp.Max, sp.Min)):
            return sp.Max(*(self.error(a) for a in e.args))
        if isinstance(e, sp.Piecewise):
            return self._cases(e)
        return self._function(e)

    def _value(self, e: sp.Basic) -> sp.Expr:
        return e.xreplace(self.values)

    def _size(self, e: sp.Basic) -> sp.Expr:
        value = self._value(e)
        return value if value.is_nonnegative else sp.Abs(value)

    def _product(self, e: sp.Mul) -> sp.Expr:
        above, below = sp.fraction(e)
        if below != 1:
            return self._quotient(above, below)
        exact = sp.Mul(*(a for a in e.args if self.error(a) == 0))
        size, error = sp.Integer(1), _ZERO
        for factor in (a for a in e.args if self.error(a) != 0):
            own = self.error(factor)
            size, error = size * self._size(factor), size * own + self._size(factor) * error + error * own
        return self._size(exact) * error

    def _quotient(self, above: sp.Expr, below: sp.Expr) -> sp.Expr:
        off = self.error(below)
        if off == 0:
            return self.error(above) / self._size(below)
        left = self._size(below) - off
        self._conditions[left] = None
        return (self.error(above) + self._size(above / below) * off) / left

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.could_extract_minus_sign():
            return self._quotient(sp.Integer(1), base**-exponent)
        off = self.error(base)
        if exponent == sp.Rational(1, 2):
            return off / sp.sqrt(self._value(base))
        if isinstance(exponent, sp.Integer):
            return exponent * (self._size(base) + off) ** (exponent - 1) * off
        raise NoBoundError

    def _cases(self, e: sp.Piecewise) -> sp.Expr:
        same = _cases((self.error(v), c.xreplace(self.values)) for v, c in e.args)
        kept = sp.And(*(self._comes_out_the_same(c) for _, c in e.args))
        if kept == sp.true:
            return same
        taken = self._value(e)
        other = sp.Max(*(self.error(v) + sp.Abs(self._value(v) - taken) for v, _ in e.args))
        return _cases([(same, kept), (other, sp.true)])

    def _comes_out_the_same(self, condition: sp.Basic) -> sp.Basic:
        """Where a condition on what was stored has the truth of the condition on the states themselves."""
        if not any(self.errors.get(s, _ZERO) != 0 for s in condition.free_symbols):
            return sp.true
        if isinstance(condition, sp.core.relational.Relational):
            apart = sp.Abs(self._value(condition.lhs - condition.rhs))
            return _greater(apart, self.error(condition.lhs) + self.error(condition.rhs))
        if isinstance(condition, (sp.And, sp.Or, sp.Not)):
            return sp.And(*(self._comes_out_the_same(c) for c in condition.args))
        raise NoBoundError

    def _function(self, e: sp.Basic) -> sp.Expr:
        (argument,) = e.args
        off = self.error(argument)
        if isinstance(e, sp.Abs):
            return off
        if isinstance(e, sp.exp):
            return self._value(e) * (sp.exp(off) - 1)
        if isinstance(e, sp.sign):
            return _cases([(_ZERO, _greater(sp.Abs(self._value(argument)), off)), (sp.Integer(2), sp.true)])
        if isinstance(e, sp.log):
            left = self._value(argument) - off
            self._conditions[left] = None
            return off / left
        raise NoBoundError


def _cases(pairs: Iterable[tuple[sp.Expr, sp.Basic]]) -> sp.Expr:
    """A distinction of cases as it is written; SymPy would try to solve its conditions."""
    return sp.Piecewise(*pairs, evaluate=False)


def _greater(one: sp.Expr, other: sp.Expr) -> sp.Basic:
    """That one is greater than the other, as a condition without a distinction of cases in it."""
    difference = sp.piecewise_fold(one - other) if (one + other).has(sp.Piecewise) else None
    if not isinstance(difference, sp.Piecewise):
        return sp.Gt(one, other, evaluate=False)
    found, earlier = sp.false, sp.true
    for value, condition in difference.args:
        found = sp.Or(found, sp.And(earlier, condition, sp.Gt(value, 0)))
        earlier = sp.And(earlier, sp.Not(condition))
    return found
