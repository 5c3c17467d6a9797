"""Comparisons of sizes, addresses and the step counter, and truth values joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from .machine import NULL, POISON, UNDETERMINED, Pointer, Test
from .nodes import Condition, Nodes, Real
from .problems import NotUnderstood
from .sizes import ITERATION, Linear, constant

if TYPE_CHECKING:
    from .instructions import Arithmetic

__all__ = ["integers_related", "negated", "related_logic"]


def integers_related(arithmetic: Arithmetic, predicate: str, a: Any, b: Any) -> Any:
    """Whether a comparison of whole numbers or addresses holds."""
    if POISON in (a, b):
        return POISON
    if UNDETERMINED in (a, b):
        return UNDETERMINED
    if isinstance(a, Pointer) and isinstance(b, Pointer):
        return _pointers_related(arithmetic, predicate, a, b)
    if not isinstance(a, Linear) or not isinstance(b, Linear):
        raise NotUnderstood("an address is compared with a number")
    try:
        return arithmetic.ranges.compare(predicate, a, b)
    except NotUnderstood:
        names = {n for n, _ in (*a.terms, *b.terms)}
        if ITERATION in names and "t" not in names:
            return Test(predicate, a, b)
        if names == {"t"}:
            return _counter_related(arithmetic, predicate, a, b)
        raise


def _pointers_related(arithmetic: Arithmetic, predicate: str, a: Pointer, b: Pointer) -> Any:
    if a.base == b.base:
        # An array does not wrap around the end of the address space.
        signed = predicate if predicate in ("eq", "ne") else f"s{predicate[1:]}"
        return integers_related(arithmetic, signed, a.offset, b.offset)
    if NULL in (a, b) and predicate in ("eq", "ne") and "argument" in (a.base, b.base):
        return UNDETERMINED
    return UNDETERMINED


def _counter_related(arithmetic: Arithmetic, predicate: str, a: Linear, b: Linear) -> Any:
    """A comparison of the step counter with a number."""
    if predicate in ("eq", "ne"):
        found = _counter_is(arithmetic, "eq", a, b)
        return found if predicate == "eq" else negated(found)
    if predicate[1:] in ("gt", "le"):
        # a > b is b < a, and a <= b its negation.
        below = _counter_below(arithmetic, predicate[0], b, a)
        return below if predicate[1:] == "gt" else negated(below)
    below = _counter_below(arithmetic, predicate[0], a, b)
    return below if predicate[1:] == "lt" else negated(below)


def _counter_below(arithmetic: Arithmetic, sign: str, a: Linear, b: Linear) -> Any:
    below = _counter_is(arithmetic, "lt", a, b)
    if sign == "s":
        return below
    # Without a sign, what is negative is larger than what is not.
    nodes, zero = arithmetic.nodes, constant(0)
    left, right = (_counter_is(arithmetic, "lt", x, zero) for x in (a, b))
    alike = negated(related_logic(nodes, "xor", left, right))
    crossing = related_logic(nodes, "and", negated(left), right)
    return related_logic(nodes, "or", crossing, related_logic(nodes, "and", alike, below))


def _counter_is(arithmetic: Arithmetic, relation: str, a: Linear, b: Linear) -> Any:
    """``"lt"`` or ``"eq"`` as one condition on the counter itself."""
    difference = a - b
    try:
        return arithmetic.ranges.compare("slt" if relation == "lt" else "eq", difference, constant(0))
    except NotUnderstood:
        factor, number = difference.factor("t"), difference.constant
        if factor not in (1, -1):
            raise
    nodes = arithmetic.nodes
    count = Real(nodes.make("count", "t"))

    def against(relation: str, value: int) -> Condition | bool:
        return nodes.relation(relation, count, nodes.number(sp.Integer(value)))

    if relation == "eq":
        return against("eq", -number * factor)
    # t + number < 0 is t < -number; -t + number < 0 is t > number, that is, not t < number + 1.
    return against("lt", -number) if factor == 1 else against("ge", number + 1)


def negated(value: Any) -> Any:
    """The contrary of a truth value."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, Condition):
        return ~value
    if value is UNDETERMINED or value is POISON:
        return value
    raise NotUnderstood("a truth value of another kind is negated")


def related_logic(nodes: Nodes, operation: str, a: Any, b: Any) -> Any:
    """Truth values joined by ``"and"``, ``"or"`` or ``"xor"``."""
    if operation not in ("and", "or", "xor"):
        raise NotUnderstood(f"truth values are joined by {operation}")
    for one, other in ((a, b), (b, a)):
        if isinstance(one, bool):
            if operation == "xor":
                return negated(other) if one else other
            return other if one == (operation == "and") else one
    if UNDETERMINED in (a, b):
        return UNDETERMINED
    if POISON in (a, b):
        return POISON
    if not (isinstance(a, Condition) and isinstance(b, Condition)):
        raise NotUnderstood("truth values of other kinds are joined")
    return nodes.joined(operation, a, b)
