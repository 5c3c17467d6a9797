"""Simulated behaviour of the rules: functions that return records of arrays, which figures are drawn from."""

from __future__ import annotations

from .beside import RunBeside, at_the_counterexample, at_the_defaults
from .bias_correction import (
    BiasCorrection,
    FirstSteps,
    bias_correction,
    corrected_rates,
    first_steps,
    has_bias_correction,
)
from .choice import StudyError
from .counterexamples import Counterexamples, counterexamples
from .effective_rates import (
    EffectiveRates,
    adagrad_against_rmsprop,
    effective_rates,
)
from .effective_step import (
    EffectiveSteps,
    EffectiveStepStudy,
    effective_step_study,
    effective_steps,
)
from .gradients import (
    GRADIENT_NAMES,
    gradient_sequences,
    rescaled,
)
from .landscapes import LANDSCAPES, Landscape
from .noise import NoisySteps, noisy_steps
from .scale_change import Recoveries, recoveries
from .sensitivity import Sensitivities, sensitivities
from .simulate import Trajectory, simulate
from .stability import StabilityMaps, stability_maps
from .sweep import SchedulerError, Sweep, dask_executor
from .trajectories import Paths, paths
from .worst_cases import WorstCases, worst_cases

__all__ = [
    "GRADIENT_NAMES",
    "LANDSCAPES",
    "BiasCorrection",
    "Counterexamples",
    "EffectiveRates",
    "EffectiveStepStudy",
    "EffectiveSteps",
    "FirstSteps",
    "Landscape",
    "NoisySteps",
    "Paths",
    "Recoveries",
    "RunBeside",
    "SchedulerError",
    "Sensitivities",
    "StabilityMaps",
    "StudyError",
    "Sweep",
    "Trajectory",
    "WorstCases",
    "adagrad_against_rmsprop",
    "at_the_counterexample",
    "at_the_defaults",
    "bias_correction",
    "corrected_rates",
    "counterexamples",
    "dask_executor",
    "effective_rates",
    "effective_step_study",
    "effective_steps",
    "first_steps",
    "gradient_sequences",
    "has_bias_correction",
    "noisy_steps",
    "paths",
    "recoveries",
    "rescaled",
    "sensitivities",
    "simulate",
    "stability_maps",
    "worst_cases",
]
