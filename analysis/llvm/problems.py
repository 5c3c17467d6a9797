"""Why the execution of compiled code stops."""

from __future__ import annotations

__all__ = ["NeedsModulus", "NotElementWise", "NotUnderstood", "Split"]


class NotUnderstood(Exception):
    """The code holds something whose meaning is not known here: nothing can be proved."""


class NotElementWise(Exception):
    """An element is left out, or gets what belongs to another, or depends on another."""


class Split(Exception):
    """A comparison holds for a part of the sizes only: look at ``symbol <= at`` and the others on their own."""

    def __init__(self, symbol: str, at: int) -> None:
        super().__init__(symbol, at)
        self.symbol, self.at = symbol, at


class NeedsModulus(Exception):
    """Lower bits of the size are taken: write it as ``modulus * q + r``."""

    def __init__(self, modulus: int) -> None:
        super().__init__(modulus)
        self.modulus = modulus
