"""One cell of the matrix: what was found out about one case, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...derive.prove.verdict import Verdict
from ..trace.isolation import Tracer
from ..trace.record import Traced, TraceError, Untraceable
from ..trace.transport import content_of
from ..verification.confirmation import confirmed
from ..verification.deciding import against, resembles
from ..verification.effort import Effort
from ..verification.identification import identify
from ..verification.record import Verification
from ..verification.workbench import Workbench
from .cases import Case
from .published import Forms, forms_for
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
    # Ways through the code often give the same formulas: what was decided of them holds of every one.
    asked = None if forms is None else tuple(tuple(r.name for r in rules) for rules in (forms.claimed, forms.others))
    key = ("measured", content_of(traced), asked)
    if key not in bench.memory:
        bench.memory[key] = _Decided(identify(traced, bench)) if forms is None else _decided(traced, forms, bench)
    decided: _Decided = bench.memory[key]
    cell = _cell(case, replace(decided.found, target=traced.target), tracer)
    named = any(d.proved for d in decided.found.differences)
    words = cell.words if named or not decided.equals else f"it is {decided.equals}"
    return replace(cell, equals=decided.equals, words=words)


@dataclass(frozen=True)
class _Decided:
    """What was decided of formulas, whatever they were traced from; `equals` is another form that they are."""

    found: Verification
    equals: str = ""


def _decided(traced: Traced, forms: Forms, bench: Workbench) -> _Decided:
    # Several forms may be claimed alike, as where eps may stand in two places: the first that it is, decides.
    near = [rule for rule in forms.claimed if resembles(traced, rule, bench)]
    for rule in near:
        found = against(traced, rule, bench, effort=Effort.SCOPE)
        if found.verdict is Verdict.PROVED:
            return _Decided(found)
        if found.weaker:
            return _Decided(against(traced, rule, bench))
    other, given = _another(traced, forms.others, bench)
    # A difference that has another form's name needs no long search for words.
    effort = Effort.WORDS if other else Effort.PAIRS
    return _Decided(against(traced, (near or forms.claimed)[0], bench, effort=effort), other + given)


def _another(traced: Traced, others: tuple[Any, ...], bench: Workbench) -> tuple[str, str]:
    """Another form of the family that it is, and the values that it fixes; empty texts if there is none.

    One that fixes nothing goes before one that the optimizer is only at some values.
    """
    weaker = ("", "")
    for rule in others:
        found = against(traced, rule, bench, effort=Effort.PROOF)
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
