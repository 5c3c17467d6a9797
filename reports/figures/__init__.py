"""Figures: each function takes the result of a study and returns a drawing with a caption and a description.

Nothing is imported from matplotlib until a figure is drawn.
"""

from __future__ import annotations

from .bias_correction import draw_bias_correction
from .drawing import Drawing
from .effective_rates import draw_effective_rates
from .effective_step import draw_effective_steps

__all__ = ["Drawing", "draw_bias_correction", "draw_effective_rates", "draw_effective_steps"]
