"""What the edits look for in a rule's lines."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from ....derive.symbols import Quantity
from ..drafts import Draft

__all__ = ["HALF", "hyper", "is_root", "nodes", "outside_states", "swap"]


HALF = sp.Rational(1, 2)


def hyper(draft: Draft, name: str) -> Quantity | None:
    """The hyperparameter of this name, if the rule has it."""
    return next((h for h in draft.hyper if h.name == name), None)


def swap(old: sp.Basic, new: sp.Basic) -> Callable[[Quantity, sp.Expr], sp.Expr]:
    """A change that puts one expression for another."""
    return lambda q, e: e.xreplace({old: new})


def outside_states(draft: Draft, old: Quantity, new: Quantity) -> Callable[[Quantity, sp.Expr], sp.Expr]:
    """A change that leaves the states' own lines alone."""
    return lambda q, e: e if q in draft.states else e.xreplace({old: new})


def nodes(draft: Draft, kind: type) -> list[sp.Basic]:
    """Every node of this kind, each once."""
    found: dict[sp.Basic, None] = {}
    for _, e in draft.lines:
        found |= dict.fromkeys(n for n in sp.preorder_traversal(e) if isinstance(n, kind))
    return list(found)


def is_root(e: sp.Basic) -> bool:
    """Whether it is a square root."""
    return isinstance(e, sp.Pow) and e.exp == HALF
