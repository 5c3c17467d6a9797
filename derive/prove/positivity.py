"""A small, complete-in-itself proof of sign: a polynomial whose coefficients all agree.

Every bounded symbol is replaced by one that ranges over the nonnegative numbers: x in [0, 1) becomes c/(1 + c) with
c >= 0, x >= 1 becomes 1 + c.  If afterwards every coefficient is nonnegative and every symbol without bounds occurs
to even powers only, the polynomial is nonnegative on the whole domain, and anyone can see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from ..symbols import REAL, Domain, Quantity

__all__ = ["Sign", "domain_of", "sign_on_domain"]


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


def sign_on_domain(expression: sp.Expr, known: Mapping[sp.Symbol, Domain] | None = None) -> Sign | None:
    """The sign of a rational function without poles on the domain of its symbols, or None if it is not evident.

    Parameters
    ----------
    expression : expression
        A polynomial or a quotient of polynomials in symbols.
    known : mapping, optional
        Domains for symbols that do not carry one.

    Examples
    --------
    >>> from optproof.derive.symbols import UNIT_INTERVAL, Quantity
    >>> b, x = Quantity("b", UNIT_INTERVAL), Quantity("x")
    >>> sign_on_domain(b * x**2 + (1 - b))
    Sign(direction=1, strict=True)
    >>> sign_on_domain(b - x) is None
    True
    """
    numerator, denominator = sp.fraction(sp.together(expression))
    above = _polynomial_sign(numerator, known)
    if denominator.is_Number:
        return _product(above, Sign(1 if denominator > 0 else -1, strict=True))
    below = _polynomial_sign(denominator, known)
    if below is None or not below.strict:
        return None
    return _product(above, below)


def _product(a: Sign | None, b: Sign) -> Sign | None:
    return None if a is None else Sign(a.direction * b.direction, a.strict and b.strict)


def _polynomial_sign(polynomial: sp.Expr, known: Mapping[sp.Symbol, Domain] | None) -> Sign | None:
    symbols = sorted(polynomial.free_symbols, key=str)
    if not symbols:
        return None if polynomial == 0 or not polynomial.is_Rational else Sign(1 if polynomial > 0 else -1, strict=True)
    ranges = {s: _Range.of(domain_of(s, known)) for s in symbols}
    replaced = polynomial.xreplace({s: r.expression(s) for s, r in ranges.items()})
    numerator = sp.fraction(sp.together(replaced))[0]
    try:
        terms = sp.Poly(sp.expand(numerator), *symbols, domain="QQ").terms()
    except (sp.PolynomialError, sp.CoercionFailed):
        return None
    directions = {1 if coefficient > 0 else -1 for _, coefficient in terms}
    if len(directions) != 1:
        return None
    odd_unbounded = any(
        power % 2 for powers, _ in terms for s, power in zip(symbols, powers, strict=True) if not ranges[s].one_sided
    )
    if odd_unbounded:
        return None
    strict = all(r.attains_no_more for r in ranges.values()) and any(
        all(power == 0 or ranges[s].positive for s, power in zip(symbols, powers, strict=True)) for powers, _ in terms
    )
    return Sign(directions.pop(), strict)


@dataclass(frozen=True)
class _Range:
    """How a symbol is written through one that is nonnegative (or real, when it has no bounds)."""

    domain: Domain

    @classmethod
    def of(cls, domain: Domain) -> _Range:
        return cls(domain)

    @property
    def one_sided(self) -> bool:
        return self.domain.lower is not None or self.domain.upper is not None

    @property
    def positive(self) -> bool:
        # Whether the new symbol never vanishes.
        anchored_open = self.domain.lower_open if self.domain.lower is not None else self.domain.upper_open
        return self.one_sided and anchored_open

    @property
    def attains_no_more(self) -> bool:
        # c/(1+c) never reaches the upper end; where the end belongs to the domain, strictness may fail there.
        two_sided = self.domain.lower is not None and self.domain.upper is not None
        return not two_sided or self.domain.upper_open

    def expression(self, c: sp.Symbol) -> sp.Expr:
        lower, upper = self.domain.lower, self.domain.upper
        if lower is not None and upper is not None:
            return lower + (upper - lower) * c / (1 + c)
        if lower is not None:
            return lower + c
        return upper - c if upper is not None else c
