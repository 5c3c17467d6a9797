"""Which figures the page of a rule has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...derive import UpdateRule, rule
from .bias_correction import draw_bias_correction
from .effective_rates import draw_effective_rates
from .effective_step import draw_effective_steps

if TYPE_CHECKING:
    from .drawing import Drawing

__all__ = ["figures_of"]

_AGAINST = ("adagrad", "rmsprop")


def figures_of(one: UpdateRule) -> list[tuple[str, Callable[[], Drawing]]]:
    """The figures of a rule's page, each with what it is called and how it is made."""
    from ...analysis import study

    title = one.name if "[" in one.name else one.title
    wanted = [
        (
            f"the figure of the effective step size of {one.name}",
            lambda: draw_effective_steps(study.effective_steps(one), title),
        )
    ]
    if study.has_bias_correction(one):
        wanted.append(
            (
                f"the figure of the bias correction of {one.name}",
                lambda: draw_bias_correction(study.bias_correction(one), title),
            )
        )
    if one.name in _AGAINST:
        titles = {n: rule(n).title for n in _AGAINST}
        wanted.append(
            (
                "the figure of Adagrad against RMSprop",
                lambda: draw_effective_rates(study.adagrad_against_rmsprop(), titles),
            )
        )
    return wanted
