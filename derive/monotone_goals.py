"""A kind of goal about functions of one number that grow on both sides of a point where they are zero."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from .printing import Dialect, claim_notation
from .rule import UpdateRule
from .symbols import Quantity

__all__ = ["PositiveBeyond"]


@dataclass(frozen=True)
class PositiveBeyond:
    """`expression` is positive for every value of `symbol` in its domain other than `anchor`.

    It is zero at the anchor, and its derivative points away from there; so it may hold a logarithm whose derivative is
    rational.  The domain is an interval of positive numbers, and the anchor lies in it or is one of its ends.
    """

    expression: sp.Expr
    symbol: Quantity
    anchor: sp.Rational

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = claim_notation(rule, dialect, now=True)
        body, symbol = notation.write(self.expression), notation.write(self.symbol)
        domain = self.symbol.domain
        where = domain.describe(symbol)
        if not domain.contains(self.anchor):
            return f"{body} > 0" + (rf" \quad \text{{for }} {where}" if dialect == "latex" else f" for {where}")
        if dialect == "latex":
            return rf"{body} > 0 \quad \text{{for }} {where}, \; {symbol} \neq {sp.latex(self.anchor)}"
        return f"{body} > 0 for {where} other than {self.anchor}"
