"""What the matrix of the frameworks says about a rule: who implements it, what differs, how to translate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .records import Content, FrameworkForm, digest_of
from .view import conformance_title

__all__ = ["framework_forms"]


def framework_forms(content: Content, name: str) -> tuple[FrameworkForm, ...]:
    """The optimizers that are the rule `name`, or were measured against it.

    For a rule without options these are also the plain optimizers that were measured against one of its variants: every
    Adam of a framework with weight decay is on the page of Adam.
    """
    groups: dict[str, list[FrameworkForm]] = {}
    for cell in (content.conformance or {}).get("cells", ()):
        if cell["verdict"] and _concerns(cell, name):
            form = _form(cell, name)
            groups.setdefault(digest_of(replace(form, options=())), []).append(form)
    return tuple(
        replace(alike[0], options=tuple(dict.fromkeys(o for form in alike for o in form.options)))
        for alike in groups.values()
    )


def _concerns(cell: Mapping[str, Any], name: str) -> bool:
    measured, equal = cell["rule"] or "", _rule_in(cell["equals"] or "")
    plain = not cell["options"] and name in (measured.partition("[")[0], equal.partition("[")[0])
    return name in (measured, equal) or plain


def _rule_in(equals: str) -> str:
    """The rule at the beginning of what another form is said to be."""
    found = re.match(r"[\w.]+(\[[^\]]*\])?", equals)
    return found.group() if found else ""


def _form(cell: Mapping[str, Any], name: str) -> FrameworkForm:
    evidence = cell.get("evidence") or {}
    equal = cell["equals"] or ""
    verdict, words = cell["verdict"], cell["words"] or ""
    if verdict == "REFUTED" and _rule_in(equal) == name:
        # Measured against another form, and proved to be this one.
        verdict, words = "PROVED", equal[len(name) :].lstrip(", ")
    elif equal and equal not in words:
        words = f"{words}; it is {equal}"
    title = conformance_title({**cell, "options": {}})
    shown = ", ".join(f"{option}={value}" for option, value in (cell["options"] or {}).items())
    arguments = evidence.get("arguments")
    return FrameworkForm(
        framework=cell["framework"],
        optimizer=title,
        options=(shown,),
        rule=name if verdict != cell["verdict"] else cell["rule"] or "",
        verdict=verdict,
        words=words,
        translation=None if arguments is None else {a: b for a, b in arguments.items() if a != b},
        defaults=tuple(w for w in evidence.get("side_effects", ()) if w.startswith("the default of ")),
    )
