"""The effective step size over time, a panel for each gradient sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .canvas import Box, Canvas, Scale, number
from .drawing import Drawing, Panel
from .palette import MUTED, SERIES

if TYPE_CHECKING:
    from ...analysis.study import EffectiveSteps

__all__ = ["course", "draw_effective_steps", "gradient_strip"]

_WIDTH, _HEIGHT = 200, 210
_WORDS = {
    "constant": "constant gradient",
    "decaying": "decaying gradient",
    "spiky": "gradient with spikes",
    "sparse": "sparse gradient",
}


def draw_effective_steps(study: EffectiveSteps, title: str) -> Drawing:
    """The effective step size of one rule under each gradient sequence, on one logarithmic scale.

    Parameters
    ----------
    study : EffectiveSteps
    title : str
        What a person calls the rule.
    """
    lr = study.hyper.get("lr", 0.0)
    values = [*study.effective.values(), *([np.array([lr])] if lr > 0 else [])]
    scale = Scale.logarithmic(values)
    panels = tuple(_panel(study, name, scale, lr) for name in study.effective)
    courses = [f"{_WORDS.get(n, n)}: {course(v)}" for n, v in study.effective.items()]
    settings = ", ".join(f"{name} = {number(value)}" for name, value in study.hyper.items())
    against = " The dashed line is the learning rate lr." if lr > 0 else ""
    caption = (
        f"How far {title} moves the parameter against each unit of gradient, −Δθ/g, over the first "
        f"{len(next(iter(study.effective.values())))} steps (logarithmic scale; grey above: the gradient itself; "
        f"{settings or 'no hyperparameters'}).{against} {_sentence(courses)}"
    )
    alt = f"Effective step size of {title} over time in {len(panels)} panels. {_sentence(courses)}"
    return Drawing("effective-step", "Effective step size over time", caption, alt, panels)


def course(values: NDArray[np.float64]) -> str:
    """What a sequence does, in words.

    Examples
    --------
    >>> course(np.array([1.0, 0.5, 0.25]))
    'falls from 1 to 0.25'
    """
    seen = values[np.isfinite(values)]
    if not seen.size:
        return "is nowhere defined"
    first, last, low, high = (float(v) for v in (seen[0], seen[-1], seen.min(), seen.max()))
    if high - low <= 0.005 * abs(high):
        return f"stays at {number(last)}"
    change = np.diff(seen)
    if (change <= 0).all():
        return f"falls from {number(first)} to {number(last)}"
    if (change >= 0).all():
        return f"rises from {number(first)} to {number(last)}"
    return f"starts at {number(first)}, ranges from {number(low)} to {number(high)}, ends at {number(last)}"


def gradient_strip(canvas: Canvas, box: Box, t: NDArray[np.int64], gradient: NDArray[np.float64]) -> None:
    """The gradient as a thin grey line above the panel."""
    across, up = box.place(t, gradient)
    canvas.path(across, up, MUTED, 0.9)
    canvas.text(box.left - 4, (box.bottom + box.top) / 2 - 3, "g", align="right", size=10)


def _panel(study: EffectiveSteps, name: str, scale: Scale, lr: float) -> Panel:
    values, gradient = study.effective[name], study.gradients[name]
    steps = len(values)
    t = np.arange(1, steps + 1)
    x = Scale(1, steps, ticks=((1, "1"), (steps / 2, f"{steps // 2}"), (steps, f"t = {steps}")))
    canvas = Canvas(_WIDTH, _HEIGHT)
    canvas.text(36, _HEIGHT - 12, _WORDS.get(name, name), colour=SERIES[0], size=11.5, bold=True)
    low, high = min(0.0, float(gradient.min())), max(1e-300, float(gradient.max()))
    gradient_strip(canvas, Box(36, _HEIGHT - 42, _WIDTH - 12, _HEIGHT - 22, x, Scale(low, high)), t, gradient)
    main = Box(36, 22, _WIDTH - 12, _HEIGHT - 54, x, scale)
    canvas.axes(main)
    if lr > 0:
        _, up = main.place(1, lr)
        canvas.path([main.left, main.right], [up, up], MUTED, 1.0, dashes=(4, 3))
    positive = np.where(values > 0, values, np.nan)
    if np.isnan(positive).mean() > 0.5:
        shown = np.isfinite(positive)
        canvas.dots(main, t[shown], positive[shown], SERIES[0])
    else:
        canvas.line(main, t, positive, SERIES[0])
    return canvas.panel()


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
