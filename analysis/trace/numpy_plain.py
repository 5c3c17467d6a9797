"""Running the step on plain numbers: whether it works at all, keeps the shapes, and computes the same twice.

A trace is made with two coordinates.  Code may ask how many there are, or of which type, so that it is run on arrays of
other shapes too, and must do there what the trace says.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .numpy_step import StepFunction, where_it_raised
from .outside_state import changes
from .record import TraceError, Untraceable

__all__ = ["OTHERS", "STEPS", "Layout", "PlainRun", "checked_run", "run_on"]

STEPS = 3
_SHAPE = (2,)


@dataclass(frozen=True)
class Layout:
    """What an array is beside its values.

    Attributes
    ----------
    shape : tuple of int
    dtype : str
    order : str
        Of the elements in memory, as NumPy's ``order``.
    """

    shape: tuple[int, ...]
    dtype: str = "float64"
    order: Literal["C", "F"] = "C"

    def __str__(self) -> str:
        return f"{self.dtype} arrays of shape {self.shape}" + (" in column-major order" if self.order == "F" else "")

    def filled(self, rng: np.random.Generator) -> Any:
        """An array with random values."""
        return np.array(rng.normal(size=self.shape), dtype=self.dtype, order=self.order)


OTHERS = (
    Layout((1,)),
    Layout((7,)),
    Layout((3, 4)),
    Layout((3, 4), order="F"),
    Layout((10_007,)),
    Layout((7,), "float32"),
)
"""Arrays on which the code is run beside the ones that are traced."""


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
        If it does not compute the same twice, or keeps something elsewhere than in its state.
    """
    hyper: dict[str, float] = {}
    generator = random.Random(seed)

    def make(name: str) -> float:
        return hyper.setdefault(name, round(generator.uniform(0.15, 0.85), 6))

    rng = np.random.default_rng(seed)
    theta, gradients = rng.normal(size=_SHAPE), tuple(rng.normal(size=_SHAPE) for _ in range(STEPS))
    others = tuple(rng.normal(size=_SHAPE) for _ in range(STEPS))
    try:
        with np.errstate(all="ignore"), changes(step.function) as changed:
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
    if changed:
        raise Untraceable(f"it keeps something elsewhere than in its state: {', '.join(changed)} changes when it runs")
    return PlainRun(theta, gradients, hyper, tuple(alone))


def run_on(step: StepFunction, layout: Layout, hyper: dict[str, float], seed: int = 6) -> PlainRun:
    """Run the step on other arrays.

    Raises
    ------
    Exception
        Whatever the step raises.
    """
    rng = np.random.default_rng(seed)
    theta, *gradients = (layout.filled(rng) for _ in range(STEPS + 1))
    with np.errstate(all="ignore"):
        after = _run(step, theta, gradients, lambda name: hyper[name])
    return PlainRun(theta, tuple(gradients), hyper, tuple(after))


def _run(
    step: StepFunction, theta: Any, gradients: Any, make: Callable[[str], float], between: tuple[Any, Any] | None = None
) -> list[Any]:
    """Theta after each step; with `between`, another parameter is stepped in between with a state of its own."""
    mine = theta.copy(order="K")
    state = step.start(mine, make)
    if between is not None:
        other, others = between[0].copy(), between[1]
        other_state = step.start(other, make)
    found = []
    for t, g in enumerate(gradients, start=1):
        mine, state = step(mine, g.copy(order="K"), state, t, make)
        _require_shape(step, mine, theta.shape)
        found.append(np.array(mine, dtype=float))
        if between is not None:
            other, other_state = step(other, others[t - 1].copy(), other_state, t, make)
    return found


def _require_shape(step: StepFunction, theta: Any, expected: tuple[int, ...]) -> None:
    shape = np.shape(theta) if not isinstance(theta, dict) else None
    if shape != expected:
        shown = f"an array of shape {shape}" if isinstance(theta, np.ndarray) else f"a {type(theta).__name__}"
        raise TraceError(f"{step.target} returns {shown} for theta of shape {expected}; theta keeps its shape")
