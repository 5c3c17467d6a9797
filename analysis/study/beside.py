"""An implementation and a rule beside each other: theta of both over the same gradients.

What the code was traced to compute is evaluated, as the rule's equations are; where the code can be run by itself, it
must end where its trace does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..evaluate import NUMPY, evaluator
from .gradients import periodic
from .simulate import hyperparameter_values, simulate

if TYPE_CHECKING:
    from ...derive import UpdateRule
    from ..trace.isolation import Tracer
    from ..verification.record import Verification
    from ..verification.system import Case

__all__ = ["RunBeside", "at_the_counterexample", "at_the_defaults"]

Array = NDArray[np.float64]

_STEPS, _PERIOD = 40, 20
_START = 1.0
_TOLERANCE = 1e-6
"""Frameworks compute in float32 or reorder sums; what is traced wrongly is further away than that."""


@dataclass(frozen=True)
class RunBeside:
    """Theta of a rule and of an implementation.

    Attributes
    ----------
    hyper : dict
        The rule's hyperparameters before the first step.
    gradients : array (steps,)
    rule, implementation : array (steps + 1,)
        Theta before the first step and after each; NaN where it is not defined.
    ran : bool
        Whether the code was also run by itself, and ended where its trace does.
    """

    hyper: dict[str, float]
    gradients: Array
    rule: Array
    implementation: Array
    ran: bool

    @property
    def distance(self) -> Array:
        """How far they are apart before the first step and after each."""
        return np.abs(self.implementation - self.rule)


def at_the_counterexample(found: Verification, rule: UpdateRule, tracer: Tracer) -> RunBeside | None:
    """Both along the counterexample, in float64; None if there is none."""
    run = found.counterexample
    if run is None:
        return None
    rates = np.array([float(x) for x in run.lr])
    hyper = {name: float(value) for name, value in run.hyper.items()}
    varying = {"lr": rates} if rates.size else {}
    return _beside(found, rule, tracer, hyper, np.array([float(g) for g in run.gradients]), varying, float(run.theta))


def at_the_defaults(found: Verification, rule: UpdateRule, tracer: Tracer) -> RunBeside:
    """Both at the rule's default hyperparameters under a gradient that swings.

    Raises
    ------
    ValueError
        If a hyperparameter of the rule has no default.
    """
    gradients = periodic(_STEPS, period=_PERIOD)
    return _beside(found, rule, tracer, hyperparameter_values(rule, {}), gradients, {}, _START)


def _beside(
    found: Verification,
    rule: UpdateRule,
    tracer: Tracer,
    hyper: Mapping[str, float],
    gradients: Array,
    varying: Mapping[str, Array],
    start: float,
) -> RunBeside:
    given = [{**hyper, **{n: float(v[k]) for n, v in varying.items()}} for k in range(len(gradients))]
    theirs = [_arguments(found, one) for one in given]
    after = _evaluated(found.target, tracer, theirs, gradients, start, tuple(hyper))
    ran = _confirmed(found.target, tracer, theirs, gradients, start, tuple(hyper), after[-1])
    known = {h.name for h in rule.hyper}
    values = {n: v for n, v in hyper.items() if n in known}
    ours = simulate(rule, gradients, hyper=values, theta=start, varying=varying).theta
    return RunBeside(dict(given[0]), gradients, np.concatenate([[start], ours]), np.array([start, *after]), ran)


def _confirmed(
    target: str,
    tracer: Tracer,
    hyper: Sequence[Mapping[str, float]],
    gradients: Array,
    start: float,
    known: tuple[str, ...],
    expected: float,
) -> bool:
    """Whether the code itself, run on the same numbers, ends there too; False where it cannot be run by itself."""
    theta = tracer.run(target, hyper=hyper, theta=start, gradients=gradients.tolist(), known=known)
    if theta is None:
        return False
    if not np.isclose(theta, expected, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True):
        raise ValueError(f"the code itself ends at theta = {theta!r}, what it was traced to compute at {expected!r}")
    return True


def _evaluated(
    target: str,
    tracer: Tracer,
    hyper: Sequence[Mapping[str, float]],
    gradients: Array,
    start: float,
    known: tuple[str, ...],
) -> list[float]:
    """Theta after each step as the trace says, in float64; NaN from where it says nothing."""
    from ..verification.system import of_traced

    traced = tracer.trace(target, known=known)
    system = of_traced(traced)
    names = {theirs: quantity.name for theirs, quantity in traced.hyper.items()}
    values: dict[str, float] = {"theta": start}
    after: list[float] = []
    for count, (given, gradient) in enumerate(zip(hyper, gradients, strict=True), start=1):
        inputs = {names[n]: v for n, v in given.items() if n in names}
        now = {**values, **inputs, "g": float(gradient), "t": float(count)}
        values = _step(system.first if count == 1 else system.cases, now)
        after.append(values["theta"])
    return after


def _step(cases: Sequence[Case], now: Mapping[str, float]) -> dict[str, float]:
    # A division by zero gives the infinity or the NaN that the code would give.
    arrays = {name: np.float64(value) for name, value in now.items()}
    with np.errstate(all="ignore"):
        for case in cases:
            if all(bool(evaluator(c, NUMPY)(arrays)) for c in case.conditions):
                return {q.name: float(evaluator(e, NUMPY)(arrays)) for q, e in case.after.items()}
    return dict.fromkeys(now, float("nan"))


def _arguments(found: Verification, values: Mapping[str, float]) -> dict[str, float]:
    return {n: float(values[x] if isinstance(x, str) else x) for n, x in found.arguments.items()}
