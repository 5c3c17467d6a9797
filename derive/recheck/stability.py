"""What has to be shown so that all roots of a polynomial lie inside the unit circle exactly in a region.

A polynomial is stable if all its roots lie strictly inside the unit circle.  A product is stable exactly if its factors
are; a factor ``z + c`` exactly if ``1 + c > 0`` and ``1 - c > 0``; a monic quadratic p exactly if ``p(1) > 0``,
``p(-1) > 0`` and ``p(0) < 1`` (the conditions of Jury); ``a z^n + ... + c`` exactly if ``a^2 - c^2 > 0`` and
``(a p(z) - c z^n p(1/z)) / z`` is stable (the step of Schur and Cohn).  All for real coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from .algebra import Algebra
from .expression import BadCertificateError, Expression, free_symbols, make
from .plan import Need, NotRederivableError, Plan, minus, times
from .reading import Certificate

__all__ = ["coefficients_of", "stable_iff", "table"]

ZERO, ONE = Fraction(0), Fraction(1)


def stable_iff(c: Certificate) -> Plan:
    """The plan for ``StableIff``: in the region every condition holds, and where all hold, one is in the region.

    The factors are those that an obligation of the certificate writes the polynomial as a product of.
    """
    polynomial, variable, region = c.expression("polynomial"), c.name_of("variable"), c.expression("condition")
    if any(variable in free_symbols(e) for e in (region, *c.hypotheses)):
        raise BadCertificateError("the region, or a hypothesis, speaks of the variable of the polynomial")
    factors = _factors(c, polynomial, variable)
    product = ("==", polynomial, times(*factors))
    conditions = tuple(condition for f in factors for condition in _conditions(c, f, variable))
    bounds = region[1:] if isinstance(region, tuple) and region[0] == "and" else (region,)
    needs = [] if factors == (polynomial,) else [Need("the polynomial's factors", product)]
    needs += [Need("in the region, a condition", k, (*c.hypotheses, region)) for k in conditions]
    needs += [Need("a bound of the region", b, (*c.hypotheses, *conditions)) for b in bounds]
    return Plan(tuple(needs), "it speaks of the polynomial as written")


def _factors(c: Certificate, polynomial: Expression, variable: str) -> tuple[Expression, ...]:
    """The factors in the variable, each once: how often one occurs does not matter to stability."""
    for obligation in c.obligations:
        shows = obligation.shows
        if isinstance(shows, tuple) and shows[0] == "==" and shows[1] == polynomial and variable in free_symbols(shows):
            product = shows[2]
            return product[1:] if isinstance(product, tuple) and product[0] == "*" else (product,)
    return (polynomial,)


def _conditions(c: Certificate, factor: Expression, variable: str) -> Iterator[Expression]:
    if isinstance(factor, tuple) and factor[0] == "**" and isinstance(factor[2], Fraction) and factor[2] > 0:
        factor = factor[1]
    listed = coefficients_of(factor, variable, c)
    leading = listed[-1]
    if len(listed) == 1:
        sign = Algebra([leading], c.domains).sign(leading, ZERO)
        if sign is None or not sign.strict:
            raise NotRederivableError("a polynomial with a factor that may vanish as a whole is not re-derived")
        return
    if leading != ONE:
        sign = Algebra([leading], c.domains).sign(leading, ZERO)
        if sign is None or not sign.strict:
            raise NotRederivableError("a polynomial whose degree may fall is not re-derived")
    monic = [times(a, make("**", (leading, -ONE))) for a in listed]
    if len(monic) == 2:
        yield from ((">", make("+", (ONE, monic[0])), ZERO), (">", minus(ONE, monic[0]), ZERO))
    elif len(monic) == 3:
        yield (">", make("+", tuple(monic)), ZERO)
        yield (">", make("+", (monic[0], times(-ONE, monic[1]), ONE)), ZERO)
        yield (">", minus(ONE, monic[0]), ZERO)
    else:
        yield from table(monic)


def table(listed: Sequence[Expression]) -> Iterator[Expression]:
    """The conditions of Schur and Cohn for a polynomial given by its coefficients, the lowest power first.

    Examples
    --------
    >>> list(table([Fraction(1, 2), Fraction(1)]))
    [('>', Fraction(3, 4), Fraction(0, 1))]
    """
    while len(listed) > 1:
        first, last = listed[-1], listed[0]
        yield (">", minus(times(first, first), times(last, last)), ZERO)
        turned = list(reversed(listed))
        reduced = [minus(times(first, a), times(last, b)) for a, b in zip(listed, turned, strict=True)]
        listed = reduced[1:]


def coefficients_of(polynomial: Expression, variable: str, c: Certificate) -> list[Expression]:
    """The coefficients of a polynomial in `variable`, the lowest power first.

    Raises
    ------
    NotRederivableError
        If it is no polynomial in it.
    """
    found = Algebra([polynomial], c.domains).coefficients(polynomial, variable)
    if found is None:
        raise NotRederivableError(f"this checker does not find the coefficients of the powers of {variable}")
    return found
