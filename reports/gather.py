"""Everything a report shows, found or recalled: theorems, kernels, cross-checks, figures, comparisons.

What fails is recorded as failed in its place and the rest goes on: a report that hides a failure, or that one failure
prevents, would be of no use.  Nothing is computed, and none of what computes is imported, where an equal run found
the same before.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from typing import Any

from .finding import (
    Derivation,
    Found,
    Pair,
    Progress,
    certificates,
    failure_of,
    find_checks,
    find_comparison,
    find_facts,
    find_figures,
    find_kernel,
    pairs_of,
)
from .implementations import implementation_pages, require_found
from .measured import Measured
from .records import ComparisonFacts, Content, Failure, ImplementationPage, RulePage
from .records.certificate import CertificateFile
from .remember import Memory
from .subjects import Rules, chosen_subjects, joined, sort_out

__all__ = ["Progress", "Rules", "certificates_of", "collect"]

# Where each part begins and ends on a scale of 1000, by how long it usually takes.
_PARTS = {
    "implementations": (0, 40),
    "theorems": (40, 500),
    "check": (500, 830),
    "kernel": (830, 870),
    "figures": (870, 910),
    "comparisons": (910, 960),
}
_SHARED_FIGURE = "effective-rates"


def collect(
    rules: Rules = None,
    *,
    compare: bool = False,
    fresh: bool = False,
    progress: Progress | None = None,
    memory: Memory | None = None,
    against: str | None = None,
    measured: Measured | None = None,
) -> Content:
    """Derive, generate, cross-check, simulate, draw, compare and verify; or recall what an equal run did.

    Parameters
    ----------
    rules : UpdateRule, str or iterable of them, optional
        All rules of the catalogue by default.  The name of an implementation stands for the rule that it is verified
        against, which is then in the report beside it.
    compare : bool
        Compare each pair of the rules; by default the principal ones are compared where the report is on all rules.
    fresh : bool
        Find everything anew, also what an equal run found before.
    progress : callable, optional
        Called with what is being done, how much is done, and the whole.
    memory : Memory, optional
        Where findings are kept; by default in the cache directory.
    against : str, optional
        The rule that implementations are verified against; by default the one that fits, or the nearest.
    measured : Measured, optional
        What was measured before and is shown: the conformance matrix, and the speeds of kernels.
    """
    memory = Memory(fresh=fresh) if memory is None else memory
    gathered = _Gathering(memory, progress)
    targets, others = sort_out(rules)
    require_found(targets)
    own = () if targets and others == [] else chosen_subjects(others, memory)
    implementations = gathered.implementations(targets, against)
    near = [called for one in implementations if one.facts and (called := against or one.facts.rule)]
    chosen = joined(own, chosen_subjects(near, memory)) if near else own
    facts = {s.name: gathered.one("rule", s, find_facts)[0] for s in chosen}
    theorems = gathered.each("theorems", chosen, Derivation(chosen, memory))
    checks = gathered.each("check", chosen, find_checks)
    kernels = gathered.each("kernel", chosen, find_kernel)
    drawings = gathered.each("figures", chosen, find_figures)
    pages = tuple(
        RulePage(
            rule=facts[s.name],
            theorems=theorems[s.name][0] or (),
            kernel=kernels[s.name][0],
            checks=checks[s.name][0] or (),
            drawings=drawings[s.name][0] or (),
            failures=tuple(f for part in (theorems, kernels, checks, drawings) for f in part[s.name][2]),
            called=s.called,
        )
        for s in chosen
    )
    compared, failed = _compared(gathered, pairs_of(chosen, others is None, compare))
    shared = {d.name: d for one in pages for d in one.drawings if d.name == _SHARED_FIGURE}
    shown = measured or Measured()
    named = [*targets, *([] if others is None else [s.called for s in own])]
    options = [*(["--against", against] if targets and against else []), *(["--compare"] if compare else [])]
    return Content(
        rules=pages,
        drawings=tuple(shared.values()),
        failures=failed,
        command=" ".join(["optproof report", *map(shlex.quote, [*named, *options, *shown.named])]),
        seconds=gathered.seconds,
        comparisons=compared,
        conformance=shown.conformance or memory.conformance(),
        implementations=implementations,
        speeds=shown.speeds,
    )


def certificates_of(content: Content, memory: Memory) -> tuple[CertificateFile, ...]:
    """The certificates of every rule's settled theorems, recalled; proved anew where they were not kept."""
    found: list[CertificateFile] = []
    for page in content.rules:
        known = memory.recall("certificates", page.rule.digest)
        if known is None:
            from ..derive import derive, find_rule

            known = certificates(derive(find_rule(page.command_name)))
        found += known
    return tuple(found)


class _Gathering:
    """Recalls or finds part after part, times each, and puts their progress on one scale."""

    def __init__(self, memory: Memory, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._memory = memory
        self._progress = progress
        self._reached = 0

    def one(self, part: str, subject: Any, find: Callable[[Any], Found]) -> Found:
        """The finding of one part about one rule."""
        known = self._memory.recall(part, subject.digest)
        if known is not None:
            return known, True, ()
        found = find(subject)
        if found[1]:
            self._memory.keep(part, subject.digest, found[0])
        return found

    def implementations(self, targets: Sequence[str], against: str | None) -> tuple[ImplementationPage, ...]:
        """What was found out about each implementation."""
        if not targets:
            return ()
        started = time.perf_counter()
        pages = implementation_pages(targets, against, self._teller("implementations", 0, 1))
        self.seconds["implementations"] = round(time.perf_counter() - started, 3)
        return pages

    def each(self, part: str, subjects: Sequence[Any], find: Callable[[Any, Progress], Found]) -> dict[str, Found]:
        """The findings about every rule by its name; one that fails costs only itself."""
        started, found = time.perf_counter(), {}
        for index, subject in enumerate(subjects):
            tell = self._teller(part, index, len(subjects))
            tell(f"{subject.name}: {part}", 0, 1)
            try:
                found[subject.name] = self.one(part, subject, lambda s, tell=tell: find(s, tell))  # type: ignore[misc]
            except Exception as error:
                found[subject.name] = None, False, (failure_of(f"{_NAMES[part]} of {subject.name}", part, error),)
        self.seconds[part] = round(time.perf_counter() - started, 3)
        return found

    def _teller(self, part: str, index: int, count: int) -> Progress:
        begin, end = _PARTS[part]

        def tell(words: str, done: int, total: int) -> None:
            if self._progress is not None:
                share = (index + min(done, total) / max(total, 1)) / count
                self._reached = max(self._reached, begin + int((end - begin) * share))
                self._progress(words, self._reached, 1000)

        return tell


_NAMES = {
    "theorems": "the derivation",
    "check": "the cross-check",
    "kernel": "the kernel",
    "figures": "the figures",
    "comparisons": "the comparison",
}


def _compared(gathered: _Gathering, pairs: Sequence[Pair]) -> tuple[tuple[ComparisonFacts, ...], tuple[Failure, ...]]:
    found = gathered.each("comparisons", pairs, find_comparison).values() if pairs else ()
    return tuple(f[0] for f in found if f[0] is not None), tuple(failure for f in found for failure in f[2])
