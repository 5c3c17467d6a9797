"""Where optimizers part that are the same elsewhere: at ends of domains, and at values that a branch asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import sympy as sp

from ...derive.prove.side_by_side import constants_for
from ...derive.relations import eq, negation
from ...derive.symbols import Quantity
from .system import Case, System

__all__ = ["Boundary", "at_boundaries", "boundaries", "without"]

Boundary = tuple[Quantity, sp.Rational]
"""A hyperparameter and a value at which something may be different."""


def boundaries(rule: System, implementation: System) -> list[Boundary]:
    """Ends that belong to a domain, and the values with which the implementation's branches compare a hyperparameter.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> from optproof.analysis.verification.system import of_rule
    >>> one = of_rule(rule("sgd[momentum]"))
    >>> [(str(h), str(v)) for h, v in boundaries(one, one)]
    [('lr', '0'), ('momentum', '0')]
    """
    hyper = {h.name: h for h in rule.hyper}
    found: dict[Boundary, None] = {}
    for h in rule.hyper:
        ends = ((h.domain.lower, h.domain.lower_open), (h.domain.upper, h.domain.upper_open))
        found |= dict.fromkeys((h, sp.Rational(end)) for end, is_open in ends if end is not None and not is_open)
    for relation in _relations((*implementation.first, *implementation.cases)):
        for a, b in (relation.args, relation.args[::-1]):
            compared = hyper.get(str(a))
            if compared is not None and isinstance(b, sp.Rational) and compared.domain.contains(b):
                found[compared, b] = None
    return list(found)


def at_boundaries(rule: System, implementation: System) -> Iterator[dict[str, sp.Rational]]:
    """Settings with one hyperparameter at a boundary, the others as in the first simple setting and at the defaults."""
    simple = next(iter(constants_for(rule.hyper, ())), None)
    bases = [] if simple is None else [{str(s): sp.Rational(v) for s, v in simple.items()}]
    defaults = {h.name: rule.defaults[h.name] for h in rule.hyper if h.name in rule.defaults}
    if len(defaults) == len(rule.hyper):
        bases.append(defaults)
    for h, value in boundaries(rule, implementation):
        yield from ({**base, h.name: value} for base in bases)


def without(system: System, excluded: Mapping[Quantity, sp.Rational]) -> System:
    """The system where the hyperparameters do not have these values."""
    facts = tuple(negation(eq(h, v)) for h, v in excluded.items())
    never = {eq(h, v) for h, v in excluded.items()}

    def kept(cases: Sequence[Case]) -> tuple[Case, ...]:
        return tuple(c for c in cases if not never & set(c.conditions))

    return replace(system, facts=(*system.facts, *facts), cases=kept(system.cases), first=kept(system.first))


def _relations(cases: Iterable[Case]) -> Iterator[sp.core.relational.Relational]:
    for case in cases:
        for condition in (*case.conditions, *case.after.values()):
            yield from condition.atoms(sp.core.relational.Relational)
