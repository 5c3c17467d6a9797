"""Bias correction: the factors 1/(1 - beta^t) and what the first steps would be without them.

The factors are found in the rule's own lines, as the subexpressions ``1 - beta**t`` with a hyperparameter beta; the
uncorrected rule is the same rule with every one of them replaced by 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Assignment, Quantity, UpdateRule, rule_from_json
from .choice import rules_or
from .gradients import constant
from .records import csv_text, from_json, to_json
from .simulate import hyperparameter_values, simulate, simulate_lines
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["BiasCorrection", "FirstSteps", "bias_correction", "corrected_rates", "first_steps", "has_bias_correction"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BiasCorrection:
    """The bias-correction curves of a rule.

    Attributes
    ----------
    rule : str
        The rule's name.
    hyper : dict
        The hyperparameters that were used.
    t : int array (steps,)
        The step counter, from 1.
    factors : dict of decay rate's name to array (steps,)
        1/(1 - beta^t).
    gradients : array (steps,)
        The gradient sequence of the two runs.
    corrected, uncorrected : array (steps,)
        What each step adds to theta with every correction, and with none.
    """

    rule: str
    hyper: dict[str, float]
    t: NDArray[np.int64]
    factors: dict[str, Array]
    gradients: Array
    corrected: Array
    uncorrected: Array

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data; NaN becomes null."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> BiasCorrection:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)


@dataclass(frozen=True)
class FirstSteps:
    """The first steps of several rules with and without bias correction."""

    rules: tuple[BiasCorrection, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data; NaN becomes null."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> FirstSteps:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of each rule."""
        return csv_text(
            ["rule", "t", "gradient", "corrected", "uncorrected"],
            (
                (one.rule, *values)
                for one in self.rules
                for values in zip(one.t, one.gradients, one.corrected, one.uncorrected, strict=True)
            ),
        )


def corrected_rates(rule: UpdateRule) -> tuple[Quantity, ...]:
    """The decay rates beta for which the rule's lines hold ``1 - beta**t``, in the order of the hyperparameters.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> corrected_rates(rule("adam")), corrected_rates(rule("rmsprop"))
    ((beta1, beta2), ())
    """
    factors = {h.symbol: 1 - h.symbol**rule.step_counter for h in rule.hyper}
    return tuple(beta for beta, factor in factors.items() if any(a.value.has(factor) for a in rule.assignments))


def has_bias_correction(rule: UpdateRule) -> bool:
    """Whether the rule corrects an average for its start at zero."""
    return bool(corrected_rates(rule))


def bias_correction(
    rule: UpdateRule,
    steps: int = 100,
    *,
    hyper: Mapping[str, float] | None = None,
    gradients: Array | None = None,
) -> BiasCorrection:
    """The correction factors of `rule`, and its steps with and without them.

    Parameters
    ----------
    rule : UpdateRule
    steps : int
        How many steps; ignored if `gradients` is given.
    hyper : mapping, optional
        Values by name; the rule's defaults otherwise.
    gradients : float64 array (steps,), optional
        The gradient sequence of the two runs; constant 1 by default.

    Raises
    ------
    ValueError
        If the rule has no bias correction (see :func:`has_bias_correction`).

    Examples
    --------
    >>> from optproof.derive import rule
    >>> study = bias_correction(rule("adam"), 2)
    >>> study.factors["beta1"].round(2).tolist(), study.corrected.round(6).tolist()
    ([10.0, 5.26], [-0.001, -0.001])
    """
    rates = corrected_rates(rule)
    if not rates:
        raise ValueError(f"the rule {rule.name} has no bias correction: none of its lines holds 1 - beta**t")
    chosen = hyperparameter_values(rule, hyper or {})
    sequence = constant(steps) if gradients is None else np.asarray(gradients, dtype=np.float64)
    t = np.arange(1, len(sequence) + 1)
    bare = _uncorrected(rule, rates)
    return BiasCorrection(
        rule=rule.name,
        hyper=chosen,
        t=t,
        factors={beta.name: 1 / (1 - chosen[beta.name] ** t) for beta in rates},
        gradients=sequence,
        corrected=simulate(rule, sequence, hyper=hyper).displacement,
        uncorrected=simulate_lines(rule, bare, sequence, hyper=hyper or {}).displacement,
    )


def _uncorrected(rule: UpdateRule, rates: tuple[Quantity, ...]) -> list[Assignment]:
    """The lines of the rule without the corrections."""
    ones: dict[sp.Basic, sp.Basic] = {1 - beta**rule.step_counter: sp.Integer(1) for beta in rates}
    return [Assignment(line.target, line.value.xreplace(ones)) for line in rule.assignments]


def first_steps(
    rules: Iterable[UpdateRule] | None = None, *, steps: int = 100, sweep: Sweep = IN_PROCESS
) -> FirstSteps:
    """The first steps of rules under a constant gradient, with and without bias correction.

    Raises
    ------
    StudyError
        If a rule has no bias correction.

    Examples
    --------
    >>> [one.rule for one in first_steps(steps=3).rules]
    ['adam', 'adam[amsgrad]']
    """
    chosen = rules_or(rules, ("adam", "adam[amsgrad]"), has_bias_correction, "has no bias correction")
    points = [{"rule": one.to_json(), "steps": steps} for one in chosen]
    return FirstSteps(tuple(from_json(BiasCorrection, one) for one in sweep.over(_of_rule, points, "rules")))


def _of_rule(point: Point) -> dict[str, Any]:
    return bias_correction(rule_from_json(point["rule"]), point["steps"]).to_json()
