"""Every way through the code: the witness decides the first, and each decision is then taken the other way.

A run is repeated with a forced beginning of decisions, depth first, until no way is left or the bound is reached.  What
the domains of the symbols decide, as that a learning rate is not negative, is no decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar

import sympy as sp

from ...derive.prove.normal_form import NormalForm
from ...derive.relations import negation

__all__ = ["BOUND", "Decisions", "Explored", "explore", "settled"]

BOUND = 64
"""How many ways through the code are looked at."""

_T = TypeVar("_T")


@dataclass
class Decisions:
    """The decisions of one run; those in `forced` are taken as they are given."""

    forced: tuple[bool, ...] = ()
    made: list[tuple[sp.Basic, bool]] = field(default_factory=list)

    def decide(self, condition: sp.Basic, at_witness: bool) -> bool:
        """Which way the run goes at a condition."""
        if isinstance(condition, sp.Not):
            return not self.decide(condition.args[0], not at_witness)
        known = settled(condition)
        if known is not None:
            return known
        for earlier, taken in self.made:
            if earlier == condition:
                return taken
        count = len(self.made)
        taken = self.forced[count] if count < len(self.forced) else at_witness
        self.made.append((condition, taken))
        return taken

    @property
    def conditions(self) -> tuple[sp.Basic, ...]:
        """What is true on this way."""
        return tuple(c if taken else negation(c) for c, taken in self.made)


@lru_cache(maxsize=16384)
def settled(condition: sp.Basic) -> bool | None:
    """Whether the domains of the symbols alone decide a condition, and how.

    Examples
    --------
    >>> from optproof.derive.catalogue.vocabulary import hyperparameter
    >>> from optproof.derive.relations import lt
    >>> settled(lt(hyperparameter("lr"), 0)), settled(lt(hyperparameter("lr"), 1))
    (False, None)
    """
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.Not):
        inner = settled(condition.args[0])
        return None if inner is None else not inner
    if isinstance(condition, (sp.And, sp.Or)):
        parts = [settled(a) for a in condition.args]
        decisive = isinstance(condition, sp.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    difference = condition.lhs - condition.rhs
    form = NormalForm([difference])
    if form.is_zero(difference):
        return condition.rel_op in ("==", "<=", ">=")
    sign = form.sign(difference)
    if sign is None:
        return None
    above = sign.direction > 0
    outcomes = {">": above, ">=": above, "<": not above, "<=": not above, "==": False, "!=": True}
    decided = outcomes[condition.rel_op]
    # x >= 0 being evident says nothing of x > 0, nor of x = 0.
    needs_strict = condition.rel_op in ("==", "!=") or decided == (condition.rel_op in (">", "<"))
    return decided if sign.strict or not needs_strict else None


@dataclass(frozen=True)
class Explored(Generic[_T]):
    """What the ways through the code gave, each with its conditions, and whether they are all."""

    ways: tuple[tuple[tuple[sp.Basic, ...], _T], ...]
    complete: bool


def explore(run: Callable[[Decisions], _T], bound: int = BOUND) -> Explored[_T]:
    """Run along every way, at most `bound` of them.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> explored = explore(lambda d: "up" if d.decide(sp.Gt(x, 0), True) else "down")
    >>> [outcome for _, outcome in explored.ways], explored.complete
    (['up', 'down'], True)
    """
    found: list[tuple[tuple[sp.Basic, ...], _T]] = []
    waiting: list[tuple[bool, ...]] = [()]
    while waiting and len(found) < bound:
        forced = waiting.pop()
        decisions = Decisions(forced)
        outcome = run(decisions)
        found.append((decisions.conditions, outcome))
        taken = tuple(way for _, way in decisions.made)
        waiting += [(*taken[:i], not taken[i]) for i in range(len(forced), len(taken))]
    return Explored(tuple(found), not waiting)
