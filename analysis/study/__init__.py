"""Simulated behaviour of the rules: pure functions that return arrays, which feed the figures of the report."""

from __future__ import annotations

from .bias_correction import BiasCorrection, bias_correction, corrected_rates, has_bias_correction
from .effective_rates import EffectiveRates, adagrad_against_rmsprop, effective_rates
from .effective_step import EffectiveSteps, effective_steps
from .gradients import GRADIENT_NAMES, gradient_sequences, rescaled
from .simulate import Trajectory, simulate

__all__ = [
    "GRADIENT_NAMES",
    "BiasCorrection",
    "EffectiveRates",
    "EffectiveSteps",
    "Trajectory",
    "adagrad_against_rmsprop",
    "bias_correction",
    "corrected_rates",
    "effective_rates",
    "effective_steps",
    "gradient_sequences",
    "has_bias_correction",
    "rescaled",
    "simulate",
]
