"""What one step of an optimizer did, as the tracers of frameworks pass it on."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from ...derive.symbols import Quantity
from .torch_run import Run

__all__ = ["Outcome", "RefusedError"]


class RefusedError(Exception):
    """The optimizer raised an exception; it is the outcome of a branch."""


@dataclass
class Outcome:
    """What a step did.

    Attributes
    ----------
    outputs, values : dict
        Each slot after the step, and theta: as an expression and as the number that was computed.
    state : dict
        The quantity of each slot that was given a symbol.
    initial : dict
        What slots hold before the first step, as far as it was seen.
    effects : list of str
        What it did to the gradient.
    limits : dict
        Where what was traced ends to hold, in words (the values say nothing).
    """

    run: Run
    outputs: dict[str, sp.Expr] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    state: dict[str, Quantity] = field(default_factory=dict)
    initial: dict[str, sp.Expr] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    refused: str = ""
    limits: dict[str, None] = field(default_factory=dict)
