"""optproof: symbolic derivation and verification of gradient-descent optimizers.

One symbolic definition of an optimizer's update rule; its properties, its fast kernel and the verdict on anyone's
implementation of it follow from that definition.

Names are loaded when they are first used, so that ``import optproof`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .derive import (
        NONNEGATIVE as NONNEGATIVE,
        OPEN_UNIT as OPEN_UNIT,
        POSITIVE as POSITIVE,
        REAL as REAL,
        UNIT_INTERVAL as UNIT_INTERVAL,
        Quantity as Quantity,
        Source as Source,
        UpdateRule as UpdateRule,
        gradient as gradient,
        parameter as parameter,
        rule as rule,
        step_counter as step_counter,
    )

__version__ = "0.1.0"

_WHERE = {
    "derive": (
        "NONNEGATIVE",
        "OPEN_UNIT",
        "POSITIVE",
        "REAL",
        "UNIT_INTERVAL",
        "Quantity",
        "Source",
        "UpdateRule",
        "gradient",
        "parameter",
        "rule",
        "step_counter",
    ),
}
_HOME = {name: floor for floor, names in _WHERE.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'optproof' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
