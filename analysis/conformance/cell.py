"""One cell of the matrix: what was found out about one case, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...derive.prove.verdict import Verdict
from ..trace.isolation import Tracer
from ..trace.record import Traced, TraceError, Untraceable
from ..verification.confirmation import confirmed
from ..verification.deciding import against, resembles
from ..verification.identification import identify
from ..verification.record import Verification
from ..verification.workbench import Workbench
from .cases import Case
from .published import forms_for
from .script import script_for

__all__ = ["Cell", "measured"]


@dataclass(frozen=True)
class Cell:
    """A case and its verdict.

    Attributes
    ----------
    framework, target, title : str
    options : mapping
        As text.
    rule : str
        What it was measured against; empty where there is nothing to measure.
    verdict : str
        ``"PROVED"``, ``"REFUTED"`` or ``"UNKNOWN"``; empty for what is not element-wise.
    words : str
        The difference, or why nothing is known, in a sentence; empty if it is PROVED.
    equals : str
        Another form of the same family that it was proved to be.
    evidence : mapping
        The record of the verification, with scope, counterexample and side effects.
    script : str
        The counterexample as a program that uses nothing but the framework.
    seconds : float
    """

    framework: str
    target: str
    title: str
    options: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    verdict: str = ""
    words: str = ""
    equals: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    script: str = ""
    seconds: float = 0.0

    @classmethod
    def blank(cls, case: Case, *, verdict: str = "UNKNOWN", words: str = "") -> Cell:
        """A case about which nothing is known yet."""
        shown = {name: str(value) for name, value in case.options.items()}
        return cls(case.framework, case.target, case.title, shown, case.against, verdict, words)

    def to_json(self) -> dict[str, Any]:
        """The cell with stable keys."""
        return {
            "framework": self.framework,
            "target": self.target,
            "options": dict(self.options),
            "rule": self.rule or None,
            "verdict": self.verdict or None,
            "words": self.words or None,
            "equals": self.equals or None,
            "evidence": dict(self.evidence) or None,
            "script": self.script or None,
            "seconds": round(self.seconds, 3),
        }


def measured(case: Case, tracer: Tracer, bench: Workbench) -> Cell:
    """Trace a case and decide whether it is the published rule; if not, whether it is another form of it."""
    if case.excluded:
        return Cell.blank(case, verdict="", words=case.excluded)
    try:
        traced = tracer.trace(case.target, mapped=case.names, given=case.options)
    except (Untraceable, TraceError) as error:
        return Cell.blank(case, words=str(error))
    forms = forms_for(case, traced)
    if forms is None:
        return _cell(case, identify(traced, bench), tracer)
    # Several forms may be claimed alike, as where eps may stand in two places: the first that it is, decides.
    tries = []
    for rule in (r for r in forms.claimed if resembles(traced, r, bench)):
        tries.append(against(traced, rule, bench))
        if tries[-1].verdict is Verdict.PROVED or tries[-1].weaker:
            return _cell(case, tries[-1], tracer)
    other, given = _another(traced, forms.others, bench)
    found = tries[0] if tries else against(traced, forms.claimed[0], bench, thorough=not other)
    cell = _cell(case, found, tracer)
    named = any(d.proved for d in found.differences)
    return replace(cell, equals=other + given, words=cell.words if named or not other else f"it is {other}{given}")


def _another(traced: Traced, others: tuple[Any, ...], bench: Workbench) -> tuple[str, str]:
    """Another form of the family that it is, and the values that it fixes; empty texts if there is none.

    One that fixes nothing goes before one that the optimizer is only at some values.
    """
    weaker = ("", "")
    for rule in others:
        if resembles(traced, rule, bench):
            found = against(traced, rule, bench, thorough=False)
            given = found.scope.partition(" between steps")[2]
            if found.verdict is Verdict.PROVED and not given.startswith(", for "):
                return rule.name, given
            if found.verdict is Verdict.PROVED and not weaker[0]:
                weaker = (rule.name, given)
    return weaker


def _cell(case: Case, found: Verification, tracer: Tracer) -> Cell:
    found = confirmed(found, tracer, mapped=case.names, given=case.options)
    words = "; ".join([*(d.explanation for d in found.differences), *found.weaker])
    if found.verdict is Verdict.UNKNOWN:
        words = found.reason
    shown = {name: str(value) for name, value in case.options.items()}
    return Cell(
        case.framework,
        case.target,
        case.title,
        shown,
        found.rule,
        found.verdict.name,
        words,
        evidence=found.to_json(),
        script=script_for(case, found),
    )
