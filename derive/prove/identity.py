"""Whether two expressions are equal wherever their symbols are in their domains."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from .exact import exact_sign, sample_points
from .normal_form import NormalForm
from .verdict import Verdict

__all__ = ["Identity", "prove_identity"]

_POINTS = 60


@dataclass(frozen=True)
class Identity:
    """What was found out about ``left = right``."""

    left: sp.Expr
    right: sp.Expr
    verdict: Verdict
    method: str
    formal: str
    witness: Mapping[str, sp.Basic] = field(default_factory=dict)
    seconds: float = 0.0


def prove_identity(left: sp.Expr, right: sp.Expr) -> Identity:
    """Decide whether ``left = right`` wherever both sides are defined.

    Parameters
    ----------
    left, right : expressions in quantities
        Rational operations, square roots, powers ``b**t``, Max, Min, Abs, sign, Piecewise, exp, log.

    Returns
    -------
    Identity
        PROVED by the normal form; REFUTED with exact values at which the two sides differ; else UNKNOWN.

    Examples
    --------
    >>> from optproof.derive.symbols import NONNEGATIVE, POSITIVE, Quantity
    >>> v, eps = Quantity("v", NONNEGATIVE), Quantity("eps", POSITIVE)
    >>> prove_identity(1 / (sp.sqrt(v) + eps), (sp.sqrt(v) - eps) / (v - eps**2)).verdict.name
    'PROVED'
    >>> prove_identity(sp.sqrt(v + eps), sp.sqrt(v) + eps).verdict.name
    'REFUTED'
    """
    start = time.perf_counter()
    difference = left - right
    form = NormalForm([left, right])
    if difference == 0 or form.is_zero(difference):
        where = "; ".join(f"{symbol} = {meaning}" for symbol, meaning in form.definitions())
        formal = f"{left} = {right}" + (f"  where {where}" if where else "")
        return Identity(left, right, Verdict.PROVED, "normal form", formal, seconds=time.perf_counter() - start)
    witness = _difference_at(difference)
    elapsed = time.perf_counter() - start
    if witness is not None:
        return Identity(left, right, Verdict.REFUTED, "exact evaluation", "", witness, elapsed)
    return Identity(left, right, Verdict.UNKNOWN, "normal form and evaluation at exact points", "", seconds=elapsed)


def _difference_at(difference: sp.Expr) -> dict[str, sp.Basic] | None:
    for point in sample_points(difference.free_symbols, _POINTS):
        value = difference.xreplace(point)
        if exact_sign(value) in (1, -1):
            return {s.name: v for s, v in point.items()}
    return None
