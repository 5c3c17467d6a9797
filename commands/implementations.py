"""Implementations: verify, compare, conformance."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .arguments import examples, json_option, literal, pairs
from .output import display, print_json, print_text, show_progress, status_of, write_folder

__all__ = ["compare", "conformance", "verify"]


@click.command(
    short_help="Prove an implementation equal to a rule, or show the difference.",
    epilog=examples("verify my_adam.py --against adam", "verify my_adam.py:step --map a=lr --set nesterov=True"),
)
@click.argument("target")
@click.option("--against", metavar="RULE", help="The rule; without it, the one of the catalogue that fits.")
@click.option("--map", "names", metavar="THEIRS=OURS", multiple=True, help="A hyperparameter by another name.")
@click.option("--set", "options", metavar="NAME=VALUE", multiple=True, help="A fixed option or hyperparameter.")
@click.option("--time-limit", type=float, default=20.0, show_default=True, help="Seconds for the user's code.")
@json_option
def verify(
    target: str, against: str | None, names: tuple[str, ...], options: tuple[str, ...], time_limit: float, as_json: bool
) -> int:
    """Prove an implementation equal to a rule, or show where, how and by how much it differs.

    TARGET is FILE.py, FILE.py:step, package.module:step, or a class such as torch.optim.Adam.  A step function is
    step(theta, g, state, t, hyper) or step(theta, g, state, t, *, lr, ...) and returns (theta, state); init(theta), if
    there is one, makes the state.  The code runs in a process of its own.
    """
    from ..analysis.verify import verify as find_out

    chosen = {name: literal(value) for name, value in pairs("--set", options)}
    theirs = dict(pairs("--map", names))
    with show_progress() as progress:
        found = find_out(target, against, names=theirs, options=chosen, seconds=time_limit, progress=progress)
    if as_json:
        print_json(found.to_json())
    else:
        from ..reports import verifications

        display(verifications.verification_detail(found))
    return status_of([(found.verdict, found.verdict.name == "PROVED")])


@click.command(
    short_help="Compare two rules or implementations.",
    epilog=examples("compare adam adam[eps_hat]", "compare mine.py:step rmsprop"),
)
@click.argument("first")
@click.argument("second")
@json_option
def compare(first: str, second: str, as_json: bool) -> int:
    """Prove two rules or implementations the same, find hyperparameters that make them so, or show the difference."""
    from ..analysis.compare import compare as find_out

    found = find_out(first, second)
    if as_json:
        print_json(found.to_json())
    else:
        from ..reports import verifications

        display(verifications.comparison_detail(found))
    return status_of([(found.verdict, found.verdict.name == "PROVED")])


@click.command(
    short_help="Measure the installed frameworks against the published rules.",
    epilog=examples("conformance", "conformance --framework torch --out matrix"),
)
@click.option(
    "--framework",
    "frameworks",
    type=click.Choice(["torch", "optax", "keras"]),
    multiple=True,
    help="All, if none is given.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the matrix as JSON, Markdown, HTML.")
@click.option("--time-limit", type=float, default=30.0, show_default=True, help="Seconds for one optimizer.")
@json_option
def conformance(frameworks: tuple[str, ...], out: Path | None, time_limit: float, as_json: bool) -> int:
    """Measure every element-wise optimizer of the installed frameworks, in every form, against the published rules.

    Each cell of the matrix is PROVED, or it names the difference, with a run that shows it.

    The exit status is 0 when all are PROVED, 1 when one was REFUTED, 3 when one is UNKNOWN and none was refuted.
    """
    from ..analysis.conformance.run import conformance as measure
    from ..derive.prove.verdict import Verdict
    from ..reports import conformance as tables
    from ..reports.remember import Memory

    with show_progress() as progress:
        matrix = measure(frameworks, seconds=time_limit, progress=progress)
    data = json.dumps(matrix.to_json(), indent=2, ensure_ascii=False)
    if not frameworks:
        # The next report shows the whole matrix.
        Memory().keep_conformance(matrix.to_json())
    if out is not None:
        write_folder(tables.matrix_files(matrix, as_json=data + "\n"), out)
    if as_json:
        print_text(data)
    else:
        display(tables.matrix_table(matrix))
    verdicts = [Verdict[cell.verdict] for cell in matrix.cells if cell.verdict]
    return status_of((verdict, verdict is Verdict.PROVED) for verdict in verdicts)
