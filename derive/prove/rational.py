"""Exact rational functions in many symbols, on FLINT's polynomials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

__all__ = ["Quotient", "RationalField", "TooManySymbolsError"]


class TooManySymbolsError(RuntimeError):
    """More symbols are needed than the field was made for."""


@dataclass(frozen=True)
class Quotient:
    """A quotient of two polynomials without a common factor; the denominator is not the zero polynomial."""

    numerator: fmpq_mpoly
    denominator: fmpq_mpoly

    def __add__(self, other: Quotient) -> Quotient:
        if self.denominator == other.denominator:
            return _reduced(self.numerator + other.numerator, self.denominator)
        above = self.numerator * other.denominator + other.numerator * self.denominator
        return _reduced(above, self.denominator * other.denominator)

    def __sub__(self, other: Quotient) -> Quotient:
        return self + Quotient(-other.numerator, other.denominator)

    def __mul__(self, other: Quotient) -> Quotient:
        return _reduced(self.numerator * other.numerator, self.denominator * other.denominator)

    def power(self, exponent: int) -> Quotient:
        """The quotient to an integer power.

        Raises
        ------
        ZeroDivisionError
            If it is zero and the exponent negative.
        """
        if exponent >= 0:
            return Quotient(self.numerator**exponent, self.denominator**exponent)
        if self.numerator.is_zero():
            raise ZeroDivisionError("a power of zero with a negative exponent")
        return Quotient(self.denominator**-exponent, self.numerator**-exponent)

    @property
    def is_zero(self) -> bool:
        """Whether it is the zero function."""
        return bool(self.numerator.is_zero())


def _reduced(numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Quotient:
    common = numerator.gcd(denominator)
    if common.is_constant():
        return Quotient(numerator, denominator)
    return Quotient(numerator // common, denominator // common)


class RationalField:
    """The field of rational functions in up to `size` symbols, which are added as they are met.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> field = RationalField(4)
    >>> one, value = field.number(sp.Integer(1)), field.symbol(x)
    >>> ((value * value - one) * (value - one).power(-1) - value - one).is_zero
    True
    """

    def __init__(self, size: int) -> None:
        self._context = fmpq_mpoly_ctx.get([f"x{i}" for i in range(size)], Ordering.degrevlex)
        self._size = size
        self._index: dict[sp.Symbol, int] = {}

    def index(self, symbol: sp.Symbol) -> int:
        """The place of `symbol` in the exponents of a monomial; it is given one if it is new."""
        if symbol not in self._index:
            if len(self._index) == self._size:
                raise TooManySymbolsError(f"more than {self._size} symbols")
            self._index[symbol] = len(self._index)
        return self._index[symbol]

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols met so far, in the order of their places."""
        return tuple(self._index)

    def symbol(self, symbol: sp.Symbol) -> Quotient:
        """`symbol` as a function."""
        return self.of(self._context.gen(self.index(symbol)))

    def number(self, value: sp.Rational) -> Quotient:
        """A constant."""
        return self.of(self.constant(value))

    def constant(self, value: sp.Rational | int) -> fmpq_mpoly:
        """A constant polynomial."""
        exact = sp.Rational(value)
        return self._context.constant(fmpq(int(exact.p), int(exact.q)))

    def generator(self, index: int) -> fmpq_mpoly:
        """The symbol at a place, as a polynomial."""
        return self._context.gen(index)

    def of(self, numerator: fmpq_mpoly) -> Quotient:
        """A polynomial as a function."""
        return Quotient(numerator, self.constant(1))

    def sum_of_terms(self, terms: Iterable[tuple[tuple[int, ...], fmpq]]) -> fmpq_mpoly:
        """The polynomial with these monomials and coefficients."""
        return self._context.from_dict(dict(terms))

    def expression(self, quotient: Quotient) -> sp.Expr:
        """The function as a SymPy expression."""
        return self._as_sympy(quotient.numerator) / self._as_sympy(quotient.denominator)

    def _as_sympy(self, polynomial: fmpq_mpoly) -> sp.Expr:
        symbols = self.symbols
        terms = []
        for powers, coefficient in polynomial.terms():
            number = sp.Rational(int(coefficient.p), int(coefficient.q))
            terms.append(number * sp.prod([s**p for s, p in zip(symbols, powers, strict=False) if p]))
        return sp.Add(*terms)
