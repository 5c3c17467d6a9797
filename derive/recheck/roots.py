"""Square roots of quotients: what is of evident sign comes out factor by factor, the rest stays under one root.

Different ways to write one root become the same product in this way.
"""

from __future__ import annotations

from fractions import Fraction

from . import polynomial as poly
from .expression import UndefinedError
from .polynomial import Polynomial
from .quotients import Field, Quotient

__all__ = ["absolute", "root"]

_LARGEST_PRIME = 10_000


def root(field: Field, q: Quotient) -> Quotient:
    """The square root of a quotient.

    Raises
    ------
    UndefinedError
        If it is the root of a negative number.
    """
    if not q.above:
        return q
    # Twice, because factors that are found on the way may divide what was left whole before.
    factors = [(f, -n) for f, n in q.below.values()]
    for f, _ in factors:
        field.factors.setdefault(poly.key(f), f)
    number, above = field.factored(q.above)
    together: dict[tuple[object, ...], tuple[Polynomial, int]] = {}
    for f, n in (*above, *factors):
        more, parts = field.factored(f)
        number *= more**n
        for part, m in parts:
            name = poly.key(part)
            together[name] = (part, together.get(name, (part, 0))[1] + n * m)
    return _of_factors(field, number, [pair for pair in together.values() if pair[1]])


def absolute(field: Field, q: Quotient) -> Quotient:
    """The absolute value of a quotient."""
    sign = field.sign(q)
    if sign is not None:
        return field.scaled(q, sign.direction)
    return root(field, field.product(q, q))


def _of_factors(field: Field, number: Fraction, factors: list[tuple[Polynomial, int]]) -> Quotient:
    outside, inside = _of_number(field, abs(number)), poly.constant(1 if number > 0 else -1)
    for factor, exponent in factors:
        sign = field.sign_of(factor)
        if sign is None:
            outside = field.product(outside, field.integer_power(_size(field, factor), exponent // 2))
            inside = poly.multiply(inside, factor) if exponent % 2 else inside
            continue
        magnitude = poly.scale(factor, sign.direction)
        outside = field.product(outside, field.integer_power(Quotient(magnitude), exponent // 2))
        if exponent % 2:
            inside = poly.scale(inside, sign.direction)
            outside = field.product(outside, Quotient(field.root_variable(magnitude)))
    if inside == poly.constant(-1):
        raise UndefinedError("the root of a negative number is taken")
    if inside != poly.constant(1):
        outside = field.product(outside, Quotient(field.root_variable(field.lowered(inside))))
    return outside


def _of_number(field: Field, number: Fraction) -> Quotient:
    """The root of p/q is the root of p q over q; every prime has a root of its own."""
    result, left = Fraction(1, number.denominator), number.numerator * number.denominator
    found = poly.constant(1)
    for prime in range(2, _LARGEST_PRIME):
        if prime * prime > left:
            break
        count = 0
        while left % prime == 0:
            left, count = left // prime, count + 1
        result *= prime ** (count // 2)
        if count % 2:
            found = poly.multiply(found, field.root_variable(poly.constant(prime)))
    if left > 1:
        found = poly.multiply(found, field.root_variable(poly.constant(left)))
    return Quotient(poly.scale(found, result))


def _size(field: Field, p: Polynomial) -> Quotient:
    """The absolute value of a polynomial of unknown sign: the root of its square."""
    return Quotient(field.root_variable(field.lowered(poly.multiply(p, p))))
