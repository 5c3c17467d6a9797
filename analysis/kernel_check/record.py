"""What a cross-check found out about one kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...derive.prove import Verdict

__all__ = ["CrossCheck"]


@dataclass(frozen=True)
class CrossCheck:
    """The outcome of checking one kernel against its rule.

    Attributes
    ----------
    rule : str
        The rule's name.
    dtype : str
        The kernel's form: its dtype and, after it, the narrow formats of states and what else it does.
    source_verdict : Verdict
        Whether the printed source, executed on symbols, is the rule.
    source_method : str
        How that was decided.
    cases : int
        How many computed values were compared: bit by bit with the reference interpreter, and `exact_cases` of them
        with 50-digit arithmetic too.
    exact_cases : int
    max_ulps : float
        The largest distance from the exact step, in units in the last place of the exact value; cancellation makes
        it large where the bound allows it.
    worst : str
        The inputs of that distance.
    error_over_bound : float
        The largest distance as a part of the a-priori error bound; at most 1 for a kernel that passes.
    sizes : tuple of int
        The array sizes for which every element was the same as in a small array, also at an unaligned address.
    parallel_bitwise : bool
        Whether two threads gave the bits that one gives, at every size.
    edges_ok : bool
        Whether compiled code and reference interpreter agree bit by bit, on the edge grid and on ordinary inputs.
        Any NaN equals any NaN; signed zeros differ.  Only a rule that takes exp, log or a general power of an element
        is given two error bounds of room, because no standard fixes the last bit of these functions.
    storage_bound : str
        What storing states in fewer bits adds to theta in one step, at most, in the rule's quantities; empty where
        nothing is added or no bound was derived.
    storage_error_over_bound : float
        The largest measured part of that bound, and of the states' bounds.
    passed : bool
    problems : tuple of str
        A sentence for everything that failed.
    machine_verdict : Verdict
        Whether the compiled code, its LLVM IR executed on symbols, is the rule.
    machine_scope : str
        For what this is proved, or why it is not.
    notes : tuple of str
        What a reader of the proof should know, such as a literal that the machine rounds.
    seed : int
        Where the random inputs start.
    seconds : float
        Without compilation.
    """

    rule: str
    dtype: str
    source_verdict: Verdict
    source_method: str
    cases: int = 0
    exact_cases: int = 0
    max_ulps: float = math.nan
    worst: str = ""
    error_over_bound: float = math.nan
    sizes: tuple[int, ...] = ()
    parallel_bitwise: bool = False
    edges_ok: bool = False
    storage_bound: str = ""
    storage_error_over_bound: float = math.nan
    passed: bool = False
    problems: tuple[str, ...] = ()
    machine_verdict: Verdict = Verdict.UNKNOWN
    machine_scope: str = "not looked at"
    notes: tuple[str, ...] = ()
    seed: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The record with stable keys; a number that is not finite becomes null."""
        return {
            "rule": self.rule,
            "dtype": self.dtype,
            "source_verdict": self.source_verdict.name,
            "source_method": self.source_method,
            "cases": self.cases,
            "exact_cases": self.exact_cases,
            "max_ulps": _finite(self.max_ulps),
            "worst": self.worst or None,
            "error_over_bound": _finite(self.error_over_bound),
            "sizes": list(self.sizes),
            "parallel_bitwise": self.parallel_bitwise,
            "edges_ok": self.edges_ok,
            "storage_bound": self.storage_bound or None,
            "storage_error_over_bound": _finite(self.storage_error_over_bound),
            "passed": self.passed,
            "problems": list(self.problems),
            "machine_verdict": self.machine_verdict.name,
            "machine_scope": self.machine_scope,
            "notes": list(self.notes),
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
