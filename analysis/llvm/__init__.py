"""Compiled code read back: the LLVM IR of a function that loops over arrays becomes exact expressions, for every size.

:func:`~optproof.analysis.llvm.execution.executed` is the way in.
"""

from __future__ import annotations

from .execution import Argument, Executed, executed
from .problems import NotElementWise, NotUnderstood

__all__ = ["Argument", "Executed", "NotElementWise", "NotUnderstood", "executed"]
