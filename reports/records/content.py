"""What a report is made of, as records: contents first, pages later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from ..derive import UpdateRule
    from ..derive.prove.verdict import Result
    from ..kernels import GeneratedKernel
    from .figures import Drawing

__all__ = ["Content", "Failure", "ReportError", "ReportSummary", "RuleContent"]


class ReportError(ValueError):
    """A report that cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Failure:
    """Something that did not work and is shown as failed in its place.

    Attributes
    ----------
    what : str
        What was tried, as ``"the kernel of adam"``.
    message : str
        What happened, as a sentence.
    part : {"theorems", "kernel", "check", "figures"}
        The section of the page where it is shown.
    """

    what: str
    message: str
    part: str = "theorems"

    def __str__(self) -> str:
        return f"{self.what} failed: {self.message}"


@dataclass(frozen=True)
class RuleContent:
    """Everything that the page of one rule shows.

    Attributes
    ----------
    rule : UpdateRule
    results : tuple of Result
        The theorems about it, in the order of the catalogue.
    kernel : GeneratedKernel or None
        The kernel whose source and passes are printed.
    checks : tuple of CrossCheck
        One for each dtype.
    drawings : tuple of Drawing
    failures : tuple of Failure
        What did not work.
    """

    rule: UpdateRule
    results: tuple[Result, ...] = ()
    kernel: GeneratedKernel | None = None
    checks: tuple[CrossCheck, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Content:
    """Everything that a report shows.

    Attributes
    ----------
    rules : tuple of RuleContent
    drawings : tuple of Drawing
        The figures of the index.
    failures : tuple of Failure
        What did not work and belongs to no single rule.
    command : str
        The command that makes this report again.
    seconds : mapping of name to float
        How long each part took; kept apart from the pages, so that these are the same in every run.
    """

    rules: tuple[RuleContent, ...]
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()
    command: str = "optproof report"
    seconds: Mapping[str, float] | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """Every theorem."""
        return tuple(result for one in self.rules for result in one.results)

    @property
    def checks(self) -> tuple[CrossCheck, ...]:
        """Every cross-check."""
        return tuple(check for one in self.rules for check in one.checks)

    @property
    def all_failures(self) -> tuple[Failure, ...]:
        """Whatever did not work, anywhere."""
        return (*self.failures, *(failure for one in self.rules for failure in one.failures))


@dataclass(frozen=True)
class ReportSummary:
    """What a finished report holds.

    Attributes
    ----------
    path : Path
        The directory.
    results : tuple of Result
    checks : tuple of CrossCheck
    counts : mapping of str to int
        ``"rules"``, the number of each verdict by name, ``"unexpected"`` verdicts, ``"checks"``,
        ``"checks_failed"``, ``"failures"``.
    failures : tuple of Failure
    seconds : float
    """

    path: Path
    results: tuple[Result, ...]
    checks: tuple[CrossCheck, ...]
    counts: Mapping[str, int]
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the expected one, every check passed and nothing failed."""
        return not (self.counts["unexpected"] or self.counts["checks_failed"] or self.counts["failures"])
