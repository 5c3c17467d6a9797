"""Running the step on plain numbers first: whether it works at all, keeps the shapes, and computes the same twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .numpy_step import StepFunction, where_it_raised
from .record import TraceError, Untraceable

__all__ = ["STEPS", "PlainRun", "checked_run"]

STEPS = 3
_SHAPE = (2,)


@dataclass(frozen=True)
class PlainRun:
    """Three steps on numbers: what went in, and theta after each."""

    theta: Any
    gradients: tuple[Any, ...]
    hyper: dict[str, float]
    after: tuple[Any, ...]


def checked_run(step: StepFunction, path: str | None, seed: int = 5) -> PlainRun:
    """Run the step on plain numbers and check what comes back.

    Raises
    ------
    TraceError
        If it raises, or returns other shapes.
    Untraceable
        If it does not compute the same twice.
    """
    hyper: dict[str, float] = {}
    generator = random.Random(seed)

    def make(name: str) -> float:
        return hyper.setdefault(name, round(generator.uniform(0.15, 0.85), 6))

    rng = np.random.default_rng(seed)
    theta, gradients = rng.normal(size=_SHAPE), tuple(rng.normal(size=_SHAPE) for _ in range(STEPS))
    others = tuple(rng.normal(size=_SHAPE) for _ in range(STEPS))
    try:
        with np.errstate(all="ignore"):
            alone = _run(step, theta, gradients, make)
            again = _run(step, theta, gradients, make, between=(theta + 1, others))
    except (TraceError, Untraceable):
        raise
    except (Exception, SystemExit) as error:
        raise TraceError(where_it_raised(error, path)) from None
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(alone, again, strict=True)):
        raise Untraceable(
            "it does not compute the same twice: it uses random numbers, the time, or state shared between parameters"
        )
    return PlainRun(theta, gradients, hyper, tuple(alone))


def _run(
    step: StepFunction, theta: Any, gradients: Any, make: Callable[[str], float], between: tuple[Any, Any] | None = None
) -> list[Any]:
    """Theta after each step; with `between`, another parameter is stepped in between with a state of its own."""
    mine = theta.copy()
    state = step.start(mine, make)
    if between is not None:
        other, others = between[0].copy(), between[1]
        other_state = step.start(other, make)
    found = []
    for t, g in enumerate(gradients, start=1):
        mine, state = step(mine, g.copy(), state, t, make)
        _require_shape(step, mine)
        found.append(np.array(mine, dtype=float))
        if between is not None:
            other, other_state = step(other, others[t - 1].copy(), other_state, t, make)
    return found


def _require_shape(step: StepFunction, theta: Any) -> None:
    shape = np.shape(theta) if not isinstance(theta, dict) else None
    if shape != _SHAPE:
        shown = f"an array of shape {shape}" if isinstance(theta, np.ndarray) else f"a {type(theta).__name__}"
        raise TraceError(f"{step.target} returns {shown} for theta of shape {_SHAPE}; theta keeps its shape")
