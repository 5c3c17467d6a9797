"""Mistakes about maxima, and about a variance that is centered."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..drafts import Draft, Edit
from .shapes import nodes, swap

__all__ = ["extremes"]


def extremes(draft: Draft) -> Iterator[Edit]:
    """A maximum or a subtracted square forgotten."""
    for node in nodes(draft, sp.Max):
        yield Edit(
            "the maximum is missing: the newest value is used",
            draft.mapped(
                swap(node, node.args[-1] if node.args[0] in draft.states and len(node.args) == 2 else node.args[0])
            ),
        )
        for a in node.args:
            yield Edit(f"the maximum is missing: {a} is used", draft.mapped(swap(node, a)))
        yield Edit("the minimum is taken instead of the maximum", draft.mapped(swap(node, sp.Min(*node.args))))
        yield Edit("the sum is taken instead of the maximum", draft.mapped(swap(node, sp.Add(*node.args))))
    for node in nodes(draft, sp.Add):
        squares = [
            a
            for a in node.args
            if isinstance(a, sp.Mul)
            and a.args[0] == -1
            and isinstance(a.args[-1], sp.Pow)
            and a.args[-1].base in draft.states
        ]
        for square in squares:
            state = square.args[-1].base
            yield Edit(
                f"the square of {state} is not subtracted: the variance is not centered",
                draft.mapped(swap(node, node - square)),
            )
            yield Edit(
                f"the square of {state} is added instead of subtracted", draft.mapped(swap(node, node - 2 * square))
            )
            yield Edit(
                f"{state} itself is subtracted instead of its square", draft.mapped(swap(node, node - square - state))
            )
            yield Edit(
                "the centered variance is kept from being negative by its absolute value",
                draft.mapped(swap(node, sp.Abs(node))),
            )
