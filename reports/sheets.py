"""Which pages a report has in a format, and on what each depends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .overview import comparisons_of
from .records import Content, RulePage, digest_of, slug, to_plain

__all__ = ["ENDINGS", "Sheet", "sheets"]

ENDINGS = {"html": "index", "md": "README", "tex": "report"}
"""The formats that are made of pages, and what the first page is called."""


@dataclass(frozen=True)
class Sheet:
    """A page that is to be rendered.

    Attributes
    ----------
    path : str
        Within the report.
    template : str
    values : mapping
        What the template is given.
    digest : str
        Of everything that the page shows: equal digests, equal pages.
    """

    path: str
    template: str
    values: Mapping[str, Any]
    digest: str


def sheets(content: Content, kind: str) -> Iterator[Sheet]:
    """The pages of a report in a format of :data:`ENDINGS`, the first page first."""
    prints = {one.rule.name: digest_of(one) for one in content.rules}
    whole = _digest(
        sorted(prints.items()),
        list(prints),
        [to_plain(c, timings=False) for c in content.comparisons],
        [to_plain(part, timings=False) for part in (content.drawings, content.failures)],
        content.conformance,
        content.command,
    )
    common = {"content": content, "names": frozenset(prints)}
    yield Sheet(f"{ENDINGS[kind]}.{kind}", f"index.{kind}", {**common, "up": ""}, whole)
    if kind != "tex":
        yield Sheet(f"theorems.{kind}", f"theorems.{kind}", {**common, "up": ""}, whole)
    for one in content.rules:
        name = one.rule.name
        near = [to_plain(c, timings=False) for c in comparisons_of(content, name)]
        values = {**common, "up": "../", "one": one, "rule": one.rule}
        digest = _digest(prints[name], sorted(prints), near, content.command)
        yield Sheet(f"rules/{slug(name)}.{kind}", f"rule.{kind}", values, digest)
    pages = {one.rule.name: one for one in content.rules}
    for compared in content.comparisons:
        first, second = pages[compared.first], pages[compared.second]
        values = {**common, "up": "../", "compared": compared, "first": first, "second": second}
        said = to_plain(compared, timings=False)
        digest = _digest(said, prints[compared.first], prints[compared.second], sorted(prints), content.command)
        yield Sheet(f"comparisons/{compared.page}.{kind}", f"comparison.{kind}", values, digest)


def figure_files(content: Content) -> dict[str, str]:
    """Every figure as a file of its own."""
    files = {f"figures/{d.name}.svg": d.svg for d in content.drawings}
    for one in content.rules:
        files |= {figure_path(one, d.name): d.svg for d in one.drawings}
    return files


def figure_path(one: RulePage, name: str) -> str:
    """Where the figure of a rule is."""
    return f"figures/{slug(one.rule.name)}-{name}.svg"


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
