"""First floor: from an update rule to proved machine code that runs.

Importing this package imports neither numba nor SymPy; what is used is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import cache as cache
    from .build import compile_kernel as compile_kernel
    from .conversions import narrowed as narrowed, widened as widened
    from .errors import KernelError as KernelError
    from .extras import extended as extended
    from .form import Form as Form
    from .generation import GeneratedKernel as GeneratedKernel, generate as generate
    from .kernel import Kernel as Kernel
    from .operations import OperationCounts as OperationCounts
    from .passes import Pass as Pass, PassReport as PassReport, ProgramProof as ProgramProof
    from .program import StepProgram as StepProgram
    from .runtime import Optimizer as Optimizer, optimizer as optimizer

_HOME = {
    "Form": "form",
    "GeneratedKernel": "generation",
    "Kernel": "kernel",
    "KernelError": "errors",
    "OperationCounts": "operations",
    "Optimizer": "runtime",
    "Pass": "passes",
    "PassReport": "passes",
    "ProgramProof": "passes",
    "StepProgram": "program",
    "compile_kernel": "build",
    "extended": "extras",
    "generate": "generation",
    "narrowed": "conversions",
    "optimizer": "runtime",
    "widened": "conversions",
}

__all__ = [
    "Form",
    "GeneratedKernel",
    "Kernel",
    "KernelError",
    "OperationCounts",
    "Optimizer",
    "Pass",
    "PassReport",
    "ProgramProof",
    "StepProgram",
    "cache",
    "compile_kernel",
    "extended",
    "generate",
    "narrowed",
    "optimizer",
    "widened",
]


def __getattr__(name: str) -> Any:
    if name == "cache":
        return import_module(".cache", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
