"""The honest core: a verdict is PROVED, REFUTED or UNKNOWN, and a frozen record says why."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from ..claim import Claim

__all__ = ["ProofStep", "Result", "Verdict"]


class Verdict(enum.Enum):
    """What was found out about a claim; the value is the sentence a user reads."""

    PROVED = "proved for all values in the domains"
    REFUTED = "refuted by an exact counterexample"
    UNKNOWN = "neither proved nor refuted"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ProofStep:
    """One step of a proof.

    Attributes
    ----------
    words : str
        What the step shows, in a sentence.
    latex : str
        The formula that was shown, or an empty string.
    kind : str
        How it was decided: ``"identity"``, ``"smt"``, ``"evaluation"`` or ``"definition"``.
    formal : str
        The step in a form that a machine can check again: SMT-LIB 2 for ``"smt"``, both sides of the polynomial
        identity for ``"identity"``.
    seconds : float
        How long deciding it took.
    given, shows : conditions
        The obligation that was discharged: wherever the symbols are in their domains and all of `given` holds, `shows`
        holds.  ``shows`` is None for a step that only explains.
    """

    words: str
    latex: str = ""
    kind: str = "definition"
    formal: str = ""
    seconds: float = 0.0
    given: tuple[sp.Basic, ...] = ()
    shows: sp.Basic | None = None


@dataclass(frozen=True)
class Result:
    """A claim and what was found out about it.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
    method : str
        The technique, such as ``"induction"``.
    steps : tuple of ProofStep
        The proof in the order a person follows it.
    derived : expression or None
        The formula that the engine computed from the rule.
    witness : mapping
        For REFUTED, exact values by name; every one is a rational number or an exact expression.
    reason : str
        For UNKNOWN, why.
    confirmed_by : tuple of str
        Independent provers that agreed.
    seconds : float
    facts : tuple of conditions
        The auxiliary invariants of the rule that were used; their proof is among the steps.
    """

    claim: Claim
    verdict: Verdict
    method: str
    steps: tuple[ProofStep, ...] = ()
    derived: sp.Basic | None = None
    witness: Mapping[str, sp.Basic] = field(default_factory=dict)
    reason: str = ""
    confirmed_by: tuple[str, ...] = ()
    seconds: float = 0.0
    facts: tuple[sp.Basic, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one the catalogue expects."""
        return self.verdict is self.claim.expected

    @property
    def published(self) -> sp.Basic | None:
        """The formula the source prints, if it prints one."""
        return self.claim.published

    def step_latex(self, step: ProofStep) -> str:
        """The formula of a proof step as LaTeX in the notation of the claim's rule; empty if it has none."""
        return step.latex or self.claim.write_obligation(step.given, step.shows, "latex")

    def derived_text(self, dialect: str = "text") -> str:
        """The derived formula as text or, with ``dialect="latex"``, as LaTeX; empty if there is none."""
        return "" if self.derived is None else self.claim.write(self.derived, dialect)

    def to_json(self) -> dict[str, Any]:
        """The record with the stable keys of the command line's ``--json``."""
        claim = self.claim
        return {
            "rule": claim.rule.name,
            "claim": claim.name,
            "statement": claim.text(),
            "hypotheses": [h.text() for h in claim.hypotheses],
            "semantics": claim.semantics,
            "verdict": self.verdict.name,
            "expected": claim.expected.name,
            "method": self.method,
            "derived": self.derived_text() or None,
            "published": None if claim.published is None else claim.write(claim.published),
            "relation": claim.relation,
            "source": None if claim.source is None else str(claim.source),
            "certificate": None,
            "witness": {name: str(value) for name, value in self.witness.items()} or None,
            "confirmed_by": list(self.confirmed_by),
            "seconds": round(self.seconds, 3),
            "reason": self.reason or None,
            "folklore": claim.folklore,
            "typed": claim.typed,
        }

    def __repr__(self) -> str:
        return f"<Result {self.claim.rule.name} {self.claim.name}: {self.verdict.name}>"

    def _repr_html_(self) -> str:
        """The theorem in a notebook, whose MathJax sets what stands between dollar signs."""
        claim = self.claim
        lines = [
            f"<b>{self.verdict.name}</b> <code>{escape(claim.rule.name)} {escape(claim.name)}</code>",
            escape(claim.title),
            _mathjax(rf"\displaystyle {claim.latex()}"),
        ]
        lines += [f"if {_mathjax(h.text('latex'))} {escape(h.words)}" for h in claim.hypotheses]
        if self.witness:
            lines.append("counterexample: " + escape(", ".join(f"{n} = {v}" for n, v in self.witness.items())))
        if self.reason:
            lines.append(f"open because {escape(self.reason)}")
        formulas = ((s, self.step_latex(s)) for s in self.steps)
        steps = "".join(f"<li>{escape(s.words)} {_mathjax(f) if f else ''}</li>" for s, f in formulas)
        proof = f"<details><summary>by {escape(self.method)}</summary><ol>{steps}</ol></details>" if steps else ""
        return f"<div>{'<br>'.join(lines)}{proof}</div>"


def _mathjax(latex: str) -> str:
    """A formula between dollar signs; a dollar sign in it would end it, and `<` would begin an element."""
    return f"${escape(latex.replace('$', ''))}$"
