"""One panel with lines over two scales: what the figures of the studies are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canvas import Box, Canvas, Scale, number
from .palette import INK, MUTED, SERIES

__all__ = ["Line", "chart", "counted", "linear"]

_WIDTH, _HEIGHT = 360, 250
_LETTER = 6.2


@dataclass(frozen=True)
class Line:
    """Values over values; without a label it is not listed above the panel."""

    xs: Any
    ys: Any
    label: str = ""
    colour: str = SERIES[0]
    width: float = 1.6
    dashes: tuple[float, float] | None = None
    dots: bool = False


def linear(values: Sequence[Any], room: float = 0.04) -> Scale:
    """A linear scale that holds every finite value of `values`, with ticks at round numbers.

    Examples
    --------
    >>> [label for _, label in linear([np.array([0.0, 2.0])]).ticks]
    ['0', '0.5', '1', '1.5', '2']
    """
    joined = np.concatenate([np.asarray(v, dtype=np.float64).ravel() for v in values])
    joined = joined[np.isfinite(joined)]
    low, high = (float(joined.min()), float(joined.max())) if joined.size else (0.0, 1.0)
    spread = (high - low) or abs(high) or 1.0
    low, high = low - room * spread, high + room * spread
    unit = 10 ** math.floor(math.log10((high - low) / 3))
    step = next(m * unit for m in (1, 2, 5, 10) if (high - low) / (m * unit) <= 6)
    ticks = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    digits = max(0, -math.floor(math.log10(step)))
    return Scale(low, high, ticks=tuple((float(v), _tick(float(v), digits)) for v in ticks))


def _tick(value: float, digits: int) -> str:
    """A round number with as many decimals as its step has, where these are few."""
    if digits > 6 or abs(value) >= 1e5:
        return number(value)
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(steps: int, first: int = 1) -> Scale:
    """A scale of steps, with the first, the middle and the last."""
    middle = (first + steps) // 2
    return Scale(first, steps, ticks=((first, f"{first}"), (middle, f"{middle}"), (steps, f"t = {steps}")))


def chart(heading: str, lines: Sequence[Line], x: Scale, y: Scale, *, x_label: str = "") -> Canvas:
    """A panel with a heading, the labels of its lines, and the lines, which end where the scales do."""
    canvas = Canvas(_WIDTH, _HEIGHT)
    canvas.text(46, _HEIGHT - 16, heading, colour=INK, size=10.5, bold=True)
    left = 46.0
    for line in lines:
        canvas.text(left, _HEIGHT - 32, line.label, colour=line.colour, size=10)
        left += _LETTER * len(line.label) + (12 if line.label else 0)
    box = Box(46, 36 if x_label else 24, _WIDTH - 16, _HEIGHT - 42, x, y)
    canvas.axes(box)
    if x_label:
        canvas.text((box.left + box.right) / 2, 6, x_label, align="center", size=9.5, colour=MUTED)
    for line in lines:
        xs, ys = _within(line, x, y)
        if line.dots:
            canvas.dots(box, xs, ys, line.colour, line.width)
        else:
            canvas.path(*box.place(xs, ys), line.colour, line.width, line.dashes)
    return canvas


def _within(line: Line, x: Scale, y: Scale) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points that the scales hold; the others interrupt the line."""
    xs, ys = (np.asarray(v, dtype=np.float64) for v in (line.xs, line.ys))
    with np.errstate(invalid="ignore"):
        held = (xs >= x.lower) & (xs <= x.upper) & (ys >= y.lower) & (ys <= y.upper)
    return np.where(held, xs, x.upper if x.log else x.lower), np.where(held, ys, np.nan)
