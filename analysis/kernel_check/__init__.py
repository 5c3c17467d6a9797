"""Cross-checks of generated kernels: source proved on symbols, machine code against references and an exact oracle."""

from __future__ import annotations

from .check import check_kernel, crosscheck
from .record import CrossCheck
from .source import SourceCheck, check_source

__all__ = ["CrossCheck", "SourceCheck", "check_kernel", "check_source", "crosscheck"]
