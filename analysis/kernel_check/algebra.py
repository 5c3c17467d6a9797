"""What the operations of a source text mean: one interpreter, several meanings.

The interpreter of :mod:`.expressions` reads Python; an *algebra* says what the numbers are.  Executed on
:class:`Symbols`, a source becomes expressions that a proof compares with the rule.  Executed on
:class:`.rounded.Rounded`, it becomes arrays in the kernel's dtype, operation by operation, with a bound of the error.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol

import sympy as sp

from .values import RandomBits, Stored, StreamKey

__all__ = ["Algebra", "Meaningless", "Symbols"]


class Meaningless(Exception):
    """An operation that the algebra does not have; the interpreter adds where it stands."""


class Algebra(Protocol):
    """What numbers and conditions are."""

    def is_number(self, value: object) -> bool:
        """Whether `value` is a number of this algebra; a plain int always is one."""

    def is_condition(self, value: object) -> bool:
        """Whether `value` is a truth value of this algebra."""

    def literal(self, text: str, value: float) -> Any:
        """The number that a decimal literal stands for."""

    def integer(self, value: int) -> Any:
        """The number that an integer literal stands for."""

    def nan(self) -> Any:
        """What stands where a case distinction has no case."""

    def binary(self, operation: str, left: Any, right: Any) -> Any:
        """``"add"``, ``"sub"``, ``"mul"``, ``"div"`` or ``"pow"`` of two numbers."""

    def function(self, name: str, arguments: Sequence[Any]) -> Any:
        """A function of numbers: ``"neg"``, ``"sqrt"``, ``"abs"``, ``"max"``, ``"min"``, ``"sign"``, ``"exp"``..."""

    def cast(self, dtype: str, value: Any) -> Any:
        """`value` as ``"float32"``, ``"float64"``, ``"int64"`` or ``"uint64"``."""

    def compare(self, relation: str, left: Any, right: Any) -> Any:
        """The truth of ``"<"``, ``"<="``, ``">"``, ``">="``, ``"=="`` or ``"!="``."""

    def logic(self, operation: str, parts: Sequence[Any]) -> Any:
        """``"and"``, ``"or"`` or ``"not"`` of truth values."""

    def choose(self, condition: Any, then: Any, other: Any) -> Any:
        """``then if condition else other``."""

    def widen(self, stored: Stored) -> Any:
        """The number that the bits of a narrow format stand for."""

    def narrow(self, kept: str, value: Any, random: RandomBits | None) -> Stored:
        """`value` rounded to a narrow format, stochastically if there are random bits."""

    def stream_key(self, seed: Any, step: Any, array: Any) -> StreamKey:
        """What the random bits of one array in one step are made of."""

    def count_nonfinite(self, value: Any) -> int:
        """How many elements of `value` are infinite or not a number."""


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., sp.Expr]] = {
    "neg": operator.neg,
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
    "max": sp.Max,
    "min": sp.Min,
    "sign": sp.sign,
    "exp": sp.exp,
    "log": sp.log,
}
_RELATIONS: dict[str, tuple[Callable[..., sp.Basic], bool]] = {
    # The relation, and what it is for two equal sides.
    ">": (sp.StrictGreaterThan, False),
    ">=": (sp.GreaterThan, True),
    "<": (sp.StrictLessThan, False),
    "<=": (sp.LessThan, True),
    "==": (sp.Eq, True),
    "!=": (sp.Ne, False),
}


class Symbols:
    """Numbers are exact SymPy expressions.

    A decimal literal is read from its text, so ``0.1`` is one tenth.  That the machine stores another number is noted,
    and is rounding, which the comparison with the exact oracle measures.  Casts are the identity for the same reason.
    """

    def __init__(self) -> None:
        self.notes: dict[str, None] = {}

    def is_number(self, value: object) -> bool:
        """Whether `value` is an expression."""
        return isinstance(value, sp.Expr)

    def is_condition(self, value: object) -> bool:
        """Whether `value` is a relation or a combination of some."""
        return isinstance(value, sp.logic.boolalg.Boolean) and not isinstance(value, sp.Symbol)

    def literal(self, text: str, value: float) -> sp.Rational:
        """The number that the text says."""
        try:
            exact = Fraction(text.replace("_", ""))
        except ValueError:
            raise Meaningless("is no decimal number") from None
        if exact != Fraction(value):
            self.notes[f"the literal {text} is read as {exact}; the machine stores the nearest binary number"] = None
        return sp.Rational(exact.numerator, exact.denominator)

    def integer(self, value: int) -> sp.Integer:
        """The integer."""
        return sp.Integer(value)

    def nan(self) -> sp.Expr:
        """SymPy's NaN, which :meth:`choose` leaves out."""
        return sp.nan

    def binary(self, operation: str, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        """The expression of the operation."""
        if operation == "div" and right == 0:
            raise Meaningless("divides by zero")
        return sp.sympify(_BINARY[operation](left, right))

    def function(self, name: str, arguments: Sequence[sp.Expr]) -> sp.Expr:
        """The expression of the function."""
        return _FUNCTIONS[name](*arguments)

    def cast(self, dtype: str, value: sp.Expr) -> sp.Expr:
        """The value itself."""
        if dtype in ("int64", "uint64") and not value.is_integer:
            raise Meaningless("cuts off the fraction of a number")
        return value

    def compare(self, relation: str, left: sp.Expr, right: sp.Expr) -> sp.Basic:
        """The relation; ``x != x``, the test for NaN, is false, as no number is NaN."""
        meaning, if_equal = _RELATIONS[relation]
        if left == right:
            return sp.true if if_equal else sp.false
        return meaning(left, right, evaluate=False)

    def logic(self, operation: str, parts: Sequence[sp.Basic]) -> sp.Basic:
        """The combination of relations."""
        return {"and": sp.And, "or": sp.Or, "not": sp.Not}[operation](*parts)

    def choose(self, condition: sp.Basic, then: sp.Expr, other: sp.Expr) -> sp.Expr:
        """A case distinction, or a maximum or minimum where it is one."""
        if condition == sp.true or then == other:
            return then
        if condition == sp.false:
            return other
        if isinstance(condition, (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)):
            if (condition.gts, condition.lts) == (then, other):
                return sp.Max(then, other)
            if (condition.gts, condition.lts) == (other, then):
                return sp.Min(then, other)
        if other is sp.nan:
            return sp.Piecewise((then, condition))
        if isinstance(other, sp.Piecewise):
            # The first condition that holds decides, in one distinction as in two nested ones.
            return sp.Piecewise((then, condition), *other.args)
        return sp.Piecewise((then, condition), (other, sp.true))

    def widen(self, stored: Stored) -> sp.Expr:
        """The number that was stored."""
        return stored.number

    def narrow(self, kept: str, value: sp.Expr, random: RandomBits | None) -> Stored:
        """The value itself, with a note about its rounding."""
        how = "at random, right in the mean" if random is not None else "to the nearest"
        self.notes[f"a state is stored in {kept}, rounded {how}; the proof is about exact numbers"] = None
        return Stored(kept, value)

    def stream_key(self, seed: sp.Expr, step: sp.Expr, array: sp.Expr) -> StreamKey:
        """A key without a value: a real number does not depend on how it would be rounded."""
        return StreamKey(None)

    def count_nonfinite(self, value: sp.Expr) -> int:
        """None: every real number is finite."""
        return 0
