"""Gradient sequences with names: what an optimizer is fed in a study.

Every sequence is a pure function of its length; the two that are irregular follow a fixed pattern, so no random
numbers are drawn and every run sees the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ALL_GRADIENTS",
    "GRADIENT_NAMES",
    "constant",
    "decaying",
    "drifting",
    "gradient_sequences",
    "periodic",
    "rescaled",
    "sparse",
    "spiky",
]

Sequence = NDArray[np.float64]


def constant(steps: int) -> Sequence:
    """The gradient 1 in every step: shape (steps,)."""
    return np.ones(_checked(steps))


def decaying(steps: int) -> Sequence:
    """The gradient 1/sqrt(t), which falls as a run converges: shape (steps,)."""
    return np.asarray(np.arange(1, _checked(steps) + 1) ** -0.5)


def spiky(steps: int, *, every: int = 50, height: float = 20.0) -> Sequence:
    """The gradient 1 with a spike of `height` in every `every`-th step: shape (steps,)."""
    values = np.ones(_checked(steps))
    values[every - 1 :: every] = height
    return values


def drifting(steps: int) -> Sequence:
    """A gradient that drifts from 1 to -1 in even steps: shape (steps,)."""
    return np.linspace(1.0, -1.0, _checked(steps))


def periodic(steps: int, *, period: int = 100) -> Sequence:
    """A gradient that swings between 1 and -1 like a cosine, and is never 0: shape (steps,)."""
    return np.asarray(np.cos(2 * np.pi * (np.arange(_checked(steps)) + 0.5) / period))


def sparse(steps: int, *, every: int = 10) -> Sequence:
    """The gradient 1 in steps 1, 1 + every, 1 + 2 every, ... and 0 in all others: shape (steps,)."""
    values = np.zeros(_checked(steps))
    values[::every] = 1.0
    return values


def rescaled(steps: int, *, change_at: int | None = None, before: float = 1.0, after: float = 0.1) -> Sequence:
    """A gradient that changes its size once: `before` up to step `change_at`, then `after`.

    Parameters
    ----------
    steps : int
        Length of the sequence.
    change_at : int, optional
        The last step of size `before`; half of the steps by default.
    before, after : float
        The two sizes.

    Examples
    --------
    >>> rescaled(4).tolist()
    [1.0, 1.0, 0.1, 0.1]
    """
    last = _checked(steps) // 2 if change_at is None else change_at
    return np.where(np.arange(steps) < last, before, after).astype(np.float64)


_MAKERS: dict[str, Callable[[int], Sequence]] = {
    "constant": constant,
    "decaying": decaying,
    "drifting": drifting,
    "spiky": spiky,
    "periodic": periodic,
    "sparse": sparse,
}
ALL_GRADIENTS = tuple(_MAKERS)
GRADIENT_NAMES = ("constant", "decaying", "spiky", "sparse")
"""Those of a report, which has room for four."""


def gradient_sequences(steps: int, names: Iterable[str] = GRADIENT_NAMES) -> dict[str, Sequence]:
    """The sequences of these names, of :data:`ALL_GRADIENTS`, each of shape (steps,).

    Raises
    ------
    ValueError
        If `steps` is less than 1.

    Examples
    --------
    >>> {name: values[:2].round(3).tolist() for name, values in gradient_sequences(2).items()}
    {'constant': [1.0, 1.0], 'decaying': [1.0, 0.707], 'spiky': [1.0, 1.0], 'sparse': [1.0, 0.0]}
    """
    return {name: _MAKERS[name](steps) for name in names}


def _checked(steps: int) -> int:
    if steps < 1:
        raise ValueError(f"a gradient sequence of {steps} steps is empty; ask for at least one step")
    return steps
