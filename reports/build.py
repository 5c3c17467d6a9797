"""The report: collect, render, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .engine import require_engine
from .gather import Progress, Rules, certificates_of, collect
from .measured import measure_frameworks, read_measured
from .records import Content, ReportError, ReportSummary
from .remember import Memory
from .render import page_count, render, timings_file
from .site import publish, require_publishable
from .view import verdict_counts

__all__ = ["DEFAULT_FORMATS", "FORMATS", "report", "write_report"]

FORMATS = ("html", "md", "tex", "pdf", "json")
DEFAULT_FORMATS = ("html", "md")


def report(  # noqa: PLR0913 - what a report shows is its keywords
    rules: Rules = None,
    out: str | os.PathLike[str] = "report",
    formats: Iterable[str] = DEFAULT_FORMATS,
    *,
    compare: bool = False,
    fresh: bool = False,
    against: str | None = None,
    conformance: str | os.PathLike[str] | None = None,
    frameworks: bool = False,
    speeds: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ReportSummary:
    """Derive, check and draw everything about some rules, verify implementations, and write it as a site.

    The directory is replaced as a whole when everything is ready: an interrupted run leaves an older report as it
    was.  The same inputs give the same pages, byte for byte; timings are in ``timings.json``.

    Parameters
    ----------
    rules : UpdateRule, str or iterable of them, optional
        Names of the catalogue, ``FILE.py:NAME``, or rules themselves; all rules of the catalogue by default.  The name
        of an implementation, as :func:`optproof.verify` takes it, gives a page about it and the rule it is measured by.
    out : path
        The directory to write; it must be missing, empty or an older report.
    formats : iterable of {"html", "md", "tex", "pdf", "json"}
        ``"html"`` begins at ``index.html``, ``"md"`` at ``README.md``, ``"tex"`` at ``report.tex``, ``"json"`` at
        ``report.json`` and with the certificate of every proof; ``"pdf"`` is ``report.pdf`` and needs a TeX engine.
    compare : bool
        Write a page about each pair of the rules.  A report on all rules has one about each pair of the principal
        ones in any case.
    fresh : bool
        Find everything anew.  By default theorems and cross-checks that an equal run found before are taken from the
        cache; a change of a rule, of optproof or of what it computes with makes the run unequal.
    against : str, optional
        The rule that implementations are verified against; by default the one that fits, or the nearest.
    conformance : path, optional
        A matrix that ``optproof conformance --out`` wrote; by default the one that was measured last, if it is up to
        date.
    frameworks : bool
        Measure the installed frameworks now, which takes minutes.
    speeds : path, optional
        What the benchmark of the kernels wrote on this machine.
    progress : callable, optional
        Called with what is being done, how much is done, and the whole.

    Returns
    -------
    ReportSummary

    Raises
    ------
    ReportError
        If `out` holds something else or cannot be written, a format is unknown, no TeX engine is installed, or a file
        of measurements holds something else.
    UnknownRuleError, UserFileError, TraceError
        If there is no rule or file of a given name.
    """
    started = time.perf_counter()
    wanted, path = _formats(formats), Path(out)
    # Half a minute of work should not end in "cannot be written".
    require_publishable(path)
    if "pdf" in wanted:
        require_engine()
    measured = read_measured(conformance, speeds)
    memory = Memory(fresh=fresh)
    if frameworks and measured.conformance is None:
        matrix = measure_frameworks(progress)
        memory.keep_conformance(matrix)
        measured = replace(measured, conformance=matrix, named=(*measured.named, "--frameworks"))
    content = collect(rules, compare=compare, progress=progress, memory=memory, against=against, measured=measured)
    return write_report(content, path, wanted, progress=progress, started=started, memory=memory)


def write_report(
    content: Content,
    out: str | os.PathLike[str],
    formats: Iterable[str] = DEFAULT_FORMATS,
    *,
    progress: Progress | None = None,
    started: float | None = None,
    memory: Memory | None = None,
) -> ReportSummary:
    """Render `content` and publish it as the directory `out`; errors are those of :func:`report`.

    With `memory`, pages that an equal run rendered are taken from there, and certificates are among the files.
    """
    wanted, path = _formats(formats), Path(out)
    began = time.perf_counter()
    total = max(page_count(content, wanted), 1)
    done = iter(range(total))

    def page(name: str) -> None:
        if progress is not None:
            progress(f"the page {name}", 960 + 40 * next(done, total) // total, 1000)

    certificates = certificates_of(content, memory) if "json" in wanted and memory is not None else ()
    files = render(content, wanted, page, memory=memory, certificates=certificates)
    seconds = {**(content.seconds or {}), "pages": round(time.perf_counter() - began, 3)}
    files |= timings_file(replace(content, seconds=seconds))
    publish(files, path)
    if progress is not None:
        progress("done", 1000, 1000)
    return ReportSummary(
        path=path,
        results=content.theorems,
        checks=content.checks,
        counts=_counts(content),
        failures=content.all_failures,
        seconds=time.perf_counter() - (began if started is None else started),
        implementations=tuple(one.facts for one in content.implementations if one.facts is not None),
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
        "implementations": len(content.implementations),
        **verdict_counts(content.theorems),
        "unexpected": sum(not t.as_expected for t in content.theorems),
        "checks": len(content.checks),
        "checks_failed": sum(not c.passed for c in content.checks),
        "failures": len(content.all_failures),
    }
