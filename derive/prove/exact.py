"""Evaluating at exact points: what a witness needs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping

import sympy as sp

from ..symbols import Quantity
from .normal_form import NormalForm
from .positivity import domain_of

__all__ = ["exact_sign", "holds_at", "sample_points"]

_DIGITS = 60


def exact_sign(number: sp.Expr) -> int | None:
    """The sign of a number given by rationals and square roots; None if it could not be decided.

    The number is evaluated to 60 correct digits; zero is concluded only from the normal form.

    Examples
    --------
    >>> exact_sign(sp.sqrt(2) * sp.sqrt(3) - sp.sqrt(6)), exact_sign(1 - sp.sqrt(2))
    (0, -1)
    """
    if isinstance(number, sp.Rational):
        return int(sp.sign(number))
    if number.free_symbols or number.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or number.is_real is False:
        return None
    value = number.evalf(_DIGITS, chop=False)
    if value.is_Float and abs(value) > sp.Float(10) ** (-_DIGITS // 2):
        return 1 if value > 0 else -1
    return 0 if NormalForm([number]).is_zero(number) else None


def holds_at(condition: sp.Basic, values: Mapping[sp.Symbol, sp.Expr]) -> bool | None:
    """Whether `condition` holds at an exact point; None if it is undefined there or undecided."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.Not):
        inner = holds_at(condition.args[0], values)
        return None if inner is None else not inner
    if isinstance(condition, (sp.And, sp.Or)):
        parts = [holds_at(a, values) for a in condition.args]
        decisive = isinstance(condition, sp.Or)
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    return _relation_holds(condition, values)


def _relation_holds(relation: sp.Rel, values: Mapping[sp.Symbol, sp.Expr]) -> bool | None:
    difference = (relation.lhs - relation.rhs).xreplace(dict(values))
    sign = exact_sign(difference)
    if sign is None:
        return None
    outcome = {"==": sign == 0, "!=": sign != 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}
    return outcome[relation.rel_op]


_NUMBERS = tuple(
    sp.Rational(n) for n in ("0", "1", "-1", "2", "1/2", "-1/2", "3", "-2", "1/10", "9/10", "10", "99/100", "1/100")
)


def sample_points(
    symbols: Iterable[sp.Symbol], count: int, seed: int = 20260101
) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    """Exact points in the domains of `symbols`: simple numbers first, then random ones; the same on every run."""
    ordered = sorted(symbols, key=str)
    generator = random.Random(seed)
    for index in range(count):
        yield {s: _value(s, generator, simple=index % 3 != 2) for s in ordered}


def _value(symbol: sp.Symbol, generator: random.Random, *, simple: bool) -> sp.Rational:
    domain = domain_of(symbol)
    if domain.integer:
        return sp.Integer(generator.choice((1, 2, 3, 5, 10)))
    for _ in range(40):
        chosen = (
            generator.choice(_NUMBERS)
            if simple
            else sp.Rational(generator.randint(-400, 400), generator.randint(1, 97))
        )
        if domain.contains(chosen):
            return chosen
        if domain.upper is not None and domain.lower is not None:
            inside = domain.lower + (domain.upper - domain.lower) * sp.Rational(generator.randint(1, 99), 100)
            return inside
    return domain.lower + 1 if domain.lower is not None else sp.Integer(1)


def quantities(*expressions: sp.Basic) -> list[Quantity]:
    """The quantities that occur in `expressions`, sorted by name."""
    found = set().union(*(e.free_symbols for e in expressions))
    return sorted((s for s in found if isinstance(s, Quantity)), key=str)
