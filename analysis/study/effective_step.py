"""The effective step size of a rule over the steps: how far theta moves against each unit of gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule, rule_from_json
from .choice import rules_or
from .gradients import ALL_GRADIENTS, GRADIENT_NAMES, gradient_sequences
from .records import csv_text, from_json, to_json
from .simulate import hyperparameter_values, simulate
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["EffectiveStepStudy", "EffectiveSteps", "effective_rate", "effective_step_study", "effective_steps"]

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
        """The record as JSON-ready data; NaN becomes null."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> EffectiveSteps:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)


@dataclass(frozen=True)
class EffectiveStepStudy:
    """The effective steps of several rules."""

    rules: tuple[EffectiveSteps, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data; NaN becomes null."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> EffectiveStepStudy:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of each sequence and rule."""
        return csv_text(
            ["rule", "sequence", "t", "gradient", "displacement", "effective_step"],
            (
                (one.rule, name, t + 1, g, one.displacement[name][t], one.effective[name][t])
                for one in self.rules
                for name, gradient in one.gradients.items()
                for t, g in enumerate(gradient)
            ),
        )


def effective_rate(displacement: Array, gradients: Array) -> Array:
    """The effective step size ``-displacement / gradients``, and NaN where the gradient is 0."""
    rate = np.full(displacement.shape, np.nan)
    np.divide(-displacement, gradients, out=rate, where=gradients != 0)
    return rate


def effective_steps(
    rule: UpdateRule,
    steps: int = 300,
    *,
    hyper: Mapping[str, float] | None = None,
    theta: float = 0.0,
    gradients: Iterable[str] = GRADIENT_NAMES,
) -> EffectiveSteps:
    """Simulate `rule` over several gradient sequences.

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
    gradients : iterable of str
        Names of sequences, of :data:`optproof.analysis.study.gradients.ALL_GRADIENTS`.

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
    sequences = gradient_sequences(steps, gradients)
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


def effective_step_study(
    rules: Iterable[UpdateRule] | None = None, *, steps: int = 300, sweep: Sweep = IN_PROCESS
) -> EffectiveStepStudy:
    """The effective steps of rules under constant, decaying, drifting, spiky, periodic and sparse gradients.

    Examples
    --------
    >>> study = effective_step_study(steps=10)
    >>> [one.rule for one in study.rules], list(study.rules[0].effective)[2]
    (['adagrad', 'rmsprop', 'adam'], 'drifting')
    """
    chosen = rules_or(rules, ("adagrad", "rmsprop", "adam"), lambda one: True, "")
    points = [{"rule": one.to_json(), "steps": steps} for one in chosen]
    return EffectiveStepStudy(tuple(from_json(EffectiveSteps, one) for one in sweep.over(_of_rule, points, "rules")))


def _of_rule(point: Point) -> dict[str, Any]:
    one = rule_from_json(point["rule"])
    return effective_steps(one, point["steps"], gradients=ALL_GRADIENTS).to_json()
