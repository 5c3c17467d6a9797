"""A user's implementation beside the rule that it is measured against, as a reader meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from .comparison import DifferenceFacts
from .naming import slug
from .plain import timing

__all__ = ["ImplementationFacts", "implementation_page"]


@dataclass(frozen=True)
class ImplementationFacts:
    """What was found out about an implementation.

    Attributes
    ----------
    target : str
        The implementation, as it is called on the command line.
    rule : str
        What it was measured against; empty where no rule of the catalogue is near.
    verdict : {"PROVED", "REFUTED", "UNKNOWN"}
        Whether it is that rule.
    against : str
        The rule that was asked for; empty where the nearest was looked for.
    scope : str
        What "the same" means here.
    reason : str
        Why it is open, where it is.
    differences : tuple of DifferenceFacts
        ``first`` is the rule's formula, ``second`` the implementation's.
    counterexample : tuple of str
        An exact run in which they part, line by line.
    effect : str
        How large the difference is at the defaults.
    weaker : tuple of str
        Weaker senses in which they were proved the same.
    arguments : mapping
        From each hyperparameter of the implementation to the rule's, or to the value it was given.
    state_map : mapping
        From each slot of the implementation's state to what it is in the rule's.
    conditions : tuple of str
        The branches of the code that were covered.
    side_effects : tuple of str
    notes : tuple of str
    undrawn : str
        Why no run is drawn, where none is.
    seconds : float
    """

    target: str
    rule: str
    verdict: str
    against: str = ""
    scope: str = ""
    reason: str = ""
    differences: tuple[DifferenceFacts, ...] = ()
    counterexample: tuple[str, ...] = ()
    effect: str = ""
    weaker: tuple[str, ...] = ()
    arguments: Mapping[str, str] | None = None
    state_map: Mapping[str, str] | None = None
    conditions: tuple[str, ...] = ()
    side_effects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    undrawn: str = ""
    seconds: float = timing()

    @property
    def page(self) -> str:
        """What its page is called, without the ending."""
        return implementation_page(self.target)


def implementation_page(target: str) -> str:
    """What the page of an implementation is called: folders are no part of it.

    Examples
    --------
    >>> implementation_page("code/my_adam.py:step"), implementation_page("torch.optim.Adam")
    ('my_adam-py-step', 'torch-optim-adam')
    """
    return slug(PurePath(target).name)
