"""What has to be shown so that a function of one number is positive everywhere but at a point where it is zero.

On an interval a differentiable function that is zero at an anchor, rises above it and falls below it is positive
everywhere else, by the mean value theorem.  The function is rational but for logarithms of the number itself, which is
positive, so it is differentiable wherever no divisor vanishes.
"""

from __future__ import annotations

from fractions import Fraction

from .expression import BadCertificateError, Expression, free_symbols, make, replace, subexpressions
from .limits import definedness
from .plan import Need, NotRederivableError, Plan, minus, times
from .reading import Certificate

__all__ = ["derivative", "positive_beyond"]

ZERO, ONE = Fraction(0), Fraction(1)


def positive_beyond(c: Certificate) -> Plan:
    """The plan for ``PositiveBeyond``: zero at the anchor, and a derivative that points away from it."""
    expression, symbol, anchor = c.expression("expression"), c.name_of("symbol"), c.expression("anchor")
    domain = c.domains[symbol]
    if free_symbols(expression) != {symbol} or c.hypotheses:
        raise NotRederivableError("a function of more than one number, or under hypotheses, is not re-derived")
    lower = domain.lower
    if not isinstance(anchor, Fraction) or domain.integer or lower is None or lower < 0 or anchor <= 0:
        raise BadCertificateError("the number does not range over an interval of positive numbers with the anchor")
    if (lower == 0 and not domain.lower_open) or anchor < lower or (domain.upper is not None and anchor > domain.upper):
        raise BadCertificateError("zero lies in the interval, or the anchor neither in it nor at its end")
    if any(e[0] == "log" and e[1] != symbol for e in subexpressions(expression) if isinstance(e, tuple)):
        raise NotRederivableError("a logarithm of anything but the number itself is not re-derived")
    away = ("not", ("==", symbol, anchor))
    slope = times(derivative(expression, symbol), minus(symbol, anchor))
    needs = (
        Need("it is zero at the anchor", ("==", replace(expression, {symbol: anchor}), ZERO)),
        Need("its derivative points away from the anchor", (">", slope, ZERO), (away,)),
    )
    defined = (Need("the function has no pole", d) for d in definedness(expression))
    return Plan(needs, checks=tuple(defined))


def derivative(e: Expression, symbol: str) -> Expression:
    """The derivative of a rational expression with logarithms.

    Raises
    ------
    NotRederivableError
        If it is another expression.

    Examples
    --------
    >>> derivative(("+", ("**", "x", Fraction(2)), ("log", "x")), "x")
    ('+', ('*', Fraction(2, 1), 'x'), ('**', 'x', Fraction(-1, 1)))
    """
    if isinstance(e, Fraction):
        return ZERO
    if isinstance(e, str):
        return ONE if e == symbol else ZERO
    if e[0] == "+":
        return make("+", tuple(derivative(a, symbol) for a in e[1:]))
    if e[0] == "*":
        parts = e[1:]
        turns = (times(*parts[:i], derivative(f, symbol), *parts[i + 1 :]) for i, f in enumerate(parts))
        return make("+", tuple(turns))
    if e[0] == "**" and isinstance(e[2], Fraction) and e[2].denominator == 1:
        return times(e[2], make("**", (e[1], e[2] - 1)), derivative(e[1], symbol))
    if e[0] == "log":
        return times(make("**", (e[1], -ONE)), derivative(e[1], symbol))
    raise NotRederivableError("a function that is not rational but for logarithms is not re-derived")
