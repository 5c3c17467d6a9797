"""The report as JSON: one document about all of it, and one about each rule, in the form of ``schema.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import __version__
from .frameworks import framework_forms
from .overview import comparisons_of, folklore_rows, seed_rows
from .records import Content, ImplementationPage, RulePage, Theorem, implementation_page, slug, to_plain
from .view import verdict_counts

if TYPE_CHECKING:
    from .figures.drawing import Drawing

__all__ = ["documents", "implementation_document", "overview_document", "rule_document"]


def documents(content: Content) -> dict[str, str]:
    """The JSON files of a report by their paths; nothing in them depends on the run."""
    files = {"report.json": overview_document(content)}
    files |= {rule_path(one.rule.name): rule_document(content, one) for one in content.rules}
    files |= {implementation_path(one.target): implementation_document(one) for one in content.implementations}
    return {name: json.dumps(data, indent=1, ensure_ascii=False) + "\n" for name, data in files.items()}


def rule_path(name: str) -> str:
    """Where the document of a rule is."""
    return f"rules/{slug(name)}.json"


def implementation_path(target: str) -> str:
    """Where the document of an implementation is."""
    return f"implementations/{implementation_page(target)}.json"


def implementation_document(one: ImplementationPage) -> dict[str, Any]:
    """Everything about one implementation, figures as descriptions."""
    return {
        "target": one.target,
        "verification": None if one.facts is None else to_plain(one.facts, timings=False),
        "figures": _figures(one.drawings),
        "failures": [to_plain(f) for f in one.failures],
    }


def _figures(drawings: Iterable[Drawing]) -> list[dict[str, str]]:
    return [{"name": d.name, "title": d.title, "caption": d.caption, "alt": d.alt} for d in drawings]


def overview_document(content: Content) -> dict[str, Any]:
    """What the report is about, what was found in all, and where it is."""
    return {
        "optproof": __version__,
        "command": content.command,
        "verdicts": verdict_counts(content.theorems),
        "rules": [{"name": one.rule.name, "path": rule_path(one.rule.name)} for one in content.rules],
        "claims": [
            {
                "number": row.claim.number,
                "text": row.claim.text,
                "theorems": [_named(t) for group in row.theorems for t in (*group.principal, *group.variants)],
            }
            for row in seed_rows(content)
        ],
        "folklore": [
            {"said": group.title, "theorems": [_named(t) for t in (*group.principal, *group.variants)]}
            for group in folklore_rows(content)
        ],
        "implementations": [
            {"name": one.target, "path": implementation_path(one.target)} for one in content.implementations
        ],
        "comparisons": [to_plain(c, timings=False) for c in content.comparisons],
        "failures": [to_plain(f) for f in content.failures],
    }


def rule_document(content: Content, one: RulePage) -> dict[str, Any]:
    """Everything about one rule, figures as descriptions."""
    return {
        "rule": to_plain(one.rule),
        "theorems": [to_plain(t, timings=False) for t in one.theorems],
        "kernel": None if one.kernel is None else to_plain(one.kernel, timings=False),
        "checks": [to_plain(c, timings=False) for c in one.checks],
        "figures": _figures(one.drawings),
        "frameworks": [to_plain(form) for form in framework_forms(content, one.rule.name)],
        "speeds": [to_plain(t) for t in content.speeds if t.rule == one.rule.name],
        "compared_with": [
            c.second if c.first == one.rule.name else c.first for c in comparisons_of(content, one.rule.name)
        ],
        "failures": [to_plain(f) for f in one.failures],
    }


def _named(theorem: Theorem) -> dict[str, str]:
    return {"rule": theorem.rule, "name": theorem.name, "verdict": theorem.verdict}
