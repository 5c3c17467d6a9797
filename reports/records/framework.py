"""An optimizer of a framework beside a rule, as a reader meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FrameworkForm"]


@dataclass(frozen=True)
class FrameworkForm:
    """An optimizer of a framework, in all the options in which the same was found out about it.

    Attributes
    ----------
    framework, optimizer : str
    options : tuple of str
        Each way it was measured; an empty one is the optimizer as it is.
    rule : str
        What it was measured against.
    verdict : str
    words : str
        What differs.
    translation : mapping or None
        From its hyperparameters to the rule's, where they are called differently; None if that was not recorded.
    defaults : tuple of str
        Where its defaults are others.
    """

    framework: str
    optimizer: str
    options: tuple[str, ...]
    rule: str
    verdict: str
    words: str
    translation: Mapping[str, str] | None = None
    defaults: tuple[str, ...] = ()
