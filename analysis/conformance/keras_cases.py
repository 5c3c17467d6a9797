"""Keras's optimizers with every option that chooses a formula."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from ..trace.target import prepare_for
from .cases import Case
from .optax_cases import formulas

__all__ = ["cases"]

_NOT_ELEMENT_WISE = {
    "Adafactor": "it factors the second moment of a matrix into rows and columns",
    "Lamb": "it scales each array's step by norms of the whole array",
    "Muon": "it orthogonalises a matrix",
}
_WITHOUT_EFFECT = frozenset(["use_ema"])
"""Switches of the base class that leave the step as it is."""


def cases() -> list[Case]:
    """Every optimizer class of the installed Keras, with its options in every combination.

    What chooses a formula are the constructor's booleans and the hyperparameters that are None by default, such as the
    base class's ``weight_decay``: those become inputs.
    """
    prepare_for("keras")
    import keras

    base = keras.optimizers.Optimizer
    found = {k for k in vars(keras.optimizers).values() if inspect.isclass(k) and issubclass(k, base)} - {base}
    return [case for kind in sorted(found, key=lambda k: k.__name__) for case in _of(kind)]


def _of(kind: Any) -> Iterator[Case]:
    target = f"keras.optimizers.{kind.__name__}"
    if kind.__name__ in _NOT_ELEMENT_WISE:
        yield Case("keras", target, excluded=f"not element-wise: {_NOT_ELEMENT_WISE[kind.__name__]}")
        return
    taken = inspect.signature(kind.__init__).parameters
    if any("optimizer" in n for n in taken):
        yield Case("keras", target, excluded="it wraps another optimizer")
        return
    for chosen in formulas({n: p for n, p in taken.items() if n not in _WITHOUT_EFFECT}):
        yield Case("keras", target, chosen)
        if _has_momentum(taken) and "nesterov" not in chosen:
            yield Case("keras", target, {**chosen, "momentum": 0.0})


def _has_momentum(taken: Mapping[str, inspect.Parameter]) -> bool:
    """Whether momentum is a number that is off by default; without it, it is another rule."""
    return "momentum" in taken and taken["momentum"].default == 0
