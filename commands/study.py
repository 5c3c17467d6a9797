"""Studies: run one, write its data and its figures, draw them again."""

from __future__ import annotations

import json
import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .arguments import examples, json_option, rules_called
from .output import print_json, print_text, show_progress

if TYPE_CHECKING:
    from ..reports.figures.drawing import Drawing
    from ..reports.figures.studies import Study

__all__ = ["study"]


@click.command(
    short_help="Run a study: data, and figures drawn from it.",
    epilog=examples("study", "study stability --out maps", "study paths adam rmsprop", "study stability --redraw maps"),
)
@click.argument("name", required=False)
@click.argument("rules", metavar="[RULE]...", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder to write; by default studies/NAME.",
)
@click.option(
    "--redraw",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw the figures again from the data in DIR; nothing is computed.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Compute on the Dask cluster with this scheduler.")
@json_option
def study(
    name: str | None,
    rules: tuple[str, ...],
    out: Path | None,
    redraw: Path | None,
    scheduler: str | None,
    as_json: bool,
) -> int:
    """Run the study NAME, of RULEs or of its own; without a name, list the studies.

    The folder gets NAME.json and NAME.csv, NAME.html with the figures, and each figure as SVG and PNG, with captions.md
    beside them.  What is computed is kept in its folder parts: a study that was killed continues from there.
    """
    from ..reports.figures.studies import STUDIES

    if name is None:
        return _list(as_json)
    if name not in STUDIES:
        raise click.UsageError(f"There is no study {name!r}; the studies are {', '.join(STUDIES)}.")
    if redraw is not None and (rules or out or scheduler):
        raise click.UsageError("--redraw computes nothing: it goes with no RULE, --out or --scheduler.")
    chosen = STUDIES[name]
    folder = redraw or out or Path("studies") / name
    try:
        if redraw:
            record, command = _stored(chosen, folder)
            written = []
        else:
            record, command = (
                _computed(chosen, rules, folder, scheduler),
                shlex.join(["optproof", "study", name, *rules]),
            )
            written = _write_data(chosen, record, command, folder)
        written += _write_figures(chosen, chosen.draw(record), command, folder)
    except OSError as error:
        raise click.UsageError(f"{error.filename or folder} cannot be written: {error.strerror or error}.") from None
    if as_json:
        return print_json({"study": name, "folder": str(folder), "files": [str(path) for path in written]})
    return print_text("\n".join(f"written: {path}" for path in written))


def _list(as_json: bool) -> int:
    from ..reports.figures.studies import STUDIES

    if as_json:
        return print_json([{"study": one.name, "shows": one.words} for one in STUDIES.values()])
    return print_text("\n".join(f"{one.name:<16} {one.words}" for one in STUDIES.values()))


def _computed(chosen: Study, rules: tuple[str, ...], folder: Path, scheduler: str | None) -> Any:
    """The record, with what was computed before taken from the folder's parts."""
    from ..analysis.study import Sweep, dask_executor

    with ExitStack() as stack:
        executor = stack.enter_context(dask_executor(scheduler)) if scheduler else None
        progress = stack.enter_context(show_progress())
        sweep = Sweep(executor, folder / "parts", progress)
        return chosen.compute(rules_called(rules) or None, sweep)


def _stored(chosen: Study, folder: Path) -> tuple[Any, str]:
    """The record, and the command that computed it."""
    path = folder / f"{chosen.name}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return chosen.read(data), data["command"]
    except FileNotFoundError:
        raise click.UsageError(
            f"{path} does not exist; run optproof study {chosen.name} --out {folder} first."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None


def _write_data(chosen: Study, record: Any, command: str, folder: Path) -> list[Path]:
    text = json.dumps({"command": command, **record.to_json()}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return [
        _write(folder / f"{chosen.name}.json", text.encode()),
        _write(folder / f"{chosen.name}.csv", record.to_csv().encode()),
    ]


def _write_figures(chosen: Study, drawings: tuple[Drawing, ...], command: str, folder: Path) -> list[Path]:
    from ..reports.studies import study_page

    written = [_write(folder / f"{chosen.name}.html", study_page(chosen, drawings, command).encode())]
    for drawing in drawings:
        written.append(_write(folder / f"{drawing.name}.svg", drawing.svg.encode()))
        written.append(_write(folder / f"{drawing.name}.png", drawing.png()))
    captions = (f"## {d.title}\n\n![{d.title}]({d.name}.svg)\n\n{d.caption}\n" for d in drawings)
    return [*written, _write(folder / "captions.md", "\n".join(captions).encode())]


def _write(path: Path, content: bytes) -> Path:
    from ..kernels.atomic import replacing

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)
    return path
