"""Whether an implementation divides by zero, or takes the root of a negative number, where the rule does not."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ...derive.printing import expression_text
from ...derive.relations import eq, ge, negation
from ..trace.requirements import is_met, must_hold
from .alignment import Alignment
from .decide import Prover
from .sameness import Sameness, facts_about_implementation
from .system import Case
from .workbench import Workbench

__all__ = ["doubtful_divisors"]


def doubtful_divisors(aligned: Alignment, found: Sameness, bench: Workbench) -> tuple[str, ...]:
    """Divisors of the implementation that were not shown to be nonzero, and the like of roots, in sentences."""
    forward = found.forward and found.relation is not None
    related: dict[sp.Basic, sp.Basic] = dict(found.relation.of) if forward and found.relation else {}
    facts = aligned.rule.facts
    if found.relation is not None and not found.forward:
        facts = facts_about_implementation(aligned.rule, found.relation)
    prover = Prover(bench.solver, facts)
    shown: dict[str, None] = {}
    own = _divisors((*aligned.rule.first, *aligned.rule.cases))
    roots = _radicands((*aligned.rule.first, *aligned.rule.cases))
    for case in (*aligned.implementation.first, *aligned.implementation.cases):
        for divisor in case.divisors:
            d = _without_powers(divisor.xreplace(related))
            needed = must_hold(d)
            if d in own or is_met(needed):
                continue
            given = (*case.conditions, *_roots(d)) if needed == negation(eq(d, 0)) else case.conditions
            if needed in roots or prover.holds(needed, given or (sp.true,)):
                continue
            if any(prover.equal(d, o, given) for o in own if o.free_symbols == d.free_symbols):
                continue
            shown[_words(divisor)] = None
    return tuple(shown)


def _without_powers(d: sp.Expr) -> sp.Expr:
    """What vanishes if a power of it does."""
    while isinstance(d, sp.Pow):
        d = d.base
    return d


def _words(divisor: sp.Expr) -> str:
    needed = must_hold(divisor)
    if needed == negation(eq(divisor, 0)):
        return f"not shown that it never divides by zero: {expression_text(divisor, 'text')}"
    return f"not shown of a root or a logarithm that it is always a number: {expression_text(needed, 'text')}"


def _roots(e: sp.Expr) -> tuple[sp.Basic, ...]:
    """Roots are taken of what is not negative."""
    return tuple(ge(p.base, 0) for p in e.atoms(sp.Pow) if p.exp in (sp.Rational(1, 2), -sp.Rational(1, 2)))


def _divisors(cases: Sequence[Case]) -> set[sp.Expr]:
    return {
        p.base for c in cases for e in c.after.values() for p in e.atoms(sp.Pow) if p.exp.could_extract_minus_sign()
    }


def _radicands(cases: Sequence[Case]) -> set[sp.Basic]:
    """The conditions under which the rule's own roots are real."""
    return {root for c in cases for e in c.after.values() for root in _roots(e)}
