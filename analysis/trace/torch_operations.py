"""What torch's element-wise functions mean, on exact expressions: ``addcdiv`` is ``x + value * a / b``.

A function's name here is torch's without the marks of its variants: ``add_``, ``__iadd__`` and ``_foreach_add`` are all
``add``.  Arguments come in torch's order and under torch's names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from ...derive.relations import eq, gt, le, negation
from .record import ASKS_WHETHER_FINITE, Untraceable
from .requirements import for_logarithm, for_power, for_root
from .torch_run import Run

__all__ = ["Operations", "as_condition", "as_number", "choose"]

_ONE, _ZERO = sp.Integer(1), sp.Integer(0)
_HALF = sp.Rational(1, 2)


def as_number(x: sp.Basic) -> sp.Expr:
    """A condition used as a number is 1 or 0."""
    return x if isinstance(x, sp.Expr) else choose(x, _ONE, _ZERO)


def as_condition(x: sp.Basic) -> sp.Basic:
    """A number used as a condition is true unless it is zero."""
    if not isinstance(x, sp.Expr):
        return x
    if isinstance(x, sp.Rational):
        return sp.true if x != 0 else sp.false
    return negation(eq(x, _ZERO))


def choose(condition: sp.Basic, first: sp.Basic, second: sp.Basic) -> Any:
    """`first` where the condition holds, else `second`."""
    if condition == sp.true or first == second:
        return first
    if condition == sp.false:
        return second
    if not isinstance(first, sp.Expr) and not isinstance(second, sp.Expr):
        return _or(_and(condition, first), _and(_not(condition), second))
    return sp.Piecewise((as_number(first), condition), (as_number(second), sp.true), evaluate=False)


def _cases(x: sp.Basic) -> list[tuple[sp.Basic, sp.Basic]]:
    """The values of an expression with the conditions that exclude each other, in order."""
    if not isinstance(x, sp.Piecewise):
        return [(x, sp.true)]
    found, before = [], sp.true
    for value, condition in x.args:
        here = _and(before, condition)
        found += [(v, _and(here, c)) for v, c in _cases(value)]
        before = _and(before, _not(condition))
    return found


def _by_case(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function, applied to each case of a case distinction."""

    def applied(x: sp.Basic) -> Any:
        if not isinstance(x, sp.Piecewise):
            return function(x)
        pairs = [(applied(value), condition) for value, condition in x.args]
        result = pairs[-1][0]
        for value, condition in reversed(pairs[:-1]):
            result = choose(condition, value, result)
        return result

    return applied


def _and(a: sp.Basic, b: sp.Basic) -> Any:
    if sp.false in (a, b):
        return sp.false
    return b if a == sp.true else a if b == sp.true else sp.And(a, b, evaluate=False)


def _or(a: sp.Basic, b: sp.Basic) -> Any:
    if sp.true in (a, b):
        return sp.true
    return b if a == sp.false else a if b == sp.false else sp.Or(a, b, evaluate=False)


def _not(a: sp.Basic) -> Any:
    if a in (sp.true, sp.false):
        return sp.false if a == sp.true else sp.true
    if isinstance(a, sp.StrictGreaterThan):
        return le(a.lhs, a.rhs)
    return a.args[0] if isinstance(a, sp.Not) else negation(a)


class Operations:
    """The element-wise functions by name, for one run.

    Examples
    --------
    >>> x, g = sp.symbols("x g", real=True)
    >>> Operations(Run()).apply("add", x, g, alpha=sp.Integer(2))
    2*g + x
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._table: dict[str, Callable[..., Any]] = {
            "add": lambda a, b, alpha=_ONE: a + alpha * b,
            "sub": lambda a, b, alpha=_ONE: a - alpha * b,
            "rsub": lambda a, b, alpha=_ONE: b - alpha * a,
            "mul": lambda a, b: a * b,
            "div": self._divided,
            "rdiv": lambda a, b: self._divided(b, a),
            "pow": self._power,
            "rpow": lambda a, base: self._power(base, a),
            "addcmul": lambda a, tensor1, tensor2, value=_ONE: a + value * tensor1 * tensor2,
            "addcdiv": lambda a, tensor1, tensor2, value=_ONE: a + value * self._divided(tensor1, tensor2),
            "lerp": lambda a, end, weight: a + weight * (end - a),
            "neg": lambda a: -a,
            "positive": lambda a: a,
            "abs": _by_case(sp.Abs),
            "sign": _by_case(self._sign),
            "square": lambda a: a**2,
            "sqrt": self._root,
            "rsqrt": lambda a: self._divided(_ONE, self._root(a)),
            "reciprocal": lambda a: self._divided(_ONE, a),
            "exp": sp.exp,
            "expm1": lambda a: sp.exp(a) - 1,
            "log": self._logarithm,
            "log1p": lambda a: self._logarithm(1 + a),
            "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
            "relu": lambda a: self._largest(a, _ZERO),
            "maximum": self._largest,
            "minimum": self._smallest,
            "clamp": self._clamp,
            "clamp_min": self._clamp,
            "clamp_max": lambda a, max: self._clamp(a, None, max),
            "copysign": lambda a, b: choose(self._greater(_ZERO, b), -sp.Abs(a), sp.Abs(a)),
            "nan_to_num": lambda a, *rest, **options: self._asked_whether_finite(a),
            "where": lambda condition, a, b: choose(as_condition(condition), a, b),
            "masked_fill": lambda a, mask, value: choose(as_condition(mask), value, a),
            "gt": self._greater,
            "lt": lambda a, other: self._greater(other, a),
            "ge": lambda a, other: _not(self._greater(other, a)),
            "le": lambda a, other: _not(self._greater(a, other)),
            "eq": self._equal,
            "ne": lambda a, other: _not(self._equal(a, other)),
            "logical_and": lambda a, b: _and(as_condition(a), as_condition(b)),
            "logical_or": lambda a, b: _or(as_condition(a), as_condition(b)),
            "logical_xor": lambda a, b: choose(as_condition(a), _not(as_condition(b)), as_condition(b)),
            "logical_not": lambda a: _not(as_condition(a)),
            "isnan": lambda a: self._asked_whether_finite(sp.false),
            "isinf": lambda a: self._asked_whether_finite(sp.false),
            "isfinite": lambda a: self._asked_whether_finite(sp.true),
            "copy": lambda a, source, *rest: source,
            "fill": lambda a, value: value,
            "zero": lambda a: _ZERO,
        }
        self._table |= {
            "subtract": self._table["sub"],
            "multiply": self._table["mul"],
            "divide": self._table["div"],
            "true_divide": self._table["div"],
            "truediv": self._table["div"],
            "rtruediv": self._table["rdiv"],
            "float_power": self._table["pow"],
            "negative": self._table["neg"],
            "absolute": self._table["abs"],
            "sgn": self._table["sign"],
            "clip": self._table["clamp"],
            "max": self._table["maximum"],
            "min": self._table["minimum"],
            "greater": self._table["gt"],
            "less": self._table["lt"],
            "greater_equal": self._table["ge"],
            "less_equal": self._table["le"],
            "not_equal": self._table["ne"],
            "and": self._conditions_only("logical_and"),
            "or": self._conditions_only("logical_or"),
            "xor": self._conditions_only("logical_xor"),
            "invert": self._conditions_only("logical_not"),
        }
        self._table |= {f"bitwise_{n}": self._table[n] for n in ("and", "or", "xor")}
        self._table["bitwise_not"] = self._table["invert"]

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def apply(self, name: str, *arguments: Any, **options: Any) -> Any:
        """The value of a function.

        Raises
        ------
        Untraceable
            If it is called with options that change its meaning in a way that is not known here.
        """
        if name not in _TAKE_CONDITIONS:
            arguments = tuple(as_number(a) if isinstance(a, sp.Basic) else a for a in arguments)
        if options.pop("rounding_mode", None) is not None:
            raise Untraceable(f"the step rounds: torch.{name} with rounding_mode")
        for harmless in ("non_blocking", "memory_format", "inplace"):
            options.pop(harmless, None)
        if name in ("clamp", "clip") or "other" not in options:
            extra: tuple[Any, ...] = ()
        else:
            extra = (options.pop("other"),)
        try:
            return self._table[name](*arguments, *extra, **options)
        except TypeError as error:
            raise Untraceable(f"torch.{name} is called in a form that is not known here ({error})") from None

    def _largest(self, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self._extremum(sp.Max, a, b)

    def _smallest(self, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self._extremum(sp.Min, a, b)

    def _extremum(self, head: Any, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        above = None if a.has(sp.Piecewise) or b.has(sp.Piecewise) else self._run.settled("gt", a, b)
        if a == b or above is not None:
            return a if above == (head is sp.Max) else b
        # SymPy's own comparison of the arguments is slow and knows less than the provers.
        return head(a, b, evaluate=False)

    def _asked_whether_finite(self, answer: Any) -> Any:
        self._run.notes[ASKS_WHETHER_FINITE] = None
        return answer

    def _divided(self, above: sp.Expr, below: sp.Expr) -> sp.Expr:
        if below == 0:
            if self._run.settled("eq", above, _ZERO) is not False:
                raise Untraceable("the step divides by zero whatever its inputs are")
            self._run.notes["it divides by zero on purpose, and by the infinity that it gets"] = None
            return sp.zoo
        self._run.divide_by(below)
        return above / below

    def _root(self, a: sp.Expr) -> sp.Expr:
        self._run.divide_by(for_root(a))
        return sp.sqrt(a)

    def _logarithm(self, a: sp.Expr) -> sp.Expr:
        self._run.divide_by(for_logarithm(a))
        return sp.log(a)

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        self._run.divide_by(for_power(base, exponent))
        if exponent == _HALF:
            return sp.sqrt(base)
        return base**exponent

    def _sign(self, a: sp.Expr) -> sp.Expr:
        above, below = self._run.settled("gt", a, _ZERO), self._run.settled("gt", _ZERO, a)
        return _ONE if above else -_ONE if below else sp.sign(a)

    def _clamp(self, a: sp.Expr, min: Any = None, max: Any = None) -> sp.Expr:
        low = a if min is None else self._largest(a, min)
        return low if max is None else self._smallest(low, max)

    def _greater(self, a: sp.Expr, b: sp.Expr) -> Any:
        return self._relation("gt", a, b)

    def _equal(self, a: sp.Expr, b: sp.Expr) -> Any:
        return self._relation("eq", a, b)

    def _relation(self, kind: str, a: sp.Expr, b: sp.Expr) -> Any:
        """The comparison, taken apart where a side is a case distinction."""
        result: Any = sp.false
        for left, here in _cases(a):
            for right, there in _cases(b):
                result = _or(result, _and(_and(here, there), self._plain(kind, left, right)))
        return result

    def _plain(self, kind: str, a: sp.Expr, b: sp.Expr) -> Any:
        known = self._run.settled(kind, a, b)
        if known is not None:
            return sp.true if known else sp.false
        if (isinstance(a, sp.sign) and isinstance(b, sp.Rational)) or (
            isinstance(b, sp.sign) and isinstance(a, sp.Rational)
        ):
            return self._of_sign(kind, a, b)
        return gt(a, b) if kind == "gt" else eq(a, b)

    def _of_sign(self, kind: str, a: sp.Expr, b: sp.Expr) -> Any:
        """A comparison of a sign with a number, as conditions on what the sign is of."""
        inner = a.args[0] if isinstance(a, sp.sign) else b.args[0]
        result: Any = sp.false
        for value, condition in ((1, gt(inner, _ZERO)), (0, eq(inner, _ZERO)), (-1, gt(_ZERO, inner))):
            left, right = (value, b) if isinstance(a, sp.sign) else (a, value)
            if (left > right) if kind == "gt" else (left == right):
                result = _or(result, condition)
        return result

    def _conditions_only(self, name: str) -> Callable[..., Any]:
        def applied(*arguments: sp.Basic) -> Any:
            if any(isinstance(a, sp.Expr) for a in arguments):
                raise Untraceable("the step does bitwise arithmetic on whole numbers")
            return self._table[name](*arguments)

        return applied


_TAKE_CONDITIONS = frozenset(
    """
    where masked_fill logical_and logical_or logical_xor logical_not and or xor invert
    bitwise_and bitwise_or bitwise_xor bitwise_not copy fill
    """.split()  # noqa: SIM905 - a table of names
)
