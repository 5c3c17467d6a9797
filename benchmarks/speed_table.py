"""The timings as a table and a plot: ratios to the float32 kernel, which is what a reader compares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from .contestants import REFERENCE
from .kernel_speed import Timing

__all__ = ["file_name", "plot", "speed_table"]


def speed_table(timings: Sequence[Timing]) -> Table:
    """For each contestant and layout its time as a multiple of the float32 kernel's, and the spread of that."""
    layouts = list(dict.fromkeys(t.layout for t in timings))
    title = "the time of a step as a multiple of the float32 kernel's (spread); of that kernel, the time of an element"
    table = Table("rule", "contestant", *layouts, title=title)
    rule = ""
    for key in dict.fromkeys((t.rule, t.contestant) for t in timings):
        cells = {t.layout: _cell(t) for t in timings if (t.rule, t.contestant) == key}
        if rule and key[0] != rule:
            table.add_section()
        # Text, because the names of rules have brackets.
        table.add_row(Text("" if key[0] == rule else key[0]), key[1], *(cells.get(layout, "") for layout in layouts))
        rule = key[0]
    return table


def _cell(t: Timing) -> str:
    if t.contestant == REFERENCE:
        return f"{1e9 * t.seconds / t.elements:.3g} ns ({t.spread:.0%})"
    return f"{t.ratio:.3g} ({t.ratio_spread:.0%})"


def plot(timings: Sequence[Timing], rule: str, path: Path) -> None:
    """The ratios of one rule against the number of elements; a picture as a whole or not at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    layouts = list(dict.fromkeys(t.layout for t in timings if t.rule == rule))
    for name in dict.fromkeys(t.contestant for t in timings if t.rule == rule and t.contestant != REFERENCE):
        own = [t for t in timings if (t.rule, t.contestant) == (rule, name)]
        places, ratios = [layouts.index(t.layout) for t in own], [t.ratio for t in own]
        half = [t.ratio * t.ratio_spread / 2 for t in own]
        style = "--" if name.startswith("memory") else ":" if name.startswith("optproof") else "-"
        axes.errorbar(places, ratios, half, linestyle=style, marker=".", capsize=2, label=name)
    axes.axhline(1, color="black", linewidth=1)
    axes.set_yscale("log")
    axes.set_xticks(range(len(layouts)), layouts)
    axes.set_xlabel("elements, or arrays x elements")
    axes.set_ylabel("time, as a multiple of the kernel's")
    axes.set_title(f"One step of {rule}: above the line is slower than the float32 kernel")
    figure.legend(*axes.get_legend_handles_labels(), fontsize="small", loc="outside right center")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    figure.savefig(fresh, format=path.suffix[1:])
    fresh.replace(path)


def file_name(rule: str) -> str:
    """The plot of a rule.

    Examples
    --------
    >>> file_name("adam[l2]")
    'kernel_speed_adam_l2.svg'
    """
    word = "".join(c if c.isalnum() else "_" for c in rule).strip("_")
    return f"kernel_speed_{word}.svg"
