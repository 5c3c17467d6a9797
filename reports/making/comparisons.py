"""Comparisons of two rules as plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import ComparisonFacts, DifferenceFacts

if TYPE_CHECKING:
    from ...analysis.compare import Comparison

__all__ = ["comparison_facts"]


def comparison_facts(found: Comparison) -> ComparisonFacts:
    """A comparison as a record."""
    return ComparisonFacts(
        first=found.first,
        second=found.second,
        verdict=found.verdict.name,
        scope=found.scope,
        translation=dict(found.translation),
        weaker=tuple(found.weaker),
        differences=tuple(
            DifferenceFacts(d.output, d.rule, d.implementation, d.explanation) for d in found.differences
        ),
        counterexample=_run(found),
        effect=found.effect,
        reason=found.reason,
        seconds=float(found.seconds),
    )


def _run(found: Comparison) -> tuple[str, ...]:
    from ...analysis.verification.words import counterexample_lines

    if found.counterexample is None:
        return ()
    named = {"the rule gives": f"{found.first} gives", "the implementation": f"{found.second}"}
    lines = counterexample_lines(found.counterexample)
    for theirs, ours in named.items():
        lines = [line.replace(theirs, ours) for line in lines]
    return tuple(lines)
