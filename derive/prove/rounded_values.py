"""Computing with rounded numbers exactly: lines and conditions as functions of integers.

Every finite number of a format is an integer multiple of its smallest positive one, and is that integer here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeAlias

import sympy as sp

from ..floating import Format
from ..rounding_goals import Rounded

__all__ = ["Values", "computation", "is_finite", "predicate", "to_fraction", "to_rational"]

Number: TypeAlias = int | float
Values: TypeAlias = dict[sp.Symbol, Number]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def to_fraction(number: sp.Rational) -> Fraction:
    """A SymPy number as one of Python's."""
    return Fraction(int(number.p), int(number.q))


def to_rational(units: int, form: Format) -> sp.Rational:
    """A number given in units of the smallest positive one."""
    return sp.Rational(units, 1 << -form.unit)


def computation(lines: Iterable[Rounded], form: Format) -> Callable[[Values], None]:
    """A function that computes `lines` one after the other and puts their results beside the inputs.

    Raises
    ------
    ValueError
        If a line has an operand that is neither a symbol nor a rational number, or an unknown operator.
    """
    steps = [(line.target, _operation(line, form)) for line in lines]

    def compute(values: Values) -> None:
        for target, operation in steps:
            values[target] = operation(values)

    return compute


def _operation(line: Rounded, form: Format) -> Callable[[Values], Number]:
    """The line as a function: the exact result as a quotient of integers, rounded once."""
    left, right = (_operand(e, form) for e in (line.operands[0], line.operands[-1]))
    operator, scale = line.operator, 1 << -form.unit
    if operator not in ("", "+", "-", "*") or len(line.operands) != (2 if operator else 1):
        raise ValueError(f"a rounded line has the operator {operator!r} with {len(line.operands)} operands")

    def operate(values: Values) -> Number:
        (a, p), (b, q) = left(values), right(values)
        if isinstance(a, float) or isinstance(b, float):
            return _not_finite(operator, a, b)
        if operator == "*":
            return form.nearest(a * b, p * q * scale)
        if operator == "":
            return form.nearest(a, p)
        return form.nearest(a * q + b * p if operator == "+" else a * q - b * p, p * q)

    return operate


def _operand(e: sp.Expr, form: Format) -> Callable[[Values], tuple[Number, int]]:
    """An operand in units of the smallest positive number, as numerator and denominator."""
    if isinstance(e, sp.Symbol):
        return lambda values: (values[e], 1)
    if isinstance(e, sp.Rational):
        constant = (int(e.p) << -form.unit, int(e.q))
        return lambda values: constant
    raise ValueError(f"a rounded line has the operand {e}, which is neither a symbol nor a rational number")


def _not_finite(operator: str, a: Number, b: Number) -> float:
    """A result of infinite or undefined operands: only the signs of finite ones matter."""
    x, y = (v if isinstance(v, float) else float((v > 0) - (v < 0)) for v in (a, b))
    return {"": x, "+": x + y, "-": x - y, "*": x * y}[operator]


def predicate(condition: sp.Basic, form: Format) -> Callable[[Values], bool]:
    """A condition as a function; comparisons are exact, and with ``nan`` only ``!=`` holds.

    Raises
    ------
    ValueError
        If the condition is not made of symbols, their absolute values and rational numbers.
    """
    if isinstance(condition, sp.core.relational.Relational):
        compare, left = _COMPARISONS[condition.rel_op], _term(condition.lhs, form)
        if isinstance(condition.rhs, sp.Rational):
            bound = _bound(condition.rhs, condition.rel_op, form)
            return lambda values: compare(left(values), bound)
        right = _term(condition.rhs, form)
        return lambda values: compare(left(values), right(values))
    if isinstance(condition, (sp.And, sp.Or, sp.Not, sp.Equivalent)):
        parts = [predicate(a, form) for a in condition.args]
        if isinstance(condition, sp.Not):
            return lambda values: not parts[0](values)
        if isinstance(condition, sp.Equivalent):
            return lambda values: len({part(values) for part in parts}) == 1
        every = all if isinstance(condition, sp.And) else any
        return lambda values: every(part(values) for part in parts)
    raise ValueError(f"{condition} is not a condition on rounded numbers")


def _bound(number: sp.Rational, relation: str, form: Format) -> Fraction | int:
    """What an integer is compared with: a whole number where that says the same, for it takes a tenth of the time."""
    scaled = to_fraction(number) * (1 << -form.unit)
    if scaled.denominator == 1:
        return scaled.numerator
    # An integer is below a quotient exactly where it is at most the integer below it, and never equal to it.
    rounding = {"<=": math.floor, ">=": math.ceil, "<": math.ceil, ">": math.floor}.get(relation)
    return scaled if rounding is None else rounding(scaled)


def _term(e: sp.Basic, form: Format) -> Callable[[Values], Fraction | Number]:
    if isinstance(e, sp.Symbol):
        return operator.itemgetter(e)
    if isinstance(e, sp.Rational):
        constant = _bound(e, "==", form)
        return lambda values: constant
    if isinstance(e, sp.Abs):
        inner: Callable[[Values], Any] = _term(e.args[0], form)
        return lambda values: abs(inner(values))
    raise ValueError(f"{e} is not a symbol, an absolute value or a rational number")


def is_finite(values: Iterable[Number]) -> bool:
    """Whether none of `values` is infinite or undefined."""
    return all(isinstance(v, int) or math.isfinite(v) for v in values)
