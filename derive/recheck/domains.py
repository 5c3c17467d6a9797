"""Where symbols live, and powers such as ``beta**t`` with the facts that are known of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from .expression import Expression, free_symbols, linear, make, subexpressions

__all__ = ["COUNT", "NONNEGATIVE", "POSITIVE", "REAL", "Domain", "Power", "Powers", "linear_exponent", "power_domain"]


@dataclass(frozen=True)
class Domain:
    """An interval of the reals or of the integers."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    lower_open: bool = False
    upper_open: bool = False
    integer: bool = False

    def contains(self, value: Fraction) -> bool:
        """Whether `value` lies in it."""
        if self.integer and value.denominator != 1:
            return False
        if self.lower is not None and (value < self.lower or (self.lower_open and value == self.lower)):
            return False
        return not (self.upper is not None and (value > self.upper or (self.upper_open and value == self.upper)))

    def conditions(self, what: Expression) -> list[Expression]:
        """The inequalities that say `what` lies in it."""
        found: list[Expression] = []
        if self.lower is not None:
            found.append((">" if self.lower_open else ">=", what, self.lower))
        if self.upper is not None:
            found.append(("<" if self.upper_open else "<=", what, self.upper))
        return found


REAL = Domain()
NONNEGATIVE = Domain(lower=Fraction(0))
POSITIVE = Domain(lower=Fraction(0), lower_open=True)
COUNT = Domain(lower=Fraction(1), integer=True)


def linear_exponent(exponent: Expression, domains: Mapping[str, Domain]) -> tuple[str, int, int] | None:
    """The counter, its factor k > 0 or < 0 and the rest s of an exponent ``k * counter + s``; None if it is not one.

    Examples
    --------
    >>> linear_exponent(("+", Fraction(-1), "t"), {"t": COUNT})
    ('t', 1, -1)
    """
    found = linear(exponent)
    counters = [symbol for symbol, factor in (found or {}).items() if symbol and factor]
    if found is None or len(counters) != 1 or any(factor.denominator != 1 for factor in found.values()):
        return None
    (counter,) = counters
    if not domains.get(counter, REAL).integer:
        return None
    return counter, int(found[counter]), int(found.get("", 0))


def power_domain(base: Expression, exponent: Expression, domains: Mapping[str, Domain]) -> Domain:
    """Where a power of a positive number lies, whatever real number its exponent is.

    Examples
    --------
    >>> found = power_domain(Fraction(1, 2), ("*", "a", "t"), {"a": NONNEGATIVE, "t": COUNT})
    >>> found.contains(Fraction(1)), found.contains(Fraction(0)), found.contains(Fraction(2))
    (True, False, False)
    """
    if not isinstance(base, Fraction) or base <= 0:
        return REAL
    below_one = base <= 1 and _is_nonnegative(exponent, domains)
    return Domain(Fraction(0), Fraction(1), lower_open=True) if below_one else POSITIVE


def _is_nonnegative(e: Expression, domains: Mapping[str, Domain]) -> bool:
    """Whether a sum or product of nonnegative symbols and numbers is evidently nonnegative."""
    if isinstance(e, Fraction):
        return e >= 0
    if isinstance(e, str):
        lower = domains.get(e, REAL).lower
        return lower is not None and lower >= 0
    return isinstance(e, tuple) and e[0] in ("+", "*") and all(_is_nonnegative(a, domains) for a in e[1:])


@dataclass(frozen=True)
class Power:
    """The symbol for ``base ** (counter + shift)``, where it lives, and whether it is known to be at most the base."""

    name: str
    base: Expression
    counter: str
    shift: int
    domain: Domain
    below_base: bool


@dataclass
class Powers:
    """The powers with a symbol in the exponent in a family of expressions.

    All powers of one base are written through the lowest, ``P = b ** (t + shift)``: ``b**t`` is then a product of b
    and P.  Division by b, which may be 0, is never needed.
    """

    expressions: Iterable[Expression]
    domains: Mapping[str, Domain]
    known: dict[tuple[Expression, str], Power] = field(default_factory=dict)

    def __post_init__(self) -> None:
        least: dict[tuple[Expression, str], int] = {}
        for e in self.expressions:
            for part in subexpressions(e):
                found = self._parts(part)
                if found is not None:
                    base, counter, factor, rest = found
                    lowest = rest // factor if factor > 0 else -rest // -factor
                    least[base, counter] = min(least.get((base, counter), lowest), lowest)
        for (base, counter), shift in least.items():
            domain, below_base = self._domain(base, counter, shift)
            name = f"power!{len(self.known)}"
            self.known[base, counter] = Power(name, base, counter, shift, domain, below_base)

    def _parts(self, e: Expression) -> tuple[Expression, str, int, int] | None:
        if not isinstance(e, tuple) or e[0] != "**" or isinstance(e[2], Fraction):
            return None
        found = linear_exponent(e[2], self.domains)
        return None if found is None or found[0] in free_symbols(e[1]) else (e[1], *found)

    def written(self, e: Expression) -> tuple[Power, int, Expression] | None:
        """A power as ``(P, k, factor)`` with ``e = (P**|k| * factor) ** sign(k)``; None if it is no such power."""
        found = self._parts(e)
        if found is None:
            return None
        base, counter, factor, rest = found
        power = self.known.get((base, counter))
        if power is None:
            return None
        size, offset = (factor, rest) if factor > 0 else (-factor, -rest)
        left = offset - size * power.shift
        if left < 0:
            return None
        return power, factor, make("**", (base, Fraction(left)))

    def _domain(self, base: Expression, counter: str, shift: int) -> tuple[Domain, bool]:
        if not isinstance(base, str):
            return REAL, False
        source, start = self.domains.get(base, REAL), self.domains[counter].lower
        if source.lower is None or source.lower < 0 or start is None:
            return REAL, False
        least = start + shift
        positive = source.lower > 0 or source.lower_open
        if least < 0:
            return (POSITIVE if positive else REAL), False
        if source.upper is None or source.upper > 1:
            return Domain(lower=Fraction(0), lower_open=positive), False
        below_one = least >= 1 and (source.upper < 1 or source.upper_open)
        return Domain(Fraction(0), Fraction(1), positive, below_one), least >= 1
