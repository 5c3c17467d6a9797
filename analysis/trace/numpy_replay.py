"""The last guard: the traced expressions, evaluated, must give what the code computed on plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from ..evaluate import NUMPY, evaluator
from .numpy_plain import PlainRun
from .record import THETA, Path, Traced

__all__ = ["contradiction"]


def contradiction(traced: Traced, plain: PlainRun, tolerance: float = 1e-7) -> str:
    """Where the trace and the code disagree on numbers, in a sentence; empty if they agree."""
    hyper = {traced.hyper[name].name: value for name, value in plain.hyper.items() if name in traced.hyper}
    for lane in range(plain.theta.size):
        values: dict[str, float] = {"theta": float(plain.theta[lane])}
        for t, (g, expected) in enumerate(zip(plain.gradients, plain.after, strict=True), start=1):
            paths = traced.first if t == 1 else traced.paths
            inputs = {**hyper, **values, "g": float(g[lane]), "t": float(t)}
            path = _taken(paths, inputs)
            if path is None:
                return "" if traced.raises or not traced.complete else "no traced branch covers what the code did"
            after = {name: _number(e, inputs) for name, e in path.outputs.items()}
            if not _close(after[THETA], float(expected[lane]), tolerance):
                return (
                    f"the trace does not reproduce the code: after step {t} it gives theta = {after[THETA]!r}, "
                    f"the code {float(expected[lane])!r}"
                )
            values = {"theta": after[THETA]}
            values |= {q.name: after[name] for name, q in traced.state.items()}
    return ""


def _taken(paths: tuple[Path, ...], inputs: Mapping[str, float]) -> Path | None:
    return next((p for p in paths if all(bool(_number(c, inputs)) for c in p.conditions)), None)


def _number(e: sp.Basic, inputs: Mapping[str, float]) -> Any:
    with np.errstate(all="ignore"):
        return evaluator(e, NUMPY)({k: np.float64(v) for k, v in inputs.items()})


def _close(a: Any, b: float, tolerance: float) -> bool:
    a = float(a)
    if not (math.isfinite(a) and math.isfinite(b)):
        return True
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1.0)
