"""The figures of a rule, for several rules: a study draws one for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .bias_correction import draw_bias_correction
from .drawing import Drawing
from .effective_step import draw_effective_steps

if TYPE_CHECKING:
    from ...analysis.study import EffectiveStepStudy, FirstSteps

__all__ = ["draw_effective_step_study", "draw_first_steps"]


def draw_effective_step_study(study: EffectiveStepStudy) -> tuple[Drawing, ...]:
    """Effective step sizes over time."""
    return tuple(_named(draw_effective_steps(one, one.rule), one.rule) for one in study.rules)


def draw_first_steps(study: FirstSteps) -> tuple[Drawing, ...]:
    """Steps with and without bias correction."""
    return tuple(_named(draw_bias_correction(one, one.rule), one.rule) for one in study.rules)


def _named(drawing: Drawing, rule: str) -> Drawing:
    plain = "".join(c if c.isalnum() else "-" for c in rule).strip("-")
    return replace(drawing, name=f"{drawing.name}-{plain}")
