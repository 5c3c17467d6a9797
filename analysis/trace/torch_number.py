"""A float that carries its exact expression, through arithmetic and through ``math``."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import sympy as sp

from .record import ASKS_WHETHER_FINITE, MAKES_TEXT, Untraceable
from .requirements import for_logarithm, for_power, for_root
from .torch_run import Run

__all__ = ["Number", "expression_of", "math_on_numbers", "power"]


class Number(float):
    """A double, the expression it is the value of, and the run it belongs to.

    It passes for a float everywhere; arithmetic yields both, and a comparison is a question that the run answers.

    Examples
    --------
    >>> run, lr = Run(), sp.Symbol("lr")
    >>> step = 2 * Number(0.125, lr, run) + 1
    >>> float(step), step.expression
    (1.25, 2*lr + 1)
    """

    __slots__ = ("expression", "run")
    expression: sp.Expr
    run: Run

    def __new__(cls, value: float, expression: sp.Expr, run: Run) -> Number:
        """Make the number and let the run remember it."""
        self = super().__new__(cls, value)
        self.expression = expression
        self.run = run
        run.remember(float(value), expression)
        return self

    def __repr__(self) -> str:
        return self.__format__("")

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        self.run.doubts[MAKES_TEXT] = None
        return float.__format__(self, form) if form else float.__repr__(self)

    def _with(self, other: object, function: Callable[[Any, Any], Any], *, swapped: bool = False) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        values, expressions = (float(self), float(other)), (self.expression, expression_of(other, self.run))
        if swapped:
            values, expressions = values[::-1], expressions[::-1]
        return self._made(function(*values), function(*expressions))

    def _made(self, value: object, expression: sp.Expr) -> Number:
        if isinstance(value, complex):
            raise Untraceable(f"the step takes a root of a negative number: {expression}")
        return Number(float(value), expression, self.run)  # type: ignore[arg-type]

    def __add__(self, other: object) -> Any:
        return self._with(other, operator.add)

    __radd__ = __add__

    def __mul__(self, other: object) -> Any:
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __sub__(self, other: object) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: object) -> Any:
        return self._with(other, operator.sub, swapped=True)

    def __truediv__(self, other: object) -> Any:
        result = self._with(other, _quotient)
        if isinstance(other, Number):
            self.run.divide_by(other.expression)
        return result

    def __rtruediv__(self, other: object) -> Any:
        self.run.divide_by(self.expression)
        return self._with(other, _quotient, swapped=True)

    def __pow__(self, other: object, modulus: object = None) -> Any:
        if isinstance(other, (int, float)):
            self.run.divide_by(for_power(self.expression, expression_of(other, self.run)))
        return self._with(other, power)

    def __rpow__(self, other: object, modulus: object = None) -> Any:
        return self._with(other, power, swapped=True)

    def __neg__(self) -> Number:
        return self._made(-float(self), -self.expression)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return self._made(abs(float(self)), sp.Abs(self.expression))

    def _ask(
        self, question: Callable[[sp.Expr, sp.Expr, bool], bool], left: object, right: object, truth: bool
    ) -> bool:
        return question(expression_of(left, self.run), expression_of(right, self.run), truth)

    def __gt__(self, other: object) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return self._ask(self.run.greater, self, other, float(self) > float(other))

    def __lt__(self, other: object) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return self._ask(self.run.greater, other, self, float(other) > float(self))

    def __ge__(self, other: object) -> Any:
        below = self.__lt__(other)
        return below if below is NotImplemented else not below

    def __le__(self, other: object) -> Any:
        above = self.__gt__(other)
        return above if above is NotImplemented else not above

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return self._ask(self.run.equal, self, other, float(self) == float(other))

    def __ne__(self, other: object) -> Any:
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    __hash__ = float.__hash__

    def __bool__(self) -> bool:
        return bool(self != 0)

    def is_integer(self) -> bool:
        """Whether it is a whole number, which is known of constants only."""
        return self._constant("is_integer").is_integer()

    def __int__(self) -> int:
        return int(self._constant("int()"))

    def __trunc__(self) -> int:
        return math.trunc(self._constant("int()"))

    def __floor__(self) -> int:
        return math.floor(self._constant("math.floor"))

    def __ceil__(self) -> int:
        return math.ceil(self._constant("math.ceil"))

    def __round__(self, digits: Any = None) -> Any:
        return round(self._constant("round()"), digits)

    def __mod__(self, other: Any) -> Any:
        return self._constant("%") % other

    def __rmod__(self, other: Any) -> Any:
        return other % self._constant("%")

    def __floordiv__(self, other: Any) -> Any:
        return self._constant("//") // other

    def __rfloordiv__(self, other: Any) -> Any:
        return other // self._constant("//")

    def _constant(self, what: str) -> float:
        if isinstance(self.expression, sp.Rational):
            return float(self)
        raise Untraceable(f"the step uses {what} on {self.expression}, which is no rational operation")

    def __copy__(self) -> Number:
        return self

    def __deepcopy__(self, memo: object) -> Number:
        return self

    def __reduce__(self) -> NoReturn:
        raise Untraceable("the step pickles its numbers")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        function = _UFUNCS.get(ufunc.__name__)
        if method != "__call__" or options or function is None:
            raise Untraceable(f"the step calls numpy.{ufunc.__name__} on a hyperparameter")
        return function(*inputs)


def expression_of(value: object, run: Run) -> sp.Expr:
    """What a number of the code stands for."""
    if isinstance(value, Number):
        return value.expression
    if isinstance(value, (int, float)):
        return run.meaning_of(value)
    raise Untraceable(f"the step computes with {value!r}, of type {type(value).__name__}")


def power(base: Any, exponent: Any) -> Any:
    """``base ** exponent``; of expressions with the exponent 1/2, the square root."""
    return base**exponent


def _quotient(above: Any, below: Any) -> Any:
    if below == 0:
        raise ZeroDivisionError("division by zero")
    return above / below


def _root(x: Any) -> Any:
    return x**0.5


def _unary(
    name: str,
    meaning: Callable[[sp.Expr], sp.Expr],
    requirement: Callable[[sp.Expr], sp.Expr] = lambda x: sp.Integer(1),
) -> Callable[..., Any]:
    original = getattr(math, name)

    def function(x: Any, *rest: Any) -> Any:
        if rest or not isinstance(x, Number):
            return original(x, *rest)
        x.run.divide_by(requirement(x.expression))
        return Number(original(float(x)), meaning(x.expression), x.run)

    return function


def _two(name: str, meaning: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    original = getattr(math, name)

    def function(x: Any, y: Any) -> Any:
        return meaning(x, y) if isinstance(x, Number) or isinstance(y, Number) else original(x, y)

    return function


def _constant_question(name: str, answer: bool) -> Callable[[Any], Any]:
    original = getattr(math, name)

    def function(x: Any) -> Any:
        if not isinstance(x, Number):
            return original(x)
        x.run.notes[ASKS_WHETHER_FINITE] = None
        return answer

    return function


_MATH: dict[str, Callable[..., Any]] = {
    "sqrt": _unary("sqrt", sp.sqrt, for_root),
    "exp": _unary("exp", sp.exp),
    "log": _unary("log", sp.log, for_logarithm),
    "log1p": _unary("log1p", lambda x: sp.log(1 + x), lambda x: for_logarithm(1 + x)),
    "expm1": _unary("expm1", lambda x: sp.exp(x) - 1),
    "fabs": _unary("fabs", sp.Abs),
    "pow": _two("pow", power),
    "hypot": _two("hypot", lambda x, y: _root(x * x + y * y)),
    "isnan": _constant_question("isnan", False),
    "isinf": _constant_question("isinf", False),
    "isfinite": _constant_question("isfinite", True),
}

_UFUNCS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "float_power": operator.pow,
    "negative": operator.neg,
    "absolute": abs,
    "sqrt": _MATH["sqrt"],
    "exp": _MATH["exp"],
    "log": _MATH["log"],
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "maximum": max,
    "minimum": min,
}


@contextmanager
def math_on_numbers() -> Iterator[None]:
    """While it lasts, ``math.sqrt`` and its like keep the expressions of numbers that carry them."""
    kept = {name: getattr(math, name) for name in _MATH}
    try:
        for name, function in _MATH.items():
            setattr(math, name, function)
        yield
    finally:
        for name, function in kept.items():
            setattr(math, name, function)
