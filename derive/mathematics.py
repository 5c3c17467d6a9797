"""Formulas and conditions written as text, read without evaluating them.

The text is parsed by Python's own grammar and walked node by node; nothing of it is ever run.  ``x^2`` and ``x**2``
both mean the square, ``|x|`` is written ``abs(x)``, comparisons may be chained.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from .relations import eq, ge, gt, implies, le, lt, negation
from .symbols import Quantity, after

__all__ = ["MathematicsError", "read_condition", "read_expression"]

_FUNCTIONS: dict[str, Callable[..., sp.Expr]] = {
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
    "sign": sp.sign,
    "max": sp.Max,
    "min": sp.Min,
    "exp": sp.exp,
    "log": sp.log,
}
_COMPARISONS: dict[type, Callable[[sp.Expr, sp.Expr], sp.Basic]] = {
    ast.Lt: lt,
    ast.LtE: le,
    ast.Gt: gt,
    ast.GtE: ge,
    ast.Eq: eq,
    ast.NotEq: lambda a, b: negation(eq(a, b)),
}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class MathematicsError(ValueError):
    """A formula that cannot be read; the message quotes it and says what is wrong with it."""


def read_expression(text: str, symbols: Mapping[str, Quantity]) -> sp.Expr:
    """The expression that `text` spells; names are looked up in `symbols`.

    Raises
    ------
    MathematicsError
        If `text` is no formula or names something unknown.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> print(read_expression("lr / (sqrt(v) + eps)", rule("rmsprop").quantities))
    lr/(eps + sqrt(v))
    """
    value = _Reader(text, symbols).read()
    if not isinstance(value, sp.Expr):
        raise MathematicsError(f"{text!r} is a condition, and a formula is asked for")
    return value


def read_condition(text: str, symbols: Mapping[str, Quantity]) -> sp.Basic:
    """The condition that `text` spells, as ``"0 <= v <= G^2 and G > 0"``.

    Raises
    ------
    MathematicsError
        If `text` is no condition or names something unknown.
    """
    value = _Reader(text, symbols).read()
    if isinstance(value, sp.Expr):
        raise MathematicsError(f"{text!r} is a formula, and a condition such as 'v >= 0' is asked for")
    return value


class _Reader:
    def __init__(self, text: str, symbols: Mapping[str, Quantity]) -> None:
        self.text = text
        self.symbols = symbols

    def read(self) -> sp.Basic:
        try:
            tree = ast.parse(self.text.replace("^", "**").strip(), mode="eval")
        except (SyntaxError, ValueError) as error:
            raise MathematicsError(f"{self.text!r} is no formula: {error.args[0]}") from None
        return self._walk(tree.body)

    def _walk(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                return self._symbol(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._walk(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return negation(self._walk(operand))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                return _ARITHMETIC[type(operator)](self._walk(left), self._walk(right))
            case ast.BoolOp(op=operator, values=values):
                joined = sp.And if isinstance(operator, ast.And) else sp.Or
                return joined(*(self._walk(v) for v in values), evaluate=False)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise MathematicsError(f"{self.text!r} holds {ast.unparse(node)!r}, which is not part of a formula")

    def _constant(self, node: ast.Constant) -> sp.Rational:
        source = ast.get_source_segment(self.text.replace("^", "**").strip(), node) or str(node.value)
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise MathematicsError(f"{self.text!r} holds {source}, which is no number")
        exact = Fraction(source.replace("_", ""))
        return sp.Rational(exact.numerator, exact.denominator)

    def _symbol(self, name: str) -> Quantity:
        if name not in self.symbols:
            known = ", ".join(sorted(self.symbols))
            hint = f"declare others, as in positive={name!r}"
            raise MathematicsError(f"{self.text!r} uses {name}, which is unknown; known are {known}; {hint}")
        return self.symbols[name]

    def _comparison(self, node: ast.Compare) -> sp.Basic:
        values = [self._walk(v) for v in (node.left, *node.comparators)]
        parts = []
        for operator, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(operator) not in _COMPARISONS:
                raise MathematicsError(f"{self.text!r} compares in a way that is not one of < <= > >= == !=")
            parts.append(_COMPARISONS[type(operator)](left, right))
        return parts[0] if len(parts) == 1 else sp.And(*parts, evaluate=False)

    def _call(self, name: str, arguments: list[ast.expr]) -> sp.Basic:
        values = [self._walk(a) for a in arguments]
        if name == "after" and len(values) == 1 and isinstance(values[0], Quantity):
            return after(values[0])
        if name == "implies" and len(values) == 2:
            return implies(*values)
        if name not in _FUNCTIONS:
            known = ", ".join([*_FUNCTIONS, "after", "implies"])
            raise MathematicsError(f"{self.text!r} calls {name}, which is unknown; known are {known}")
        try:
            return _FUNCTIONS[name](*values)
        except TypeError:
            raise MathematicsError(f"{self.text!r} gives {name} {len(values)} arguments") from None
