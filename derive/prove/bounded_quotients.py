"""Bounds that hold of quotients by themselves: ``(x / (eps + sqrt(c x^2 + more)))^2 <= 1/c``.

Where a state is driven by such a quotient, an induction needs this bound.  Stated as a step of its own it spares the
solvers the root and the divisor, which is what takes them long.
"""

from __future__ import annotations

import sympy as sp

from ..relations import le
from .condition import settle_condition
from .solver import Solver
from .verdict import ProofStep

__all__ = ["bounded_quotients"]


def bounded_quotients(condition: sp.Basic, solver: Solver) -> list[ProofStep]:
    """The proofs of such bounds on the quotients that occur in `condition`.

    Examples
    --------
    >>> from optproof.derive.symbols import NONNEGATIVE, POSITIVE, Quantity
    >>> x, v, eps = Quantity("x"), Quantity("v", NONNEGATIVE), Quantity("eps", POSITIVE)
    >>> with Solver() as solver:
    ...     [str(step.shows) for step in bounded_quotients(le(x / (eps + sp.sqrt(v + 4 * x**2)), 1), solver)]
    ['x**2/(eps + sqrt(v + 4*x**2))**2 <= 1/4']
    """
    found: list[ProofStep] = []
    for quotient in sorted(condition.atoms(sp.Mul), key=str):
        above, below = _parts(quotient)
        for share in _shares(above, below):
            words = "A quotient whose divisor holds a share of its own square is bounded."
            bound = le(above**2 / below**2, 1 / share)
            finding = settle_condition(bound, (), solver, words=words, seek_witness=False)
            found += finding.steps if finding.proved else ()
    return found


def _parts(product: sp.Mul) -> tuple[sp.Expr, sp.Expr]:
    """What stands above the line and below it."""
    below = [f for f in product.args if isinstance(f, sp.Pow) and f.exp == -1 and isinstance(f.base, sp.Add)]
    if len(below) != 1:
        return product, sp.Integer(1)
    return sp.Mul(*(f for f in product.args if f not in below)), below[0].base


def _shares(above: sp.Expr, below: sp.Expr) -> list[sp.Expr]:
    """The factors of the square of what is divided, in sums under a root of the divisor."""
    roots = [r.base for r in below.atoms(sp.Pow) if r.exp == sp.Rational(1, 2) and isinstance(r.base, sp.Add)]
    terms = [t for base in roots for t in base.args if above**2 in sp.Mul.make_args(t)]
    return [t / above**2 for t in terms if not (t / above**2).free_symbols & above.free_symbols]
