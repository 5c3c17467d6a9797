"""Contents to files: every page in every format, the figures, the marker and the timings.

Rendering is a pure function of plain records, so that a page whose records are those of an earlier run is taken from
there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .. import __version__
from . import view
from .records import Content
from .sheets import ENDINGS, Sheet, figure_files, sheets
from .site import MARKER

if TYPE_CHECKING:
    from .pages import Renderer
    from .records.certificate import CertificateFile
    from .remember import Memory

__all__ = ["render", "timings_file"]

_FIGURES_APART = {"md": "svg", "tex": "pdf", "pdf": "pdf"}
"""The formats whose pages name their figures' files, and what kind of file that is."""


def render(
    content: Content,
    formats: Iterable[str],
    progress: Callable[[str], None] | None = None,
    *,
    memory: Memory | None = None,
    certificates: Iterable[CertificateFile] = (),
) -> dict[str, str | bytes]:
    """All files of the report by their relative paths.

    Parameters
    ----------
    content : Content
    formats : iterable of {"html", "md", "tex", "pdf", "json"}
    progress : callable, optional
        Told the name of each page.
    memory : Memory, optional
        Where pages of earlier runs are looked up, and kept.
    certificates : iterable of CertificateFile
        Written below ``certificates``.
    """
    files: dict[str, str | bytes] = {}
    for kind in formats:
        if kind == "json":
            from .document import documents

            files |= documents(content)
            continue
        made: dict[str, str | bytes] = {**_pages(content, "tex" if kind == "pdf" else kind, progress, memory)}
        if kind in _FIGURES_APART:
            made |= figure_files(content, _FIGURES_APART[kind])
        if kind == "pdf":
            from .engine import pdf_of

            made = {"report.pdf": pdf_of(made)}
        files |= made
    files |= {f"certificates/{one.path}": one.text for one in certificates}
    files |= timings_file(content)
    return {**files, MARKER: _marker(content, files)}


def _pages(
    content: Content, kind: str, progress: Callable[[str], None] | None, memory: Memory | None
) -> dict[str, str]:
    files: dict[str, str] = {}
    writer = _Writer(kind, memory)
    for sheet in sheets(content, kind):
        if progress is not None:
            progress(sheet.path)
        files[sheet.path] = writer.write(sheet)
    return files


class _Writer:
    """Renders the pages of one format; templates are loaded when the first page is not remembered."""

    def __init__(self, kind: str, memory: Memory | None) -> None:
        self._kind = kind
        self._memory = memory
        self._renderer: Renderer | None = None

    def write(self, sheet: Sheet) -> str:
        known = None if self._memory is None else self._memory.page(sheet.path, sheet.digest)
        if known is not None:
            return known
        if self._renderer is None:
            from .pages import renderer

            self._renderer = renderer(self._kind)
        text = self._renderer(sheet.template, sheet.values)
        if self._memory is not None:
            self._memory.keep_page(sheet.path, sheet.digest, text)
        return text


def page_count(content: Content, formats: Iterable[str]) -> int:
    """How many pages will be rendered."""
    each = len(content.rules) + len(content.comparisons) + len(content.implementations) + 2
    return each * sum(kind in ENDINGS or kind == "pdf" for kind in formats)


def timings_file(content: Content) -> dict[str, str]:
    """Every time that was measured, kept apart from the pages, which are the same in every run."""
    seconds = {
        "parts": dict(content.seconds or {}),
        "theorems": {f"{t.rule} {t.name}": round(t.seconds, 3) for t in content.theorems},
        "checks": {f"{c.rule} {c.dtype}": round(c.seconds, 3) for c in content.checks},
        "passes": {
            f"{one.rule.name} {p.name}": round(p.seconds, 3)
            for one in content.rules
            if one.kernel
            for p in one.kernel.passes
        },
    }
    return {"timings.json": _json(seconds)}


def _marker(content: Content, files: Iterable[str]) -> str:
    """What makes the directory a report, and what is in it, for programs."""
    return _json(
        {
            "optproof": __version__,
            "command": content.command,
            "rules": [one.rule.name for one in content.rules],
            "verdicts": view.verdict_counts(content.theorems),
            "files": sorted(files),
        }
    )


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
