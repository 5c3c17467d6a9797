"""A small, complete-in-itself proof of sign: a polynomial whose coefficients all agree.

Every bounded symbol is replaced by one that ranges over the nonnegative numbers: x in [0, 1) becomes c/(1 + c) with
c >= 0, x >= 1 becomes 1 + c.  If afterwards every coefficient is nonnegative and every symbol without bounds occurs
to even powers only, the polynomial is nonnegative on the whole domain, and anyone can see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from flint import fmpq, fmpq_mpoly

from ..symbols import REAL, Domain, Quantity
from .rational import Quotient, RationalField

__all__ = ["Sign", "domain_of", "polynomial_sign", "quotient_sign"]


@dataclass(frozen=True)
class Sign:
    """What is known of the sign: `direction` is 1 or -1, `strict` excludes zero."""

    direction: int
    strict: bool


def domain_of(symbol: sp.Symbol, known: Mapping[sp.Symbol, Domain] | None = None) -> Domain:
    """The domain of `symbol`: from `known`, from the quantity itself, else all reals."""
    if known is not None and symbol in known:
        return known[symbol]
    return symbol.domain if isinstance(symbol, Quantity) else REAL


def quotient_sign(quotient: Quotient, field: RationalField, known: Mapping[sp.Symbol, Domain]) -> Sign | None:
    """The sign of a rational function on the domain of its symbols, or None if it is not evident there."""
    above = polynomial_sign(quotient.numerator, field, known)
    below = polynomial_sign(quotient.denominator, field, known)
    if above is None or below is None or not below.strict:
        return None
    return Sign(above.direction * below.direction, above.strict)


def polynomial_sign(polynomial: fmpq_mpoly, field: RationalField, known: Mapping[sp.Symbol, Domain]) -> Sign | None:
    """The sign of a polynomial on the domain of its symbols, or None if its coefficients do not show it."""
    degrees = polynomial.degrees()
    domains = {i: domain_of(s, known) for i, s in enumerate(field.symbols) if degrees[i] > 0}
    for index, domain in domains.items():
        polynomial = _parametrised(polynomial, index, domain, field)
    terms = list(polynomial.terms())
    directions = {1 if coefficient > 0 else -1 for _, coefficient in terms}
    if len(directions) != 1:
        return None
    unbounded = [i for i, domain in domains.items() if domain.lower is None and domain.upper is None]
    if any(powers[i] % 2 for powers, _ in terms for i in unbounded):
        return None
    strict = all(_end_excluded(d) for d in domains.values()) and any(
        all(powers[i] == 0 or _never_vanishes(d) for i, d in domains.items()) for powers, _ in terms
    )
    return Sign(directions.pop(), strict)


def _never_vanishes(domain: Domain) -> bool:
    """Whether the nonnegative symbol that parametrises the domain is never zero."""
    if domain.lower is not None:
        return domain.lower_open
    return domain.upper is not None and domain.upper_open


def _end_excluded(domain: Domain) -> bool:
    """c/(1+c) never reaches the upper end; where the end belongs to the domain, strictness may fail there."""
    return domain.lower is None or domain.upper is None or domain.upper_open


def _parametrised(polynomial: fmpq_mpoly, index: int, domain: Domain, field: RationalField) -> fmpq_mpoly:
    """The polynomial with one symbol written through a nonnegative one, times a positive power of 1 + c."""
    lower, upper = domain.lower, domain.upper
    if lower is None and upper is None:
        return polynomial
    c, one = field.generator(index), field.constant(1)
    if lower is not None and upper is not None:
        value, scale = field.constant(lower) + field.constant(upper) * c, one + c
    elif lower is not None:
        value, scale = field.constant(lower) + c, one
    else:
        value, scale = field.constant(sp.Rational(upper)) - c, one
    degree = polynomial.degrees()[index]
    result = field.constant(0)
    for power, rest in _by_power(polynomial, index, field).items():
        result += rest * value**power * scale ** (degree - power)
    return result


def _by_power(polynomial: fmpq_mpoly, index: int, field: RationalField) -> dict[int, fmpq_mpoly]:
    """The coefficients of the powers of one symbol, as polynomials in the others."""
    parts: dict[int, list[tuple[tuple[int, ...], fmpq]]] = {}
    for powers, coefficient in polynomial.terms():
        rest = (*powers[:index], 0, *powers[index + 1 :])
        parts.setdefault(powers[index], []).append((rest, coefficient))
    return {power: field.sum_of_terms(terms) for power, terms in parts.items()}
