"""Second floor: what is true of code and of behaviour. Cross-checks of kernels, simulated studies, verification.

Implementations are verified by ``analysis.verify.verify`` and compared by ``analysis.compare.compare``.

Importing this package imports nothing else; what is used is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import study as study
    from .kernel_check import (
        CrossCheck as CrossCheck,
        SourceCheck as SourceCheck,
        check_kernel as check_kernel,
        check_source as check_source,
        crosscheck as crosscheck,
    )
    from .trace.record import TraceError as TraceError

_HOME = {
    "CrossCheck": "kernel_check",
    "SourceCheck": "kernel_check",
    "check_kernel": "kernel_check",
    "check_source": "kernel_check",
    "crosscheck": "kernel_check",
    "TraceError": "trace.record",
}

__all__ = ["CrossCheck", "SourceCheck", "TraceError", "check_kernel", "check_source", "crosscheck", "study"]


def __getattr__(name: str) -> Any:
    if name == "study":
        return import_module(".study", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
