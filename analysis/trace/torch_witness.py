"""Numbers to run traced code at: generic ones, in the domains, and such that chosen conditions hold."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException

import numpy as np
import sympy as sp

from ...derive.symbols import Domain, Quantity
from ..evaluate import DECIMAL, NUMPY, evaluator

__all__ = ["agrees", "coincide", "draw", "values_for"]

_ATTEMPTS = 400
_CLOSE = 1e-12
_POINTS = 8


def draw(symbol: sp.Symbol, generator: random.Random) -> float:
    """A number of the symbol's domain with all its digits random, so that no other number is equal to it by chance."""
    domain = symbol.domain if isinstance(symbol, Quantity) else Domain("real")
    share = generator.uniform(0.07, 0.93)
    if domain.integer:
        return generator.uniform(2.2, 9.0) if generator.random() < 0.5 else math.exp(generator.uniform(1.0, 6.0))
    if domain.lower is not None and domain.upper is not None:
        low, high = float(domain.lower), float(domain.upper)
        return low + (high - low) * share
    if domain.lower is not None:
        return float(domain.lower) + 1.6 * share
    if domain.upper is not None:
        return float(domain.upper) - 1.6 * share
    return 2 * share * generator.choice((-1, 1))


def values_for(
    conditions: Sequence[sp.Basic], generator: random.Random, also: Mapping[sp.Symbol, float] | None = None
) -> dict[sp.Symbol, float] | None:
    """Values of the symbols of `conditions` at which all of them hold; None if none were found.

    Parameters
    ----------
    conditions : sequence of Boolean
        Relations, negations of relations.
    also : mapping, optional
        Values that are kept.
    """
    symbols = sorted(set().union(*(c.free_symbols for c in conditions)), key=str) if conditions else []
    equations = [_Equation(c) for c in conditions if isinstance(c, sp.Eq)]
    rest = [evaluator(c, NUMPY) for c in conditions if not isinstance(c, sp.Eq)]
    with np.errstate(all="ignore"):
        for attempt in range(_ATTEMPTS):
            values = {s.name: _draw_or_end(s, generator, attempt) for s in symbols}
            values |= {s.name: v for s, v in (also or {}).items()}
            if all(e.solve(values) for e in equations) and all(bool(holds(values)) for holds in rest):
                return {s: values[s.name] for s in symbols}
    return None


def _draw_or_end(symbol: sp.Symbol, generator: random.Random, attempt: int) -> float:
    """A generic number or, in every second attempt now and then, an end of the domain that belongs to it."""
    domain = symbol.domain if isinstance(symbol, Quantity) else Domain("real")
    ends = [
        float(e)
        for e, out in ((domain.lower, domain.lower_open), (domain.upper, domain.upper_open))
        if e is not None and not out
    ]
    if attempt % 2 and ends and generator.random() < 0.5:
        return generator.choice(ends)
    return draw(symbol, generator)


class _Equation:
    """An equation that is made to hold by changing one symbol in which it is linear."""

    def __init__(self, equation: sp.Eq) -> None:
        difference = equation.lhs - equation.rhs
        self._difference = evaluator(difference, NUMPY)
        slopes = {s: difference.diff(s) for s in sorted(difference.free_symbols, key=str)}
        self._slopes = {
            s.name: evaluator(slope, NUMPY) for s, slope in slopes.items() if not slope.has(s) and slope != 0
        }

    def solve(self, values: dict[str, float]) -> bool:
        """Change a value; False if there is none that can be changed."""
        for name, slope in self._slopes.items():
            values[name] = 0.0
            steep = float(slope(values))
            if steep != 0:
                values[name] = -float(self._difference(values)) / steep
                return True
        return False


def coincide(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two expressions of the same symbols are equal at random points, to many digits."""
    if left == right:
        return True
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    sides = evaluator(left, DECIMAL), evaluator(right, DECIMAL)
    generator = random.Random("coincide")
    for _ in range(_POINTS):
        values = {s.name: Decimal(draw(s, generator)) for s in symbols}
        try:
            a, b = (side(values) for side in sides)
            if abs(a - b) > Decimal(10) ** -18 * max(abs(a), abs(b), Decimal(1)):
                return False
        except (DecimalException, ZeroDivisionError, OverflowError):
            continue
    return True


def agrees(expression: sp.Expr, values: Mapping[sp.Symbol, float], computed: float) -> bool | None:
    """Whether an expression has the value that the code computed; None if it has none there."""
    exact = {s.name: Decimal(v) for s, v in values.items()}
    try:
        expected = evaluator(expression, DECIMAL)(exact)
    except (DecimalException, ZeroDivisionError, OverflowError):
        return None
    if not math.isfinite(computed) or not Decimal(expected).is_finite():
        return None
    room = _CLOSE * max(abs(float(expected)), 1e-3)
    return bool(abs(float(expected) - computed) <= room)
