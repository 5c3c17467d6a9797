"""Which curvatures a rule settles on: runs on a quadratic beside the region that is proved.

On a quadratic only the product of learning rate and curvature matters, so that the runs have curvature 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Quantity, UpdateRule, claims_of, rule_from_json
from ...derive.linearised import linearised, region
from ...kernels.trajectory import objective, trajectory_kernel
from .choice import rules_or
from .records import csv_text, from_json, listed, to_json
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["StabilityMap", "StabilityMaps", "stability_maps"]

Array = NDArray[np.float64]
_RULES = ("sgd[momentum]", "sgd[nesterov]")
_CLAIM = "stability-region"


@dataclass(frozen=True)
class StabilityMap:
    """Runs of one rule on a quadratic, over learning rate times curvature and one more hyperparameter.

    Attributes
    ----------
    rule, parameter : str
        The rule, and its other hyperparameter.
    limit : str
        The proved largest curvature, as a formula.
    verdict : str
        Of the claim that the region is this one.
    values : array (rows,)
        Of the other hyperparameter.
    products : array (columns,)
        Learning rate times curvature.
    left : array (rows, columns)
        How much of the distance from the minimum, and of the states, is left after the last step.
    boundary : array (rows,)
        The proved limit of learning rate times curvature at each of `values`.
    """

    rule: str
    parameter: str
    limit: str
    verdict: str
    values: Array
    products: Array
    left: Array
    boundary: Array

    @property
    def settles(self) -> NDArray[np.bool_]:
        """Where the run came nearer to the minimum."""
        return np.asarray(self.left < 1)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where the proved region says that it settles."""
        return np.asarray(self.products[None, :] < self.boundary[:, None])

    @property
    def agreement(self) -> float:
        """The share of runs that did what the region says."""
        return float(np.mean(self.settles == self.inside))


@dataclass(frozen=True)
class StabilityMaps:
    """A map for each rule, after `steps` steps."""

    steps: int
    maps: tuple[StabilityMap, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> StabilityMaps:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each run."""
        return csv_text(
            ["rule", "parameter", "value", "lr_times_h", "left", "proved_limit"],
            (
                (one.rule, one.parameter, value, product, one.left[row, column], one.boundary[row])
                for one in self.maps
                for row, value in enumerate(one.values)
                for column, product in enumerate(one.products)
            ),
        )


def stability_maps(
    rules: Iterable[UpdateRule] | None = None,
    *,
    size: int = 60,
    steps: int = 2000,
    sweep: Sweep = IN_PROCESS,
) -> StabilityMaps:
    """Run each rule on a quadratic over a grid, and derive and prove where it settles.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
        Linear ones with a learning rate and one more hyperparameter in the unit interval.
    size : int
        Rows and columns of the grid.
    steps : int
    sweep : Sweep

    Raises
    ------
    StudyError
        If a rule is not of that kind.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> (map,) = stability_maps([rule("sgd[momentum]")], size=8, steps=300).maps
    >>> map.limit, map.verdict, map.agreement
    ('2*(momentum + 1)/lr', 'PROVED', 1.0)
    """
    fitting = "is not linear with one hyperparameter in the unit interval beside its learning rate"
    chosen = rules_or(rules, _RULES, lambda one: _other(one) is not None, fitting)
    points = [{"rule": one.to_json(), "size": size, "steps": steps} for one in chosen]
    found = sweep.over(_map, points, "stability")
    return StabilityMaps(steps, tuple(from_json(StabilityMap, one) for one in found))


def _other(one: UpdateRule) -> Quantity | None:
    """The hyperparameter beside the learning rate, for a rule whose recurrence on a quadratic is linear and exact."""
    found = linearised(one)
    others = [h.symbol for h in one.hyper if h.name != "lr"]
    interval = None if found is None or found.frozen else region(found, one)
    if interval is None or interval.lower != 0 or len(others) != 1 or others[0].domain.upper != 1:
        return None
    return others[0] if len(one.hyper) == 2 else None


def _map(point: Point) -> dict[str, Any]:
    """The runs of one rule, and its proved region."""
    from ...derive.derivation import prove

    one, size = rule_from_json(point["rule"]), point["size"]
    other, lr = _other(one), next(h.symbol for h in one.hyper if h.name == "lr")
    if other is None:
        raise ValueError(f"{one.name} has no map")
    (result,) = prove(c for c in claims_of(one) if c.name == _CLAIM)
    # The limit of the curvature at learning rate 1 is that of their product.
    product = sp.lambdify(other, result.claim.derived.xreplace({lr: sp.Integer(1)}), "numpy")  # type: ignore[union-attr]
    values = (np.arange(size) + 0.5) / size
    boundary = np.broadcast_to(product(values), values.shape)
    products = (np.arange(size) + 0.5) / size * 1.25 * float(boundary.max())
    kernel = trajectory_kernel(one, objective("x^2/2"), varying=["lr", other.name])
    grid = np.meshgrid(values, products, indexing="ij")
    ends = kernel.run({"x": 1.0}, point["steps"], hyper={other.name: grid[0].ravel(), "lr": grid[1].ravel()}).final
    with np.errstate(all="ignore"):
        left = np.maximum.reduce([np.abs(np.nan_to_num(e, nan=np.inf, posinf=np.inf)) for e in ends.values()])
    return {
        "rule": one.name,
        "parameter": other.name,
        "limit": str(sp.factor(result.claim.derived)),
        "verdict": result.verdict.name,
        "values": listed(values),
        "products": listed(products),
        "left": listed(left.reshape(size, size)),
        "boundary": listed(np.asarray(boundary, dtype=np.float64)),
    }
