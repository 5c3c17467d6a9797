"""Every kernel in every dtype, against its rule."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...derive import UpdateRule, rule as named
from ...derive.prove import Verdict
from .compiled import Checker, CompiledCheck
from .grid import SEED
from .record import CrossCheck
from .source import check_source

if TYPE_CHECKING:
    from ...kernels import Kernel

__all__ = ["check_kernel", "crosscheck"]

DTYPES = ("float32", "float64")


def crosscheck(
    rules: Iterable[UpdateRule | str],
    dtypes: Iterable[str] = DTYPES,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    kernels: Mapping[tuple[str, str], Kernel] | None = None,
) -> list[CrossCheck]:
    """Check the kernels of `rules`: their source on symbols, their machine code in numbers.

    Parameters
    ----------
    rules : iterable of UpdateRule or name
    dtypes : iterable of {"float32", "float64"}
    progress : callable, optional
        Called as ``progress(what_is_done_now, done, total)``.
    kernels : mapping of (rule name, dtype) to Kernel, optional
        Kernels to check instead of those that would be compiled.

    Returns
    -------
    list of CrossCheck
        One for each rule and dtype.  What goes wrong in one kernel is a problem in its record and stops no other.
    """
    chosen = [named(r) if isinstance(r, str) else r for r in rules]
    kinds = tuple(dtypes)
    total = len(chosen) * len(kinds)
    checks: list[CrossCheck] = []
    for rule in chosen:
        checker = Checker(rule)
        for dtype in kinds:
            if progress is not None:
                progress(f"{rule.name} {dtype}", len(checks), total)
            checks.append(_checked(rule, dtype, checker, (kernels or {}).get((rule.name, dtype))))
    if progress is not None:
        progress("done", total, total)
    return checks


def check_kernel(kernel: Kernel, rule: UpdateRule | None = None, checker: Checker | None = None) -> CrossCheck:
    """Check one kernel.

    Parameters
    ----------
    kernel : Kernel
    rule : UpdateRule, optional
        What it should compute; by default the rule that it says it computes.
    checker : Checker, optional
        Of that rule, if there is one already.
    """
    against = kernel.rule if rule is None else rule
    checker = checker or Checker(against)
    start = time.perf_counter()
    source = check_source(kernel.source, against, checker.settled)
    try:
        found = checker.check(kernel)
    except Exception as error:  # what a kernel raises is a finding about the kernel
        reason = f"running the kernel stopped with {type(error).__name__}: {error}"
        found = CompiledCheck(parallel_bitwise=False, edges_ok=False, problems=[reason])
    problems = (*source.problems, *found.problems)
    return CrossCheck(
        rule=against.name,
        dtype=kernel.dtype,
        source_verdict=source.verdict,
        source_method=source.method,
        cases=found.cases,
        exact_cases=found.exact.cases,
        max_ulps=found.exact.max_ulps if found.exact.cases else math.nan,
        worst=found.exact.worst,
        error_over_bound=found.exact.error_over_bound if found.exact.cases else math.nan,
        sizes=found.sizes,
        parallel_bitwise=found.parallel_bitwise,
        edges_ok=found.edges_ok,
        passed=source.verdict is Verdict.PROVED and found.exact.cases > 0 and not problems,
        problems=problems or (() if found.exact.cases else ("no input could be compared with the exact step",)),
        notes=source.notes,
        seed=SEED,
        seconds=time.perf_counter() - start,
    )


def _checked(rule: UpdateRule, dtype: str, checker: Checker, kernel: Kernel | None) -> CrossCheck:
    from ...kernels import compile_kernel

    start = time.perf_counter()
    try:
        return check_kernel(compile_kernel(rule, dtype) if kernel is None else kernel, rule, checker)
    except Exception as error:  # one kernel that cannot be checked must not hide the verdicts on the others
        reason = f"there is no kernel to check: {type(error).__name__}: {error}"
        seconds = time.perf_counter() - start
        failed = CrossCheck(rule.name, dtype, Verdict.UNKNOWN, "not reached", problems=(reason,), seed=SEED)
        return replace(failed, seconds=seconds)
