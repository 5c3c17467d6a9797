"""Limits of expressions, by continuity or, where the symbol itself grows without bound, by its leading power."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .algebra import Algebra, TooComplicatedError
from .domains import POSITIVE, REAL, Domain, linear_exponent
from .expression import INFINITY, Expression, UndefinedError, contains, free_symbols, make, replace, subexpressions

__all__ = ["Limit", "definedness", "limit_at"]

ZERO, ONE = Fraction(0), Fraction(1)
_SMALL = "small!"


@dataclass(frozen=True)
class Limit:
    """The limit, provided that the conditions hold."""

    value: Expression
    conditions: tuple[Expression, ...]


def limit_at(e: Expression, symbol: str, point: Expression, domains: Mapping[str, Domain]) -> Limit | None:
    """The limit of `e` as `symbol` goes to `point` through its domain; None if it is not found here."""
    e = _with_known_signs(e, domains)
    if isinstance(e, tuple) and e[0] == "exp":
        inner = limit_at(e[1], symbol, point, domains)
        return None if inner is None else Limit(make("exp", (inner.value,)), inner.conditions)
    if contains(e, "sign", "piecewise", "sum", "at", "exp", "log") or point is True or point is False:
        return None
    try:
        if point == INFINITY:
            return _at_infinity(e, symbol, domains)
        if not isinstance(point, Fraction) or not _is_reached(point, domains[symbol]) or _is_exponent(e, symbol):
            return None
        value = replace(e, {symbol: point})
    except (UndefinedError, TooComplicatedError):
        return None
    return Limit(value, tuple(definedness(value)))


def _with_known_signs(e: Expression, domains: Mapping[str, Domain]) -> Expression:
    """`e` with the signs that are the same everywhere: these do not jump."""
    known: dict[Expression, Expression] = {}
    for part in subexpressions(e):
        if isinstance(part, tuple) and part[0] == "sign":
            sign = Algebra([part[1]], domains).sign(part[1], ZERO)
            if sign is not None and sign.strict:
                known[part] = Fraction(sign.direction)
    return replace(e, known) if known else e


def _is_reached(point: Fraction, domain: Domain) -> bool:
    """Whether the point is in the domain or at its end."""
    above = domain.lower is None or point >= domain.lower
    return above and (domain.upper is None or point <= domain.upper) and not domain.integer


def _is_exponent(e: Expression, symbol: str) -> bool:
    return any(isinstance(p, tuple) and p[0] == "**" and symbol in free_symbols(p[2]) for p in subexpressions(e))


def definedness(e: Expression) -> list[Expression]:
    """That no divisor of `e` is zero and no radicand negative."""
    found: dict[Expression, None] = {}
    for part in subexpressions(e):
        if isinstance(part, tuple) and part[0] == "**" and isinstance(part[2], Fraction):
            base, exponent = part[1], part[2]
            if isinstance(base, Fraction) and base > 0:
                continue
            if exponent.denominator == 2:
                found[">=", base, ZERO] = None
            if exponent < 0:
                found["not", ("==", make("**", (base, -exponent)), ZERO)] = None
    return list(found)


def _at_infinity(e: Expression, symbol: str, domains: Mapping[str, Domain]) -> Limit | None:
    if domains[symbol].upper is not None:
        return None
    if _is_exponent(e, symbol):
        return _vanishing_powers(e, symbol, domains)
    return _leading_power(e, symbol, domains)


def _vanishing_powers(e: Expression, symbol: str, domains: Mapping[str, Domain]) -> Limit | None:
    """``b ** (k t + s)`` goes to 0 for fixed b in [0, 1) and k > 0; nothing else may depend on t."""
    vanish: dict[Expression, Expression] = {}
    for part in subexpressions(e):
        if isinstance(part, tuple) and part[0] == "**" and symbol in free_symbols(part[2]):
            found, base = linear_exponent(part[2], domains), part[1]
            domain = domains.get(base, REAL) if isinstance(base, str) else REAL
            inside = domain.lower is not None and domain.lower >= 0 and domain.upper is not None
            below_one = domain.upper is not None and (domain.upper < 1 or (domain.upper == 1 and domain.upper_open))
            if found is None or found[0] != symbol or found[1] < 0 or not inside or not below_one:
                return None
            vanish[part] = ZERO
    value = replace(e, vanish)
    return None if symbol in free_symbols(value) else Limit(value, tuple(definedness(value)))


def _leading_power(e: Expression, symbol: str, domains: Mapping[str, Domain]) -> Limit | None:
    """With ``symbol = 1 / z**2`` the expression is ``z**k`` times a quotient that is continuous at z = 0."""
    inverse_square = ("**", _SMALL, Fraction(-2))
    written = replace(e, {symbol: inverse_square})
    algebra = Algebra([written], {**domains, _SMALL: POSITIVE})
    quotient = algebra.quotient(written)
    if not quotient.above:
        return Limit(ZERO, ())
    above, low = algebra.stripped(quotient.above, _SMALL)
    below: Expression = ONE
    for factor, exponent in quotient.below.values():
        rest, power = algebra.stripped(factor, _SMALL)
        low -= power * exponent
        below = make("*", (below, make("**", (algebra.expression(rest), Fraction(exponent)))))
    if low < 0:
        return None
    top = replace(algebra.expression(above), {_SMALL: ZERO}) if low == 0 else ZERO
    bottom = replace(below, {_SMALL: ZERO})
    value = make("*", (top, make("**", (bottom, -ONE))))
    return Limit(value, (("not", ("==", bottom, ZERO)),))
