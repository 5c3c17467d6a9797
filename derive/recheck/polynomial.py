"""Polynomials over the rational numbers as dictionaries from exponents to coefficients.

The exponents of a term are a tuple, one for each variable in order, without zeros at its end.  Tuples compare as the
lexicographic order of terms.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

__all__ = [
    "Polynomial",
    "add",
    "constant",
    "divided",
    "key",
    "multiply",
    "power",
    "primitive",
    "scale",
    "term_product",
    "variable",
    "without_monomial",
]

Term: TypeAlias = tuple[int, ...]
Polynomial: TypeAlias = dict[Term, Fraction]


def constant(value: Fraction | int) -> Polynomial:
    """The constant polynomial."""
    return {(): Fraction(value)} if value else {}


def variable(index: int, exponent: int = 1) -> Polynomial:
    """A power of one variable."""
    return {(*(0,) * index, exponent): Fraction(1)}


def key(p: Polynomial) -> tuple[tuple[Term, Fraction], ...]:
    """A hashable form, the same for equal polynomials."""
    return tuple(sorted(p.items()))


def add(p: Polynomial, q: Polynomial) -> Polynomial:
    """The sum."""
    result = dict(p)
    for term, coefficient in q.items():
        total = result.get(term, Fraction(0)) + coefficient
        if total:
            result[term] = total
        else:
            result.pop(term, None)
    return result


def scale(p: Polynomial, factor: Fraction | int) -> Polynomial:
    """The product with a number."""
    return {term: coefficient * factor for term, coefficient in p.items()} if factor else {}


def term_product(a: Term, b: Term) -> Term:
    """The product of two terms."""
    if len(a) < len(b):
        a, b = b, a
    return (*(x + y for x, y in zip(a, b, strict=False)), *a[len(b) :])


def multiply(p: Polynomial, q: Polynomial) -> Polynomial:
    """The product.

    Examples
    --------
    >>> x, one = variable(0), constant(1)
    >>> multiply(add(x, one), add(x, scale(one, -1)))
    {(2,): Fraction(1, 1), (): Fraction(-1, 1)}
    """
    result: Polynomial = {}
    for a, x in p.items():
        for b, y in q.items():
            term = term_product(a, b)
            result[term] = result.get(term, Fraction(0)) + x * y
    return {term: coefficient for term, coefficient in result.items() if coefficient}


def power(p: Polynomial, exponent: int) -> Polynomial:
    """The power with a nonnegative exponent."""
    result = constant(1)
    for _ in range(exponent):
        result = multiply(result, p)
    return result


def _quotient(a: Term, b: Term) -> Term | None:
    if len(a) < len(b):
        return None
    difference = (*(x - y for x, y in zip(a, b, strict=False)), *a[len(b) :])
    if any(x < 0 for x in difference):
        return None
    while difference and difference[-1] == 0:
        difference = difference[:-1]
    return difference


def divided(p: Polynomial, q: Polynomial) -> Polynomial | None:
    """The quotient, if `q` divides `p` without remainder.

    Examples
    --------
    >>> x, one = variable(0), constant(1)
    >>> divided(add(power(x, 2), scale(one, -1)), add(x, one))
    {(1,): Fraction(1, 1), (): Fraction(-1, 1)}
    """
    leading = max(q)
    rest, result = dict(p), {}
    while rest:
        top = max(rest)
        term = _quotient(top, leading)
        if term is None:
            return None
        coefficient = rest[top] / q[leading]
        result[term] = coefficient
        rest = add(rest, multiply({term: -coefficient}, q))
    return result


def primitive(p: Polynomial) -> tuple[Fraction, Polynomial]:
    """A number and a polynomial with coprime integer coefficients, the leading one positive, whose product is `p`."""
    bottom = lcm(*(c.denominator for c in p.values()))
    top = gcd(*(int(c * bottom) for c in p.values()))
    content = Fraction(top, bottom)
    if p[max(p)] < 0:
        content = -content
    return content, scale(p, 1 / content)


def without_monomial(p: Polynomial) -> tuple[Term, Polynomial]:
    """The largest term that divides `p`, and the quotient."""
    width = min(len(term) for term in p)
    common = tuple(min(term[i] for term in p) for i in range(width))
    while common and common[-1] == 0:
        common = common[:-1]
    if not common:
        return (), p
    return common, {_exactly(term, common): c for term, c in p.items()}


def _exactly(term: Term, divisor: Term) -> Term:
    found = _quotient(term, divisor)
    if found is None:
        raise ArithmeticError("a common divisor divides every term")
    return found
