"""A result as a theorem that is written already."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...derive import UpdateRule
from .. import notation
from ..records import Citation, Condition, Step, Theorem, WitnessValue

if TYPE_CHECKING:
    from ...derive import Claim, Result, Source

__all__ = ["citation", "theorem_of"]


def theorem_of(result: Result) -> Theorem:
    """The theorem that `result` is, with every formula written.

    Examples
    --------
    >>> from optproof.derive import derive
    >>> theorem_of(derive("sgd", claim="first-step")[0]).derived_text
    '-lr g_1'
    """
    claim = result.claim
    published = claim.published
    return Theorem(
        rule=claim.rule.name,
        name=claim.name,
        subject=claim.subject,
        title=claim.title,
        statement_latex=_read(claim.latex(), claim),
        statement_text=claim.text(),
        verdict=result.verdict.name,
        expected=claim.expected.name,
        hypotheses=tuple(Condition(h.text("latex"), h.text(), h.words) for h in claim.hypotheses),
        derived_latex=result.derived_text("latex"),
        derived_text=result.derived_text(),
        published_latex="" if published is None else claim.write(published, "latex"),
        published_text="" if published is None else claim.write(published),
        relation=claim.relation or "",
        source=citation(claim.source),
        method=result.method,
        steps=tuple(Step(s.words, _read(result.step_latex(s), claim), s.kind) for s in result.steps),
        witness=_witness(result),
        reason=result.reason,
        confirmed_by=tuple(result.confirmed_by),
        folklore=claim.folklore,
        typed=claim.typed,
        seed=tuple(claim.seed),
        semantics=claim.semantics,
        partners=_partners(claim),
        seconds=float(result.seconds),
    )


def _read(latex: str, claim: Claim) -> str:
    """A formula in which a second value of a symbol, that proofs call ``beta1__other``, carries a prime."""

    def named(match: re.Match[str]) -> str:
        name, role = match.groups()
        known = claim.rule.quantities.get(name)
        base = rf"\text{{{name}}}" if known is None else known.latex_form
        return rf"{{{base}}}'" if role == "other" else rf"{{{base}}}^{{\text{{{role.replace('_', ' ')}}}}}"

    return re.sub(r"(?<![A-Za-z\\])([A-Za-z]\w*?)__([a-z_]+)(?![A-Za-z0-9_])", named, latex)


def citation(source: Source | None) -> Citation | None:
    """A source as a record."""
    if source is None:
        return None
    return Citation(source.authors, source.year, source.title, source.where, source.link)


def _witness(result: Result) -> tuple[WitnessValue, ...]:
    rule = result.claim.rule
    return tuple(
        WitnessValue(name, notation.name_latex(rule, name), str(value), notation.number_latex(value))
        for name, value in result.witness.items()
    )


def _partners(claim: Claim) -> tuple[str, ...]:
    """The names of the other rules that a goal speaks of."""
    found = dict.fromkeys(rule.name for rule in _rules_in(claim.goal))
    return tuple(name for name in found if name != claim.rule.name)


def _rules_in(value: Any) -> Iterator[UpdateRule]:
    if isinstance(value, UpdateRule):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _rules_in(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _rules_in(getattr(value, field.name))
