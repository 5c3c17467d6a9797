"""Mistakes about eps and the root it guards."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..drafts import Draft, Edit
from .shapes import HALF, hyper, is_root, nodes, swap

__all__ = ["eps_placement"]


def eps_placement(draft: Draft) -> Iterator[Edit]:
    """Eps in another place, or the root forgotten."""
    eps = hyper(draft, "eps")
    if eps is None:
        return
    for total in nodes(draft, sp.Add):
        others = [a for a in total.args if a != eps]
        if eps not in total.args or len(others) != 1:
            continue
        root = others[0]
        if is_root(root):
            inner = root.base
            for words, new in (
                ("eps is added before the square root instead of after it", sp.sqrt(inner + eps)),
                ("eps squared is added before the square root, instead of eps after it", sp.sqrt(inner + eps**2)),
                ("eps is missing", root),
                ("the square root is missing", inner + eps),
                ("the square root is missing, and so is eps", inner),
                ("the larger of the root and eps is taken instead of their sum", sp.Max(root, eps)),
                ("the root is taken of the larger of the second moment and eps", sp.sqrt(sp.Max(inner, eps))),
                ("eps is added before the square root and after it", sp.sqrt(inner + eps) + eps),
                ("eps is subtracted instead of added", root - eps),
                ("the cube root is taken instead of the square root", inner ** sp.Rational(1, 3) + eps),
                ("the fourth root is taken instead of the square root", inner ** sp.Rational(1, 4) + eps),
                ("the square is taken instead of the square root", inner**2 + eps),
                ("eps is multiplied with the root instead of added to it", root * eps),
                ("the root of eps is added instead of eps", root + sp.sqrt(eps)),
            ):
                yield Edit(words, draft.mapped(swap(total, new)))
    for root in (
        n for n in nodes(draft, sp.Pow) if abs(n.exp) == HALF and isinstance(n.base, sp.Add) and eps in n.base.args
    ):
        inner = root.base - eps
        sign = 1 if root.exp > 0 else -1
        for words, new in (
            ("eps is added after the square root instead of before it", sp.sqrt(inner) + eps),
            ("eps is missing under the root", sp.sqrt(inner)),
            ("eps is squared under the root", sp.sqrt(inner + eps**2)),
            ("the square root is missing", inner + eps),
        ):
            yield Edit(f"{words} ({inner})", draft.mapped(swap(root, new**sign)))
    if nodes(draft, sp.Pow):
        yield Edit("eps is missing everywhere", draft.mapped(swap(eps, sp.Integer(0))))
