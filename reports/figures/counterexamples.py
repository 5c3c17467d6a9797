"""Counterexamples, run: the convex problem on which Adam does not converge, and what is refuted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .canvas import Scale, number
from .chart import Line, chart, linear
from .drawing import Drawing, Panel
from .palette import MUTED, SERIES

if TYPE_CHECKING:
    from ...analysis.study.counterexamples import Counterexample, Counterexamples

__all__ = ["draw_counterexamples"]


def draw_counterexamples(study: Counterexamples) -> tuple[Drawing, ...]:
    """The published problem, and a panel for each refuted statement."""
    return (_problem(study), *([_refuted(study)] if study.refuted else []))


def _problem(study: Counterexamples) -> Drawing:
    first = study.cycles[0]
    cycles = np.arange(1, len(first.regret) + 1)
    ends = "; ".join(
        f"{c.rule} ends at x = {number(float(c.x[-1]))}, its average regret at {number(float(c.regret[-1]))}"
        for c in study.cycles
    )
    caption = (
        f"Losses C x, −x, −x in turn on [−1, 1] with C = {number(first.large)}, from x = 1; the best point is −1. "
        f"lr = {number(first.scale)}/√t, beta1 = 0 and beta2 = 1/(1 + C²). Left: x after each cycle. Right: the regret "
        f"for each step; dashed, what Adam's steps are proved to cost at least ({first.verdict}). {ends}."
    )
    alt = f"A convex problem on which Adam goes to the worst point and AMSGrad does not. {ends}."
    colours = dict(zip([c.rule for c in study.cycles], SERIES, strict=False))
    x = Scale(1, len(cycles), True, tuple((float(10**k), f"{10**k}") for k in range(len(str(len(cycles))))))
    where = [Line(cycles, c.x[1:], c.rule, colours[c.rule]) for c in study.cycles]
    cost = [Line(cycles, c.regret, c.rule, colours[c.rule]) for c in study.cycles]
    cost.append(Line([1, len(cycles)], [first.at_least / 3] * 2, "at least, for Adam", MUTED, 1.2, (4, 3)))
    panels = (
        chart("x at the end of each cycle", where, x, linear([np.array([-1.0, 1.0])]), x_label="cycle").panel(),
        chart("regret for each step", cost, x, linear([c.regret for c in study.cycles]), x_label="cycle").panel(),
    )
    return Drawing("non-convergence", "A problem on which Adam does not converge", caption, alt, panels)


def _refuted(study: Counterexamples) -> Drawing:
    facts = " ".join(f"{c.rule}, {c.claim}: {c.title.rstrip('.')}." for c in study.refuted)
    caption = (
        "Statements that are commonly made and false, each with the run that refutes it: theta before the first step "
        "and after each, exactly (dots) and by the kernel in float64 (line). The gradients are the refutation's. "
        f"{facts}"
    )
    alt = f"Runs of {len(study.refuted)} counterexamples. {facts}"
    panels = tuple(_panel(c) for c in study.refuted)
    return Drawing("counterexamples", "Counterexamples", caption, alt, panels)


def _panel(case: Counterexample) -> Panel:
    steps = len(case.gradients)
    gradients = ", ".join(number(float(g)) for g in case.gradients[:4]) + (", ..." if steps > 4 else "")
    t = np.arange(steps + 1)
    lines = [
        Line(t, case.exact, "", SERIES[1], 7.0, dots=True),
        Line(t, case.run, f"theta, g = {gradients}", SERIES[0]),
    ]
    ticks = tuple((float(k), "t = " * (k == steps) + str(k)) for k in (0, steps))
    x = Scale(-0.05 * steps, 1.05 * steps, ticks=ticks)
    return chart(f"{case.rule}: {case.claim}", lines, x, linear([case.exact, case.run], 0.1)).panel()
