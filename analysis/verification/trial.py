"""Trying drafts on a run of the implementation: most are ruled out by its first step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from .drafts import Draft
from .numeric import Sample, Trajectory, close, function_of

__all__ = ["Trial"]


@dataclass
class Trial:
    """Inputs, and what the implementation makes of them."""

    inputs: Sample
    run: Trajectory
    fixed: Mapping[str, sp.Rational]

    def moves_alike(self, draft: Draft) -> bool:
        """Whether a draft moves theta as the implementation does."""
        shape = self.inputs.theta.shape
        hyper = {**self.inputs.hyper, **{name: np.float64(float(v)) for name, v in self.fixed.items()}}
        values: dict[str, Any] = {"theta": self.inputs.theta}
        try:
            with np.errstate(all="ignore"):
                for q, e in draft.initial.items():
                    values[q.name] = np.broadcast_to(function_of(e)({**hyper, "theta": self.inputs.theta}), shape)
                for t, after in enumerate(self.run.after, start=1):
                    known = {**hyper, **values, "g": self.inputs.gradients[t - 1], "t": np.full(shape, float(t))}
                    for q, e in draft.lines:
                        known[q.name] = np.broadcast_to(function_of(e)(known), shape)
                    if not close(known["theta"], after["theta"]):
                        return False
                    values = {name: known[name] for name in values}
        except (KeyError, ValueError, TypeError):
            # A line reads what this draft does not have.
            return False
        return True
