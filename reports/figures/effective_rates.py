"""The effective rates of several rules on one gradient sequence: Adagrad against RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .canvas import Box, Canvas, Scale, number
from .drawing import Drawing
from .effective_step import course, gradient_strip
from .palette import SERIES

if TYPE_CHECKING:
    from ...analysis.study import EffectiveRates

__all__ = ["draw_effective_rates"]

_WIDTH, _HEIGHT = 540, 230
_SUM_AND_AVERAGE = {"adagrad", "rmsprop"}


def draw_effective_rates(study: EffectiveRates, titles: Mapping[str, str]) -> Drawing:
    """One line for each rule, on a logarithmic scale, with its name at the end.

    Parameters
    ----------
    study : EffectiveRates
        At most four rules.
    titles : mapping of rule name to what a person calls it
    """
    steps = len(study.gradients)
    t = np.arange(1, steps + 1)
    middle = steps // 2
    x = Scale(1, steps, ticks=((1, "1"), (middle, f"{middle}"), (steps, f"t = {steps}")))
    canvas = Canvas(_WIDTH, _HEIGHT)
    strip = Box(40, _HEIGHT - 34, _WIDTH - 74, _HEIGHT - 8, x, Scale(0.0, float(study.gradients.max())))
    gradient_strip(canvas, strip, t, study.gradients)
    box = Box(40, 22, _WIDTH - 74, _HEIGHT - 50, x, Scale.logarithmic(list(study.rate.values())))
    canvas.axes(box)
    for colour, name in zip(SERIES, study.rules, strict=False):
        canvas.line(box, t, study.rate[name], colour, 2.0)
        _, up = box.place(steps, study.rate[name][-1])
        canvas.text(box.right + 6, float(up) - 3, titles[name], colour=colour, size=11.5, bold=True)
    names = [titles[n] for n in study.rules]
    courses = "; ".join(f"{titles[n]} {course(study.rate[n])}" for n in study.rules)
    lesson = "A sum of squares never forgets, a moving average does: " if set(study.rules) == _SUM_AND_AVERAGE else ""
    caption = (
        f"The effective step size −Δθ/g of {' and '.join(names)} at one learning rate, on a gradient of size "
        f"{number(float(study.gradients[0]))} that becomes {number(float(study.gradients[-1]))} halfway (grey, above). "
        f"{lesson}{courses}."
    )
    alt = f"Effective step sizes over {steps} steps. {courses}."
    return Drawing("effective-rates", f"{' against '.join(names)}", caption, alt, (canvas.panel(),))
