"""Systems on floats, many at once: a first look that filters candidates. What it lets through is then proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ...derive.symbols import Quantity
from ..evaluate import NUMPY, evaluator
from .system import Case, System

__all__ = ["Sample", "Trajectory", "agree", "sample", "simulate"]

Array: TypeAlias = Any
_Compiled: TypeAlias = list[tuple[list[Callable[..., Any]], dict[str, Callable[..., Any]]]]

_SETTINGS, _SEQUENCES, _STEPS = 24, 14, 5


@dataclass(frozen=True)
class Sample:
    """Hyperparameters of shape (settings, 1), theta, and gradients of shape (steps, settings, sequences)."""

    hyper: Mapping[str, Array]
    theta: Array
    gradients: Array


@dataclass(frozen=True)
class Trajectory:
    """Theta and the states after each step."""

    after: tuple[Mapping[str, Array], ...]

    def theta(self, step: int) -> Array:
        """Theta after a step, counted from 1."""
        return self.after[step - 1]["theta"]


def sample(
    hyper: Sequence[Quantity], *, seed: int = 7, sequences: int = _SEQUENCES, settings: int = _SETTINGS
) -> Sample:
    """Random values in the domains; a hyperparameter has the same values in every sample with this seed."""
    made: dict[str, Array] = {}
    for q in hyper:
        rng = np.random.default_rng([seed, *q.name.encode()])
        made[q.name] = rng.uniform(0.15, 0.85, size=(settings, 1))
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(_STEPS, settings, sequences)) * rng.choice(
        [0.4, 1.0, 2.5], size=(_STEPS, settings, sequences)
    )
    return Sample(made, rng.normal(size=(settings, sequences)), gradients)


def simulate(system: System, inputs: Sample, steps: int = _STEPS) -> Trajectory:
    """Run a system on a sample."""
    first, later = _compiled(system.first), _compiled(system.cases)
    values: dict[str, Array] = {"theta": inputs.theta}
    found: list[Mapping[str, Array]] = []
    for t in range(1, steps + 1):
        known = {**inputs.hyper, **values, "g": inputs.gradients[t - 1], "t": np.full_like(inputs.theta, float(t))}
        values = _advanced(first if t == 1 else later, known, inputs.theta.shape)
        found.append(values)
    return Trajectory(tuple(found))


def _compiled(cases: Sequence[Case]) -> _Compiled:
    return [
        ([evaluator(c, NUMPY) for c in case.conditions], {q.name: evaluator(e, NUMPY) for q, e in case.after.items()})
        for case in cases
    ]


def _advanced(cases: _Compiled, known: Mapping[str, Array], shape: tuple[int, ...]) -> dict[str, Array]:
    names = {n for _, after in cases for n in after}
    result = {n: np.full(shape, np.nan) for n in names}
    with np.errstate(all="ignore"):
        for conditions, after in cases:
            taken = np.ones(shape, dtype=bool)
            for condition in conditions:
                taken = taken & np.asarray(condition(known), dtype=bool)
            for n, function in after.items():
                result[n] = np.where(taken, function(known), result[n])
    return result


def agree(a: Trajectory, b: Trajectory, tolerance: float = 1e-8) -> bool:
    """Whether theta is the same at every step, as far as floats can tell."""
    return all(close(x["theta"], y["theta"], tolerance) for x, y in zip(a.after, b.after, strict=False))


def close(x: Array, y: Array, tolerance: float = 1e-8) -> bool:
    """Whether two arrays agree wherever both are numbers, and are numbers in the same places."""
    both = np.isfinite(x) & np.isfinite(y)
    if not np.array_equal(np.isfinite(x), np.isfinite(y)) or not both.any():
        return False
    scale = np.maximum(np.maximum(np.abs(x[both]), np.abs(y[both])), 1e-3)
    return bool(np.max(np.abs(x[both] - y[both]) / scale) < tolerance)
