"""Tracing: real, unmodified code becomes exact expressions, with the conditions of each branch.

One module per kind of implementation; all of them produce a :class:`~optproof.analysis.trace.record.Traced`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .isolation import Tracer as Tracer
    from .record import Path as Path, Traced as Traced, TraceError as TraceError, Untraceable as Untraceable

_HOME = {
    "Path": "record",
    "TraceError": "record",
    "Traced": "record",
    "Tracer": "isolation",
    "Untraceable": "record",
}

__all__ = ["Path", "TraceError", "Traced", "Tracer", "Untraceable"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
