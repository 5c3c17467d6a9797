"""How fast a step is: every rule, from a thousand to a hundred million elements, next to its peers.

Contestants take turns, so that a slow moment of the machine meets all of them; the first turn does not count.  What is
reported is the median of the turns and how far they spread (the middle half, as a part of the median).

``python -m benchmarks.kernel_speed [--rules RULE ...] [--sizes N ...] [--out DIR]``
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import optproof as op
from optproof.kernels import KernelError

from .contestants import CONTESTANTS, Step

__all__ = ["Timing", "compare", "main"]

_SIZES = tuple(10**k for k in range(3, 9))
_MANY = ((1000, 100), (1000, 10_000))
_TURNS = 9
_SHORTEST = 0.02  # seconds: a step is repeated until one turn takes as long


@dataclass(frozen=True)
class Timing:
    """The time of a step of one contestant.

    Attributes
    ----------
    rule, layout, contestant : str
    elements : int
    seconds : float
        The median over the turns.
    spread : float
        The distance of the quartiles as a part of the median.
    """

    rule: str
    layout: str
    contestant: str
    elements: int
    seconds: float
    spread: float


def compare(rule: str, sizes: Sequence[int], names: Sequence[str], turns: int = _TURNS) -> Iterator[Timing]:
    """Time one step of `rule` on arrays of these sizes for the contestants that know it, in turns."""
    layout = f"{sizes[0]:,}" if len(sizes) == 1 else f"{len(sizes):,} x {sizes[0]:,}"
    steps = {name: step for name in names if (step := _made(name, rule, sizes)) is not None}
    repeats = {name: _repeats(step) for name, step in steps.items()}
    taken: dict[str, list[float]] = {name: [] for name in steps}
    gc.collect()
    gc.disable()
    try:
        for turn in range(turns + 1):
            for name, step in steps.items():
                seconds = _timed(step, repeats[name])
                if turn:
                    taken[name].append(seconds)
    finally:
        gc.enable()
    for name, values in taken.items():
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
        yield Timing(rule, layout, name, sum(sizes), middle, (high - low) / middle)


def _made(name: str, rule: str, sizes: Sequence[int]) -> Step | None:
    try:
        return CONTESTANTS[name](rule, sizes)
    except (ImportError, KernelError, MemoryError):
        return None


def _repeats(step: Step) -> int:
    step()
    return max(1, int(_SHORTEST / max(_timed(step, 1), 1e-9)))


def _timed(step: Step, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def _table(timings: Sequence[Timing]) -> Table:
    layouts = list(dict.fromkeys(t.layout for t in timings))
    table = Table("rule", "contestant", *layouts, title="nanoseconds for each element (spread)")
    for rule, name in dict.fromkeys((t.rule, t.contestant) for t in timings):
        cells = {
            t.layout: f"{1e9 * t.seconds / t.elements:.3f} ({t.spread:.0%})"
            for t in timings
            if (t.rule, t.contestant) == (rule, name)
        }
        table.add_row(rule, name, *(cells.get(layout, "") for layout in layouts))
    return table


def _plot(timings: Sequence[Timing], rule: str, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    own = [t for t in timings if t.rule == rule and " x " not in t.layout]
    for name in dict.fromkeys(t.contestant for t in own):
        points = [(t.elements, 1e9 * t.seconds / t.elements) for t in own if t.contestant == name]
        style = "--" if name.startswith("memory") else "-"
        axes.loglog(*zip(*points, strict=True), style, marker=".", label=name)
    axes.set_xlabel("elements")
    axes.set_ylabel("nanoseconds for each element")
    axes.set_title(f"One step of {rule}")
    axes.legend(fontsize="small")
    figure.savefig(path)


def main() -> None:
    """Measure, print a table, write JSON and a plot for each rule."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernel_speed", description=__doc__.split("\n")[0])
    parser.add_argument("--rules", nargs="*", default=list(op.names()), metavar="RULE", help="all by default")
    parser.add_argument("--sizes", nargs="*", type=int, default=list(_SIZES), metavar="N", help="of single arrays")
    parser.add_argument("--contestants", nargs="*", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    parser.add_argument("--turns", type=int, default=_TURNS)
    parser.add_argument("--out", type=Path, default=Path("benchmark"), metavar="DIR")
    chosen = parser.parse_args()
    layouts = [[size] for size in chosen.sizes] + [[size] * count for count, size in _MANY]
    timings: list[Timing] = []
    for rule in chosen.rules:
        for sizes in layouts:
            timings += compare(rule, sizes, chosen.contestants, chosen.turns)
    Console(width=200).print(_table(timings))
    chosen.out.mkdir(parents=True, exist_ok=True)
    rows = [asdict(t) for t in timings]
    (chosen.out / "kernel_speed.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    for rule in chosen.rules:
        _plot(timings, rule, chosen.out / f"{''.join(c if c.isalnum() else '_' for c in rule)}.svg")


if __name__ == "__main__":
    main()
