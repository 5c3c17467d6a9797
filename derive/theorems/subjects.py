"""The headings theorems stand under, in the order a report shows them."""

from __future__ import annotations

__all__ = [
    "ACCUMULATORS",
    "BIAS_CORRECTION",
    "BOUNDS",
    "CONSTANT_GRADIENT",
    "EFFECTIVE_STEP",
    "FIRST_STEP",
    "MONOTONICITY",
    "ONE_STEP",
    "ORDER",
    "WELL_DEFINED",
]

ONE_STEP = "One step"
WELL_DEFINED = "Well defined"
EFFECTIVE_STEP = "Effective step size"
ACCUMULATORS = "Closed forms of the accumulators"
FIRST_STEP = "First step"
BIAS_CORRECTION = "Bias correction"
BOUNDS = "Bounds"
MONOTONICITY = "Monotonicity"
CONSTANT_GRADIENT = "Constant gradient"

ORDER = (
    ONE_STEP,
    WELL_DEFINED,
    EFFECTIVE_STEP,
    ACCUMULATORS,
    FIRST_STEP,
    BIAS_CORRECTION,
    MONOTONICITY,
    BOUNDS,
    CONSTANT_GRADIENT,
)
