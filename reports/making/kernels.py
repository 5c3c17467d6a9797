"""Generated kernels and cross-checks as plain records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..records import CheckFacts, KernelFacts, OperationFacts, PassFacts

if TYPE_CHECKING:
    from ...analysis import CrossCheck
    from ...kernels import GeneratedKernel
    from ...kernels.operations import OperationCounts

__all__ = ["check_facts", "kernel_facts"]


def kernel_facts(kernel: GeneratedKernel) -> KernelFacts:
    """A generated kernel as a record."""
    passes = (
        PassFacts(
            p.name, p.words, _operations(p.before), _operations(p.after), p.verdict.name, p.method, float(p.seconds)
        )
        for p in kernel.passes
    )
    return KernelFacts(str(kernel.dtype), kernel.source, kernel.digest, tuple(passes))


def _operations(counts: OperationCounts) -> OperationFacts:
    return OperationFacts(dict(counts.prologue), dict(counts.body))


def check_facts(check: CrossCheck) -> CheckFacts:
    """A cross-check as a record."""
    return CheckFacts(
        rule=check.rule,
        dtype=str(check.dtype),
        passed=check.passed,
        source_verdict=check.source_verdict.name,
        cases=check.cases,
        exact_cases=check.exact_cases,
        max_ulps=_finite(check.max_ulps),
        error_over_bound=_finite(check.error_over_bound),
        worst=check.worst,
        sizes=tuple(check.sizes),
        parallel_bitwise=check.parallel_bitwise,
        edges_ok=check.edges_ok,
        problems=tuple(check.problems),
        notes=tuple(check.notes),
        machine_verdict=check.machine_verdict.name,
        machine_scope=check.machine_scope,
        seconds=float(check.seconds),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
