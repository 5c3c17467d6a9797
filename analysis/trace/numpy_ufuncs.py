"""What each NumPy ufunc means for expressions, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from ...derive.relations import eq, ge, gt, le, lt, negation
from .numpy_values import Tracing, as_number, power

__all__ = ["ELEMENTWISE", "REDUCTIONS", "logical"]


def logical(e: sp.Basic) -> sp.Basic:
    """A number used as a condition is true where it is not zero."""
    return e if isinstance(e, sp.logic.boolalg.Boolean) and not isinstance(e, sp.Symbol) else negation(eq(e, 0))


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of numbers, without need of the trace."""

    def apply(tracing: Tracing, *exprs: Any) -> Any:
        return np.frompyfunc(lambda *es: function(*map(as_number, es)), len(exprs), 1)(*exprs)

    return apply


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of numbers, with divisors noted on the trace."""

    def apply(tracing: Tracing, *exprs: Any) -> Any:
        return np.frompyfunc(lambda *es: function(tracing, *map(as_number, es)), len(exprs), 1)(*exprs)

    return apply


def _conditions(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(tracing: Tracing, *exprs: Any) -> Any:
        return np.frompyfunc(lambda *es: function(*map(logical, es)), len(exprs), 1)(*exprs)

    return apply


def _copysign(size: sp.Expr, sign: sp.Expr) -> sp.Expr:
    return sp.Piecewise((sp.Abs(size), ge(sign, 0)), (-sp.Abs(size), sp.true))


def _different(a: sp.Basic, b: sp.Basic) -> sp.Basic:
    return negation(eq(a, b))


_ONE = sp.Integer(1)

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": _plain(lambda a, b: a + b),
    "subtract": _plain(lambda a, b: a - b),
    "multiply": _plain(lambda a, b: a * b),
    "divide": _traced(Tracing.quotient),
    "power": _traced(power),
    "float_power": _traced(power),
    "negative": _plain(lambda a: -a),
    "positive": _plain(lambda a: a),
    "conjugate": _plain(lambda a: a),
    "absolute": _plain(sp.Abs),
    "fabs": _plain(sp.Abs),
    "sign": _plain(sp.sign),
    "sqrt": _traced(Tracing.root),
    "square": _plain(lambda a: a**2),
    "reciprocal": _traced(lambda tracing, a: tracing.quotient(_ONE, a)),
    "hypot": _plain(lambda a, b: sp.sqrt(a**2 + b**2)),
    "maximum": _plain(sp.Max),
    "fmax": _plain(sp.Max),
    "minimum": _plain(sp.Min),
    "fmin": _plain(sp.Min),
    "clip": _plain(lambda a, low, high: sp.Min(sp.Max(a, low), high)),
    "copysign": _plain(_copysign),
    "heaviside": _plain(lambda a, at: sp.Piecewise((0, lt(a, 0)), (at, eq(a, 0)), (_ONE, sp.true))),
    "exp": _plain(sp.exp),
    "expm1": _plain(lambda a: sp.exp(a) - 1),
    "log": _traced(Tracing.logarithm),
    "log1p": _traced(lambda tracing, a: tracing.logarithm(1 + a)),
    "greater": _plain(gt),
    "greater_equal": _plain(ge),
    "less": _plain(lt),
    "less_equal": _plain(le),
    "equal": _plain(eq),
    "not_equal": _plain(_different),
    "logical_and": _conditions(sp.And),
    "logical_or": _conditions(sp.Or),
    "logical_not": _conditions(negation),
    "logical_xor": _conditions(lambda a, b: sp.Or(sp.And(a, sp.Not(b)), sp.And(sp.Not(a), b))),
    "bitwise_and": _conditions(sp.And),
    "bitwise_or": _conditions(sp.Or),
    "invert": _conditions(negation),
    # The arithmetic is real: nothing is infinite and everything is a number.
    "isnan": _traced(lambda tracing, a: tracing.asked_whether_finite(sp.false)),
    "isinf": _traced(lambda tracing, a: tracing.asked_whether_finite(sp.false)),
    "isfinite": _traced(lambda tracing, a: tracing.asked_whether_finite(sp.true)),
    "signbit": _plain(lambda a: lt(a, 0)),
}

REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "add": lambda es: sp.Add(*map(as_number, es)),
    "multiply": lambda es: sp.Mul(*map(as_number, es)),
    "maximum": lambda es: sp.Max(*map(as_number, es)),
    "minimum": lambda es: sp.Min(*map(as_number, es)),
    "logical_and": lambda es: sp.And(*map(logical, es)),
    "logical_or": lambda es: sp.Or(*map(logical, es)),
}
