"""Two systems in step: the proof that theta is the same after every step, on every gradient sequence.

The reduction.  Let R_t give the live states of one system (the *bound* one) in terms of the other's (the *free* one's)
after step t, with hyperparameters as they were in that step.  If the first steps, each from its own start, give the
same theta and states that R_1 relates; and if for every t >= 1, from any state of the free system and what R_t makes of
it, step t + 1 of both gives the same theta and states that R_{t+1} relates, whatever the gradient and whatever lr was
in step t; then by induction theta is the same after every step.  Each obligation is proved for every pair of cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from ...derive.symbols import Quantity, parameter, step_counter
from .decide import Obligation, Prover
from .relation import Relation
from .system import Case, System

__all__ = ["Bisimulation", "bisimilar", "obligations"]


@dataclass(frozen=True)
class Bisimulation:
    """Whether the proof went through, and what failed first otherwise."""

    proved: bool
    failed: Obligation | None = None
    count: int = 0


def bisimilar(
    free: System, bound: System, relation: Relation, prover: Prover, *, varying: Sequence[Quantity] = ()
) -> Bisimulation:
    """Discharge every obligation; those in `varying` may change between steps."""
    count = 0
    for obligation in obligations(free, bound, relation, varying):
        count += 1
        if not prover.equal(obligation.left, obligation.right, obligation.given):
            return Bisimulation(False, obligation, count)
    return Bisimulation(count > 0, None, count)


def obligations(free: System, bound: System, relation: Relation, varying: Sequence[Quantity]) -> Iterator[Obligation]:
    """What is to be proved, theta first."""
    t, theta = step_counter(), parameter()
    one: dict[sp.Basic, sp.Basic] = {t: sp.Integer(1)}
    yield from _pairs("In the first step", free.first, bound.first, relation, one, theta)
    before = {q: previous(q) for q in varying}
    later: dict[sp.Basic, sp.Basic] = {t: t + 1}
    related: dict[sp.Basic, sp.Basic] = {q: e.xreplace(before) for q, e in relation.of.items()}
    own = [c for c in (case.with_values(later) for case in free.cases) if c is not None]
    # The bound states go last: what is put for them speaks of step t, the step itself of t + 1.
    others = [c for c in (case.with_values(later) for case in bound.cases) if c is not None]
    others = [c for c in (case.with_values(related) for case in others) if c is not None]
    yield from _pairs("In every later step", own, others, relation, later, theta)


def _pairs(
    when: str,
    free: Sequence[Case],
    bound: Sequence[Case],
    relation: Relation,
    time: dict[sp.Basic, sp.Basic],
    theta: Quantity,
) -> Iterator[Obligation]:
    for mine in free:
        for theirs in bound:
            given = (*mine.conditions, *theirs.conditions)
            after: dict[sp.Basic, sp.Basic] = {q: e for q, e in mine.after.items() if q != theta}
            yield Obligation(f"{when} theta is the same.", mine.after[theta], theirs.after[theta], given)
            for q, e in relation.of.items():
                # Time and states at once: what a state becomes may hold t itself.
                should = e.xreplace({**time, **after, theta: mine.after[theta]})
                yield Obligation(f"{when} {q.meaning or q.name} stays related.", should, theirs.after[q], given)


def previous(q: Quantity) -> Quantity:
    """The value of a hyperparameter in the step before."""
    return Quantity(f"{q.name}__previous", q.domain, meaning=q.meaning)
