"""torch's optimizers with every option that chooses a formula or another way through the code."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from .cases import Case

__all__ = ["cases"]

_WAYS = ("foreach", "capturable", "differentiable", "fused")
"""Switches that are to choose another implementation of the same formula."""

_NOT_ELEMENT_WISE = {
    "Adafactor": "it factors the second moment of a matrix into rows and columns",
    "LBFGS": "it takes inner products of whole gradients",
    "Muon": "it orthogonalises a matrix",
    "SparseAdam": "it takes sparse gradients, and moves only the rows that they touch",
}


_NAMES = {"ASGD": {"alpha": "power"}}
"""Names that mean something else elsewhere."""


def cases() -> list[Case]:
    """Every optimizer class of the installed torch, with its options in every combination.

    What chooses a formula are the constructor's booleans and whether there is momentum, in every combination; the ways
    through the code (foreach, capturable, ...) are taken one at a time, with at most one of these.
    """
    import torch

    found = vars(torch.optim).values()
    kinds = {k for k in found if inspect.isclass(k) and issubclass(k, torch.optim.Optimizer)} - {torch.optim.Optimizer}
    return [case for kind in sorted(kinds, key=lambda k: k.__name__) for case in _of(kind)]


def _of(kind: Any) -> Iterator[Case]:
    target = f"torch.optim.{kind.__name__}"
    if kind.__name__ in _NOT_ELEMENT_WISE:
        yield Case("torch", target, excluded=f"not element-wise: {_NOT_ELEMENT_WISE[kind.__name__]}")
        return
    taken = inspect.signature(kind.__init__).parameters
    switches = [n for n, p in taken.items() if isinstance(p.default, bool) and n not in _WAYS]
    ways = [n for n in _WAYS if n in taken]
    names = _NAMES.get(kind.__name__, {})
    for formula in _formulas(taken, switches):
        yield Case("torch", target, formula, names=names)
        # Two switches at once are another formula, but no further way through the code.
        for way in ways if len(formula) < 2 else ():
            yield Case("torch", target, {**formula, way: True}, names=names)


def _formulas(taken: Mapping[str, inspect.Parameter], switches: list[str]) -> Iterator[dict[str, object]]:
    """Every combination of switches; without momentum as well, which is another rule."""
    zeros = ["momentum"] if "momentum" in taken and taken["momentum"].default == 0 else []
    for count in range(len(switches) + 1):
        for on in itertools.combinations(switches, count):
            chosen: dict[str, object] = dict.fromkeys(on, True)
            yield chosen
            if not (zeros and "nesterov" in on):
                yield from ({**chosen, name: 0} for name in zeros)
