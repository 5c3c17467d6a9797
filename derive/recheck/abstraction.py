"""Obligations made more general, and so simpler: a part of them replaced by a symbol of its own.

What holds for every value of the symbol holds for the part.  The converse may fail: that the general obligation does
not hold says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from .algebra import Algebra
from .domains import NONNEGATIVE, POSITIVE, REAL, Domain
from .expression import Expression, contains, free_symbols, replace, subexpressions
from .reading import GRADIENT

__all__ = ["with_any_gradient", "with_named_divisors"]


def with_any_gradient(given: Sequence[Expression], shows: Expression) -> tuple[Sequence[Expression], Expression]:
    """With ``g + c`` replaced by g, where g is a real number that occurs in this sum only.

    Both are any real number, so nothing is lost here.
    """
    conditions = (shows, *given)
    sums = {e for c in conditions for e in subexpressions(c) if isinstance(e, tuple) and e[0] == "+" and GRADIENT in e}
    if len(sums) != 1:
        return given, shows
    (total,) = sums
    rest = tuple(a for a in total[1:] if a != GRADIENT)
    mark = f"{GRADIENT}!"
    replaced = [replace(c, {total: mark}) for c in conditions]
    if len(rest) != len(total) - 2 or any(GRADIENT in free_symbols(e) for e in (*rest, *replaced)):
        return given, shows
    return [replace(c, {mark: GRADIENT}) for c in replaced[1:]], replace(replaced[0], {mark: GRADIENT})


def with_named_divisors(
    given: Sequence[Expression], shows: Expression, domains: Mapping[str, Domain]
) -> tuple[list[Expression], Expression, dict[str, Domain]] | None:
    """With a symbol for each sum with a root in it that both `given` and `shows` divide by; None if there is none.

    All that is kept of such a divisor is its sign, where it is evident.
    """
    shared = _divisors(shows) & {d for g in given for d in _divisors(g)}
    if not shared:
        return None
    names: dict[Expression, str] = {}
    named = dict(domains)
    algebra = Algebra([*shared, shows, *given], domains)
    for divisor in sorted(shared, key=repr):
        names[divisor] = f"divisor!{len(names)}"
        sign = algebra.sign(divisor, Fraction(0))
        positive = sign is not None and sign.direction > 0
        named[names[divisor]] = REAL if sign is None or not positive else POSITIVE if sign.strict else NONNEGATIVE
    return [replace(g, names) for g in given], replace(shows, names), named


def _divisors(condition: Expression) -> set[Expression]:
    powers = (e for e in subexpressions(condition) if isinstance(e, tuple) and e[0] == "**")
    below = (e[1] for e in powers if isinstance(e[2], Fraction) and e[2] < 0)
    return {b for b in below if isinstance(b, tuple) and b[0] == "+" and contains(b, "**")}
