"""Numbers that carry their expression: a float, what it stands for, and the trace it belongs to.

The float is the *witness*: what the code computes at concrete inputs.  It decides which way a branch goes
first, and where an array's memory is read as plain floats after all, a generic witness is looked up again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from ...derive.relations import eq, ge, gt, le, lt, negation
from .branches import Decisions
from .constants import exact_number, is_suspicious
from .record import ASKS_WHETHER_FINITE, MAKES_TEXT, Untraceable
from .requirements import for_logarithm, for_power, for_root, never_negative

__all__ = ["Condition", "Scalar", "Tracing", "as_number", "note_rounding", "power"]


@dataclass
class Tracing:
    """What one run of a step keeps: its decisions, its divisors, why it proves nothing, the witnesses of its values."""

    decisions: Decisions = field(default_factory=Decisions)
    divisors: list[sp.Expr] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    known: dict[float, sp.Expr] = field(default_factory=dict)

    def scalar(self, value: float, expr: sp.Basic, *, whole: bool = False) -> Scalar:
        """A number with its expression; a constant is no news to the registry."""
        if expr.free_symbols and math.isfinite(value) and is_suspicious(float(value)):
            self.known.setdefault(float(value), expr)
        return Scalar(value, expr, self, whole=whole)

    def lift(self, number: object) -> sp.Basic:
        """The expression of whatever the code uses as a number or a condition."""
        if isinstance(number, (Scalar, Condition)):
            return number.expr
        if isinstance(number, (bool, np.bool_)):
            return sp.true if number else sp.false
        if isinstance(number, (int, np.integer)):
            return sp.Integer(int(number))
        if isinstance(number, (float, np.floating)):
            return self._float(float(number))
        raise Untraceable(f"a value of type {type(number).__name__} takes part in the arithmetic")

    def _float(self, value: float) -> sp.Basic:
        if value in self.known:
            return self.known[value]
        if math.isnan(value):
            return sp.nan
        if math.isinf(value):
            return sp.oo if value > 0 else -sp.oo
        number, note = exact_number(value)
        if note:
            self.notes[note] = None
        return number

    def decide(self, condition: sp.Basic, at_witness: bool) -> bool:
        """Which way the run goes."""
        return self.decisions.decide(condition, at_witness)

    def quotient(self, above: sp.Basic, below: sp.Basic) -> sp.Expr:
        """A quotient; what is divided by is remembered, since SymPy cancels it without asking.

        Divided by zero whatever the values are, what is positive is infinite, and may be divided by; else it is taken
        for no number, and the trace tells whether theta then is one.
        """
        above, below = as_number(above), as_number(below)
        if below == 0:
            self.require(below)
            if above == 0 or not never_negative(above):
                return sp.nan
            self.require(above)
            self.doubts["it divides by zero, and the infinity it gets is taken to be positive, but zero has a sign"] = (
                None
            )
            return sp.oo
        if below.free_symbols:
            self.require(below)
        return above / below

    def root(self, a: sp.Basic) -> sp.Expr:
        """A square root; that it is taken of what is not negative is remembered, since SymPy cancels that too."""
        a = as_number(a)
        self.require(for_root(a))
        return sp.sqrt(a)

    def logarithm(self, a: sp.Basic) -> sp.Expr:
        """A natural logarithm."""
        a = as_number(a)
        self.require(for_logarithm(a))
        return sp.log(a)

    def asked_whether_finite(self, answer: Any) -> Any:
        """The answer for real numbers; that the code asked is noted, for it may divide by zero elsewhere."""
        self.notes[ASKS_WHETHER_FINITE] = None
        return answer

    def require(self, requirement: sp.Expr) -> None:
        """Keep what must not vanish."""
        if requirement != 1 and requirement not in self.divisors:
            self.divisors.append(requirement)


def as_number(e: sp.Basic) -> sp.Expr:
    """A condition used as a number is 1 or 0."""
    if isinstance(e, sp.logic.boolalg.Boolean) and not isinstance(e, sp.Symbol):
        if e in (sp.true, sp.false):
            return sp.Integer(1 if e == sp.true else 0)
        return sp.Piecewise((sp.Integer(1), e), (sp.Integer(0), sp.true))
    return e


class Condition:
    """A condition with its truth at the witness; asking for its truth is a decision of the run."""

    __slots__ = ("expr", "tracing", "truth")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, truth: bool, expr: sp.Basic, tracing: Tracing) -> None:
        self.truth, self.expr, self.tracing = bool(truth), expr, tracing

    def __bool__(self) -> bool:
        return self.tracing.decide(self.expr, self.truth)

    def __and__(self, other: object) -> Any:
        return self._joined(other, sp.And, bool.__and__)

    def __or__(self, other: object) -> Any:
        return self._joined(other, sp.Or, bool.__or__)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Condition:
        return Condition(not self.truth, negation(self.expr), self.tracing)

    def _joined(self, other: object, head: Any, plain: Callable[[bool, bool], bool]) -> Any:
        if not isinstance(other, (bool, np.bool_, Condition)):
            return NotImplemented
        truth = other.truth if isinstance(other, Condition) else bool(other)
        return Condition(plain(self.truth, truth), head(self.expr, self.tracing.lift(other)), self.tracing)

    def _number(self) -> Scalar:
        return self.tracing.scalar(float(self.truth), as_number(self.expr))

    def __mul__(self, other: Any) -> Any:
        return self._number() * other

    def __add__(self, other: Any) -> Any:
        return self._number() + other

    def __sub__(self, other: Any) -> Any:
        return self._number() - other

    def __rsub__(self, other: Any) -> Any:
        return other - self._number()

    __rmul__, __radd__ = __mul__, __add__

    def __float__(self) -> float:
        return float(self.truth)

    def item(self) -> Condition:
        """Itself, as NumPy's scalars have it."""
        return self


_RELATIONS: dict[str, Callable[[Any, Any], sp.Basic]] = {
    "<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": lambda a, b: negation(eq(a, b)),
}  # fmt: skip
_PLAIN: dict[str, Callable[[float, float], bool]] = {
    "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__,
    "==": float.__eq__, "!=": float.__ne__,
}  # fmt: skip


class Scalar:
    """A number that carries its expression.

    It is no float on purpose: whatever would read it as one, in C or by ``float(...)``, is stopped instead of being
    handed a witness on which the code could then branch unseen.
    """

    __slots__ = ("expr", "tracing", "value", "whole")

    def __init__(self, value: float, expr: sp.Basic, tracing: Tracing, *, whole: bool = False) -> None:
        """Make it; `whole` says that it is known to be an integer."""
        self.value = float(value)
        self.expr: sp.Expr = as_number(expr)
        self.tracing = tracing
        self.whole = whole

    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    dtype = np.dtype(np.float64)

    def __hash__(self) -> int:
        raise Untraceable("a traced number is used as a key")

    def __float__(self) -> float:
        raise Untraceable("a traced number is turned into a plain float")

    def __repr__(self) -> str:
        return self.__format__("")

    def __format__(self, form: str) -> str:
        self.tracing.doubts[MAKES_TEXT] = None
        return format(self.value, form)

    def _binary(self, other: object, plain: Any, exact: Any, *, swapped: bool = False) -> Any:
        if isinstance(other, np.ndarray) or not isinstance(other, _NUMBERS):
            return NotImplemented
        mine, others = np.float64(self.value), np.float64(_witness(other))
        e = as_number(self.tracing.lift(other))
        with np.errstate(all="ignore"):
            value = plain(others, mine) if swapped else plain(mine, others)
        found = exact(self.tracing, e, self.expr) if swapped else exact(self.tracing, self.expr, e)
        whole = self.whole and plain in (np.add, np.subtract, np.multiply) and bool(e.is_integer)
        return self.tracing.scalar(float(value), found, whole=whole)

    def __add__(self, other: object) -> Any:
        return self._binary(other, np.add, _add)

    def __sub__(self, other: object) -> Any:
        return self._binary(other, np.subtract, _subtract)

    def __rsub__(self, other: object) -> Any:
        return self._binary(other, np.subtract, _subtract, swapped=True)

    def __mul__(self, other: object) -> Any:
        return self._binary(other, np.multiply, _multiply)

    def __truediv__(self, other: object) -> Any:
        return self._binary(other, np.divide, Tracing.quotient)

    def __rtruediv__(self, other: object) -> Any:
        return self._binary(other, np.divide, Tracing.quotient, swapped=True)

    def __pow__(self, other: object, modulus: None = None) -> Any:
        return self._binary(other, np.power, power)

    def __rpow__(self, other: object, modulus: None = None) -> Any:
        return self._binary(other, np.power, power, swapped=True)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Any:
        return self.tracing.scalar(-self.value, -self.expr, whole=self.whole)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.tracing.scalar(abs(self.value), sp.Abs(self.expr), whole=self.whole)

    def _compared(self, other: object, relation: str) -> Any:
        if isinstance(other, np.ndarray) or not isinstance(other, _NUMBERS):
            return NotImplemented
        expr = _RELATIONS[relation](self.expr, as_number(self.tracing.lift(other)))
        return Condition(_PLAIN[relation](self.value, _witness(other)), expr, self.tracing)

    def __lt__(self, other: object) -> Any:
        return self._compared(other, "<")

    def __le__(self, other: object) -> Any:
        return self._compared(other, "<=")

    def __gt__(self, other: object) -> Any:
        return self._compared(other, ">")

    def __ge__(self, other: object) -> Any:
        return self._compared(other, ">=")

    def __eq__(self, other: object) -> Any:
        # A number is not None, nor a text: that needs no branch.
        return self._compared(other, "==")

    def __ne__(self, other: object) -> Any:
        return self._compared(other, "!=")

    def __bool__(self) -> bool:
        return self.tracing.decide(negation(eq(self.expr, 0)), self.value != 0)

    def __int__(self) -> int:
        raise Untraceable("a hyperparameter or the step counter is rounded to a whole number")

    __index__ = __trunc__ = __floor__ = __ceil__ = __round__ = __int__

    def __mod__(self, other: object) -> Any:
        raise Untraceable("a remainder (%) is taken of a hyperparameter or of the step counter")

    __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __mod__

    def __reduce__(self) -> Any:
        raise Untraceable("a traced value is pickled")

    def __copy__(self) -> Scalar:
        return self

    def __deepcopy__(self, memo: object) -> Scalar:
        return self

    def item(self) -> Scalar:
        """Itself, as NumPy's scalars have it."""
        return self

    def copy(self) -> Scalar:
        """Itself: numbers do not change."""
        return self

    def astype(self, dtype: object, **_: object) -> Scalar:
        """Itself, where the type is a float's."""
        if np.dtype(dtype).kind != "f":  # type: ignore[call-overload]
            raise Untraceable(f"a traced value is converted to {np.dtype(dtype)}")  # type: ignore[call-overload]
        note_rounding(self.tracing, dtype)
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .numpy_array import apply_ufunc

        return apply_ufunc(self.tracing, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .numpy_functions import apply_function

        return apply_function(self.tracing, function, args, kwargs)


def note_rounding(tracing: Tracing, dtype: Any) -> None:
    """Keep in mind that the code rounds to a type, which real arithmetic does not."""
    if np.dtype(dtype) != np.float64:
        tracing.notes[f"the code converts to {np.dtype(dtype)}; the proof is about real numbers"] = None


_NUMBERS = (int, float, np.integer, np.floating, np.bool_, Condition, Scalar)


def _witness(x: Any) -> float:
    return x.value if isinstance(x, Scalar) else float(x)


def _add(tracing: Tracing, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return a + b


def _subtract(tracing: Tracing, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return a - b


def _multiply(tracing: Tracing, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return a * b


def power(tracing: Tracing, base: sp.Basic, exponent: sp.Basic) -> sp.Expr:
    """A power; a negative exponent divides."""
    base, exponent = as_number(base), as_number(exponent)
    tracing.require(for_power(base, exponent))
    if exponent.is_Rational and exponent < 0:
        return tracing.quotient(sp.Integer(1), base**-exponent)
    return base**exponent
