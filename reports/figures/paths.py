"""Paths of rules over landscapes, on their level lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from .canvas import number
from .chart import Line, chart, linear
from .drawing import Drawing, Panel
from .palette import GRID, SERIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis.study.trajectories import Path, Paths

__all__ = ["draw_paths"]

_LEVELS = 9


def draw_paths(study: Paths) -> tuple[Drawing, ...]:
    """One panel for each landscape, one line for each rule."""
    names = list(dict.fromkeys(run.landscape for run in study.runs))
    panels, facts = [], []
    for name in names:
        runs = [run for run in study.runs if run.landscape == name]
        panels.append(_panel(name, runs[: len(SERIES)]))
        ends = "; ".join(f"{run.rule} at {number(float(run.value[-1]))} with lr = {number(run.lr)}" for run in runs)
        facts.append(f"{name}: {ends}.")
    caption = (
        f"Where {study.steps} steps lead from one starting point, on level lines of the objective (grey). Every rule "
        f"has the learning rate, of {len(study.grid)} from {number(float(study.grid.min()))} to "
        f"{number(float(study.grid.max()))}, that ends lowest. Where the objective ends: {' '.join(facts)}"
    )
    alt = f"Paths over {', '.join(names)}. {' '.join(facts)}"
    return (Drawing("paths", "Paths", caption, alt, tuple(panels)),)


def _panel(name: str, runs: list[Path]) -> Panel:
    from ...analysis.study import LANDSCAPES

    view = LANDSCAPES[name].view
    x, y = linear([np.array(view[:2])], 0.0), linear([np.array(view[2:])], 0.0)
    lines = [Line(*points, colour=GRID, width=0.8) for points in _level_lines(name, view)]
    lines += [Line(run.x, run.y, run.rule, colour) for run, colour in zip(runs, SERIES, strict=False)]
    return chart(name, lines, x, y, x_label="x (across) and y (up)").panel()


def _level_lines(name: str, view: tuple[float, ...]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Lines of equal height, nearer to each other where it is low."""
    from contourpy import contour_generator

    from ...analysis.study import LANDSCAPES

    goal = LANDSCAPES[name].objective
    xs, ys = np.linspace(view[0], view[1], 81), np.linspace(view[2], view[3], 81)
    grid = np.meshgrid(xs, ys)
    heights = np.asarray(sp.lambdify(goal.coordinates, goal.value, "numpy")(*grid), dtype=np.float64)
    above = heights - heights.min()
    levels = heights.min() + above.max() * np.logspace(-3, -0.1, _LEVELS)
    generator: Any = contour_generator(xs, ys, heights)
    return [(line[:, 0], line[:, 1]) for level in levels for line in generator.lines(float(level)) if len(line) > 4]
