"""The effective step size of a rule over the steps: how far theta moves against each unit of gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule
from .gradients import gradient_sequences
from .records import listed
from .simulate import simulate

__all__ = ["EffectiveSteps", "effective_rate", "effective_steps"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveSteps:
    """What a rule does with several gradient sequences.

    Attributes
    ----------
    rule : str
        The rule's name.
    hyper : dict
        The hyperparameters that were used.
    gradients : dict of name to array (steps,)
        The sequences.
    displacement : dict of name to array (steps,)
        What each step adds to theta; negative where the step goes against a positive gradient.
    effective : dict of name to array (steps,)
        The effective step size ``-displacement / gradient``; NaN where the gradient is 0.
    """

    rule: str
    hyper: dict[str, float]
    gradients: dict[str, Array]
    displacement: dict[str, Array]
    effective: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data; NaN and infinity become null."""
        return {
            "rule": self.rule,
            "hyper": self.hyper,
            "gradients": {n: listed(a) for n, a in self.gradients.items()},
            "displacement": {n: listed(a) for n, a in self.displacement.items()},
            "effective": {n: listed(a) for n, a in self.effective.items()},
        }


def effective_rate(displacement: Array, gradients: Array) -> Array:
    """The effective step size ``-displacement / gradients``, and NaN where the gradient is 0."""
    rate = np.full(displacement.shape, np.nan)
    np.divide(-displacement, gradients, out=rate, where=gradients != 0)
    return rate


def effective_steps(
    rule: UpdateRule, steps: int = 300, *, hyper: Mapping[str, float] | None = None, theta: float = 0.0
) -> EffectiveSteps:
    """Simulate `rule` over the constant, decaying, spiky and sparse gradient sequences.

    Parameters
    ----------
    rule : UpdateRule
    steps : int
        Length of the sequences.
    hyper : mapping, optional
        Values by name; the rule's defaults otherwise.
    theta : float
        The parameter before the first step. At the default 0 a rule with weight decay shows what the gradient does,
        and the decay enters only as theta moves away.

    Raises
    ------
    ValueError
        If `steps` is less than 1, or a hyperparameter is unknown or has no value.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> study = effective_steps(rule("adagrad"), 4, hyper={"lr": 1.0})
    >>> study.effective["constant"].round(3).tolist()
    [1.0, 0.707, 0.577, 0.5]
    """
    from .simulate import hyperparameter_values

    sequences = gradient_sequences(steps)
    stacked = np.stack(list(sequences.values()), axis=1)
    run = simulate(rule, stacked, hyper=hyper, theta=theta)
    moved = {name: run.displacement[:, k] for k, name in enumerate(sequences)}
    return EffectiveSteps(
        rule=rule.name,
        hyper=hyperparameter_values(rule, hyper or {}),
        gradients=sequences,
        displacement=moved,
        effective={name: effective_rate(moved[name], g) for name, g in sequences.items()},
    )
