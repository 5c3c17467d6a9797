"""Where a value is a number at all: what a root or a logarithm is taken of must have a sign.

A requirement is kept among the divisors of a path, as an expression that is zero exactly where it is not met: SymPy
forgets it as readily as a divisor, for it takes ``sqrt(g)**2`` for ``g``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sympy as sp

from ...derive.relations import eq, ge, gt, negation
from .branches import settled

__all__ = ["for_logarithm", "for_power", "for_root", "is_met", "must_hold", "never_negative"]

_CASES, _HALVES = 2, 2


def for_root(a: sp.Expr) -> sp.Expr:
    """What vanishes exactly where the root of `a` is not real; 1 if the domains rule that out.

    Examples
    --------
    >>> g = sp.Symbol("g", real=True)
    >>> for_root(g**2 + 1), for_root(g)
    (1, Piecewise((1, g >= 0), (0, True)))
    """
    return _indicator(_by_case(a, lambda e: ge(e, 0)))


def for_logarithm(a: sp.Expr) -> sp.Expr:
    """What vanishes exactly where the logarithm of `a` is not a number."""
    return _indicator(_by_case(a, lambda e: gt(e, 0)))


def for_power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """What vanishes where a power may be no real number: a negative base is for whole exponents only."""
    return sp.Integer(1) if exponent.is_integer else for_root(base)


def is_met(condition: sp.Basic) -> bool:
    """Whether a requirement is met on sight: the domains decide it, or it is a sum of what is never negative."""
    if settled(condition):
        return True
    return isinstance(condition, sp.GreaterThan) and condition.rhs == 0 and never_negative(condition.lhs)


def never_negative(e: sp.Expr) -> bool:
    """Whether the domains, or the form of the expression, rule out that it is negative."""
    if isinstance(e, (sp.Add, sp.Mul)) and all(map(never_negative, e.args)):
        return True
    if isinstance(e, sp.Pow):
        # A root, where it is a number at all, is not negative.
        even = e.exp.is_Integer and e.exp % 2 == 0
        return even or (e.exp.is_Rational and e.exp.q == _HALVES) or never_negative(e.base)
    return isinstance(e, (sp.Abs, sp.exp)) or settled(ge(e, 0)) is True


def must_hold(divisor: sp.Expr) -> sp.Basic:
    """The condition under which a divisor, or what stands for a requirement, does not vanish."""
    if isinstance(divisor, sp.Piecewise) and len(divisor.args) == _CASES:
        (one, condition), (zero, _) = divisor.args
        if (one, zero) == (1, 0):
            return condition
    return negation(eq(divisor, 0))


def _by_case(a: sp.Expr, condition: Callable[[sp.Expr], sp.Basic]) -> sp.Basic:
    """A condition on `a`, on each of its values where `a` is a case distinction."""
    folded = sp.piecewise_fold(a) if a.has(sp.Piecewise) else a
    if not isinstance(folded, sp.Piecewise):
        return condition(a)
    before: list[sp.Basic] = []
    ways: list[sp.Basic] = []
    for value, case in folded.args:
        here = condition(value)
        ways.append(sp.And(*before, case, sp.true if is_met(here) else here))
        before.append(negation(case))
    return sp.true if all(is_met(condition(value)) for value, _ in folded.args) else sp.Or(*ways)


@lru_cache(maxsize=1024)
def _indicator(condition: sp.Basic) -> sp.Expr:
    if is_met(condition):
        return sp.Integer(1)
    return sp.Piecewise((sp.Integer(1), condition), (sp.Integer(0), sp.true))
