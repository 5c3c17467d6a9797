"""The bias corrections of a rule and what the first steps would be without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import Box, Canvas, Scale, number
from .drawing import Drawing, Panel
from .palette import SERIES

if TYPE_CHECKING:
    from ...analysis.study import BiasCorrection

__all__ = ["draw_bias_correction"]

_WIDTH, _HEIGHT = 380, 220


def draw_bias_correction(study: BiasCorrection, title: str) -> Drawing:
    """The correction factors over time, and the step with and without them."""
    first, bare = (-float(a[0]) for a in (study.corrected, study.uncorrected))
    worst = int(np.argmax(np.abs(study.uncorrected / study.corrected)))
    ratio = float(study.uncorrected[worst] / study.corrected[worst])
    factors = ", ".join(f"{number(float(f[0]))} for {n} = {study.hyper[n]:g}" for n, f in study.factors.items())
    facts = (
        f"At t = 1 the factors are {factors}; by t = {len(study.t)} they are "
        f"{' and '.join(number(float(f[-1])) for f in study.factors.values())}. With them the first step is "
        f"{number(first)}, without them {number(bare)}; the uncorrected step differs most at "
        f"t = {int(study.t[worst])}, where it is {number(ratio)} times the corrected one."
    )
    caption = (
        f"Left: the factors 1/(1 − βᵗ) by which {title} enlarges its averages, which start at zero. Right: the step "
        f"against a constant gradient of 1, with the corrections and without any. {facts}"
    )
    alt = f"Bias correction of {title}: the factors fall to 1, and the steps with and without them. {facts}"
    return Drawing("bias-correction", "Bias correction", caption, alt, (_factors(study), _steps(study)))


def _frame(canvas: Canvas, study: BiasCorrection, scale: Scale, heading: str) -> Box:
    steps = len(study.t)
    x = Scale(1, steps, ticks=((1, "1"), (steps / 2, f"{steps // 2}"), (steps, f"t = {steps}")))
    canvas.text(40, _HEIGHT - 14, heading, size=10.5, bold=True)
    box = Box(40, 22, _WIDTH - 104, _HEIGHT - 28, x, scale)
    canvas.axes(box)
    return box


def _factors(study: BiasCorrection) -> Panel:
    canvas = Canvas(_WIDTH, _HEIGHT)
    box = _frame(canvas, study, Scale.logarithmic([*study.factors.values(), np.ones(1)]), "factor 1/(1 − βᵗ)")
    for colour, (name, factor) in zip(SERIES, study.factors.items(), strict=False):
        canvas.line(box, study.t, factor, colour)
        _, up = box.place(study.t[-1], factor[-1])
        canvas.text(box.right + 5, float(up) - 3, f"{name} = {study.hyper[name]:g}", colour=colour, size=10)
    return canvas.panel()


def _steps(study: BiasCorrection) -> Panel:
    canvas = Canvas(_WIDTH, _HEIGHT)
    corrected, bare = -study.corrected, -study.uncorrected
    box = _frame(canvas, study, Scale.logarithmic([corrected, bare]), "step −Δθ, constant gradient")
    ends = [float(box.place(1, a[-1])[1]) for a in (corrected, bare)]
    # Two labels need ten units between them.
    apart = max(0.0, 11 - abs(ends[1] - ends[0])) / 2
    for colour, values, words, end, other in (
        (SERIES[0], corrected, "corrected", ends[0], ends[1]),
        (SERIES[1], bare, "uncorrected", ends[1], ends[0]),
    ):
        canvas.line(box, study.t, values, colour)
        canvas.text(box.right + 5, end - 3 + (apart if end > other else -apart), words, colour=colour, size=10)
    return canvas.panel()
