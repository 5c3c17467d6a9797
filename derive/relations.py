"""Conditions that stay as they are written.

SymPy decides relations while they are built, from assumptions that are weaker than our domains, and now and then
wrongly.  Provers must see what was claimed, so relations here are never evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

__all__ = ["eq", "equivalent", "ge", "gt", "implies", "le", "lt", "negation", "replaced"]


def eq(left: sp.Expr, right: object) -> sp.Eq:
    """``left = right``."""
    return sp.Eq(left, sp.sympify(right), evaluate=False)


def le(left: sp.Expr, right: object) -> sp.Le:
    """``left <= right``."""
    return sp.Le(left, sp.sympify(right), evaluate=False)


def lt(left: sp.Expr, right: object) -> sp.Lt:
    """``left < right``."""
    return sp.Lt(left, sp.sympify(right), evaluate=False)


def ge(left: sp.Expr, right: object) -> sp.Ge:
    """``left >= right``."""
    return sp.Ge(left, sp.sympify(right), evaluate=False)


def gt(left: sp.Expr, right: object) -> sp.Gt:
    """``left > right``."""
    return sp.Gt(left, sp.sympify(right), evaluate=False)


def negation(condition: sp.Basic) -> sp.Basic:
    """The contrary of `condition`."""
    return sp.Not(condition, evaluate=False)


def implies(first: sp.Basic, second: sp.Basic) -> sp.Basic:
    """``first`` implies ``second``."""
    return sp.Or(negation(first), second, evaluate=False)


def equivalent(first: sp.Basic, second: sp.Basic) -> sp.Basic:
    """``first`` holds exactly where ``second`` does."""
    return sp.And(implies(first, second), implies(second, first), evaluate=False)


def replaced(condition: sp.Basic, values: Mapping[sp.Basic, sp.Basic]) -> sp.Basic:
    """`condition` with symbols replaced, its relations still unevaluated.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> replaced(le(x, 1), {x: sp.Integer(2)})
    2 <= 1
    """
    if isinstance(condition, sp.core.relational.Relational):
        sides = (condition.lhs.xreplace(dict(values)), condition.rhs.xreplace(dict(values)))
        return condition.func(*sides, evaluate=False)
    if isinstance(condition, (sp.And, sp.Or, sp.Not)):
        return condition.func(*(replaced(a, values) for a in condition.args), evaluate=False)
    return condition.xreplace(dict(values))
