"""The distribution of steps under noisy gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .canvas import number
from .chart import Line, chart, counted, linear
from .drawing import Drawing, Panel
from .palette import INK, SERIES

if TYPE_CHECKING:
    from ...analysis.study.noise import NoisySteps, StepDistribution

__all__ = ["draw_noise"]


def draw_noise(study: NoisySteps) -> tuple[Drawing, ...]:
    """One panel for each rule and strength of noise."""
    facts = "; ".join(
        f"{d.rule} with noise {number(d.noise)}: in the end from {number(float(d.quantiles[0, -1]))} to "
        f"{number(float(d.quantiles[-1, -1]))}, in the middle {number(float(d.quantiles[len(study.levels) // 2, -1]))}"
        for d in study.distributions
    )
    levels = ", ".join(f"{100 * float(level):g} %" for level in study.levels)
    caption = (
        f"The step against the mean gradient, divided by the learning rate, when gradients are 1 plus normal noise: "
        f"the quantiles {levels} over {study.runs} runs (thick: the middle one). Steps of a rule that divides by the "
        f"size of the gradients shrink as the noise grows; those of gradient descent only spread. {facts}."
    )
    alt = f"Quantiles of steps under noise. {facts}."
    panels = tuple(_panel(d) for d in study.distributions)
    return (Drawing("noise", "Steps under noise", caption, alt, panels),)


def _panel(one: StepDistribution) -> Panel:
    middle = len(one.quantiles) // 2
    lines = [
        Line(one.t, row, "", INK if k == middle else SERIES[0], 1.6 if k == middle else 0.9)
        for k, row in enumerate(one.quantiles)
    ]
    heading = f"{one.rule}, noise {number(one.noise)}"
    return chart(heading, lines, counted(len(one.t)), linear([one.quantiles])).panel()
