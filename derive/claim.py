"""A theorem is data too: what is claimed, of which rule, under which hypotheses, and what was published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sympy as sp

from .printing import Dialect, expression_text
from .prove.verdict import Verdict
from .rule import Source, UpdateRule

if TYPE_CHECKING:
    from .prove.verdict import Result

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
    statement : str
        The claim as a formula in LaTeX.
    plain : str
        The claim as a formula in plain text.
    settle : callable
        Computes the :class:`Result`; it is called with the claim.
    hypotheses : tuple of Hypothesis
        Beside the domains of the rule's symbols, which every claim assumes.
    source : Source or None
        Where the statement was published.
    published : expression or None
        The formula printed there.
    relation : {"equal", "upper", "lower"} or None
        How the derived formula relates to the published one.
    expected : Verdict
        What the catalogue expects; REFUTED for false statements of the literature.
    seed : tuple of str
        The claims of the seed that this settles, as ``("S5",)``.
    semantics : {"real", "float32", "bfloat16"}
        The arithmetic in which the claim is made.
    """

    name: str
    subject: str
    title: str
    rule: UpdateRule
    statement: str
    plain: str
    settle: Callable[[Claim], Result] = field(repr=False, compare=False)
    hypotheses: tuple[Hypothesis, ...] = ()
    source: Source | None = None
    published: sp.Basic | None = None
    relation: str | None = None
    expected: Verdict = Verdict.PROVED
    seed: tuple[str, ...] = ()
    semantics: str = "real"

    def text(self) -> str:
        """The statement as plain text."""
        return self.plain

    def latex(self) -> str:
        """The statement as LaTeX."""
        return self.statement

    def write(self, expression: sp.Basic, dialect: str = "text") -> str:
        """An expression in the notation of the rule."""
        return expression_text(expression, "latex" if dialect == "latex" else "text", self.rule)
