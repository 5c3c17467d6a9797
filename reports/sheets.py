"""Which pages a report has in a format, and on what each depends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .frameworks import framework_forms
from .overview import comparisons_of
from .records import Content, ImplementationPage, RulePage, digest_of, implementation_page, slug, to_plain

if TYPE_CHECKING:
    from .figures.drawing import Drawing

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
        [to_plain(one, timings=False) for one in (*content.implementations, *content.speeds)],
    )
    common = {"content": content, "names": frozenset(prints)}
    yield Sheet(f"{ENDINGS[kind]}.{kind}", f"index.{kind}", {**common, "up": ""}, whole)
    if kind != "tex":
        yield Sheet(f"theorems.{kind}", f"theorems.{kind}", {**common, "up": ""}, whole)
    for one in content.rules:
        name = one.rule.name
        near = [to_plain(c, timings=False) for c in comparisons_of(content, name)]
        values = {**common, "up": "../", "one": one, "rule": one.rule}
        forms = [to_plain(form) for form in framework_forms(content, name)]
        speeds = [to_plain(t) for t in content.speeds if t.rule == name]
        digest = _digest(prints[name], sorted(prints), near, content.command, forms, speeds, bool(content.conformance))
        yield Sheet(f"rules/{slug(name)}.{kind}", f"rule.{kind}", values, digest)
    for own in content.implementations:
        values = {**common, "up": "../", "one": own}
        digest = _digest(to_plain(own, timings=False), sorted(prints), content.command)
        path = f"implementations/{implementation_page(own.target)}.{kind}"
        yield Sheet(path, f"implementation.{kind}", values, digest)
    pages = {one.rule.name: one for one in content.rules}
    for compared in content.comparisons:
        first, second = pages[compared.first], pages[compared.second]
        values = {**common, "up": "../", "compared": compared, "first": first, "second": second}
        said = to_plain(compared, timings=False)
        digest = _digest(said, prints[compared.first], prints[compared.second], sorted(prints), content.command)
        yield Sheet(f"comparisons/{compared.page}.{kind}", f"comparison.{kind}", values, digest)


def figure_files(content: Content, kind: str = "svg") -> dict[str, str | bytes]:
    """Every figure as a file of its own, as SVG or as PDF."""
    made: Callable[[Drawing], str | bytes] = _svg
    if kind == "pdf":
        from .figures.printed import pdf

        made = pdf
    files = {f"figures/{d.name}.{kind}": made(d) for d in content.drawings}
    for one in content.rules:
        files |= {figure_path(one, d.name, kind): made(d) for d in one.drawings}
    for own in content.implementations:
        files |= {implementation_figure(own, d.name, kind): made(d) for d in own.drawings}
    return files


def _svg(drawing: Drawing) -> str | bytes:
    return drawing.svg


def figure_path(one: RulePage, name: str, kind: str = "svg") -> str:
    """Where the figure of a rule is."""
    return f"figures/{slug(one.rule.name)}-{name}.{kind}"


def implementation_figure(one: ImplementationPage, name: str, kind: str = "svg") -> str:
    """Where the figure of an implementation is."""
    return f"figures/{implementation_page(one.target)}-{name}.{kind}"


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
