"""Whether an expression is evidently positive on the domain of its symbols.

The passes use it as a licence to try a rewrite; the proof after the pass decides whether the rewrite was right.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from ..derive import Quantity

__all__ = ["is_nonnegative", "is_positive"]

Definitions = Mapping[Quantity, sp.Expr]


def is_positive(e: sp.Expr, definitions: Definitions | None = None) -> bool:
    """Whether ``e > 0`` follows term by term; `definitions` says what temporaries stand for.

    Examples
    --------
    >>> from optproof.derive.symbols import UNIT_INTERVAL, step_counter
    >>> beta = Quantity("beta", UNIT_INTERVAL)
    >>> is_positive(1 - beta ** step_counter()), is_positive(beta)
    (True, False)
    """
    known = definitions or {}
    if e in known:
        return is_positive(known[e], known)
    if isinstance(e, sp.Mul):
        return all(is_positive(a, known) for a in e.args)
    if isinstance(e, sp.Pow):
        return is_positive(e.base, known)
    if isinstance(e, sp.Add):
        return (all(is_nonnegative(a, known) for a in e.args) and any(is_positive(a, known) for a in e.args)) or (
            _one_minus_less(e, known)
        )
    if isinstance(e, sp.Max):
        return any(is_positive(a, known) for a in e.args)
    return isinstance(e, sp.exp) or bool(e.is_positive)


def is_nonnegative(e: sp.Expr, definitions: Definitions | None = None) -> bool:
    """Whether ``e >= 0`` follows term by term."""
    known = definitions or {}
    if e in known:
        return is_nonnegative(known[e], known)
    if isinstance(e, (sp.Add, sp.Mul)) and all(is_nonnegative(a, known) for a in e.args):
        return True
    if isinstance(e, sp.Max):
        return any(is_nonnegative(a, known) for a in e.args)
    return is_positive(e, known) or bool(e.is_nonnegative)


def _one_minus_less(e: sp.Add, known: Definitions) -> bool:
    return len(e.args) == 2 and 1 in e.args and _below_one(1 - e, known)


def _below_one(e: sp.Expr, known: Definitions) -> bool:
    if e in known:
        return _below_one(known[e], known)
    if isinstance(e, sp.Pow):
        return _below_one(e.base, known) and is_nonnegative(e.base, known) and is_positive(e.exp, known)
    if not isinstance(e, Quantity) or e.domain.upper is None:
        return False
    return bool(e.domain.upper < 1 or (e.domain.upper == 1 and e.domain.upper_open))
