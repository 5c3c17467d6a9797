"""A traced implementation as JSON and back: what crosses the border between two processes is data, never code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from ...derive.serialise import domain_to_json, expression_from_json, expression_to_json
from ...derive.symbols import Domain, Quantity, exact, gradient, parameter, step_counter
from .record import Path, Traced

__all__ = ["content_of", "traced_from_json", "traced_to_json"]


def traced_to_json(traced: Traced) -> dict[str, Any]:
    """The record as JSON-ready data."""
    return {
        "target": traced.target,
        "hyper": {name: _quantity(q) for name, q in traced.hyper.items()},
        "defaults": {name: str(value) for name, value in traced.defaults.items()},
        "state": {name: _quantity(q) for name, q in traced.state.items()},
        "initial": {name: expression_to_json(e) for name, e in traced.initial.items()},
        "paths": [_path(p) for p in traced.paths],
        "side_effects": list(traced.side_effects),
        "notes": list(traced.notes),
        "complete": traced.complete,
        "fixed": dict(traced.fixed),
        "element_wise": traced.element_wise,
        "first": [_path(p) for p in traced.first],
        "raises": list(traced.raises),
        "doubt": traced.doubt,
        "limits": list(traced.limits),
        "compiled": [traced_to_json(c) for c in traced.compiled],
        "compiled_trouble": traced.compiled_trouble,
    }


def content_of(traced: Traced) -> str:
    """All that a decision about a trace reads, as text: everything but what was traced, and with which options.

    Examples
    --------
    >>> one, other = (Traced(name, {}, {}, {}, {}, ()) for name in ("here.py", "there.py"))
    >>> content_of(one) == content_of(other), content_of(one) == content_of(replace(one, complete=False))
    (True, False)
    """
    return json.dumps(traced_to_json(replace(traced, target="", fixed={})))


def traced_from_json(data: Mapping[str, Any]) -> Traced:
    """Read the record back."""
    hyper = {name: _read_quantity(q) for name, q in data["hyper"].items()}
    state = {name: _read_quantity(q) for name, q in data["state"].items()}
    known: dict[str, sp.Symbol] = {
        q.name: q for q in (parameter(), gradient(), step_counter(), *hyper.values(), *state.values())
    }

    def path(one: Mapping[str, Any]) -> Path:
        return Path(
            tuple(_condition(c, known) for c in one["conditions"]),
            {name: expression_from_json(e, known) for name, e in one["outputs"].items()},
            tuple(expression_from_json(e, known) for e in one["divisors"]),
        )

    return Traced(
        target=data["target"],
        hyper=hyper,
        defaults={name: exact(value) for name, value in data["defaults"].items()},
        state=state,
        initial={name: expression_from_json(e, known) for name, e in data["initial"].items()},
        paths=tuple(path(p) for p in data["paths"]),
        side_effects=tuple(data["side_effects"]),
        notes=tuple(data["notes"]),
        complete=bool(data["complete"]),
        fixed=dict(data["fixed"]),
        element_wise=bool(data["element_wise"]),
        first=tuple(path(p) for p in data["first"]),
        raises=tuple(data["raises"]),
        doubt=data["doubt"],
        limits=tuple(data["limits"]),
        compiled=tuple(traced_from_json(c) for c in data["compiled"]),
        compiled_trouble=data["compiled_trouble"],
    )


_RELATIONS = {"==": sp.Eq, "!=": sp.Ne, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}


def _condition(data: Any, known: Mapping[str, sp.Symbol]) -> sp.Basic:
    """A condition as it was written: nothing is evaluated."""
    if isinstance(data, list) and data[0] in _RELATIONS:
        return _RELATIONS[data[0]](*(expression_from_json(e, known) for e in data[1:]), evaluate=False)
    if isinstance(data, list) and data[0] == "not":
        return sp.Not(_condition(data[1], known), evaluate=False)
    if isinstance(data, list) and data[0] in ("and", "or"):
        head = sp.And if data[0] == "and" else sp.Or
        return head(*(_condition(c, known) for c in data[1:]), evaluate=False)
    return expression_from_json(data, known)


def _path(path: Path) -> dict[str, Any]:
    return {
        "conditions": [expression_to_json(c) for c in path.conditions],
        "outputs": {name: expression_to_json(e) for name, e in path.outputs.items()},
        "divisors": [expression_to_json(e) for e in path.divisors],
    }


def _quantity(q: Quantity) -> dict[str, Any]:
    return {"name": q.name, "domain": domain_to_json(q.domain), "latex": q.latex_form, "meaning": q.meaning}


def _read_quantity(data: Mapping[str, Any]) -> Quantity:
    domain = data["domain"]
    ends = {end: None if domain[end] is None else exact(domain[end]) for end in ("lower", "upper")}
    made = Domain(
        domain["name"], ends["lower"], ends["upper"], domain["lower_open"], domain["upper_open"], domain["integer"]
    )
    return Quantity(data["name"], made, data["latex"], meaning=data["meaning"])
