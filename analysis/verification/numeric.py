"""Systems on floats, many at once: a first look that filters candidates. What it lets through is then proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import sympy as sp

from ...derive.symbols import Domain, Quantity
from ..evaluate import NUMPY, evaluator
from .system import Case, System

__all__ = ["Sample", "Trajectory", "agree", "function_of", "part", "sample", "simulate"]

Array: TypeAlias = Any
Compiled: TypeAlias = list[tuple[list[Callable[..., Any]], dict[str, Callable[..., Any]]]]

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
    hyper: Sequence[Quantity],
    *,
    seed: int = 7,
    sequences: int = _SEQUENCES,
    settings: int = _SETTINGS,
    steps: int = _STEPS,
) -> Sample:
    """Random values in the domains; a hyperparameter has the same values in every sample with this seed."""
    made: dict[str, Array] = {}
    for q in hyper:
        rng = np.random.default_rng([seed, *q.name.encode()])
        made[q.name] = _placed(rng.uniform(0.15, 0.85, size=(settings, 1)), q.domain)
    rng = np.random.default_rng(seed)
    shape = (steps, settings, sequences)
    gradients = rng.normal(size=shape) * rng.choice([0.4, 1.0, 2.5], size=shape)
    return Sample(made, rng.normal(size=(settings, sequences)), gradients)


def _placed(share: Array, domain: Domain) -> Array:
    """Shares of the way through a domain; of the way to one above its lower end where it has no upper end."""
    lower = float(domain.lower or 0)
    return lower + share * (float(domain.upper) - lower if domain.upper is not None else 1.0)


def simulate(system: System, inputs: Sample, steps: int = _STEPS) -> Trajectory:
    """Run a system on a sample."""
    first, later = compiled(system, system.first), compiled(system, system.cases)
    values: dict[str, Array] = {"theta": inputs.theta}
    found: list[Mapping[str, Array]] = []
    for t in range(1, steps + 1):
        known = {**inputs.hyper, **values, "g": inputs.gradients[t - 1], "t": np.full_like(inputs.theta, float(t))}
        values = advanced(first if t == 1 else later, known, inputs.theta.shape)
        found.append(values)
    return Trajectory(tuple(found))


def compiled(system: System, cases: Sequence[Case]) -> Compiled:
    """Conditions and outcomes of cases as functions; states that theta does not depend on are left out."""
    live = {system.theta, *system.live}
    return [
        (
            [function_of(c) for c in case.conditions],
            {q.name: _formula(e) for q, e in case.after.items() if q in live},
        )
        for case in cases
    ]


@lru_cache(maxsize=8192)
def function_of(e: sp.Basic) -> Callable[..., Any]:
    """A formula as a function of floats, made once: rules, their edits and implementations share most of theirs."""
    return evaluator(e, NUMPY)


def _formula(e: sp.Expr) -> Callable[..., Any]:
    """A formula as a function; no number where a value that was put in makes it divide by zero."""
    return (lambda values: np.nan) if e.has(sp.zoo, sp.nan, sp.oo, -sp.oo) else function_of(e)


def advanced(cases: Compiled, known: Mapping[str, Array], shape: tuple[int, ...]) -> dict[str, Array]:
    """What one step makes of values known by name."""
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


def part(a: Trajectory, b: Trajectory, tolerance: float = 1e-6) -> bool:
    """Whether theta differs beyond rounding errors at a step where both are numbers."""
    with np.errstate(all="ignore"):
        for one, other in zip(a.after, b.after, strict=False):
            x, y = one["theta"], other["theta"]
            gap, scale = np.abs(x - y), np.maximum(np.maximum(np.abs(x), np.abs(y)), 1.0)
            if bool(np.any(np.isfinite(x) & np.isfinite(y) & (gap > tolerance * scale))):
                return True
    return False


def close(x: Array, y: Array, tolerance: float = 1e-8) -> bool:
    """Whether two arrays agree wherever both are numbers, and are numbers in the same places."""
    both = np.isfinite(x) & np.isfinite(y)
    if not np.array_equal(np.isfinite(x), np.isfinite(y)) or not both.any():
        return False
    scale = np.maximum(np.maximum(np.abs(x[both]), np.abs(y[both])), 1e-3)
    return bool(np.max(np.abs(x[both] - y[both]) / scale) < tolerance)
