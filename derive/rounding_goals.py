"""Kinds of goals about rounded arithmetic: what a machine computes, one rounding after each operation.

``fl(x)`` is the number of a format nearest to x, of two nearest ones the one with the even significand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import sympy as sp

from .printing import Dialect, Notation, claim_notation
from .rule import UpdateRule
from .symbols import Quantity

__all__ = ["AbsorbedIff", "Computed", "ComputedRun", "Rounded", "RoundingGoal", "RoundsToOneIff"]


@dataclass(frozen=True)
class Rounded:
    """One line of a computation: ``target = fl(left operator right)``, or ``target = fl(left)``.

    Attributes
    ----------
    target : Quantity
    operator : {"+", "-", "*", ""}
    operands : tuple of symbols and rational numbers
        Two, or one if the operator is empty.  A number stands for itself: it is not rounded before it is used.
    """

    target: Quantity
    operator: str
    operands: tuple[sp.Expr, ...]

    def exactly(self) -> sp.Expr:
        """What it would compute without rounding."""
        left, right = self.operands[0], self.operands[-1]
        return {"": left, "+": left + right, "-": left - right, "*": left * right}[self.operator]


@dataclass(frozen=True)
class Computed:
    """`condition` holds after `lines` were computed, for all finite numbers of the format as `inputs`.

    Attributes
    ----------
    arithmetic : str
        The format, as the claim's semantics names it.
    inputs : tuple of Quantity
    lines : tuple of Rounded
        Each may use the inputs and the targets of the lines before it.
    condition : Boolean
        On inputs, targets and rational numbers, compared exactly.
    """

    arithmetic: str
    inputs: tuple[Quantity, ...]
    lines: tuple[Rounded, ...]
    condition: sp.Basic

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        body = _nested(self.lines, _plain(rule, dialect)).write(self.condition)
        if not self.inputs:
            return f"{body} {_in(self.arithmetic, dialect)}"
        plain = _plain(rule, dialect)
        listed = ", ".join(plain.write(q) for q in self.inputs)
        if dialect == "latex":
            return rf"{body} \quad \text{{for all finite {self.arithmetic} numbers }} {listed}"
        return f"{body} for all finite {self.arithmetic} numbers {listed}"


@dataclass(frozen=True)
class ComputedRun:
    """`condition` holds after every step of a run that `lines` compute, whatever its one constant gradient is.

    Attributes
    ----------
    arithmetic : str
    states : tuple of Quantity
    initial : tuple of Rational
    lines : tuple of Rounded
        They compute ``after(state)`` for every state, from the states and the gradient.
    condition : Boolean
        On the targets of the lines.
    """

    arithmetic: str
    states: tuple[Quantity, ...]
    initial: tuple[sp.Expr, ...]
    lines: tuple[Rounded, ...]
    condition: sp.Basic

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        plain = claim_notation(rule, dialect, now=False)
        after = {f"{q.name}__after" for q in self.states}
        # New states are written with their names in what is computed from them.
        notation = _nested(tuple(line for line in self.lines if line.target.name not in after), plain)
        updates = ", ".join(
            f"{plain.write(line.target)} = {_line(line, notation)}" for line in self.lines if line.target.name in after
        )
        body = notation.write(self.condition)
        if dialect == "latex":
            return (
                rf"{body} \quad \text{{at every step under a constant gradient, in {self.arithmetic}, with }} {updates}"
            )
        return f"{body} at every step under a constant gradient, in {self.arithmetic}, with {updates}"


@dataclass(frozen=True)
class RoundsToOneIff:
    """A real number `symbol`, at most 1, is rounded to 1 exactly if it is at least `threshold`."""

    arithmetic: str
    symbol: Quantity
    threshold: sp.Rational

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        notation = _plain(rule, dialect)
        b, threshold = notation.write(self.symbol), notation.write(self.threshold)
        if dialect == "latex":
            relation = rf"\operatorname{{fl}}({b}) = 1 \;\Leftrightarrow\; {b} \geq {threshold}"
            return rf"{relation} \quad \text{{for all real }} {b} \leq 1 \text{{, in {self.arithmetic}}}"
        return f"fl({b}) = 1 <=> {b} >= {threshold} for all real {b} <= 1, in {self.arithmetic}"


@dataclass(frozen=True)
class AbsorbedIff:
    """Adding a real number d to theta changes nothing exactly if d is small against the spacing at theta.

    Small means: ``|d| < h``, or ``|d| = h`` and theta's significand is even; h is half the distance from theta to its
    neighbour on the side of d or, with `one_spacing`, to the neighbour farther from zero whatever the sign of d.
    """

    arithmetic: str
    one_spacing: bool = False

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        side = "farther from zero" if self.one_spacing else "on the side of d"
        rest = f"where h is half the distance from theta to its neighbour {side}, "
        rest += f"for all finite {self.arithmetic} numbers theta and all real d"
        if dialect == "latex":
            rest = rest.replace(" theta", r" }\theta\text{").replace(" h ", r" }h\text{ ")
            right = r"|d| < h \text{ or } |d| = h \text{ with an even significand of } \theta"
            return rf"\operatorname{{fl}}(\theta + d) = \theta \;\Leftrightarrow\; {right}, \;\text{{{rest}}}"
        right = "|d| < h, or |d| = h and the significand of theta is even"
        return f"fl(theta + d) = theta <=> {right}, {rest}"


RoundingGoal: TypeAlias = AbsorbedIff | Computed | ComputedRun | RoundsToOneIff


def _in(arithmetic: str, dialect: Dialect) -> str:
    return rf"\quad \text{{in {arithmetic}}}" if dialect == "latex" else f"in {arithmetic}"


def _plain(rule: UpdateRule, dialect: Dialect) -> Notation:
    """Names without indices: the inputs are any numbers."""
    return Notation(dialect, {}, claim_notation(rule, dialect, now=False).rank)


def _nested(lines: tuple[Rounded, ...], base: Notation) -> Notation:
    """A notation that writes the target of each line as what the line computes."""
    names = dict(base.names)
    for line in lines:
        names[line.target.name] = _line(line, replace(base, names=names))
    return replace(base, names=names)


def _line(line: Rounded, notation: Notation) -> str:
    latex = notation.dialect == "latex"
    written = [notation.write(e) for e in line.operands]
    if not latex and line.operator:
        written = [
            f"({w})" if isinstance(e, sp.Rational) and not e.is_Integer else w
            for e, w in zip(line.operands, written, strict=True)
        ]
    sign = {"*": r" \cdot " if latex else "*", "": ""}.get(line.operator, f" {line.operator} ")
    name = r"\operatorname{fl}" if latex else "fl"
    return f"{name}({sign.join(written)})"
