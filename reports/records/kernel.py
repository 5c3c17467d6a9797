"""A generated kernel and its cross-checks as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .plain import timing

__all__ = ["CheckFacts", "KernelFacts", "OperationFacts", "PassFacts"]


@dataclass(frozen=True)
class OperationFacts:
    """How many operations of each kind are done once per step (`prologue`) and for each element (`body`)."""

    prologue: Mapping[str, int]
    body: Mapping[str, int]


@dataclass(frozen=True)
class PassFacts:
    """One pass on the way to a kernel: what it does, the operations before and after, whether the rule was kept."""

    name: str
    words: str
    before: OperationFacts
    after: OperationFacts
    verdict: str
    method: str = ""
    seconds: float = timing()


@dataclass(frozen=True)
class KernelFacts:
    """A generated kernel.

    Attributes
    ----------
    dtype : str
    source : str
        The module.
    digest : str
        The SHA-256 of the source.
    passes : tuple of PassFacts
    """

    dtype: str
    source: str
    digest: str
    passes: tuple[PassFacts, ...]


@dataclass(frozen=True)
class CheckFacts:
    """The outcome of checking one compiled kernel against its rule.

    Attributes
    ----------
    rule, dtype : str
    passed : bool
    source_verdict : {"PROVED", "REFUTED", "UNKNOWN"}
        Whether the printed source, executed on symbols, is the rule.
    cases, exact_cases : int
        How many values were compared, and how many of them with 50-digit arithmetic.
    max_ulps : float or None
        The largest error, in units in the last place; None if it was not measured.
    error_over_bound : float or None
        The largest error as a part of what it may be.
    worst : str
        The inputs of the largest error.
    sizes : tuple of int
        The array sizes that were run.
    parallel_bitwise, edges_ok : bool
        Whether two threads gave the bits of one, and whether every edge case is as IEEE 754 says.
    problems, notes : tuple of str
    machine_verdict : {"PROVED", "REFUTED", "UNKNOWN"}
        Whether the compiled code is the printed source.
    machine_scope : str
        For what it was proved, or why nothing is known.
    seconds : float
    """

    rule: str
    dtype: str
    passed: bool
    source_verdict: str
    cases: int = 0
    exact_cases: int = 0
    max_ulps: float | None = None
    error_over_bound: float | None = None
    worst: str = ""
    sizes: tuple[int, ...] = ()
    parallel_bitwise: bool = False
    edges_ok: bool = False
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    machine_verdict: str = "UNKNOWN"
    machine_scope: str = ""
    seconds: float = timing()
