"""Python source read as expressions: the few forms that :mod:`optproof.kernels.expression_code` writes.

Nothing is executed, and what is not among those forms is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import sympy as sp

from .errors import KernelError

__all__ = ["read_expression"]

_BINARY: dict[type[ast.operator], Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARE: dict[type[ast.cmpop], Callable[[sp.Expr, sp.Expr], sp.Basic]] = {
    ast.Eq: sp.Eq,
    ast.NotEq: sp.Ne,
    ast.Lt: sp.StrictLessThan,
    ast.LtE: sp.LessThan,
    ast.Gt: sp.StrictGreaterThan,
    ast.GtE: sp.GreaterThan,
}
_CALLS: dict[str, Callable[..., sp.Expr]] = {
    "np.sqrt": sp.sqrt,
    "math.sqrt": sp.sqrt,
    "np.abs": sp.Abs,
    "abs": sp.Abs,
    "np.sign": sp.sign,
    "np.exp": sp.exp,
    "math.exp": sp.exp,
    "np.log": sp.log,
    "math.log": sp.log,
    "np.maximum": sp.Max,
    "np.minimum": sp.Min,
    "max": sp.Max,
    "min": sp.Min,
    "np.float32": lambda x: x,
    "np.float64": lambda x: x,
}


def read_expression(node: ast.expr, values: Mapping[str, sp.Basic], unchanged: Container[str] = ()) -> sp.Basic:
    """The value of an expression, over the real numbers.

    Parameters
    ----------
    node : ast.expr
    values : mapping
        What each name, and each element such as ``work[0, i]``, stands for.
    unchanged : container of str, optional
        Functions whose value is their first argument; what else they take, as random bits, is no part of it.

    Raises
    ------
    KernelError
        If the printer never writes such an expression.
    KeyError
        If a name stands for nothing.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> read_expression(ast.parse("0.5 * x ** 2", mode="eval").body, {"x": x})
    x**2/2
    """
    return _Reader(values, unchanged).value(node)


@dataclass(frozen=True)
class _Reader:
    values: Mapping[str, sp.Basic]
    unchanged: Container[str]

    def value(self, node: ast.expr) -> sp.Basic:
        if isinstance(node, (ast.Name, ast.Subscript)):
            return self.values[ast.unparse(node)]
        if isinstance(node, ast.Attribute) and node.attr == "nan":
            return sp.nan
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            exact = Fraction(cast("float", node.value))
            return sp.Rational(exact.numerator, exact.denominator)
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return _BINARY[type(node.op)](self.value(node.left), self.value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            inner = self.value(node.operand)
            return sp.Not(inner) if isinstance(node.op, ast.Not) else -inner
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return _COMPARE[type(node.ops[0])](self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            return (sp.And if isinstance(node.op, ast.And) else sp.Or)(*(self.value(v) for v in node.values))
        if isinstance(node, ast.IfExp):
            return self.cases(node)
        if isinstance(node, ast.Call) and not node.keywords:
            return self.call(node)
        raise _unknown(node)

    def cases(self, node: ast.expr) -> sp.Basic:
        """A chain of conditional expressions as one case distinction; where it ends in NaN, nothing is defined."""
        cases: list[tuple[sp.Basic, sp.Basic]] = []
        while isinstance(node, ast.IfExp):
            cases.append((self.value(node.body), self.value(node.test)))
            node = node.orelse
        otherwise = self.value(node)
        return sp.Piecewise(*cases) if otherwise is sp.nan else sp.Piecewise(*cases, (otherwise, sp.true))

    def call(self, node: ast.Call) -> sp.Basic:
        name = ast.unparse(node.func)
        if name in self.unchanged:
            return self.value(node.args[0])
        if name not in _CALLS:
            raise _unknown(node)
        return _CALLS[name](*(self.value(a) for a in node.args))


def _unknown(node: ast.expr) -> KernelError:
    return KernelError(f"the printed module holds {ast.unparse(node)!r}, which the printer never writes")
