"""How much each hyperparameter matters: where runs end when one of them is changed and the others are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import Hyperparameter, UpdateRule, rule_from_json
from ...kernels.trajectory import trajectory_kernel
from .choice import rules_or
from .landscapes import LANDSCAPES
from .records import csv_text, from_json, listed, to_json
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["Sensitivities", "Sensitivity", "sensitivities"]

Array = NDArray[np.float64]
_RULES = ("sgd[momentum]", "rmsprop", "adam")


@dataclass(frozen=True)
class Sensitivity:
    """One hyperparameter of one rule on one landscape.

    Attributes
    ----------
    rule, landscape, parameter : str
    default : float
        Its value where the others' influence is looked at.
    values : array (values,)
    ends : array (values,)
        The median over the starting points of the objective at the end, infinite where runs diverge.
    """

    rule: str
    landscape: str
    parameter: str
    default: float
    values: Array
    ends: Array


@dataclass(frozen=True)
class Sensitivities:
    """Every hyperparameter of several rules, after `steps` steps."""

    steps: int
    starts: int
    curves: tuple[Sensitivity, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> Sensitivities:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each value of each hyperparameter."""
        return csv_text(
            ["rule", "landscape", "hyperparameter", "default", "value", "objective_at_the_end"],
            (
                (c.rule, c.landscape, c.parameter, c.default, value, end)
                for c in self.curves
                for value, end in zip(c.values, c.ends, strict=True)
            ),
        )


def sensitivities(
    rules: Iterable[UpdateRule] | None = None,
    *,
    steps: int = 1000,
    values: int = 33,
    starts: int = 64,
    landscapes: Sequence[str] = ("Rosenbrock", "Beale"),
    sweep: Sweep = IN_PROCESS,
) -> Sensitivities:
    """Change each hyperparameter by itself, and look at where runs end.

    The learning rate is first set to the one that ends lowest; the others start from their defaults.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
        With a learning rate.
    steps, values, starts : int
        Of each run, of each hyperparameter, and how many starting points.
    landscapes : sequence of str
    sweep : Sweep

    Examples
    --------
    >>> from optproof.derive import rule
    >>> study = sensitivities([rule("sgd")], steps=50, values=5, starts=4, landscapes=["saddle"])
    >>> [(c.parameter, len(c.values)) for c in study.curves]
    [('lr', 5)]
    """
    chosen = rules_or(rules, _RULES, lambda one: any(h.name == "lr" for h in one.hyper), "has no learning rate")
    sizes = {"steps": steps, "values": values, "starts": starts}
    points = [{"rule": one.to_json(), "landscape": name, **sizes} for one in chosen for name in landscapes]
    found = sweep.over(_curves, points, "sensitivity")
    return Sensitivities(steps, starts, tuple(from_json(Sensitivity, c) for curves in found for c in curves))


def _grid(hyper: Hyperparameter, count: int) -> Array:
    """Values of a hyperparameter: decay rates by how far they are from 1, others over powers of ten."""
    default = float(hyper.default or 0.01)
    if hyper.symbol.domain.upper == 1:
        return 1 - np.logspace(0, -4, count)[1:]
    if hyper.name == "lr":
        return np.logspace(-5, 1, count)
    return default * np.logspace(-3, 3, count)


def _curves(point: Point) -> list[dict[str, Any]]:
    """Every hyperparameter of one rule on one landscape."""
    one, where = rule_from_json(point["rule"]), LANDSCAPES[point["landscape"]]
    spread = np.random.default_rng(20150507).normal(size=(2, point["starts"])) / 4
    begin = np.array(where.start)[:, None] + spread
    usual = {h.name: float(h.default) for h in one.hyper if h.default is not None}
    found = []
    for hyper in sorted(one.hyper, key=lambda h: h.name != "lr"):
        grid = _grid(hyper, point["values"])
        kernel = trajectory_kernel(one, where.objective, varying=[hyper.name], record=["objective"])
        ends = _ends(kernel, begin, grid, hyper.name, usual, point["steps"])
        if hyper.name == "lr":
            usual["lr"] = float(grid[np.argmin(ends)])
        found.append(
            {
                "rule": one.name,
                "landscape": where.name,
                "parameter": hyper.name,
                "default": usual.get(hyper.name, float(grid[0])),
                "values": listed(grid),
                "ends": listed(ends),
            }
        )
    return found


def _ends(kernel: Any, begin: Array, grid: Array, name: str, usual: dict[str, float], steps: int) -> Array:
    lanes = {"x": np.tile(begin[0], len(grid)), "y": np.tile(begin[1], len(grid))}
    hyper = {**usual, name: np.repeat(grid, begin.shape[1])}
    last = kernel.run(lanes, steps, hyper=hyper, every=steps).recorded["objective"][0]
    return np.median(np.nan_to_num(last, nan=np.inf, posinf=np.inf).reshape(len(grid), -1), axis=1)
