"""Paths of rules over landscapes, each at the learning rate of a grid that ends lowest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule, rule_from_json
from ...kernels.trajectory import trajectory_kernel
from .choice import has_rate, rules_or
from .landscapes import LANDSCAPES
from .records import csv_text, from_json, listed, to_json
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["Path", "Paths", "paths"]

Array = NDArray[np.float64]
_RULES = ("sgd", "sgd[momentum]", "rmsprop", "adam")
_GRID = tuple(float(x) for x in np.round(10 ** (np.arange(-20, 4) / 4), 12))


@dataclass(frozen=True)
class Path:
    """One run: where it was before the first step and after each step.

    Attributes
    ----------
    rule, landscape : str
    lr : float
        The learning rate that was chosen.
    x, y, value : array (steps + 1,)
        The coordinates, and the objective there.
    """

    rule: str
    landscape: str
    lr: float
    x: Array
    y: Array
    value: Array


@dataclass(frozen=True)
class Paths:
    """Runs of several rules on several landscapes.

    Attributes
    ----------
    steps : int
    grid : array
        The learning rates that were tried.
    runs : tuple of Path
    """

    steps: int
    grid: Array
    runs: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> Paths:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of each run."""
        return csv_text(
            ["landscape", "rule", "lr", "t", "x", "y", "objective"],
            (
                (run.landscape, run.rule, run.lr, t, *values)
                for run in self.runs
                for t, values in enumerate(zip(run.x, run.y, run.value, strict=True))
            ),
        )


def paths(
    rules: Iterable[UpdateRule] | None = None,
    *,
    steps: int = 400,
    landscapes: Sequence[str] = tuple(LANDSCAPES),
    sweep: Sweep = IN_PROCESS,
) -> Paths:
    """Run each rule on each landscape at several learning rates, and keep the run that ends lowest.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
        With a learning rate; gradient descent, momentum, RMSprop and Adam by default.
    steps : int
    landscapes : sequence of str
        Of :data:`LANDSCAPES`.
    sweep : Sweep

    Raises
    ------
    StudyError
        If a rule has no learning rate.

    Examples
    --------
    >>> study = paths(steps=50, landscapes=["saddle"])
    >>> [run.rule for run in study.runs], all(run.value[-1] < run.value[0] for run in study.runs)
    (['sgd', 'sgd[momentum]', 'rmsprop', 'adam'], True)
    """
    chosen = rules_or(rules, _RULES, has_rate, "has no learning rate to choose")
    points = [
        {"rule": one.to_json(), "landscape": name, "steps": steps, "grid": list(_GRID)}
        for name in landscapes
        for one in chosen
    ]
    found = sweep.over(_best_run, points, "paths")
    return Paths(steps, np.array(_GRID), tuple(from_json(Path, one) for one in found))


def _best_run(point: Point) -> dict[str, Any]:
    """The run that ends lowest, of one rule on one landscape."""
    one, where = rule_from_json(point["rule"]), LANDSCAPES[point["landscape"]]
    kernel = trajectory_kernel(one, where.objective, varying=["lr"], record=["x", "y", "objective"])
    x, y = where.start
    runs = kernel.run({"x": x, "y": y}, point["steps"], hyper={"lr": point["grid"]})
    last = runs.recorded["objective"][-1]
    best = int(np.argmin(np.where(np.isfinite(last), last, np.inf)))
    first = float(where.objective.value.xreplace(dict(zip(where.objective.coordinates, (x, y), strict=True))))
    kept = {name: listed(np.concatenate([[start], runs.recorded[name][:, best]]))
            for name, start in (("x", x), ("y", y), ("objective", first))}  # fmt: skip
    return {
        "rule": one.name,
        "landscape": where.name,
        "lr": point["grid"][best],
        "x": kept["x"],
        "y": kept["y"],
        "value": kept["objective"],
    }
