"""The last guard: the traced expressions, evaluated, must give what the code computed on plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..evaluate import NUMPY, evaluator
from .numpy_plain import PlainRun
from .record import THETA, Path, Traced

__all__ = ["Replay"]

Evaluator: TypeAlias = Callable[[Mapping[str, Any]], Any]
Compiled: TypeAlias = list[tuple[list[Evaluator], dict[str, Evaluator]]]


class Replay:
    """A trace whose expressions are turned into functions once, for several runs.

    Parameters
    ----------
    traced : Traced
    """

    def __init__(self, traced: Traced) -> None:
        self._traced = traced
        self._first, self._later = _compiled(traced.first or traced.paths), _compiled(traced.paths)

    def contradiction(self, plain: PlainRun, tolerance: float = 1e-7) -> str:
        """Where the trace and the code disagree on numbers, in a sentence; empty if they agree."""
        traced, lanes = self._traced, plain.theta.size
        hyper = {traced.hyper[name].name: value for name, value in plain.hyper.items() if name in traced.hyper}
        values: dict[str, Any] = {"theta": plain.theta.ravel().astype(float), **self._start(hyper, lanes)}
        for t, (g, expected) in enumerate(zip(plain.gradients, plain.after, strict=True), start=1):
            inputs = {**hyper, **values, "g": g.ravel().astype(float), "t": np.full(lanes, float(t))}
            after, covered = _advanced(self._first if t == 1 else self._later, inputs, lanes)
            if not covered.all():
                return "" if traced.raises or not traced.complete else "no traced branch covers what the code did"
            theta, code = after[THETA], expected.ravel()
            apart = np.flatnonzero(~_close(theta, code, tolerance))
            if apart.size:
                ours, own = float(theta[apart[0]]), float(code[apart[0]])
                return (
                    f"the trace does not reproduce the code: after step {t} it gives theta = {ours!r}, the code {own!r}"
                )
            values = {"theta": theta} | {q.name: after[name] for name, q in traced.state.items()}
        return ""

    def _start(self, hyper: Mapping[str, Any], lanes: int) -> dict[str, Any]:
        """The states before the first step, where it is a step like the others; what has no value is no number."""
        if self._traced.first:
            return {}
        found = {q.name: np.full(lanes, np.nan) for q in self._traced.state.values()}
        for name, value in self._traced.initial.items():
            if name in self._traced.state and value.free_symbols <= set(self._traced.hyper.values()):
                found[self._traced.state[name].name] = np.full(lanes, evaluator(value, NUMPY)(hyper))
        return found


def _compiled(paths: Sequence[Path]) -> Compiled:
    return [
        ([evaluator(c, NUMPY) for c in path.conditions], {n: evaluator(e, NUMPY) for n, e in path.outputs.items()})
        for path in paths
    ]


def _advanced(paths: Compiled, inputs: Mapping[str, Any], lanes: int) -> tuple[dict[str, Any], Any]:
    """What one step makes of the inputs, and for which lanes a path is taken."""
    found: dict[str, Any] = {}
    covered = np.zeros(lanes, dtype=bool)
    with np.errstate(all="ignore"):
        for conditions, outputs in paths:
            taken = ~covered
            for condition in conditions:
                taken = taken & np.asarray(condition(inputs), dtype=bool)
            for name, function in outputs.items():
                found[name] = np.where(taken, function(inputs), found.get(name, np.nan))
            covered |= taken
    return found, covered


def _close(a: Any, b: Any, tolerance: float) -> Any:
    """Where two results agree; nothing is said of what is no finite number."""
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= tolerance * np.maximum(np.maximum(np.abs(a), np.abs(b)), 1.0)
    return near | ~(np.isfinite(a) & np.isfinite(b))
