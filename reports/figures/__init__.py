"""Figures: each function takes the result of a study and returns a drawing with a caption and a description.

Names are loaded when they are first used, and nothing is imported from matplotlib until a figure is drawn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bias_correction import draw_bias_correction as draw_bias_correction
    from .drawing import Drawing as Drawing
    from .effective_rates import draw_effective_rates as draw_effective_rates
    from .effective_step import draw_effective_steps as draw_effective_steps

_HOME = {
    "Drawing": "drawing",
    "draw_bias_correction": "bias_correction",
    "draw_effective_rates": "effective_rates",
    "draw_effective_steps": "effective_step",
}

__all__ = ["Drawing", "draw_bias_correction", "draw_effective_rates", "draw_effective_steps"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
