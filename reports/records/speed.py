"""How fast kernels and their peers were on a machine, as the benchmark wrote it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Timing"]


@dataclass(frozen=True)
class Timing:
    """The time of one step of one contestant.

    Attributes
    ----------
    rule : str
    layout : str
        The arrays, as ``"10,000,000"`` or ``"1,000 x 100"``.
    contestant : str
    elements : int
        In all arrays together.
    seconds : float
        For one step; the median of several turns.
    spread : float
        The distance of the quartiles, as a part of the median.
    """

    rule: str
    layout: str
    contestant: str
    elements: int
    seconds: float
    spread: float

    @property
    def nanoseconds(self) -> float:
        """For each element."""
        return 1e9 * self.seconds / self.elements
