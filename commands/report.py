"""The report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .arguments import examples, json_option
from .output import FAILED, display, print_json, show_progress, status_of_names

if TYPE_CHECKING:
    from ..reports import ReportSummary


__all__ = ["report"]


@click.command(
    short_help="Do all of that and write the report.",
    epilog=examples(
        "report",
        "report adam adamw --compare --out adam_report --format html",
        "report my_adam.py --against adam",
        "report --conformance matrix/conformance.json --speeds benchmark/kernel_speed.json",
    ),
)
@click.argument("rules", metavar="[RULE | IMPLEMENTATION]...", nargs=-1)
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
@click.option("--against", metavar="RULE", help="What implementations are verified against; by default what fits.")
@click.option(
    "--conformance",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show this matrix, which optproof conformance --out wrote; by default the last one, if it is up to date.",
)
@click.option("--frameworks", is_flag=True, help="Measure the installed frameworks first, which takes minutes.")
@click.option(
    "--speeds", type=click.Path(path_type=Path), metavar="FILE", help="Show these speeds, which the benchmark wrote."
)
@click.option("--fresh", is_flag=True, help="Find everything anew, also what an equal run found before.")
@json_option
def report(rules: tuple[str, ...], out: Path, formats: str, as_json: bool, **given: Any) -> int:
    """Derive, prove, generate and cross-check, and write the report.

    RULE is a name of the catalogue or FILE.py:NAME; all rules if none is named.  IMPLEMENTATION is what optproof verify
    takes, as FILE.py with a step function or torch.optim.Adam: it gets a page of its own, and so does the rule it is
    verified against.

    The exit status is 0 when all came out as it should, 1 when something failed, a check did not pass or an
    implementation is not the rule, 3 when something is not settled.
    """
    from ..reports import report as write_report

    if given["against"] and not rules:
        raise click.UsageError("--against goes with an implementation, and none was named.")
    asked = tuple(part.strip() for part in formats.split(",") if part.strip())
    with show_progress() as progress:
        summary = write_report(rules or None, out=out, formats=asked, progress=progress, **given)
    if as_json:
        print_json(_summary_to_json(summary))
    else:
        from ..reports.console import summary_table

        display(summary_table(summary))
    if summary.failures:
        return FAILED
    return status_of_names(
        [(t.verdict, t.as_expected) for t in summary.results]
        + [(c.source_verdict, c.passed) for c in summary.checks]
        + [(one.verdict, one.verdict == "PROVED") for one in summary.implementations]
    )


def _summary_to_json(summary: ReportSummary) -> dict[str, Any]:
    return {
        "path": str(summary.path),
        "counts": dict(summary.counts),
        "implementations": {one.target: one.verdict for one in summary.implementations},
        "failures": [str(failure) for failure in summary.failures],
        "seconds": round(summary.seconds, 1),
    }
