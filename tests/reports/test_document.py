"""The report as JSON: in the form of its schema, complete, and the same in every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import optproof.reports
from optproof.reports import Content, Theorem, write_report
from optproof.reports.records import from_plain
from optproof.reports.schema_of import report_schema

SCHEMA = Path(optproof.reports.__file__).parent / "schema.json"
TYPES: dict[str, Any] = {"string": str, "boolean": bool, "number": (int, float), "object": dict, "array": list}
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "anyOf", "minimum",
}  # fmt: skip


def faults(data: Any, schema: dict[str, Any], whole: dict[str, Any], where: str = "$") -> list[str]:
    """What is wrong with `data`; the keywords of JSON Schema that occur in ours, and an error for any other."""
    assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
    if "$ref" in schema:
        return faults(data, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, where)
    if "anyOf" in schema:
        tried = [faults(data, one, whole, where) for one in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    if "enum" in schema:
        return [] if data in schema["enum"] else [f"{where}: {data!r} is none of {schema['enum']}"]
    kind = schema["type"]
    fits = {
        "null": data is None,
        "integer": isinstance(data, int) and not isinstance(data, bool),
        "number": isinstance(data, int | float) and not isinstance(data, bool),
    }.get(kind, isinstance(data, TYPES.get(kind, ())))
    if not fits:
        return [f"{where}: {data!r} is no {kind}"]
    if kind == "integer" and data < schema.get("minimum", data):
        return [f"{where}: {data} is too small"]
    if kind == "array":
        return [f for k, item in enumerate(data) for f in faults(item, schema["items"], whole, f"{where}[{k}]")]
    return parts(data, schema, whole, where) if kind == "object" else []


def parts(data: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], where: str) -> list[str]:
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    found = [f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in data]
    for name, item in data.items():
        if name in known:
            found += faults(item, known[name], whole, f"{where}.{name}")
        elif others is False:
            found.append(f"{where}: {name} is not known")
        else:
            found += faults(item, others, whole, f"{where}.{name}")
    return found


@pytest.fixture
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text())


def test_every_document_is_in_the_form_of_the_schema(site: Path, schema: dict[str, Any]) -> None:
    assert faults(json.loads((site / "report.json").read_text()), schema, schema) == []
    documents = sorted((site / "rules").glob("*.json"))
    assert len(documents) == 2
    for path in documents:
        assert faults(json.loads(path.read_text()), schema["$defs"]["RuleDocument"], schema) == [], path.name


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["theorems"][0].pop("title"),
        lambda d: d["theorems"][0].update(verdict="CERTAIN"),
        lambda d: d["theorems"][0].update(seconds=1.0),
        lambda d: d["theorems"][0]["steps"][0].update(words=None),
        lambda d: d["rule"].update(update_latex="x"),
        lambda d: d["checks"][0].update(cases="many"),
        lambda d: d["checks"][0].update(max_ulps=True),
        lambda d: d["kernel"]["passes"][0]["after"]["body"].update(mul=1.5),
        lambda d: d.pop("figures"),
    ],
)
def test_what_is_spoilt_is_not_in_that_form(site: Path, schema: dict[str, Any], spoil: Any) -> None:
    data = json.loads((site / "rules/adam.json").read_text())
    spoil(data)
    assert faults(data, schema["$defs"]["RuleDocument"], schema) != []


def test_theorems_are_read_back_from_a_document(site: Path) -> None:
    data = json.loads((site / "rules/adam.json").read_text())
    theorems = [from_plain(Theorem, one) for one in data["theorems"]]
    assert len(theorems) > 50
    assert {t.rule for t in theorems} == {"adam"}
    verdicts = json.loads((site / "report.json").read_text())["verdicts"]
    assert verdicts["UNKNOWN"] == 0
    assert sum(verdicts.values()) >= len(theorems)


def test_the_schema_explains_what_it_names(schema: dict[str, Any]) -> None:
    for name, one in schema["$defs"].items():
        assert one["description"], name
    fields = schema["$defs"]["Theorem"]["properties"]
    assert fields["hypotheses"]["description"] == "Beside the domains of the rule's symbols."
    assert "seconds" not in fields, "a timing is no part of what a document says"


@pytest.mark.upkeep
def test_the_schema_is_fresh(update: bool) -> None:
    text = json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"
    if update:
        SCHEMA.write_text(text)
    assert SCHEMA.read_text() == text, "run `make update` and look at the difference"


def test_what_failed_is_in_the_document(hostile: Content, tmp_path: Path, schema: dict[str, Any]) -> None:
    write_report(hostile, tmp_path / "out", ["json"])
    (path,) = (tmp_path / "out/rules").glob("*.json")
    data = json.loads(path.read_text())
    assert data["failures"][0]["part"] == "kernel"
    assert data["checks"][0]["problems"] == ["NaN was lost"]
    assert faults(data, schema["$defs"]["RuleDocument"], schema) == []
