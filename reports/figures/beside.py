"""An implementation beside its rule: theta of both, where they part and at the defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import Scale, number
from .chart import Line, chart, linear
from .drawing import Drawing, Panel
from .palette import SERIES

if TYPE_CHECKING:
    from ...analysis.study import RunBeside

__all__ = ["draw_beside"]

_FEW = 8
_LONGEST = 26


def draw_beside(counterexample: RunBeside | None, usual: RunBeside | None, rule: str, target: str) -> Drawing:
    """Theta of a rule and of an implementation over the steps.

    Parameters
    ----------
    counterexample : RunBeside or None
        Along the run that tells them apart.
    usual : RunBeside or None
        At the default hyperparameters.
    rule, target : str
        What they are called.
    """
    panels: list[Panel] = []
    words: list[str] = []
    if counterexample is not None:
        panels.append(_theta(counterexample, "θ along the counterexample", rule, target))
        words.append(f"Along the counterexample ({_settings(counterexample)}) {_ends(counterexample, rule, target)}.")
    if usual is not None:
        panels.append(_theta(usual, "θ at the default hyperparameters", rule, target))
        words.append(
            f"At the defaults ({_settings(usual)}) under a gradient that swings between 1 and −1 "
            f"{_ends(usual, rule, target)}; {_farthest(usual)}."
        )
        panels += [_distance(usual)] if _apart(usual) else []
    facts = " ".join(words)
    ran = all(run.ran for run in (counterexample, usual) if run is not None)
    confirmed = " Run on the same gradients, the code itself ends at the same values." if ran else ""
    caption = (
        f"The parameter θ after each step of {rule} (solid), from its equations, and of {target} (dashed), from what "
        f"its code was traced to compute, both in double precision and from θ = 1. {facts}{confirmed}"
    )
    return Drawing("beside", f"{target} beside {rule}", caption, f"Two lines over the steps. {facts}", tuple(panels))


def _theta(run: RunBeside, heading: str, rule: str, target: str) -> Panel:
    steps = np.arange(run.rule.size)
    lines = (
        Line(steps, run.rule, _short(rule), SERIES[0], 2.2),
        Line(steps, run.implementation, _short(target), SERIES[1], 1.8, (4, 3)),
    )
    y = linear([run.rule, run.implementation])
    return chart(heading, lines, _steps(run.rule.size - 1), y, x_label="step").panel()


def _distance(run: RunBeside) -> Panel:
    steps, apart = np.arange(run.rule.size), np.where(run.distance > 0, run.distance, np.nan)
    lines = (Line(steps, apart, "", SERIES[2]),)
    scale = Scale.logarithmic([apart])
    return chart("how far apart, at the defaults", lines, _steps(steps.size - 1), scale, x_label="step").panel()


def _steps(last: int) -> Scale:
    shown = range(last + 1) if last <= _FEW else (0, last // 2, last)
    return Scale(0, last, ticks=tuple((float(t), f"{t}") for t in shown))


def _apart(run: RunBeside) -> bool:
    return bool((run.distance[np.isfinite(run.distance)] > 0).any())


def _farthest(run: RunBeside) -> str:
    if not _apart(run):
        return "they agree to the last bit"
    step = int(np.nanargmax(run.distance))
    return f"they are farthest apart at step {step}, by {number(float(run.distance[step]))}"


def _ends(run: RunBeside, rule: str, target: str) -> str:
    ours, theirs = float(run.rule[-1]), float(run.implementation[-1])
    plural = "s" if run.gradients.size != 1 else ""
    return f"{rule} is at {_value(ours)} after {run.gradients.size} step{plural}, {target} at {_value(theirs)}"


def _value(theta: float) -> str:
    return f"{theta:.6g}" if np.isfinite(theta) else "no number"


def _settings(run: RunBeside) -> str:
    return ", ".join(f"{name} = {number(value)}" for name, value in run.hyper.items()) or "no hyperparameters"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"
