"""The JSON Schema of a report's documents, written from the records themselves.

``schema.json`` is what this module writes; ``make update`` rewrites it and a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin

from .records import (
    VERDICTS,
    CheckFacts,
    ComparisonFacts,
    Failure,
    FrameworkForm,
    ImplementationFacts,
    KernelFacts,
    RuleFacts,
    Theorem,
    Timing,
)
from .records.plain import is_timing, optional_of, types_of

__all__ = ["report_schema"]

_KINDS = (
    Theorem, RuleFacts, KernelFacts, CheckFacts, ComparisonFacts, Failure, ImplementationFacts, FrameworkForm, Timing,
)  # fmt: skip
_VERDICTS = frozenset({"verdict", "expected", "source_verdict", "machine_verdict"})


def report_schema() -> dict[str, Any]:
    """The schema of ``report.json`` and, in ``$defs``, those of each file in ``rules`` and ``implementations``."""
    definitions: dict[str, Any] = {}
    for kind in _KINDS:
        _define(kind, definitions)
    named = _object({"rule": _TEXT, "name": _TEXT, "verdict": _VERDICT}, "A theorem of the report, by name.")
    definitions["TheoremName"] = named
    definitions["RuleDocument"] = _rule_document()
    definitions["ImplementationDocument"] = _implementation_document()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json",
        **_overview(),
        "$defs": dict(sorted(definitions.items())),
    }


_TEXT = {"type": "string"}
_VERDICT = {"enum": list(VERDICTS)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Any], words: str) -> dict[str, Any]:
    return {
        "description": words,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _overview() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    names = _list(_ref("TheoremName"))
    claim = _object({"number": _TEXT, "text": _TEXT, "theorems": names}, "A claim of the project's first text.")
    said = _object({"said": _TEXT, "theorems": names}, "What is commonly said and false.")
    place = _object({"name": _TEXT, "path": _TEXT}, "A rule or an implementation, and where its document is.")
    parts = {
        "optproof": {**_TEXT, "description": "The version that wrote it."},
        "command": {**_TEXT, "description": "The command that writes it again."},
        "verdicts": _object(dict.fromkeys(VERDICTS, count), "How many theorems have each verdict."),
        "rules": _list(place),
        "claims": _list(claim),
        "folklore": _list(said),
        "implementations": _list(place),
        "comparisons": _list(_ref("ComparisonFacts")),
        "failures": _list(_ref("Failure")),
    }
    return _object(parts, "What a report is about, what was found in all, and where it is.")


def _figures() -> dict[str, Any]:
    return _list(_object(dict.fromkeys(("name", "title", "caption", "alt"), _TEXT), "A figure, in words."))


def _implementation_document() -> dict[str, Any]:
    parts = {
        "target": _TEXT,
        "verification": {"anyOf": [_ref("ImplementationFacts"), {"type": "null"}]},
        "figures": _figures(),
        "failures": _list(_ref("Failure")),
    }
    return _object(parts, "Everything about one implementation.")


def _rule_document() -> dict[str, Any]:
    parts = {
        "rule": _ref("RuleFacts"),
        "theorems": _list(_ref("Theorem")),
        "kernel": {"anyOf": [_ref("KernelFacts"), {"type": "null"}]},
        "checks": _list(_ref("CheckFacts")),
        "figures": _figures(),
        "frameworks": _list(_ref("FrameworkForm")),
        "speeds": _list(_ref("Timing")),
        "compared_with": _list(_TEXT),
        "failures": _list(_ref("Failure")),
    }
    return _object(parts, "Everything about one rule.")


def _define(kind: Any, definitions: dict[str, Any]) -> None:
    """The schema of a record, and of the records in it, by the name of its class."""
    if kind.__name__ in definitions:
        return
    definitions[kind.__name__] = {}
    about = _attributes(kind)
    timings = {one.name for one in fields(kind) if is_timing(one)}
    properties = {}
    for name, of in types_of(kind).items():
        if name not in timings:
            schema = dict(_VERDICT) if name in _VERDICTS else _schema(of, definitions)
            words = about.get(name)
            properties[name] = schema if words is None or "$ref" in schema else {**schema, "description": words}
    words = (kind.__doc__ or "").strip().partition("\n\n")[0]
    definitions[kind.__name__] = _object(properties, re.sub(r"\s+", " ", words))


def _schema(of: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    simple = {str: "string", bool: "boolean", int: "integer", float: "number"}
    if of in simple:
        return {"type": simple[of]}
    if is_dataclass(of):
        _define(of, definitions)
        return _ref(of.__name__)  # type: ignore[union-attr]
    if get_origin(of) is UnionType:
        return {"anyOf": [_schema(optional_of(of), definitions), {"type": "null"}]}
    if get_origin(of) is tuple:
        return _list(_schema(get_args(of)[0], definitions))
    return {"type": "object", "additionalProperties": _schema(get_args(of)[1], definitions)}


def _attributes(kind: Any) -> dict[str, str]:
    """What the docstring of a record says of each field."""
    _, _, listed = (kind.__doc__ or "").partition("----------\n")
    found: dict[str, str] = {}
    for names, words in re.findall(r"^ {4}(\w[\w, ]*) : [^\n]*\n((?: {8}[^\n]*\n)*)", listed, re.MULTILINE):
        for name in names.split(", "):
            if words.strip():
                found[name] = re.sub(r"\s+", " ", words).strip()
    return found
