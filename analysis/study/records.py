"""What the records of the studies share: arrays as JSON."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["listed"]


def listed(values: NDArray[np.generic]) -> list[float | int | None]:
    """The numbers of a one-dimensional array, with None for NaN and infinity, which JSON does not have.

    Examples
    --------
    >>> listed(np.array([0.5, np.nan]))
    [0.5, None]
    """
    return [x if math.isfinite(x) else None for x in values.tolist()]
