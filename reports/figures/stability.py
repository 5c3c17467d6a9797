"""Maps of stability: where runs came nearer to the minimum, and the proved boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .chart import Line, chart, linear
from .drawing import Drawing, Panel
from .palette import INK, SERIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis.study.stability import StabilityMap, StabilityMaps

__all__ = ["draw_stability"]

_UP = 165
"""The height of a panel's box, in units, that stands for values from 0 to 1."""


def draw_stability(study: StabilityMaps) -> tuple[Drawing, ...]:
    """One map for each rule."""
    facts = " ".join(_fact(one) for one in study.maps)
    caption = (
        f"Filled: {study.steps} steps on a quadratic of curvature h came nearer to the minimum; elsewhere not. "
        f"The line is the boundary that is derived and proved from the rule; nothing was fitted. {facts}"
    )
    alt = f"Maps over learning rate times curvature and another hyperparameter. {facts}"
    return (Drawing("stability", "Stability", caption, alt, tuple(_panel(one) for one in study.maps)),)


def _fact(one: StabilityMap) -> str:
    share = "every" if one.agreement == 1 else f"{100 * one.agreement:.2f} % of"
    return f"{one.rule} settles for curvatures h below {_plain(one.limit)} ({one.verdict}), as {share} run did."


def _plain(formula: str) -> str:
    return formula.replace("**", "^").replace("*", " ")


def _panel(one: StabilityMap) -> Panel:
    x, y = linear([np.array([0.0, one.products.max()])], 0.02), linear([np.array([0.0, 1.0])], 0.02)
    half = (one.products[1] - one.products[0]) / 2
    # As thick as the rows are far apart, and a little more, so that no ground shows between them.
    thick = _UP / max(len(one.values) - 1, 1) * 1.12
    lines = [
        Line(*_runs(one.products, settles, half, value), colour=SERIES[0], width=thick)
        for value, settles in zip(one.values, one.settles, strict=True)
    ]
    lines.append(Line(one.boundary, one.values, "proved boundary", INK, 1.8))
    return chart(one.rule, lines, x, y, x_label=f"lr × h (across), {one.parameter} (up)").panel()


def _runs(
    products: NDArray[np.float64], settles: NDArray[np.bool_], half: float, value: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The stretches of a row that settle, as one line with gaps."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], settles.astype(np.int64), [0]])))
    ends = np.concatenate([products - half, [products[-1] + half]])
    xs = np.insert(ends[edges].reshape(-1, 2), 2, 0.0, axis=1).ravel()
    ys = np.tile([value, value, np.nan], len(edges) // 2)
    return xs, ys
