"""Looking for a term of a sequence that a closed form misses: the exact witness."""

from __future__ import annotations

import sympy as sp

from ..goal import ClosedForm
from ..symbols import step_counter
from .exact import exact_sign, sample_points

__all__ = ["missed_term"]

_POINTS = 12
_LONGEST = 4
_INPUTS = tuple(sp.Rational(n) for n in ("1", "-2", "1/2", "3"))


def missed_term(goal: ClosedForm) -> dict[str, sp.Basic] | None:
    """Values at which the recurrence and the formula differ after some steps; None if none were found.

    Returns
    -------
    dict or None
        The constants by name, ``"t"``, the number of steps, and the inputs ``"g[1]"``, ``"g[2]"``, ... of a sequence g.
    """
    t = step_counter()
    indices = {s for series in goal.formula.atoms(sp.Sum) for s in series.variables}
    free = goal.initial.free_symbols | goal.following.free_symbols | goal.formula.free_symbols
    for point in sample_points(free - indices - {t, goal.symbol}, _POINTS):
        current = goal.initial.xreplace(point)
        for count in range(_LONGEST + 1):
            formula = _with_inputs(goal.formula.xreplace({t: sp.Integer(count)}).doit()).xreplace(point)
            if exact_sign(formula - current) in (1, -1):
                inputs = {f"g[{i}]": _INPUTS[i - 1] for i in range(1, count + 1) if _takes_inputs(goal)}
                return {**{s.name: v for s, v in point.items()}, "t": sp.Integer(count), **inputs}
            if count < _LONGEST:
                at = {goal.symbol: current, t: sp.Integer(count + 1)}
                current = _with_inputs(goal.following.xreplace(at)).xreplace(point)
    return None


def _takes_inputs(goal: ClosedForm) -> bool:
    return bool((goal.following + goal.formula).atoms(sp.core.function.AppliedUndef))


def _with_inputs(expression: sp.Expr) -> sp.Expr:
    """The expression with numbers for the values of its sequences."""
    values = {
        f: _INPUTS[int(f.args[0]) - 1]
        for f in expression.atoms(sp.core.function.AppliedUndef)
        if f.args[0].is_Integer and 1 <= int(f.args[0]) <= len(_INPUTS)
    }
    return expression.xreplace(values)
