"""Gradients that change their size: the state that holds their squares, its closed form, and the effective step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import Scale, number
from .chart import Line, chart, counted
from .drawing import Drawing, Panel
from .palette import MUTED, SERIES

if TYPE_CHECKING:
    from ...analysis.study.scale_change import Recoveries, Recovery

__all__ = ["draw_recoveries"]


def draw_recoveries(study: Recoveries) -> tuple[Drawing, ...]:
    """Two panels: the squares, and the effective steps."""
    facts = "; ".join(
        f"{run.rule}: {run.state} = {run.formula} ({run.verdict}), {_time(run, study)}" for run in study.runs
    )
    caption = (
        f"Gradients of size {number(float(study.gradients[0]))} up to step {study.change}, then "
        f"{number(float(study.gradients[-1]))}. Left: what each rule keeps of the squared gradients, run (line) "
        f"and by the proved closed form (dashed, over it). Right: the effective step size −Δθ/g. {facts}."
    )
    alt = f"A sum of squares never forgets, an average does. {facts}."
    return (Drawing("scale-change", "After a change of scale", caption, alt, (_states(study), _rates(study))),)


def _time(run: Recovery, study: Recoveries) -> str:
    inside = "" if run.recovery <= len(study.gradients) - study.change else ", beyond the right edge"
    return f"within {100 * run.share:g} % of its new level {number(run.recovery)} steps after the change{inside}"


def _states(study: Recoveries) -> Panel:
    steps = len(study.gradients)
    t, later = np.arange(1, steps + 1), np.arange(study.change + 1, steps + 1)
    lines = [
        Line(t, run.simulated, f"{run.rule} {run.state}", colour, 2.6)
        for run, colour in zip(study.runs, SERIES, strict=False)
    ]
    lines += [Line(later, run.closed_form, "", MUTED, 1.0, (3, 2)) for run in study.runs]
    y = Scale.logarithmic([run.simulated for run in study.runs])
    return chart("squared gradients, kept", lines, counted(steps), y).panel()


def _rates(study: Recoveries) -> Panel:
    steps = len(study.gradients)
    t = np.arange(1, steps + 1)
    lines = [Line(t, run.rate, run.rule, colour) for run, colour in zip(study.runs, SERIES, strict=False)]
    y = Scale.logarithmic([run.rate for run in study.runs])
    return chart("effective step size", lines, counted(steps), y).panel()
