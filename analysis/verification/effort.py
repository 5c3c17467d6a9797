"""How much is found out about an implementation and a rule that are not the same."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Effort"]


class Effort(IntEnum):
    """What is looked for; each level holds the ones before it.

    Examples
    --------
    >>> Effort.PROOF < Effort.WORDS
    True
    """

    PROOF = 0
    """Whether they are proved the same, and nothing else."""
    SCOPE = 1
    """A weaker scope in which they are."""
    WORDS = 2
    """The difference in words: a single mistake that explains it."""
    PAIRS = 3
    """Two mistakes at once, or another rule of the catalogue."""
