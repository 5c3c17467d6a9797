"""Run a rule's one-step map over gradient sequences, in float64.

The displacement of each step is evaluated as a formula of its own, and not as the difference of two parameters, so that
it keeps its full precision however far theta has moved.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Assignment, UpdateRule, initial_state
from ..evaluate import NUMPY, evaluator

__all__ = ["Trajectory", "hyperparameter_values", "simulate", "simulate_lines"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """What a rule did over a gradient sequence.

    Attributes
    ----------
    displacement : array (steps, ...)
        What each step added to theta.
    theta : array (steps, ...)
        The parameter after each step.
    state : dict of name to array (steps, ...)
        Every state after each step.
    """

    displacement: Array
    theta: Array
    state: dict[str, Array]


def hyperparameter_values(rule: UpdateRule, given: Mapping[str, float]) -> dict[str, float]:
    """The value of every hyperparameter of `rule`: the given one, else the default.

    Raises
    ------
    ValueError
        If a name is unknown, or a hyperparameter has neither a value nor a default.
    """
    known = [h.name for h in rule.hyper]
    for name in given:
        if name not in known:
            raise ValueError(f"the rule {rule.name} has no hyperparameter {name!r}; it has {', '.join(known)}")
    values: dict[str, float] = {}
    for hyper in rule.hyper:
        if hyper.name not in given and hyper.default is None:
            raise ValueError(f"the rule {rule.name} has no default for {hyper.name!r}; give it a value")
        values[hyper.name] = float(given.get(hyper.name, 0.0 if hyper.default is None else float(hyper.default)))
    return values


def simulate(
    rule: UpdateRule,
    gradients: Array,
    *,
    hyper: Mapping[str, float] | None = None,
    theta: float = 0.0,
    varying: Mapping[str, Array] | None = None,
) -> Trajectory:
    """Run `rule` from its initial state over `gradients`.

    Parameters
    ----------
    rule : UpdateRule
    gradients : float64 array (steps, ...)
        The gradient of each step; further axes are independent runs.
    hyper : mapping, optional
        Values by name; the rule's defaults otherwise.
    theta : float
        The parameter before the first step.
    varying : mapping, optional
        Hyperparameters that change between steps, as arrays (steps,).

    Examples
    --------
    >>> from optproof.derive import rule
    >>> run = simulate(rule("sgd"), np.array([1.0, -2.0]), hyper={"lr": 0.5})
    >>> run.displacement.tolist(), run.theta.tolist()
    ([-0.5, 1.0], [-0.5, 0.5])
    """
    return simulate_lines(rule, rule.assignments, gradients, hyper=hyper or {}, theta=theta, varying=varying)


def simulate_lines(
    rule: UpdateRule,
    lines: Iterable[Assignment],
    gradients: Array,
    *,
    hyper: Mapping[str, float],
    theta: float = 0.0,
    varying: Mapping[str, Array] | None = None,
) -> Trajectory:
    """Like :func:`simulate`, with `lines` in place of the assignments of `rule`."""
    gradients = np.asarray(gradients, dtype=np.float64)
    values = _before_first_step(rule, hyperparameter_values(rule, hyper), gradients.shape[1:], theta)
    functions = [_Line.of(rule, line) for line in lines]
    moved = np.empty_like(gradients)
    after = {name: np.empty_like(gradients) for name in ("theta", *(s.name for s in rule.state))}
    # A rule may divide by zero on a gradient of zero; the NaN that follows is the answer, not an accident.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for count, gradient in enumerate(gradients):
            values |= {"g": gradient, "t": count + 1, **{n: v[count] for n, v in (varying or {}).items()}}
            for line in functions:
                value = line.function(values)
                if line.target == "theta":
                    moved[count] = value
                    value = values["theta"] + value
                values[line.target] = value
            for name, column in after.items():
                column[count] = values[name]
    return Trajectory(moved, after.pop("theta"), after)


def _before_first_step(
    rule: UpdateRule, hyper: dict[str, float], shape: tuple[int, ...], theta: float
) -> dict[str, Any]:
    exact = {h.symbol: sp.Float(hyper[h.name], 17) for h in rule.hyper}
    start = {q.name: np.full(shape, float(e.xreplace(exact))) for q, e in initial_state(rule).items()}
    return {**hyper, **start, "theta": np.full(shape, theta)}


@dataclass(frozen=True)
class _Line:
    """One assignment as a function of all values; the line of theta computes what is added to theta."""

    target: str
    function: Callable[[Mapping[str, Any]], Any]

    @classmethod
    def of(cls, rule: UpdateRule, line: Assignment) -> _Line:
        value = line.value - rule.theta if line.target == rule.theta else line.value
        return cls(line.target.name, evaluator(value, NUMPY))
