"""All claims about one rule."""

from __future__ import annotations

from ..claim import Claim
from ..rule import UpdateRule
from . import (
    accumulators,
    bias_correction,
    corrections,
    epsilon,
    equivalences,
    first_step,
    invariance,
    moment_bounds,
    moments,
    one_step,
    rates,
    responses,
    rounding,
    scale_changes,
    self_scaled,
    special_cases,
    stability,
    step_bounds,
    tuned_rates,
    two_cycles,
    weight_decay,
)
from .subjects import ORDER

__all__ = ["claims_of"]

_SUBJECTS = (
    one_step,
    accumulators,
    first_step,
    bias_correction,
    moments,
    corrections,
    rates,
    step_bounds,
    moment_bounds,
    responses,
    scale_changes,
    self_scaled,
    stability,
    tuned_rates,
    two_cycles,
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
