"""Two rules beside each other, as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .naming import slug
from .plain import timing

__all__ = ["ComparisonFacts", "DifferenceFacts"]


@dataclass(frozen=True)
class DifferenceFacts:
    """One difference: in words, and both formulas as plain text."""

    output: str
    first: str
    second: str
    explanation: str


@dataclass(frozen=True)
class ComparisonFacts:
    """Whether two rules are the same and, if not, how they differ.

    Attributes
    ----------
    first, second : str
        The rules' names.
    verdict : {"PROVED", "REFUTED", "UNKNOWN"}
        Whether they are the same with equal hyperparameters.
    scope : str
    translation : mapping
        The second's hyperparameters in the first's that make them the same, where one was found and proved.
    weaker : tuple of str
        Weaker senses in which they were proved the same.
    differences : tuple of DifferenceFacts
    counterexample : tuple of str
        An exact run in which they part, line by line.
    effect : str
        How large the difference is at the defaults.
    reason : str
        Why it is open, where it is.
    seconds : float
    """

    first: str
    second: str
    verdict: str
    scope: str = ""
    translation: Mapping[str, str] | None = None
    weaker: tuple[str, ...] = ()
    differences: tuple[DifferenceFacts, ...] = ()
    counterexample: tuple[str, ...] = ()
    effect: str = ""
    reason: str = ""
    seconds: float = timing()

    @property
    def page(self) -> str:
        """What its page is called, without the ending."""
        return f"{slug(self.first)}--{slug(self.second)}"
