"""Whether an implementation divides by zero where the rule does not."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ...derive.printing import expression_text
from ...derive.relations import eq, ge, negation
from ..trace.branches import settled
from .alignment import Alignment
from .decide import Prover
from .sameness import Sameness
from .system import Case
from .workbench import Workbench

__all__ = ["doubtful_divisors"]


def doubtful_divisors(aligned: Alignment, found: Sameness, bench: Workbench) -> tuple[str, ...]:
    """Divisors of the implementation that were not shown to be nonzero, in sentences."""
    prover = Prover(bench.solver, aligned.rule.facts)
    related: dict[sp.Basic, sp.Basic] = dict(found.relation.of) if found.forward and found.relation else {}
    shown: dict[str, None] = {}
    own = _divisors((*aligned.rule.first, *aligned.rule.cases))
    for case in (*aligned.implementation.first, *aligned.implementation.cases):
        for divisor in case.divisors:
            d = divisor.xreplace(related)
            given = (*case.conditions, *_roots(d))
            if d in own or settled(negation(eq(d, 0))) or prover.holds(negation(eq(d, 0)), given):
                continue
            if any(prover.equal(d, o, given) for o in own if o.free_symbols == d.free_symbols):
                continue
            shown[f"not shown that it never divides by zero: {expression_text(divisor, 'text')}"] = None
    return tuple(shown)


def _roots(e: sp.Expr) -> tuple[sp.Basic, ...]:
    """Roots are taken of what is not negative."""
    return tuple(ge(p.base, 0) for p in e.atoms(sp.Pow) if p.exp in (sp.Rational(1, 2), -sp.Rational(1, 2)))


def _divisors(cases: Sequence[Case]) -> set[sp.Expr]:
    return {
        p.base for c in cases for e in c.after.values() for p in e.atoms(sp.Pow) if p.exp.could_extract_minus_sign()
    }
