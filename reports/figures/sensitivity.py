"""Where runs end when one hyperparameter is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import Scale, number
from .chart import Line, chart
from .drawing import Drawing, Panel
from .palette import MUTED, SERIES

if TYPE_CHECKING:
    from ...analysis.study.sensitivity import Sensitivities, Sensitivity

__all__ = ["draw_sensitivity"]


def draw_sensitivity(study: Sensitivities) -> tuple[Drawing, ...]:
    """One panel for each hyperparameter, one line for each landscape."""
    keys = list(dict.fromkeys((c.rule, c.parameter) for c in study.curves))
    panels, facts = [], []
    for rule, parameter in keys:
        curves = [c for c in study.curves if (c.rule, c.parameter) == (rule, parameter)]
        panels.append(_panel(rule, parameter, curves))
        best = ", ".join(f"{number(float(c.values[np.argmin(c.ends)]))} on {c.landscape}" for c in curves)
        facts.append(f"{parameter} of {rule} is best at {best}")
    caption = (
        f"The objective after {study.steps} steps, the median over {study.starts} starting points, when one "
        f"hyperparameter is changed and the others are kept (dashed: where it stands otherwise on the first "
        f"landscape; the learning rate is changed first, and then stands at its best). A line ends "
        f"where runs diverge. {'; '.join(facts)}."
    )
    alt = f"How the end of a run depends on each hyperparameter. {'; '.join(facts)}."
    return (Drawing("sensitivity", "Sensitivity to each hyperparameter", caption, alt, tuple(panels)),)


def _panel(rule: str, parameter: str, curves: list[Sensitivity]) -> Panel:
    values = [c.values if not _is_rate(c) else 1 - c.values for c in curves]
    y = Scale.logarithmic([np.where(np.isfinite(c.ends), np.clip(c.ends, 1e-30, 1e12), np.nan) for c in curves])
    x = Scale.logarithmic(values)
    lines = [
        Line(xs, np.maximum(c.ends, 1e-30), c.landscape, colour)
        for c, xs, colour in zip(curves, values, SERIES, strict=False)
    ]
    for c in curves[:1]:
        at = 1 - c.default if _is_rate(c) else c.default
        lines.append(Line([at, at], [y.lower, y.upper], "", MUTED, 1.0, (4, 3)))
    words = f"1 − {parameter}" if _is_rate(curves[0]) else parameter
    return chart(f"{rule}: {parameter}", lines, x, y, x_label=words).panel()


def _is_rate(curve: Sensitivity) -> bool:
    """Whether all values are in [0, 1): a decay rate, of which the distance from 1 matters."""
    return bool(curve.values.max() < 1) and curve.parameter not in ("lr", "eps", "weight_decay")
