"""The headings theorems stand under, in the order a report shows them."""

from __future__ import annotations

__all__ = [
    "ACCUMULATORS",
    "BIAS_CORRECTION",
    "BOUNDS",
    "CONSTANT_GRADIENT",
    "CONVERGENCE",
    "EFFECTIVE_STEP",
    "EPSILON",
    "FIRST_STEP",
    "FLOATING_POINT",
    "INVARIANCE",
    "LARGEST_STEP",
    "MOMENTS",
    "MONOTONICITY",
    "ONE_STEP",
    "ORDER",
    "RELATIONS",
    "RESPONSES",
    "SCALE_CHANGES",
    "STABILITY",
    "WEIGHT_DECAY",
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
MOMENTS = "Averages and their correction"
LARGEST_STEP = "Largest step"
RESPONSES = "Responses to simple gradients"
SCALE_CHANGES = "Gradients whose scale changes"
STABILITY = "Stability on a quadratic"
CONVERGENCE = "Convergence"
INVARIANCE = "Invariances and units"
WEIGHT_DECAY = "Weight decay"
RELATIONS = "Relations to other rules"
EPSILON = "The constant eps"
FLOATING_POINT = "In floating point"

ORDER = (
    ONE_STEP,
    WELL_DEFINED,
    EFFECTIVE_STEP,
    ACCUMULATORS,
    FIRST_STEP,
    BIAS_CORRECTION,
    MOMENTS,
    MONOTONICITY,
    BOUNDS,
    LARGEST_STEP,
    CONSTANT_GRADIENT,
    RESPONSES,
    SCALE_CHANGES,
    STABILITY,
    CONVERGENCE,
    INVARIANCE,
    EPSILON,
    WEIGHT_DECAY,
    RELATIONS,
    FLOATING_POINT,
)
