"""Every kernel in every dtype, against its rule."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ...derive import UpdateRule, rule as named
from ...derive.prove import Verdict
from .compiled import Checker, CompiledCheck
from .grid import SEED
from .machine_code import MachineCodeCheck, check_machine_code
from .record import CrossCheck
from .source import check_source

if TYPE_CHECKING:
    from ...kernels import Kernel
    from ...kernels.extras import Extras

__all__ = ["check_kernel", "crosscheck"]

DTYPES = ("float32", "float64")


def crosscheck(
    rules: Iterable[UpdateRule | str],
    dtypes: Iterable[str] = DTYPES,
    *,
    state_dtype: object = None,
    stochastic_rounding: bool = False,
    extras: Extras = (),
    progress: Callable[[str, int, int], None] | None = None,
    kernels: Mapping[tuple[str, str], Kernel] | None = None,
    thorough: bool = False,
) -> list[CrossCheck]:
    """Check the kernels of `rules`: their source on symbols, their machine code in numbers.

    Parameters
    ----------
    rules : iterable of UpdateRule or name
    dtypes : iterable of {"float32", "float64"}
    state_dtype, stochastic_rounding, extras
        As :func:`optproof.kernels.compile_kernel` takes them.
    progress : callable, optional
        Called as ``progress(what_is_done_now, done, total)``.
    kernels : mapping of (rule name, dtype) to Kernel, optional
        Kernels to check instead of those that would be compiled.
    thorough : bool, optional
        Decide compiled code also where that takes many distinctions of cases.

    Returns
    -------
    list of CrossCheck
        One for each rule and dtype.  What goes wrong in one kernel is a problem in its record and stops no other.
    """
    from ...kernels import extended

    chosen = [extended(named(r) if isinstance(r, str) else r, extras) for r in rules]
    kinds = tuple(dtypes)
    total = len(chosen) * len(kinds)
    checks: list[CrossCheck] = []
    for rule in chosen:
        checker = Checker(rule)
        for dtype in kinds:
            if progress is not None:
                progress(f"{rule.name} {dtype}", len(checks), total)
            make = partial(_compiled, rule, dtype, state_dtype, stochastic_rounding, extras)
            checks.append(
                _checked(rule, dtype, checker, (kernels or {}).get((rule.name, dtype)), make, thorough=thorough)
            )
    if progress is not None:
        progress("done", total, total)
    return checks


def check_kernel(
    kernel: Kernel, rule: UpdateRule | None = None, checker: Checker | None = None, *, thorough: bool = False
) -> CrossCheck:
    """Check one kernel.

    Parameters
    ----------
    kernel : Kernel
    rule : UpdateRule, optional
        What it should compute; by default the rule that it says it computes.
    checker : Checker, optional
        Of that rule, if there is one already.
    thorough : bool, optional
        Decide compiled code also where that takes many distinctions of cases.
    """
    against = kernel.rule if rule is None else rule
    checker = checker or Checker(against)
    start = time.perf_counter()
    source = check_source(kernel.source, against, checker.settled, kernel.form)
    try:
        found = checker.check(kernel)
    except Exception as error:  # what a kernel raises is a finding about the kernel
        reason = f"running the kernel stopped with {type(error).__name__}: {error}"
        found = CompiledCheck(parallel_bitwise=False, edges_ok=False, problems=[reason])
    machine = _machine_code(kernel, against, checker, thorough=thorough)
    refuted = machine.problems if machine.verdict is Verdict.REFUTED else ()
    problems = (*source.problems, *found.problems, *refuted)
    return CrossCheck(
        rule=against.name,
        dtype=kernel.form.label,
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
        storage_bound=found.storage_bound,
        storage_error_over_bound=math.nan if found.storage is None else found.storage.error_over_bound,
        passed=source.verdict is Verdict.PROVED and found.exact.cases > 0 and not problems,
        problems=problems or (() if found.exact.cases else ("no input could be compared with the exact step",)),
        machine_verdict=machine.verdict,
        machine_scope=machine.scope or "; ".join(machine.problems),
        notes=(*source.notes, *machine.notes),
        seed=SEED,
        seconds=time.perf_counter() - start,
    )


def _machine_code(kernel: Kernel, rule: UpdateRule, checker: Checker, *, thorough: bool) -> MachineCodeCheck:
    try:
        llvm = kernel.llvm()
    except Exception as error:  # a kernel without LLVM code can be checked in every other way
        reason = f"there is no LLVM code: {type(error).__name__}: {error}"
        return MachineCodeCheck(Verdict.UNKNOWN, problems=(reason,))
    return check_machine_code(llvm, kernel.source, rule, kernel.form, checker.settled, thorough=thorough)


def _compiled(rule: UpdateRule, dtype: str, state_dtype: object, stochastic_rounding: bool, extras: Extras) -> Kernel:
    """The kernel of a rule that has the extras among its formulas already."""
    from ...kernels import compile_kernel
    from ...kernels.extras import FORMULAS, checked_extras

    others = [name for name in checked_extras(extras) if name not in FORMULAS]
    form: dict[str, Any] = {"state_dtype": state_dtype, "stochastic_rounding": stochastic_rounding, "extras": others}
    return compile_kernel(rule, dtype, **form)


def _checked(
    rule: UpdateRule,
    dtype: str,
    checker: Checker,
    kernel: Kernel | None,
    make: Callable[[], Kernel],
    *,
    thorough: bool = False,
) -> CrossCheck:
    start = time.perf_counter()
    try:
        return check_kernel(make() if kernel is None else kernel, rule, checker, thorough=thorough)
    except Exception as error:  # one kernel that cannot be checked must not hide the verdicts on the others
        reason = f"there is no kernel to check: {type(error).__name__}: {error}"
        seconds = time.perf_counter() - start
        failed = CrossCheck(rule.name, dtype, Verdict.UNKNOWN, "not reached", problems=(reason,), seed=SEED)
        return replace(failed, seconds=seconds)
