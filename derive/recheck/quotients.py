"""Quotients of polynomials over the rational numbers, in variables that live in domains.

A variable may be the square root of a polynomial in others: its square is replaced by what stands under the root, so
that equal values get one form.  A quotient is zero exactly if the polynomial above is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from . import polynomial as poly
from .domains import NONNEGATIVE, POSITIVE, Domain
from .expression import Expression, UndefinedError
from .polynomial import Polynomial
from .signs import Sign, sign_of

__all__ = ["Factors", "Field", "Quotient", "TooComplicatedError", "Variable", "common_divisor"]

_MOST_TERMS = 4000

Factors: TypeAlias = Mapping[tuple[object, ...], tuple[Polynomial, int]]
"""A product of powers: polynomials with their exponents, by :func:`~.polynomial.key`."""


class TooComplicatedError(ValueError):
    """An expression that has no form as a quotient, or one that is too long."""


@dataclass(frozen=True)
class Quotient:
    """A polynomial over a product of powers of polynomials."""

    above: Polynomial
    below: Factors = field(default_factory=dict)


@dataclass
class Variable:
    """Where a variable lives, what it is the root of, and the expression that it stands for.

    An indicator is 0 or 1, and so equal to its square.
    """

    domain: Domain
    radicand: Polynomial | None = None
    meaning: Expression = None
    indicator: bool = False


class Field:
    """The variables of one question, and exact arithmetic with quotients in them."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        # Polynomials that occur as factors; others are divided by them.
        self.factors: dict[tuple[object, ...], Polynomial] = {}

    def new(self, domain: Domain, radicand: Polynomial | None = None, meaning: Expression = None) -> int:
        """The index of a new variable."""
        self.variables.append(Variable(domain, radicand, meaning))
        return len(self.variables) - 1

    def root_variable(self, radicand: Polynomial) -> Polynomial:
        """The variable that is the square root of a polynomial; a new one, if there is none."""
        for index, variable in enumerate(self.variables):
            if variable.radicand == radicand:
                return poly.variable(index)
        sign = self.sign_of(radicand)
        strict = sign is not None and sign.strict and sign.direction > 0
        return poly.variable(self.new(POSITIVE if strict else NONNEGATIVE, radicand))

    # Signs

    def sign_of(self, p: Polynomial) -> Sign | None:
        """The sign of a polynomial on the domains, where it is evident."""
        return sign_of(p, [v.domain for v in self.variables])

    def sign(self, q: Quotient) -> Sign | None:
        """The sign of a quotient on the domains, where it is evident."""
        found = self.sign_of(q.above)
        for factor, exponent in q.below.values():
            other = self.sign_of(factor)
            if found is None or other is None or not other.strict:
                return None
            found = Sign(found.direction * (other.direction if exponent % 2 else 1), found.strict)
        return found

    # Arithmetic

    def sum(self, a: Quotient, b: Quotient) -> Quotient:
        """The sum of two quotients."""
        if not a.above or not b.above:
            return b if not a.above else a
        below = common_divisor((a, b))
        return self._reduced(poly.add(self.raised(a, below), self.raised(b, below)), below)

    def raised(self, q: Quotient, below: Factors) -> Polynomial:
        """What stands above, when `below`, a multiple of the quotient's own divisor, stands below."""
        above = q.above
        for name, (factor, exponent) in below.items():
            for _ in range(exponent - q.below.get(name, (factor, 0))[1]):
                above = self.lowered(poly.multiply(above, factor))
        return above

    def product(self, a: Quotient, b: Quotient) -> Quotient:
        """The product of two quotients."""
        below = dict(a.below)
        for name, (factor, exponent) in b.below.items():
            below[name] = (factor, exponent + below.get(name, (factor, 0))[1])
        return self._reduced(poly.multiply(a.above, b.above), below)

    def scaled(self, q: Quotient, factor: Fraction | int) -> Quotient:
        """The product with a number."""
        return Quotient(poly.scale(q.above, factor), q.below)

    def integer_power(self, q: Quotient, exponent: int) -> Quotient:
        """The power with an integer.

        Raises
        ------
        UndefinedError
            If zero is divided by.
        """
        if exponent < 0:
            return self.integer_power(self.inverse(q), -exponent)
        result = Quotient(poly.constant(1))
        for _ in range(exponent):
            result = self.product(result, q)
        return result

    def inverse(self, q: Quotient) -> Quotient:
        """One over a quotient.

        Raises
        ------
        UndefinedError
            If the quotient is zero.
        """
        if not q.above:
            raise UndefinedError("an expression divides by zero")
        above = poly.constant(1)
        for factor, exponent in q.below.values():
            for _ in range(exponent):
                above = self.lowered(poly.multiply(above, factor))
        number, factors = self.factored(q.above)
        return self._reduced(poly.scale(above, 1 / number), {poly.key(f): (f, n) for f, n in factors})

    def _reduced(self, above: Polynomial, below: Factors) -> Quotient:
        above = self.lowered(above)
        if len(above) > _MOST_TERMS:
            raise TooComplicatedError("a polynomial is too long")
        return Quotient(above, below if above else {})

    def lowered(self, p: Polynomial) -> Polynomial:
        """The same value with squares of roots replaced by what stands under them."""
        for index in range(len(self.variables) - 1, -1, -1):
            radicand = self.variables[index].radicand
            if self.variables[index].indicator:
                p = _without_powers(p, index)
            if radicand is not None and any(len(t) > index and t[index] > 1 for t in p):
                p = _without_squares(p, index, radicand)
        return p

    def factored(self, p: Polynomial) -> tuple[Fraction, list[tuple[Polynomial, int]]]:
        """A number and polynomials with exponents whose product is `p`: variables, known factors, and what is left."""
        number, rest = poly.primitive(p)
        monomial, rest = poly.without_monomial(rest)
        found = [(poly.variable(i), n) for i, n in enumerate(monomial) if n]
        for known in list(self.factors.values()):
            count = 0
            while rest != poly.constant(1) and (quotient := poly.divided(rest, known)) is not None:
                rest, count = quotient, count + 1
            if count:
                found.append((known, count))
        if rest != poly.constant(1):
            more, rest = poly.primitive(rest)
            number *= more
            if rest != poly.constant(1):
                self.factors[poly.key(rest)] = rest
                found.append((rest, 1))
        return number, found


def common_divisor(quotients: tuple[Quotient, ...]) -> Factors:
    """The least product of powers that every quotient can be written over."""
    below: dict[tuple[object, ...], tuple[Polynomial, int]] = {}
    for q in quotients:
        for name, (factor, exponent) in q.below.items():
            below[name] = (factor, max(exponent, below.get(name, (factor, 0))[1]))
    return below


def _without_powers(p: Polynomial, index: int) -> Polynomial:
    """With every power of an indicator replaced by the indicator."""
    result: Polynomial = {}
    for term, coefficient in p.items():
        high = len(term) > index and term[index] > 1
        result = poly.add(result, {(*term[:index], 1, *term[index + 1 :]) if high else term: coefficient})
    return result


def _without_squares(p: Polynomial, index: int, radicand: Polynomial) -> Polynomial:
    result: Polynomial = {}
    for term, coefficient in p.items():
        exponent = term[index] if len(term) > index else 0
        if exponent < 2:
            result = poly.add(result, {term: coefficient})
            continue
        left = [*term[:index], exponent % 2, *term[index + 1 :]]
        while left and left[-1] == 0:
            left.pop()
        result = poly.add(result, poly.multiply({tuple(left): coefficient}, poly.power(radicand, exponent // 2)))
    return result
