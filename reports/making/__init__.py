"""From what the lower floors compute to the plain records of a report; only here are formulas written."""

from __future__ import annotations

from .comparisons import comparison_facts
from .implementations import implementation_facts
from .kernels import check_facts, kernel_facts
from .rules import rule_facts
from .theorems import theorem_of

__all__ = ["check_facts", "comparison_facts", "implementation_facts", "kernel_facts", "rule_facts", "theorem_of"]
