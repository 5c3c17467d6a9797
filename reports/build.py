"""The report: collect, render, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .gather import Progress, Rules, collect
from .records import Content, ReportError, ReportSummary
from .site import publish, require_publishable
from .view import verdict_counts

__all__ = ["FORMATS", "report", "write_report"]

FORMATS = ("html", "md")


def report(
    rules: Rules = None,
    out: str | os.PathLike[str] = "report",
    formats: Iterable[str] = FORMATS,
    *,
    fresh: bool = False,
    progress: Progress | None = None,
) -> ReportSummary:
    """Derive, check and draw everything about some rules, and write it as a site.

    The directory is replaced as a whole when everything is ready: an interrupted run leaves an older report as it
    was.  The same inputs give the same pages, byte for byte; timings are in ``timings.json``.

    Parameters
    ----------
    rules : UpdateRule, str or iterable of them, optional
        All rules of the catalogue by default.
    out : path
        The directory to write; it must be missing, empty or an older report.
    formats : iterable of {"html", "md"}
        ``"html"`` begins at ``index.html``, ``"md"`` at ``README.md``.
    fresh : bool
        Find everything anew.  By default theorems and cross-checks that an equal run found before are taken from the
        cache; a change of a rule, of optproof or of what it computes with makes the run unequal.
    progress : callable, optional
        Called with what is being done, how much is done, and the whole.

    Returns
    -------
    ReportSummary

    Raises
    ------
    ReportError
        If `out` holds something else or cannot be written, or a format is unknown.
    UnknownRuleError
        If the catalogue has no rule of a given name.
    """
    started = time.perf_counter()
    wanted, path = _formats(formats), Path(out)
    # Half a minute of work should not end in "cannot be written".
    require_publishable(path)
    content = collect(rules, fresh=fresh, progress=progress)
    return write_report(content, path, wanted, progress=progress, started=started)


def write_report(
    content: Content,
    out: str | os.PathLike[str],
    formats: Iterable[str] = FORMATS,
    *,
    progress: Progress | None = None,
    started: float | None = None,
) -> ReportSummary:
    """Render `content` and publish it as the directory `out`; errors are those of :func:`report`."""
    from .render import render, timings_file

    wanted, path = _formats(formats), Path(out)
    began = time.perf_counter()
    total = len(content.rules) * len(wanted)
    done = iter(range(total))

    def page(name: str) -> None:
        if progress is not None:
            progress(f"the page of {name}", 970 + 30 * next(done, total) // max(total, 1), 1000)

    files = render(content, wanted, page)
    seconds = {**(content.seconds or {}), "pages": round(time.perf_counter() - began, 3)}
    files |= timings_file(replace(content, seconds=seconds))
    publish(files, path)
    if progress is not None:
        progress("done", 1000, 1000)
    return ReportSummary(
        path=path,
        results=content.results,
        checks=content.checks,
        counts=_counts(content),
        failures=content.all_failures,
        seconds=time.perf_counter() - (began if started is None else started),
    )


def _formats(formats: Iterable[str]) -> tuple[str, ...]:
    wanted = (formats,) if isinstance(formats, str) else tuple(dict.fromkeys(formats))
    for kind in wanted:
        if kind not in FORMATS:
            raise ReportError(f"a report cannot be written as {kind!r}; the formats are {', '.join(FORMATS)}")
    if not wanted:
        raise ReportError(f"a report needs a format; the formats are {', '.join(FORMATS)}")
    return wanted


def _counts(content: Content) -> dict[str, int]:
    return {
        "rules": len(content.rules),
        **verdict_counts(content.results),
        "unexpected": sum(not r.as_expected for r in content.results),
        "checks": len(content.checks),
        "checks_failed": sum(not c.passed for c in content.checks),
        "failures": len(content.all_failures),
    }
