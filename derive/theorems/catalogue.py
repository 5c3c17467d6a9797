"""All claims about one rule."""

from __future__ import annotations

from ..claim import Claim
from ..rule import UpdateRule
from . import (
    accumulators,
    average_length,
    averaging,
    bias_correction,
    corrected_steps,
    corrections,
    decayed_maximum,
    descent,
    epsilon,
    equivalences,
    first_step,
    growing_gradients,
    invariance,
    moment_bounds,
    moments,
    nonconvergence,
    one_step,
    rates,
    repeated_gradients,
    responses,
    rounding,
    scale_changes,
    self_scaled,
    self_scaled_growth,
    sign_steps,
    special_cases,
    stability,
    steady_states,
    step_bounds,
    sums_of_rates,
    tuned_rates,
    two_cycles,
    weight_decay,
    weighted_sums,
)
from .subjects import ORDER

__all__ = ["claims_of"]

_SUBJECTS = (
    one_step,
    accumulators,
    first_step,
    bias_correction,
    averaging,
    moments,
    corrections,
    average_length,
    rates,
    sums_of_rates,
    step_bounds,
    weighted_sums,
    moment_bounds,
    corrected_steps,
    decayed_maximum,
    sign_steps,
    responses,
    repeated_gradients,
    steady_states,
    scale_changes,
    growing_gradients,
    self_scaled,
    self_scaled_growth,
    stability,
    tuned_rates,
    two_cycles,
    descent,
    nonconvergence,
    invariance,
    epsilon,
    weight_decay,
    equivalences,
    special_cases,
    rounding,
)


def claims_of(rule: UpdateRule) -> tuple[Claim, ...]:
    """Every claim of the catalogue that speaks of a rule with this structure, in the order of a report.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> [claim.name for claim in claims_of(rule("sgd"))][:3]
    ['one-step-map', 'effective-step', 'effective-step-depends']
    """
    found = [claim for subject in _SUBJECTS for claim in subject.claims(rule)]
    return tuple(sorted(found, key=lambda claim: ORDER.index(claim.subject)))
