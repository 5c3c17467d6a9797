"""Ways through a step that compute the same: ``if weight_decay != 0`` is an economy, not a case of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as changed

import sympy as sp

from ...derive.prove.normal_form import NormalForm
from ...derive.relations import eq, negation, replaced
from .branches import settled
from .record import Path
from .torch_run import sign_of

__all__ = ["equal", "merged"]


def equal(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two expressions are equal, as far as the normal form shows it."""
    if left == right:
        return True
    if left.has(sp.nan, sp.zoo, sp.oo) or right.has(sp.nan, sp.zoo, sp.oo):
        return False
    left, right = _decided(left), _decided(right)
    return left == right or NormalForm([left, right]).is_zero(left - right)


def _decided(expression: sp.Expr) -> sp.Expr:
    """The expression without the case distinctions and extrema that the domains decide."""
    found = {}
    for extremum in expression.atoms(sp.Max, sp.Min):
        sign = sign_of(extremum.args[0] - extremum.args[1], {}) if len(extremum.args) == 2 else None
        if sign is not None:
            found[extremum] = extremum.args[0 if (sign.direction > 0) == isinstance(extremum, sp.Max) else 1]
    for cases in expression.atoms(sp.Piecewise):
        for value, condition in cases.args:
            answer = settled(condition)
            if answer is None:
                break
            if answer:
                found[cases] = value
                break
    return expression.xreplace(found) if found else expression


def merged(
    ways: list[tuple[Path, Mapping[sp.Symbol, sp.Expr]]],
    general: list[Path],
    state: Mapping[str, sp.Symbol],
) -> list[Path]:
    """The paths, with those dropped that another one covers.

    Parameters
    ----------
    ways : list of (Path, mapping)
        Each path with the symbols that its conditions leave a single value.
    general : list of Path
        The paths of later steps: they say which slots are read at all.
    state : mapping
        The symbol of each slot.

    Notes
    -----
    A path is dropped if one of its conditions pins a symbol, another path differs from it in that condition alone,
    having its contrary, and the other's outputs at the pinned value are its own.  The other path then loses the
    condition.
    Slots from which, at the pinned value, theta never learns anything do not count: a momentum buffer without momentum.
    """
    left = list(ways)
    while True:
        pair = _coverable(left, general, state)
        if pair is None:
            return [path for path, _ in left]
        covering, covered, condition = pair
        path, pinned = left[covering]
        conditions = tuple(c for c in path.conditions if c != condition)
        divisors = tuple(dict.fromkeys((*path.divisors, *left[covered][0].divisors)))
        left[covering] = (changed(path, conditions=conditions, divisors=divisors), pinned)
        del left[covered]


def _coverable(
    ways: list[tuple[Path, Mapping[sp.Symbol, sp.Expr]]], general: list[Path], state: Mapping[str, sp.Symbol]
) -> tuple[int, int, sp.Basic] | None:
    for covered, (narrow, pinned) in enumerate(ways):
        for covering, (wide, _) in enumerate(ways):
            own = set(narrow.conditions) - set(wide.conditions)
            other = set(wide.conditions) - set(narrow.conditions)
            if covered == covering or len(own) != 1 or len(other) != 1:
                continue
            (condition,), (contrary,) = own, other
            if wide.outputs == narrow.outputs and _contrary(condition, contrary) and _divide_alike(wide, narrow):
                return covering, covered, contrary
            symbols = {s: v for s, v in pinned.items() if s in condition.free_symbols}
            if symbols and _contrary(condition, contrary) and not _may_vanish(wide, narrow, symbols):
                read = _read(general, state, symbols)
                if all(equal(wide.outputs[n].xreplace(symbols), narrow.outputs[n].xreplace(symbols)) for n in read):
                    return covering, covered, contrary
    return None


def _contrary(a: sp.Basic, b: sp.Basic) -> bool:
    """Whether one of two relations holds exactly where the other does not."""
    if negation(a) == b or negation(b) == a:
        return True
    kinds = {type(a), type(b)}
    return kinds == {sp.StrictGreaterThan, sp.LessThan} and (a.lhs, a.rhs) == (b.lhs, b.rhs)


def _divide_alike(one: Path, other: Path) -> bool:
    """Whether neither path divides by something that may be zero and by which the other does not divide."""
    return all(settled(eq(d, sp.Integer(0))) is False for d in set(one.divisors) ^ set(other.divisors))


def _may_vanish(wide: Path, narrow: Path, values: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether `wide` may divide by zero at the values where the code takes `narrow`, which does not."""
    known = {d.xreplace(dict(values)) for d in narrow.divisors}
    new = {d.xreplace(dict(values)) for d in wide.divisors if d.free_symbols & set(values)} - known
    return any(settled(eq(d, sp.Integer(0))) is not False for d in new)


def _read(general: list[Path], state: Mapping[str, sp.Symbol], values: dict[sp.Symbol, sp.Expr]) -> set[str]:
    """Theta and the slots on which, at these values of hyperparameters, theta depends sooner or later."""
    outputs = [
        {name: e.xreplace(values) for name, e in path.outputs.items()}
        for path in general
        if not any(settled(replaced(c, values)) is False for c in path.conditions)
    ]
    read = {"theta"}
    while True:
        seen = set().union(*(o[name].free_symbols for o in outputs for name in read))
        more = {slot for slot, symbol in state.items() if symbol in seen} - read
        if not more:
            return read
        read |= more
