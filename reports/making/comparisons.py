"""Comparisons of two rules as plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import ComparisonFacts, DifferenceFacts
from ..records.wording import difference_words, line_words

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
            DifferenceFacts(d.output, line_words(d.rule), line_words(d.implementation), words)
            for d in found.differences
            if (words := difference_words(d.explanation, found.second))
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
    # What only one of them has is fixed for the whole comparison, and part of the run.
    fixed = found.scope.partition(", for ")[2]
    return (f"{lines[0]}, {fixed}" if fixed else lines[0], *lines[1:])
