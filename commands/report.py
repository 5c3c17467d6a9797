"""The report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .arguments import examples, json_option, rule_arguments
from .output import FAILED, display, print_json, show_progress, status_of_names

if TYPE_CHECKING:
    from ..reports import ReportSummary


__all__ = ["report"]


@click.command(
    short_help="Do all of that and write the report.",
    epilog=examples("report", "report adam adamw --compare --out adam_report --format html"),
)
@rule_arguments
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    metavar="DIR",
    help="The folder to write; an older report in it is replaced as a whole.",
)
@click.option(
    "--format", "formats", default="html,md", show_default=True, metavar="LIST", help="Of html, md, tex, pdf, json."
)
@click.option("--compare", is_flag=True, help="Also compare each pair of the rules.")
@click.option("--fresh", is_flag=True, help="Find everything anew, also what an equal run found before.")
@json_option
def report(rules: tuple[str, ...], out: Path, formats: str, compare: bool, fresh: bool, as_json: bool) -> int:
    """Derive, prove, generate and cross-check, and write the report."""
    from ..reports import report as write_report

    asked = tuple(part.strip() for part in formats.split(",") if part.strip())
    with show_progress() as progress:
        summary = write_report(rules or None, out=out, formats=asked, compare=compare, fresh=fresh, progress=progress)
    if as_json:
        print_json(_summary_to_json(summary))
    else:
        from ..reports.console import summary_table

        display(summary_table(summary))
    if summary.failures:
        return FAILED
    return status_of_names(
        [(t.verdict, t.as_expected) for t in summary.results] + [(c.source_verdict, c.passed) for c in summary.checks]
    )


def _summary_to_json(summary: ReportSummary) -> dict[str, Any]:
    return {
        "path": str(summary.path),
        "counts": dict(summary.counts),
        "failures": [str(failure) for failure in summary.failures],
        "seconds": round(summary.seconds, 1),
    }
