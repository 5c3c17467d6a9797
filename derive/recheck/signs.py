"""The sign of a polynomial where its coefficients show it.

A variable with bounds is written through one that ranges over the nonnegative numbers: x in [l, u) is
(l + u c) / (1 + c), x >= l is l + c.  If then all coefficients agree in sign, and variables without bounds occur to
even powers only, the polynomial has that sign everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from .domains import REAL, Domain
from .polynomial import Polynomial, Term, add, multiply, scale

__all__ = ["Sign", "sign_of"]

_MOST_TERMS = 20_000


@dataclass(frozen=True)
class Sign:
    """`direction` 1 says nowhere negative, -1 nowhere positive; `strict` says nowhere zero."""

    direction: int
    strict: bool


def sign_of(p: Polynomial, domains: Sequence[Domain]) -> Sign | None:
    """The sign of `p`, whose variables live in `domains`, or None if it is not evident.

    Where the coefficients do not show it, a quadratic in one variable may:
    ``4 a (a x^2 + b x + c) = (2 a x + b)^2 + 4 a c - b^2``.

    Examples
    --------
    >>> unit = Domain(Fraction(0), Fraction(1), upper_open=True)
    >>> sign_of({(): Fraction(1), (1, 1): Fraction(-1)}, [unit, unit])
    Sign(direction=1, strict=True)
    """
    found = _by_coefficients(p, domains)
    if found is not None:
        return found
    for index in range(max((len(term) for term in p), default=0)):
        found = _by_discriminant(p, index, domains)
        if found is not None:
            return found
    return None


def _by_discriminant(p: Polynomial, index: int, domains: Sequence[Domain]) -> Sign | None:
    """The sign of a quadratic polynomial in one variable whose discriminant is nowhere positive."""
    parts: list[Polynomial] = [{}, {}, {}]
    for term, coefficient in p.items():
        exponent = term[index] if len(term) > index else 0
        if exponent > 2:
            return None
        rest = [*term]
        if exponent:
            rest[index] = 0
        while rest and rest[-1] == 0:
            rest.pop()
        parts[exponent][tuple(rest)] = coefficient
    c, b, a = parts
    if not a or not b or not c:
        return None
    leading = _by_coefficients(a, domains)
    if leading is None or not leading.strict:
        return None
    negative_discriminant = add(scale(multiply(a, c), 4), scale(multiply(b, b), -1))
    if not negative_discriminant:
        return Sign(leading.direction, strict=False)
    margin = _by_coefficients(negative_discriminant, domains)
    return Sign(leading.direction, margin.strict) if margin is not None and margin.direction > 0 else None


def _by_coefficients(p: Polynomial, domains: Sequence[Domain]) -> Sign | None:
    if not p:
        return None
    occurring = sorted({index for term in p for index, exponent in enumerate(term) if exponent})
    for index in occurring:
        p = _in_nonnegative_variable(p, index, domains[index])
        if len(p) > _MOST_TERMS:
            return None
    directions = {c > 0 for c in p.values()}
    if len(directions) != 1 or any(_odd_without_bounds(term, domains) for term in p):
        return None
    # An upper end that belongs to the domain is reached by no c: there the sign holds by continuity, but not strictly.
    strict = all(_upper_end_is_open(domains[i]) for i in occurring) and any(_never_zero(term, domains) for term in p)
    return Sign(1 if directions.pop() else -1, strict)


def _upper_end_is_open(domain: Domain) -> bool:
    return domain.lower is None or domain.upper is None or domain.upper_open


def _odd_without_bounds(term: Term, domains: Sequence[Domain]) -> bool:
    return any(n % 2 and domains[i].lower is None and domains[i].upper is None for i, n in enumerate(term))


def _never_zero(term: Term, domains: Sequence[Domain]) -> bool:
    return all(n == 0 or _anchored_open(domains[i]) for i, n in enumerate(term))


def _anchored_open(domain: Domain) -> bool:
    """Whether the nonnegative variable that stands for this one is never zero."""
    if domain.lower is not None:
        return domain.lower_open
    return domain.upper is not None and domain.upper_open


def _in_nonnegative_variable(p: Polynomial, index: int, domain: Domain) -> Polynomial:
    if domain == REAL or (domain.lower is None and domain.upper is None):
        return p
    degree = max((term[index] for term in p if len(term) > index), default=0)
    if degree == 0 or (domain.lower == 0 and domain.upper is None):
        return p
    result: Polynomial = {}
    for term, coefficient in p.items():
        exponent = term[index] if len(term) > index else 0
        for new, factor in _replacement(exponent, degree, domain):
            padded = [*term, *(0,) * (index + 1 - len(term))]
            padded[index] = new
            while padded and padded[-1] == 0:
                padded.pop()
            result = add(result, {tuple(padded): coefficient * factor}) if factor else result
    return result


def _replacement(exponent: int, degree: int, domain: Domain) -> list[tuple[int, Fraction]]:
    """``x**exponent`` in powers of c, all of it multiplied by ``(1 + c)**degree`` where x has two ends."""
    lower, upper = domain.lower, domain.upper
    if lower is not None and upper is not None:
        above = _expanded(lower, upper, exponent)
        rest = _expanded(Fraction(1), Fraction(1), degree - exponent)
        found: dict[int, Fraction] = {}
        for i, a in above:
            for j, b in rest:
                found[i + j] = found.get(i + j, Fraction(0)) + a * b
        return list(found.items())
    if lower is not None:
        return _expanded(lower, Fraction(1), exponent)
    if upper is None:
        raise ArithmeticError("a variable without ends stays as it is")
    return _expanded(upper, Fraction(-1), exponent)


def _expanded(a: Fraction, b: Fraction, n: int) -> list[tuple[int, Fraction]]:
    """The coefficients of ``(a + b c)**n`` by the power of c."""
    return [(k, comb(n, k) * a ** (n - k) * b**k) for k in range(n + 1)]
