"""Verifications of implementations as plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import DifferenceFacts, ImplementationFacts
from ..records.wording import line_words

if TYPE_CHECKING:
    from ...analysis.verify import Difference, Verification

__all__ = ["implementation_facts"]

_UNEXPLAINED = " (where they part; no single known mistake explains it)"


def _difference(found: Difference) -> DifferenceFacts:
    words = found.explanation + ("" if found.proved else _UNEXPLAINED)
    return DifferenceFacts(found.output, line_words(found.rule), line_words(found.implementation), words)


def implementation_facts(found: Verification, *, against: str = "", undrawn: str = "") -> ImplementationFacts:
    """A verification as a record.

    Parameters
    ----------
    found : Verification
    against : str
        The rule that was asked for, where one was.
    undrawn : str
        Why no run of it is drawn, where none is.
    """
    from ...analysis.verification.words import counterexample_lines

    return ImplementationFacts(
        target=found.target,
        rule=found.rule,
        verdict=found.verdict.name,
        against=against,
        scope=found.scope,
        reason=found.reason,
        differences=tuple(_difference(d) for d in found.differences),
        counterexample=() if found.counterexample is None else tuple(counterexample_lines(found.counterexample)),
        effect=found.effect,
        weaker=tuple(found.weaker),
        arguments={name: str(value) for name, value in found.arguments.items()},
        state_map=dict(found.state_map),
        conditions=tuple(found.conditions),
        side_effects=tuple(found.side_effects),
        notes=tuple(note for note in found.notes if note != found.reason),
        undrawn=undrawn,
        seconds=float(found.seconds),
    )
