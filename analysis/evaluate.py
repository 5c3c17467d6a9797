"""Expressions of rules evaluated in any arithmetic: NumPy arrays for studies, 50 digits for the exact oracle.

An expression becomes nested functions once, and is then called for many values.  No text is generated, so a quantity
may have any name, and a node that has no meaning here is refused rather than guessed.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, reduce
from typing import Any

import numpy as np
import sympy as sp

__all__ = ["DECIMAL", "NUMPY", "Arithmetic", "evaluator"]

Values = Mapping[str, Any]
Evaluator = Callable[[Values], Any]


@dataclass(frozen=True)
class Arithmetic:
    """What numbers and functions are.

    Attributes
    ----------
    number : callable
        Called with numerator and denominator of a rational number.
    functions : mapping of str to callable
        ``"sqrt"``, ``"Abs"``, ``"sign"``, ``"Max"``, ``"Min"``, ``"exp"``, ``"log"``, the last two of one argument.
    choose : callable
        Called with a list of (value, condition) pairs, all of them evaluated lazily by calling them.
    """

    number: Callable[[int, int], Any]
    functions: Mapping[str, Callable[..., Any]]
    choose: Callable[[Sequence[tuple[Callable[[], Any], Callable[[], Any]]]], Any]


def evaluator(expression: sp.Basic, arithmetic: Arithmetic) -> Evaluator:
    """`expression` as a function of the values of its symbols, by name.

    Raises
    ------
    ValueError
        If the expression holds a node that rules do not have.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> evaluator(sp.sqrt(x) / 4, NUMPY)({"x": np.array([4.0, 9.0])}).tolist()
    [0.5, 0.75]
    >>> print(evaluator(x / 3, DECIMAL)({"x": Decimal(1)}))
    0.3333333333333333333333333333
    """
    if isinstance(expression, sp.Symbol):
        return operator.itemgetter(expression.name)
    if isinstance(expression, sp.Rational):
        value = arithmetic.number(int(expression.p), int(expression.q))
        return lambda values: value
    if isinstance(expression, sp.logic.boolalg.BooleanAtom):
        truth = bool(expression)
        return lambda values: truth
    if isinstance(expression, sp.Mul):
        return _product(expression, arithmetic)
    if isinstance(expression, sp.Pow):
        return _power(expression, arithmetic)
    if isinstance(expression, sp.Piecewise):
        return _cases(expression, arithmetic)
    return _applied(expression, arithmetic)


def _applied(expression: sp.Basic, arithmetic: Arithmetic) -> Evaluator:
    """A function of its arguments, one after the other where it takes any number of them."""
    name = expression.rel_op if isinstance(expression, sp.core.relational.Relational) else type(expression).__name__
    function = arithmetic.functions.get(name) or _COMMON.get(name)
    if function is None:
        raise ValueError(f"{expression} ({type(expression).__name__}) cannot be evaluated; rules are not made of it")
    arguments = [evaluator(a, arithmetic) for a in expression.args]
    if len(arguments) == 1:
        (only,) = arguments
        return lambda values: function(only(values))
    return lambda values: reduce(function, [a(values) for a in arguments])


def _product(expression: sp.Mul, arithmetic: Arithmetic) -> Evaluator:
    if sp.I in expression.args:
        # SymPy writes the root of -z^2 as I z; it is a root of a negative number all the same.
        size = evaluator(expression / sp.I, arithmetic)
        root = arithmetic.functions["sqrt"]
        return lambda values: root(-(size(values) ** 2))
    # One division by everything below the line, as a person would compute it.
    above, below = sp.fraction(expression)
    if below == 1:
        factors = [evaluator(a, arithmetic) for a in sp.Mul.make_args(above)]
        return lambda values: reduce(operator.mul, [f(values) for f in factors])
    numerator, denominator = evaluator(above, arithmetic), evaluator(below, arithmetic)
    return lambda values: numerator(values) / denominator(values)


def _power(expression: sp.Pow, arithmetic: Arithmetic) -> Evaluator:
    base, exponent = evaluator(expression.base, arithmetic), expression.exp
    if exponent == sp.Rational(1, 2):
        root = arithmetic.functions["sqrt"]
        return lambda values: root(base(values))
    if exponent.could_extract_minus_sign():
        below, one = evaluator(expression.base**-exponent, arithmetic), arithmetic.number(1, 1)
        return lambda values: one / below(values)
    if isinstance(exponent, sp.Integer):
        whole = int(exponent)
        return lambda values: base(values) ** whole
    power = evaluator(exponent, arithmetic)
    return lambda values: base(values) ** power(values)


def _cases(expression: sp.Piecewise, arithmetic: Arithmetic) -> Evaluator:
    pairs = [(evaluator(v, arithmetic), evaluator(c, arithmetic)) for v, c in expression.args]

    return lambda values: arithmetic.choose([(partial(v, values), partial(c, values)) for v, c in pairs])


_COMMON: dict[str, Callable[..., Any]] = {
    "Add": operator.add,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "And": operator.and_,
    "Or": operator.or_,
    "Not": np.logical_not,
}


def _select(pairs: Sequence[tuple[Callable[[], Any], Callable[[], Any]]]) -> Any:
    result: Any = np.nan
    for value, condition in reversed(pairs):
        result = np.where(condition(), value(), result)
    return result


def _first(pairs: Sequence[tuple[Callable[[], Any], Callable[[], Any]]]) -> Any:
    for value, condition in pairs:
        if condition():
            return value()
    raise decimal.InvalidOperation("no case of the distinction holds")


NUMPY = Arithmetic(
    number=lambda p, q: p / q,
    functions={
        "sqrt": np.sqrt,
        "Abs": np.abs,
        "sign": np.sign,
        "Max": np.maximum,
        "Min": np.minimum,
        "exp": np.exp,
        "log": np.log,
    },
    choose=_select,
)
DECIMAL = Arithmetic(
    number=lambda p, q: Decimal(p) / Decimal(q),
    functions={
        "sqrt": Decimal.sqrt,
        "Abs": abs,
        "sign": lambda x: Decimal((x > 0) - (x < 0)),
        "Max": max,
        "Min": min,
        "exp": Decimal.exp,
        "log": Decimal.ln,
    },
    choose=_first,
)
