"""What JAX's element-wise primitives mean for expressions.

Conditions stay as they are written unless the domains of the symbols decide them; the arithmetic is real, so that
nothing is infinite and everything is a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ...derive.relations import eq, ge, gt, le, lt, negation
from .branches import settled
from .numpy_values import as_number

__all__ = ["ELEMENTWISE", "RELATIONS", "Elements", "chosen", "is_boolean", "logical", "negated", "truth"]


@dataclass(frozen=True)
class Elements:
    """An array by the expression at one of its places."""

    expression: sp.Basic
    shape: tuple[int, ...] = ()


def is_boolean(e: sp.Basic) -> bool:
    """Whether it is a condition and not a number."""
    return isinstance(e, sp.logic.boolalg.Boolean) and not isinstance(e, sp.Symbol)


def truth(e: sp.Basic) -> sp.Basic:
    """A number as a condition: it holds where the number is not zero."""
    if is_boolean(e):
        return e
    if isinstance(e, sp.Rational):
        return sp.true if e != 0 else sp.false
    if isinstance(e, sp.Piecewise) and [v for v, _ in e.args] == [1, 0] and e.args[1][1] == sp.true:
        return e.args[0][1]
    return negation(eq(e, 0))


def chosen(condition: sp.Basic, yes: sp.Basic, no: sp.Basic) -> sp.Basic:
    """One of two expressions, by a condition."""
    known = settled(condition)
    if known is not None:
        return yes if known else no
    if is_boolean(yes) and is_boolean(no):
        return sp.Or(sp.And(condition, yes), sp.And(negation(condition), no))
    yes, no = as_number(yes), as_number(no)
    return yes if yes == no else sp.Piecewise((yes, condition), (no, sp.true))


def negated(condition: sp.Basic) -> sp.Basic:
    """The contrary of a condition."""
    return condition.args[0] if isinstance(condition, sp.Not) else sp.Not(condition, evaluate=False)


def logical(name: str, values: list[sp.Basic]) -> sp.Basic:
    """``and``, ``or``, ``xor`` and ``not`` of conditions."""
    a, *rest = map(truth, values)
    if name == "not":
        return negated(a) if a not in (sp.true, sp.false) else sp.Not(a)
    b = rest[0]
    if name == "xor":
        return sp.Or(sp.And(a, sp.Not(b)), sp.And(sp.Not(a), b))
    return sp.And(a, b) if name == "and" else sp.Or(a, b)


def _related(relation: Callable[[Any, Any], sp.Basic], where_equal: bool) -> Callable[[sp.Basic, sp.Basic], sp.Basic]:
    def compare(a: sp.Basic, b: sp.Basic) -> sp.Basic:
        if a == b:
            return sp.true if where_equal else sp.false
        a, b = as_number(a), as_number(b)
        if sp.oo in (a, b) or -sp.oo in (a, b):
            return sp.sympify(bool(_at_infinity(relation, a, b)))
        condition = relation(a, b)
        known = settled(condition)
        return condition if known is None else sp.sympify(known)

    return compare


def _at_infinity(relation: Callable[[Any, Any], sp.Basic], a: sp.Expr, b: sp.Expr) -> sp.Basic:
    """A relation in which one side is infinite; any finite number stands for the other."""
    a, b = (x if x in (sp.oo, -sp.oo) else sp.Integer(0) for x in (a, b))
    return relation(a, b).doit()


def _different(a: sp.Basic, b: sp.Basic) -> sp.Basic:
    return negation(eq(a, b))


def _finite(a: sp.Basic) -> sp.Basic:
    return sp.false if a in (sp.oo, -sp.oo, sp.nan) else sp.true


RELATIONS: dict[str, Callable[[sp.Basic, sp.Basic], sp.Basic]] = {
    "eq": _related(eq, True),
    "ne": _related(_different, False),
    "lt": _related(lt, False),
    "le": _related(le, True),
    "gt": _related(gt, False),
    "ge": _related(ge, True),
}

ELEMENTWISE: dict[str, Callable[..., sp.Basic]] = {
    "add": lambda a, b: a + b,
    "add_any": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "abs": sp.Abs,
    "sign": sp.sign,
    "max": lambda a, b: a if a == b else sp.Max(a, b),
    "min": lambda a, b: a if a == b else sp.Min(a, b),
    "clamp": lambda low, a, high: sp.Min(sp.Max(a, low), high),
    "exp": sp.exp,
    "exp2": lambda a: sp.Integer(2) ** a,
    "expm1": lambda a: sp.exp(a) - 1,
    "is_finite": _finite,
}
"""Of numbers; those that divide or take a power note their divisor, and are the interpreter's."""
