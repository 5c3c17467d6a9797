"""The worst gradient sequences, run: how near to the proved bound they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import number
from .chart import Line, chart, counted, linear
from .drawing import Drawing, Panel
from .palette import INK, MUTED, SERIES

if TYPE_CHECKING:
    from ...analysis.study.worst_cases import WorstCase, WorstCases

__all__ = ["draw_worst_cases"]


def draw_worst_cases(study: WorstCases) -> tuple[Drawing, ...]:
    """One panel for each sequence."""
    facts = "; ".join(
        f"{c.rule}, {c.claim} ({c.verdict}): {c.measure} at {100 * float(c.share.max()):.3f} % of {number(c.bound)}"
        for c in study.cases
    )
    caption = (
        "The gradient sequences that the proofs of bounds hold, run. Blue: what is bounded, of its bound (dashed); no "
        f"gradients lead above it. Orange, where the proof has one: the closed form, along which the run goes. {facts}."
    )
    alt = f"Runs of the worst gradient sequences approach the proved bounds. {facts}."
    return (Drawing("worst-cases", "Worst cases", caption, alt, tuple(_panel(c) for c in study.cases)),)


def _panel(case: WorstCase) -> Panel:
    steps = len(case.gradients)
    t = np.arange(1, steps + 1)
    lines = [Line([1, steps], [1.0, 1.0], "bound", MUTED, 1.2, (4, 3))]
    if case.closed_form is not None:
        lines.append(Line(t, case.closed_form / case.bound, "closed form", SERIES[1], 6.0))
    lines.append(Line(t, case.share, "run", SERIES[0], 1.5))
    y = linear([np.array([0.0, 1.05])], 0.0)
    canvas = chart(f"{case.rule}: {case.claim}", lines, counted(steps), y)
    canvas.text(342, 30, f"{case.measure} / {number(case.bound)}", align="right", size=9.5, colour=INK)
    return canvas.panel()
