"""Bounds that hold in every case, and hyperparameters that are not used."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..drafts import Draft, Edit
from .shapes import swap

__all__ = ["bounds", "without_effect"]


def bounds(draft: Draft) -> Iterator[Edit]:
    """A bound that the rule applies in one case, applied in all of them."""
    for q, e in draft.lines:
        tops = {a for n in e.atoms(sp.Min) for a in n.args if a in draft.hyper}
        floors = {a for n in e.atoms(sp.Max) for a in n.args if a in draft.hyper}
        if not e.has(sp.Piecewise) or len(tops) != 1 or len(floors) != 1:
            continue
        (top,), (floor,) = tops, floors
        free = _without(e, {top, floor})
        for words, value in (
            ("the lower bound first", sp.Min(sp.Max(free, floor), top)),
            ("the upper bound first", sp.Max(sp.Min(free, top), floor)),
        ):
            yield Edit(
                f"{q} is kept between {floor} and {top} in every step, also where it does not change ({words})",
                draft.with_value(q, value),
            )


def _without(e: sp.Expr, limits: set[sp.Basic]) -> sp.Expr:
    """`e` without the maxima and minima that keep something within limits."""
    bounded = [n for n in e.atoms(sp.Min, sp.Max) if limits & set(n.args)]
    return e.xreplace({n: n.func(*(a for a in n.args if a not in limits)) for n in bounded})


def without_effect(draft: Draft) -> Iterator[Edit]:
    """A hyperparameter that is not used; what it would be at its neutral value."""
    for h in draft.hyper:
        for neutral in (sp.Integer(0), sp.Integer(1)):
            if h.name != "lr" and h.domain.contains(neutral):
                yield Edit(f"{h} has no effect, as if it were {neutral}", draft.mapped(swap(h, neutral)))
