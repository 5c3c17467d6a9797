"""Objectives on which runs are looked at, as formulas, each with where runs start and what of it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ...kernels.trajectory.objective import Objective, objective

__all__ = ["LANDSCAPES", "Landscape"]


@dataclass(frozen=True)
class Landscape:
    """An objective of x and y.

    Attributes
    ----------
    name, formula : str
    start : tuple of float
        Where runs begin.
    view : tuple of float
        What is drawn: from and to in x, from and to in y.
    lesson : str
        What it is known for.
    """

    name: str
    formula: str
    start: tuple[float, ...]
    view: tuple[float, ...]
    lesson: str

    @property
    def objective(self) -> Objective:
        """The formula, read."""
        return _objective(self.formula, self.name)


@lru_cache(maxsize=32)
def _objective(formula: str, name: str) -> Objective:
    return objective(formula, ["x", "y"], name)


_ALL = (
    Landscape(
        "Rosenbrock", "(1 - x)^2 + 100*(y - x^2)^2", (-1.5, 1.5), (-2.0, 2.0, -1.0, 3.0), "a flat, curved valley"
    ),
    Landscape(
        "Beale",
        "(3/2 - x + x*y)^2 + (9/4 - x + x*y^2)^2 + (21/8 - x + x*y^3)^2",
        (1.0, 1.5), (-1.0, 4.5, -1.5, 2.0), "steep walls about a plain",
    ),
    Landscape("ill-conditioned quadratic", "(x^2 + 100*y^2)/2", (-4.0, 1.0), (-5.0, 2.0, -1.5, 1.5), "condition 100"),
    Landscape("saddle", "x^2/2 - y^2/2 + y^4/4", (-2.0, 0.01), (-2.5, 1.5, -1.5, 1.5), "a saddle at 0"),
)  # fmt: skip
LANDSCAPES = MappingProxyType({one.name: one for one in _ALL})
