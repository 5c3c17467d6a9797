"""A counterexample confirmed by the code itself, run on its numbers in float64."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from ...derive.prove.verdict import Verdict
from ..trace.isolation import Tracer
from ..trace.record import TraceError, Untraceable
from .record import Counterexample, Verification, decimal

__all__ = ["confirmed"]

_TOLERANCE = 1e-6


def confirmed(
    found: Verification, tracer: Tracer, *, mapped: Mapping[str, str] | None, given: Mapping[str, Any] | None
) -> Verification:
    """The verification with a note that the code was run, or UNKNOWN if it does something else than was traced.

    Implementations that cannot be run apart from their trace are left as they are.
    """
    run = found.counterexample
    if run is None:
        return found
    try:
        theta = tracer.run(
            found.target,
            hyper=_arguments(found, run),
            theta=float(run.theta),
            gradients=[float(g) for g in run.gradients],
            mapped=mapped,
            given=given,
            known=tuple(run.hyper),
        )
    except (TraceError, Untraceable) as error:
        return replace(found, verdict=Verdict.UNKNOWN, reason=f"the counterexample cannot be run: {error}")
    if theta is None:
        return found
    if not _is(theta, run.implementation):
        traced = decimal(run.implementation)
        words = f"run on the counterexample, the code itself gives theta = {theta!r}, its trace {traced}"
        return replace(found, verdict=Verdict.UNKNOWN, reason=words)
    return replace(
        found, notes=(*found.notes, f"run on the counterexample in float64, the code itself gives theta = {theta!r}")
    )


def _arguments(found: Verification, run: Counterexample) -> list[dict[str, float]]:
    """The implementation's hyperparameters in each step."""
    steps = []
    for t in range(run.step):
        values = dict(run.hyper) | ({"lr": run.lr[t]} if run.lr else {})
        steps.append({n: float(values[x] if isinstance(x, str) else x) for n, x in found.arguments.items()})
    return steps


def _is(theta: float, expected: sp.Expr) -> bool:
    if expected.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or expected.is_real is False:
        return not math.isfinite(theta)
    exact = float(expected.evalf(30))
    return math.isfinite(theta) and abs(theta - exact) <= _TOLERANCE * max(1.0, abs(exact))
