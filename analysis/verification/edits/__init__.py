"""Mistakes that people make, each as a change of a rule's lines, whatever the rule.

Nothing here knows an optimizer by name: an edit looks for a shape (a root plus eps, a bias correction, an average) and
changes it.  Which edit an implementation equals is found by trying, and then proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..drafts import Draft, Edit
from .averages import averages, starts
from .bounds import bounds, without_effect
from .corrections import bias_correction
from .decay import weight_decay
from .eps import eps_placement
from .extremes import extremes
from .momentum import momentum
from .movement import movement
from .reading import old_and_new

__all__ = ["edits_of"]

_FAMILIES: tuple[Callable[[Draft], Iterator[Edit]], ...] = (
    eps_placement,
    bias_correction,
    weight_decay,
    momentum,
    old_and_new,
    movement,
    averages,
    extremes,
    starts,
    bounds,
    without_effect,
)


def edits_of(draft: Draft) -> Iterator[Edit]:
    """Every single edit of a rule."""
    for family in _FAMILIES:
        for edit in family(draft):
            if edit.draft.lines != draft.lines or edit.draft.initial != draft.initial:
                yield edit
