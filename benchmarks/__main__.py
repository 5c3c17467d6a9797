"""`make bench`: measure, print tables, and write JSON and plots. Nothing here is asserted anywhere.

``python -m benchmarks [NAME ...] [--all] [--rules RULE ...] [--sizes N ...] [--many 1000x100 ...] [--out DIR]``

By default: start-up, compilation, where threads begin to pay, peak memory, many runs side by side, the report, and
six rules against all peers up to 10^7 elements, Adam also at 10^8, and every rule against the memory limit at 10^7.
That takes about a quarter of an hour on two processors that have nothing else to do.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

import optproof as op

from .compilation import compilation
from .contestants import CONTESTANTS
from .crossing import crossings
from .kernel_speed import LeftOut, kernel_speed
from .measure import Figure
from .peak_memory import peak_memory
from .plan import MANY, RULES, SIZES, Case, default_plan, plan, whole_plan
from .ratios import asked_and_measured
from .results import busy, machine, write_json
from .speed_table import file_name, plot, speed_table
from .startup import startup
from .trajectories import trajectories
from .whole_report import whole_report


@dataclass(frozen=True)
class Chosen:
    """What was asked for: the cases of the kernels, where results go, and a folder for the while."""

    cases: Sequence[Case]
    out: Path
    folder: Path
    resume: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were named, or all."""
    parser = _parser()
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    for rule in given.rules or ():
        if rule not in op.names():
            parser.error(f"there is no rule {rule!r} in the catalogue; `optproof rules` lists them")
    if busy():
        _say("the machine is busy: figures will vary, and peers whose threads wait without sleeping suffer most")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="optproof-bench-") as folder:
        chosen = Chosen(_cases(given), given.out, Path(folder), given.resume)
        for name in given.names or BENCHMARKS:
            _say(f"{name} ...")
            figures += BENCHMARKS[name](chosen)
            # After each, so that an interrupt leaves what was measured.
            _write(given.out, figures)
    Console(width=160).print(_table(figures))
    _say(f"written to {given.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure optproof.")
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    add("--rules", nargs="+", metavar="RULE", help="kernels of these rules")
    add("--sizes", nargs="+", type=int, metavar="N", help=f"of single arrays; {', '.join(map(str, SIZES))} with --all")
    add("--many", nargs="+", type=_many, metavar="KxN", help="K arrays of N elements, as in 1000x100")
    add("--contestants", nargs="+", choices=list(CONTESTANTS), metavar="NAME", help=f"of {', '.join(CONTESTANTS)}")
    add("--turns", type=int, metavar="K", help="how often each contestant is timed")
    add("--all", action="store_true", help="every rule at every size against everyone; hours")
    add("--resume", action="store_true", help="go on with the kernels where a run of this machine was interrupted")
    add("--out", type=Path, default=Path("benchmark"), metavar="DIR", help="where JSON and plots go; benchmark")
    return parser


def _many(text: str) -> tuple[int, int]:
    count, _, size = text.partition("x")
    return int(count), int(size)


def _cases(given: argparse.Namespace) -> list[Case]:
    """The cases of the kernels that the options ask for."""
    named = (given.rules, given.sizes, given.many, given.contestants, given.turns)
    if all(value is None for value in named):
        return whole_plan(op.names()) if given.all else default_plan(op.names())
    rules = given.rules or (op.names() if given.all else RULES)
    # Where only one kind of layout was named there is none of the other kind.
    sizes = given.sizes or ([] if given.many else (SIZES if given.all else SIZES[:-1]))
    many = given.many or ([] if given.sizes else MANY)
    return plan(rules, sizes, many, given.contestants or tuple(CONTESTANTS), given.turns)


def _kernels(chosen: Chosen) -> list[Figure]:
    timings, left_out = kernel_speed(chosen.cases, chosen.out, _say, resume=chosen.resume)
    Console(width=200).print(speed_table(timings))
    for sentence in _sentences(left_out):
        _say(sentence)
    for rule in dict.fromkeys(t.rule for t in timings):
        plot(timings, rule, chosen.out / file_name(rule))
    return asked_and_measured(timings)


def _sentences(left_out: Sequence[LeftOut]) -> list[str]:
    """Why contestants were left out, each reason once."""
    return list(dict.fromkeys(f"left out: {one.contestant}: {one.reason}" for one in left_out))


BENCHMARKS: dict[str, Callable[[Chosen], list[Figure]]] = {
    "startup": lambda chosen: startup(chosen.folder),
    "compilation": lambda chosen: compilation(chosen.folder),
    "threads": lambda chosen: crossings(),
    "memory": lambda chosen: peak_memory(chosen.folder),
    "kernels": _kernels,
    "trajectories": lambda chosen: trajectories(chosen.folder),
    "report": lambda chosen: whole_report(chosen.folder),
}


def _write(out: Path, figures: Sequence[Figure]) -> None:
    rows = [
        {
            "name": f.name,
            "value": f.value if math.isfinite(f.value) else None,
            "unit": f.unit,
            "at_most": f.bound,
            "at_least": f.at_least,
            "within": f.within,
        }
        for f in figures
    ]
    write_json(out / "benchmarks.json", {"machine": machine(), "busy": busy(), "figures": rows})


def _table(figures: Sequence[Figure]) -> Table:
    on = machine()
    table = Table("what", "measured", "asked", title=f"{on['cores']} cores, {on['processor']}, Python {on['python']}")
    for figure in figures:
        # Text, because the names of rules have brackets.
        value = Text(figure.measured(), style="" if figure.within else "bold red")
        table.add_row(Text(figure.name), value, figure.asked())
    return table


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
