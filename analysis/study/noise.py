"""How long steps are when gradients are noisy: the distribution over many runs that differ in their noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule, rule_from_json
from ...kernels.trajectory import trajectory_kernel
from .choice import rules_or
from .records import csv_text, from_json, listed, to_json
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["NoisySteps", "StepDistribution", "noisy_steps"]

Array = NDArray[np.float64]
_RULES = ("sgd[momentum]", "rmsprop", "adam")
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class StepDistribution:
    """Quantiles over the runs of the step against the mean gradient, divided by the learning rate.

    Attributes
    ----------
    rule : str
    lr, noise : float
        The learning rate, and the standard deviation of gradients whose mean is 1.
    t : int array (steps,)
    quantiles : array (quantiles, steps)
    """

    rule: str
    lr: float
    noise: float
    t: NDArray[np.int64]
    quantiles: Array


@dataclass(frozen=True)
class NoisySteps:
    """Distributions for several rules and strengths of noise, each over `runs` runs."""

    runs: int
    levels: Array
    distributions: tuple[StepDistribution, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> NoisySteps:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step, rule and strength of noise."""
        return csv_text(
            ["rule", "lr", "noise", "t", *(f"quantile_{level:g}" for level in self.levels)],
            ((d.rule, d.lr, d.noise, t, *d.quantiles[:, k]) for d in self.distributions for k, t in enumerate(d.t)),
        )


def noisy_steps(
    rules: Iterable[UpdateRule] | None = None,
    *,
    steps: int = 200,
    runs: int = 2000,
    noise: Iterable[float] = (0.5, 5.0),
    sweep: Sweep = IN_PROCESS,
) -> NoisySteps:
    """Run rules on gradients 1 plus normal noise, many times.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
        With a learning rate.
    steps, runs : int
    noise : iterable of float
        Standard deviations.
    sweep : Sweep

    Examples
    --------
    >>> study = noisy_steps(steps=20, runs=50)
    >>> len(study.distributions), study.distributions[0].quantiles.shape
    (6, (5, 20))
    """
    has_rate = rules_or(rules, _RULES, lambda one: any(h.name == "lr" for h in one.hyper), "has no learning rate")
    points = [{"rule": o.to_json(), "steps": steps, "runs": runs, "noise": float(n)} for o in has_rate for n in noise]
    found = sweep.over(_distribution, points, "noise")
    return NoisySteps(runs, np.array(_QUANTILES), tuple(from_json(StepDistribution, one) for one in found))


def _distribution(point: Point) -> dict[str, Any]:
    """One rule under one strength of noise; the noise is the same for every rule."""
    one, steps, runs = rule_from_json(point["rule"]), point["steps"], point["runs"]
    lr = next(float(h.default if h.default is not None else 0.01) for h in one.hyper if h.name == "lr")
    drawn = np.random.default_rng(20150507).standard_normal((steps, runs))
    kernel = trajectory_kernel(one, record=["theta"])
    flow = 1 + point["noise"] * drawn
    theta = kernel.run({"theta": 0.0}, steps, hyper={"lr": lr}, gradients=flow).recorded["theta"]
    moved = -np.diff(np.concatenate([np.zeros((1, runs)), theta]), axis=0) / lr
    return {
        "rule": one.name,
        "lr": lr,
        "noise": point["noise"],
        "t": list(range(1, steps + 1)),
        "quantiles": listed(np.quantile(moved, _QUANTILES, axis=1)),
    }
