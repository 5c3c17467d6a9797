"""A theorem is data too: what is claimed, of which rule, under which hypotheses, and what was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import sympy as sp

from .goal import DependsOn, EachStep, Equal, Goal, write_goal
from .printing import Dialect, claim_notation, expression_text
from .prove.verdict import Verdict
from .rule import Source, UpdateRule

__all__ = ["Claim", "Hypothesis"]


@dataclass(frozen=True)
class Hypothesis:
    """A condition under which a claim is made; `words` says it where the formula alone would puzzle."""

    condition: sp.Basic
    words: str = ""

    def text(self, dialect: Dialect = "text") -> str:
        """The condition as text or LaTeX."""
        return expression_text(self.condition, dialect)


@dataclass(frozen=True)
class Claim:
    """A statement about a rule that a machine settles.

    Attributes
    ----------
    name : str
        What it is called on the command line, as ``"effective-step"``.
    subject : str
        The heading it stands under, as ``"Effective step size"``.
    title : str
        The claim in one sentence of words.
    rule : UpdateRule
    goal : Goal
        What is claimed.
    hypotheses : tuple of Hypothesis
        Beside the domains of the rule's symbols, which every claim assumes.
    derived : expression or None
        The formula that the engine computed from the rule, where the claim is about one.
    source : Source or None
        Where the statement was published.
    published : expression or None
        The formula printed there.
    relation : {"equal", "upper", "lower"} or None
        What the published formula is to the derived one.
    expected : Verdict
        What the catalogue expects; REFUTED for statements that are commonly made and false.
    seed : tuple of str
        The claims of the seed that this settles, as ``("S5",)``.
    semantics : {"real", "float16", "float32", "bfloat16"}
        The arithmetic in which the claim is made.
    typed : bool
        Whether the formula or constant claimed was typed in from a source and only checked, where others were computed
        from the rule.
    folklore : bool
        Whether the statement is commonly made, with or without a source, and false.
    """

    name: str
    subject: str
    title: str
    rule: UpdateRule
    goal: Goal
    hypotheses: tuple[Hypothesis, ...] = ()
    derived: sp.Basic | None = None
    source: Source | None = None
    published: sp.Basic | None = None
    relation: str | None = None
    expected: Verdict = field(default=Verdict.PROVED)
    seed: tuple[str, ...] = ()
    semantics: str = "real"
    typed: bool = False
    folklore: bool = False

    def text(self) -> str:
        """The statement as plain text."""
        return write_goal(self.goal, self.rule, "text")

    def latex(self) -> str:
        """The statement as LaTeX."""
        return write_goal(self.goal, self.rule, "latex")

    def write_obligation(self, given: Sequence[sp.Basic], shows: sp.Basic | None, dialect: Dialect = "text") -> str:
        """What one step of a proof shows and from what, with states as they are before a step; empty if nothing."""
        return "" if shows is None else _obligation(self.rule, tuple(given), shows, dialect)

    def write(self, expression: sp.Basic, dialect: str = "text") -> str:
        """An expression in the notation of the claim: states at the time at which its goal speaks of them."""
        now = not isinstance(self.goal, (EachStep, Equal, DependsOn))
        return claim_notation(self.rule, "latex" if dialect == "latex" else "text", now=now).write(expression)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex().replace('$', '')}$"


@lru_cache(maxsize=4096)
def _obligation(rule: UpdateRule, given: tuple[sp.Basic, ...], shows: sp.Basic, dialect: Dialect) -> str:
    """The obligation in the notation of the rule; proofs about one rule share many, and pages ask more than once."""
    notation = claim_notation(rule, dialect, now=False)
    comma, arrow = (r",\; ", r" \;\Rightarrow\; ") if dialect == "latex" else (", ", "  =>  ")
    premises = comma.join(notation.write(c) for c in given)
    return f"{premises}{arrow}{notation.write(shows)}" if premises else notation.write(shows)
