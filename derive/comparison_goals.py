"""Kinds of goals that compare runs: two rules side by side, a rule under scaling, sums of gradients, no gradients.

A rule's symbols stand for the numbers a user chooses; `here` and `there` say what each rule's hyperparameter is set to,
as an expression in those numbers and in t.  What is not named is set to the number of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import sympy as sp

from .printing import Dialect, Notation, claim_notation
from .rule import UpdateRule
from .symbols import Quantity

__all__ = ["AgreesOnlyFor", "ComparisonGoal", "Equivalent", "KeepsTheta", "ScalesAs", "Superposes", "Values"]

Values: TypeAlias = tuple[tuple[Quantity, sp.Expr], ...]


@dataclass(frozen=True)
class Equivalent:
    """Run side by side on the same gradients, `other` is at every time what `states` says of this rule.

    Attributes
    ----------
    other : UpdateRule
    states : Values
        Theta and the states of `other`, in terms of this rule's theta, states and hyperparameters at the same time.
    here, there : Values
        What the hyperparameters of this rule and of `other` are set to.
    varying : tuple of Quantity
        Hyperparameters that may have another value at every step.
    """

    other: UpdateRule
    states: Values
    here: Values = ()
    there: Values = ()
    varying: tuple[Quantity, ...] = ()

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula; a prime marks what belongs to the other rule."""
        latex, step = dialect == "latex", claim_notation(rule, dialect, now=True)
        kept = [f"{_primed(q, dialect, indexed=True)} = {step.write(e)}" for q, e in self.states]
        names = {h.name: h.symbol for h in self.other.hyper}
        becomes = r"\leftarrow" if latex else "<-"
        set_there = [f"{_primed(names[q.name], dialect)} {becomes} {step.write(e)}" for q, e in self.there]
        set_here = [f"{_plain(q, dialect)} {becomes} {step.write(e)}" for q, e in self.here]
        scope = ", ".join(_plain(q, dialect) for q in self.varying)
        settings = (", \\; " if latex else ", ").join([*set_here, *set_there])
        if latex:
            parts = [r",\; ".join(kept), rf"\text{{for }} {settings}" if settings else ""]
            parts += [rf"\text{{where }} {{}}' \text{{ is }} \text{{{_escaped(self.other.name)}}}"]
            parts += [rf"\text{{also while }} {scope} \text{{ changes}}" if scope else ""]
            return r" \quad ".join(p for p in parts if p)
        text = f"{', '.join(kept)} at every step, where ' is {self.other.name}"
        return text + (f", for {settings}" if settings else "") + (f", also while {scope} changes" if scope else "")


@dataclass(frozen=True)
class AgreesOnlyFor:
    """Both rules, this one and `other`, move theta alike in all runs only if `unknown` is `value`; for None, never.

    `unknown` occurs in `here` or in `there`; its domain says which values are looked at.
    """

    other: UpdateRule
    unknown: Quantity
    value: sp.Expr | None = None
    here: Values = ()
    there: Values = ()

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula; a prime marks what belongs to the other rule."""
        latex, step = dialect == "latex", claim_notation(rule, dialect, now=True)
        names = {h.name: h.symbol for h in self.other.hyper}
        becomes = r"\leftarrow" if latex else "<-"
        settings = [f"{_plain(q, dialect)} {becomes} {step.write(e)}" for q, e in self.here]
        settings += [f"{_primed(names[q.name], dialect)} {becomes} {step.write(e)}" for q, e in self.there]
        listed, unknown = (", \\; " if latex else ", ").join(settings), step.write(self.unknown)
        same = f"{_primed(rule.theta, dialect, indexed=True)} = {step.write(rule.theta)}"
        if latex:
            only = rf"\text{{ for no }} {unknown}" if self.value is None else rf"\;\Rightarrow\; {unknown} = "
            only += "" if self.value is None else step.write(self.value)
            where = rf"\text{{where }} {{}}' \text{{ is }} \text{{{_escaped(self.other.name)}}}"
            return rf"{same} \text{{ for all }} t {only} \quad {where} \text{{ with }} {listed}"
        only = f"for no {unknown}" if self.value is None else f"only if {unknown} = {step.write(self.value)}"
        return f"{same} at every step of every run {only}, where ' is {self.other.name} with {listed}"


@dataclass(frozen=True)
class ScalesAs:
    """Multiplying inputs and hyperparameters multiplies theta and the states, at every time of every run.

    Attributes
    ----------
    multipliers : Values
        For the gradient, hyperparameters, states and theta: what each is multiplied by; 1 for those not named.
    fixed : Values
        What hyperparameters are set to in both runs, as eps to 0.
    step : expression or None
        What each step's displacement is multiplied by, where theta itself is not spoken of.
    over_time : bool
        Whether the symbols in the gradient's multiplier may take new values at every step.
    variant : UpdateRule or None
        The rule that is spoken of, where it is a variant of the claim's rule.
    """

    multipliers: Values
    fixed: Values = ()
    step: sp.Expr | None = None
    over_time: bool = False
    variant: UpdateRule | None = field(default=None)

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        spoken, latex = self.variant or rule, dialect == "latex"
        step, arrow = claim_notation(spoken, dialect, now=True), r" \to " if latex else " -> "
        states = {s.symbol for s in spoken.state}
        changed = [(q, m) for q, m in self.multipliers if m != 1]
        cause = [_scaled(q, m, arrow, dialect) for q, m in changed if q not in states | {spoken.theta}]
        moved = dict(self.multipliers).get(spoken.theta, sp.Integer(1))
        effect = [_scaled_written(step, spoken.theta, moved, arrow)]
        if self.step is not None:
            size = r"\theta_{t} - \theta_{t-1}" if latex else "theta[t] - theta[t-1]"
            scaled = rf"{step.write(self.step)} \left({size}\right)" if latex else f"{step.write(self.step)} ({size})"
            effect = [size + arrow + scaled]
        effect += [_scaled_written(step, q, m, arrow) for q, m in changed if q in states]
        fixed = ", ".join(f"{_plain(q, dialect)} = {e}" for q, e in self.fixed)
        change = (
            r" \text{ with new values at every step}" if latex else " with new values at every step"
        ) * self.over_time
        glue, therefore = (r",\; ", r" \;\Rightarrow\; ") if latex else (", ", " => ")
        ending = (rf" \quad \text{{at }} {fixed}" if latex else f" (at {fixed})") if fixed else ""
        return glue.join(cause) + change + therefore + glue.join(effect) + ending


@dataclass(frozen=True)
class Superposes:
    """A run on `first` times one gradient sequence plus `second` times another is that combination of both runs."""

    first: sp.Expr
    second: sp.Expr

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula; a prime marks the second run."""
        notation = claim_notation(rule, dialect, now=True)
        theta = r"\theta_{t}" if dialect == "latex" else "theta[t]"
        inside = _combined(self.first, self.second, "g", "g'", notation)
        return f"{theta}({inside}) = {_combined(self.first, self.second, f'{theta}(g)', _second(theta), notation)}"


@dataclass(frozen=True)
class KeepsTheta:
    """Every step multiplies theta by `factor`, in runs from the initial state on which every gradient is `gradient`.

    For a `gradient` of None the gradients are arbitrary.
    """

    factor: sp.Expr
    gradient: sp.Expr | None = sp.S.Zero
    fixed: Values = ()
    variant: UpdateRule | None = None

    def written(self, rule: UpdateRule, dialect: Dialect) -> str:
        """The goal as a formula."""
        spoken, latex = self.variant or rule, dialect == "latex"
        before = claim_notation(spoken, dialect, now=False)
        after_ = r"\theta_{t}" if latex else "theta[t]"
        conditions = [f"{_plain(q, dialect)} = {e}" for q, e in self.fixed]
        if self.gradient is not None:
            conditions.append(("g_{t}" if latex else "g[t]") + f" = {before.write(self.gradient)}")
        held = ", ".join(conditions)
        equation = f"{after_} = {before.write(sp.Mul(self.factor, spoken.theta))}"
        if not held:
            return equation
        return rf"{equation} \quad \text{{while }} {held}" if latex else f"{equation} while {held}"


ComparisonGoal: TypeAlias = Equivalent | AgreesOnlyFor | ScalesAs | Superposes | KeepsTheta


def values(pairs: Mapping[Quantity, sp.Expr]) -> Values:
    """A mapping as the frozen pairs that goals hold."""
    return tuple(pairs.items())


def _plain(symbol: Quantity, dialect: Dialect) -> str:
    return symbol.latex_form if dialect == "latex" else symbol.name


def _primed(symbol: Quantity, dialect: Dialect, *, indexed: bool = False) -> str:
    if dialect == "latex":
        return f"{{{symbol.latex_form}}}'" + ("_{t}" if indexed else "")
    return f"{symbol.name}'" + ("[t]" if indexed else "")


def _scaled(symbol: Quantity, multiplier: sp.Expr, arrow: str, dialect: Dialect) -> str:
    names = Notation(dialect, {"g": "g_{t}" if dialect == "latex" else "g[t]"})
    return names.write(symbol) + arrow + names.write(multiplier * symbol)


def _scaled_written(notation: Notation, symbol: Quantity, multiplier: sp.Expr, arrow: str) -> str:
    return notation.write(symbol) + arrow + notation.write(multiplier * symbol)


def _second(theta: str) -> str:
    return f"{theta}(g')"


def _combined(a: sp.Expr, b: sp.Expr, left: str, right: str, notation: Notation) -> str:
    def term(factor: sp.Expr, what: str) -> str:
        written = notation.write(factor)
        bare = notation.dialect == "latex" or " " not in written
        return what if factor == 1 else f"{written} {what}" if bare else f"({written}) {what}"

    if b.could_extract_minus_sign():
        return f"{term(a, left)} - {term(-b, right)}"
    return f"{term(a, left)} + {term(b, right)}"


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")
