"""What a report is made of: contents first, pages later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..figures.drawing import Drawing
from .comparison import ComparisonFacts
from .implementation import ImplementationFacts
from .kernel import CheckFacts, KernelFacts
from .rule import RuleFacts
from .speed import Timing
from .theorem import Theorem

__all__ = ["Content", "Failure", "ImplementationPage", "ReportError", "ReportSummary", "RulePage"]


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
    part : {"theorems", "kernel", "check", "figures", "comparisons", "implementations"}
        The section of the page where it is shown.
    """

    what: str
    message: str
    part: str = "theorems"

    def __str__(self) -> str:
        return f"{self.what} failed: {self.message}"


@dataclass(frozen=True)
class RulePage:
    """Everything that the page of one rule shows.

    Attributes
    ----------
    rule : RuleFacts
    theorems : tuple of Theorem
        In the order of the catalogue.
    kernel : KernelFacts or None
        The kernel whose source and passes are printed.
    checks : tuple of CheckFacts
        One for each dtype.
    drawings : tuple of Drawing
    failures : tuple of Failure
        What did not work.
    called : str
        What it is called on the command line; the rule's name, or ``FILE.py:NAME``.
    """

    rule: RuleFacts
    theorems: tuple[Theorem, ...] = ()
    kernel: KernelFacts | None = None
    checks: tuple[CheckFacts, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()
    called: str = ""

    @property
    def command_name(self) -> str:
        """What it is called on the command line."""
        return self.called or self.rule.name


@dataclass(frozen=True)
class ImplementationPage:
    """Everything that the page of a user's implementation shows.

    Attributes
    ----------
    facts : ImplementationFacts or None
        None if it failed.
    target : str
    drawings : tuple of Drawing
    failures : tuple of Failure
        What did not work.
    """

    facts: ImplementationFacts | None
    target: str
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Content:
    """Everything that a report shows.

    Attributes
    ----------
    rules : tuple of RulePage
    drawings : tuple of Drawing
        The figures of the index.
    failures : tuple of Failure
        What did not work and belongs to no single rule.
    command : str
        The command that makes this report again.
    seconds : mapping of name to float
        How long each part took; kept apart from the pages, so that these are the same in every run.
    comparisons : tuple of ComparisonFacts
        Pairs of the rules, each with a page of its own.
    conformance : mapping or None
        The conformance matrix in the form of its JSON, where it was measured.
    implementations : tuple of ImplementationPage
        A user's own code, each with a page of its own.
    speeds : tuple of Timing
        What the benchmark of the kernels wrote, where it was run.
    """

    rules: tuple[RulePage, ...]
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()
    command: str = "optproof report"
    seconds: Mapping[str, float] | None = None
    comparisons: tuple[ComparisonFacts, ...] = ()
    conformance: Mapping[str, Any] | None = None
    implementations: tuple[ImplementationPage, ...] = ()
    speeds: tuple[Timing, ...] = ()

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        """Every theorem."""
        return tuple(theorem for one in self.rules for theorem in one.theorems)

    @property
    def checks(self) -> tuple[CheckFacts, ...]:
        """Every cross-check."""
        return tuple(check for one in self.rules for check in one.checks)

    @property
    def all_failures(self) -> tuple[Failure, ...]:
        """Whatever did not work, anywhere."""
        own = (failure for one in self.implementations for failure in one.failures)
        return (*self.failures, *own, *(failure for one in self.rules for failure in one.failures))


@dataclass(frozen=True)
class ReportSummary:
    """What a finished report holds.

    Attributes
    ----------
    path : Path
        The directory.
    results : tuple of Theorem
    checks : tuple of CheckFacts
    counts : mapping of str to int
        ``"rules"``, ``"implementations"``, the number of each verdict by name, ``"unexpected"`` verdicts, ``"checks"``,
        ``"checks_failed"``, ``"failures"``.
    failures : tuple of Failure
    seconds : float
    implementations : tuple of ImplementationFacts
    """

    path: Path
    results: tuple[Theorem, ...]
    checks: tuple[CheckFacts, ...]
    counts: Mapping[str, int]
    failures: tuple[Failure, ...]
    seconds: float
    implementations: tuple[ImplementationFacts, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the expected one, every check passed and nothing failed."""
        return not (self.counts["unexpected"] or self.counts["checks_failed"] or self.counts["failures"])
