"""Everything a report shows, found or recalled: theorems, kernels, cross-checks, figures, comparisons.

What fails is recorded as failed in its place and the rest goes on: a report that hides a failure, or that one failure
prevents, would be of no use.  Nothing is computed, and none of what computes is imported, where an equal run found
the same before.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any, TypeAlias

from .records import ComparisonFacts, Content, Failure, RulePage, slug
from .records.certificate import CertificateFile
from .remember import Memory
from .subjects import Rules, Subject, chosen_subjects

if TYPE_CHECKING:
    from ..derive import Result

__all__ = ["Progress", "Rules", "certificates_of", "collect"]

Progress: TypeAlias = Callable[[str, int, int], None]
Found: TypeAlias = "tuple[Any, bool, tuple[Failure, ...]]"
"""A finding, whether it is complete and as it should be, and what failed."""

SEEDS = ("rmsprop", "adagrad", "adadelta", "adam", "adamw", "sgd[nesterov]")
"""The optimizers of the text that the project began with; a report on all rules compares each pair of them."""

# Where each part begins and ends on a scale of 1000, by how long it usually takes.
_PARTS = {
    "theorems": (0, 500),
    "check": (500, 830),
    "kernel": (830, 870),
    "figures": (870, 910),
    "comparisons": (910, 960),
}
_SHARED_FIGURE = "effective-rates"
_TOGETHER = 8


def collect(
    rules: Rules = None,
    *,
    compare: bool = False,
    fresh: bool = False,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> Content:
    """Derive, generate, cross-check, simulate, draw and compare; or recall what an equal run did.

    Parameters
    ----------
    rules : UpdateRule, str or iterable of them, optional
        All rules of the catalogue by default.
    compare : bool
        Compare each pair of the rules; by default the principal ones are compared where the report is on all rules.
    fresh : bool
        Find everything anew, also what an equal run found before.
    progress : callable, optional
        Called with what is being done, how much is done, and the whole.
    memory : Memory, optional
        Where findings are kept; by default in the cache directory.
    """
    memory = Memory(fresh=fresh) if memory is None else memory
    chosen = chosen_subjects(rules, memory)
    gathered = _Gathering(memory, progress)
    facts = {s.name: gathered.one("rule", s, _rule)[0] for s in chosen}
    theorems = gathered.each("theorems", chosen, _Derivation(chosen, memory))
    checks = gathered.each("check", chosen, _checks)
    kernels = gathered.each("kernel", chosen, _kernel)
    drawings = gathered.each("figures", chosen, _figures)
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
    compared, failed = _compared(gathered, _pairs(chosen, rules is None, compare))
    shared = {d.name: d for one in pages for d in one.drawings if d.name == _SHARED_FIGURE}
    command = _command(chosen, every=rules is None, compare=compare)
    return Content(pages, tuple(shared.values()), failed, command, gathered.seconds, compared, memory.conformance())


def certificates_of(content: Content, memory: Memory) -> tuple[CertificateFile, ...]:
    """The certificates of every rule's settled theorems, recalled; proved anew where they were not kept."""
    found: list[CertificateFile] = []
    for page in content.rules:
        known = memory.recall("certificates", page.rule.digest)
        if known is None:
            from ..derive import derive, find_rule

            known = _certificates(derive(find_rule(page.command_name)))
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

    def each(self, part: str, subjects: Sequence[Any], find: Callable[[Any, Progress], Found]) -> dict[str, Found]:
        """The findings about every rule by its name; one that fails costs only itself."""
        started, found = time.perf_counter(), {}
        for index, subject in enumerate(subjects):
            tell = self._teller(part, index, len(subjects))
            tell(f"{subject.name}: {part}", 0, 1)
            try:
                found[subject.name] = self.one(part, subject, lambda s, tell=tell: find(s, tell))  # type: ignore[misc]
            except Exception as error:
                found[subject.name] = None, False, (_failure(f"{_NAMES[part]} of {subject.name}", part, error),)
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


def _failure(what: str, part: str, error: Exception) -> Failure:
    words = str(error).strip() or "no reason was given"
    return Failure(f"{what[:1].upper()}{what[1:]}", f"{type(error).__name__}: {words}", part)


def _rule(subject: Subject) -> Found:
    from .making import rule_facts

    return rule_facts(subject.rule()), True, ()


class _Derivation:
    """Derives a few rules at a time: several, so that processes share them, and few, so that findings are soon kept."""

    def __init__(self, subjects: Sequence[Subject], memory: Memory) -> None:
        self._subjects = subjects
        self._memory = memory
        self._ready: dict[str, list[Result]] = {}

    def __call__(self, subject: Subject, tell: Progress) -> Found:
        from .making import theorem_of

        results = self._ready.pop(subject.name, None)
        if results is None:
            results = self._derived(subject, tell)
        theorems = tuple(map(theorem_of, results))
        complete = bool(theorems) and all(t.as_expected for t in theorems)
        if complete:
            self._memory.keep("certificates", subject.digest, _certificates(results))
        return theorems, complete, ()

    def _derived(self, subject: Subject, tell: Progress) -> list[Result]:
        """The results about a rule; those about the next ones are kept at hand."""
        from ..derive import derive

        later = self._subjects[self._subjects.index(subject) + 1 :]
        unknown = (s for s in later if not self._memory.has("theorems", s.digest))
        batch = [subject, *islice(unknown, _TOGETHER - 1)]
        try:
            found = derive([s.rule() for s in batch], progress=tell)
        except Exception:
            if len(batch) == 1:
                raise
            # One of them fails: each by itself, so that it costs only itself.
            return derive([subject.rule()], progress=tell)
        by_name: dict[str, list[Result]] = {s.name: [] for s in batch}
        for result in found:
            by_name[result.claim.rule.name].append(result)
        self._ready |= by_name
        return self._ready.pop(subject.name)


def _certificates(results: Iterable[Any]) -> tuple[CertificateFile, ...]:
    from ..derive.certificates import certificate, is_settled

    return tuple(
        CertificateFile(
            f"{slug(r.claim.rule.name)}/{r.claim.name}.json",
            json.dumps(certificate(r), indent=1, ensure_ascii=False) + "\n",
        )
        for r in results
        if is_settled(r)
    )


def _checks(subject: Subject, tell: Progress) -> Found:
    from ..analysis import crosscheck
    from .making import check_facts

    checks = tuple(map(check_facts, crosscheck([subject.rule()], progress=tell)))
    return checks, bool(checks) and all(c.passed for c in checks), ()


def _kernel(subject: Subject, tell: Progress) -> Found:
    from ..kernels import generate
    from .making import kernel_facts

    return kernel_facts(generate(subject.rule())), True, ()


def _figures(subject: Subject, tell: Progress) -> Found:
    from .figures.of_rule import figures_of

    drawn, failed = [], []
    for what, draw in figures_of(subject.rule()):
        try:
            drawn.append(draw())
        except Exception as error:
            failed.append(_failure(what, "figures", error))
    return tuple(drawn), not failed, tuple(failed)


class _Pair:
    """Two rules as one thing to find something about."""

    def __init__(self, first: Subject, second: Subject) -> None:
        self.first, self.second = first, second
        self.name = f"{first.name} and {second.name}"
        self.digest = f"{first.name} {first.digest} {second.name} {second.digest}"


def _pairs(chosen: Sequence[Subject], every: bool, compare: bool) -> list[_Pair]:
    if compare:
        return [_Pair(*pair) for pair in combinations(chosen, 2)]
    named = {s.name: s for s in chosen}
    return [_Pair(named[a], named[b]) for a, b in combinations(SEEDS, 2) if every and {a, b} <= named.keys()]


def _compared(gathered: _Gathering, pairs: Sequence[_Pair]) -> tuple[tuple[ComparisonFacts, ...], tuple[Failure, ...]]:
    found = gathered.each("comparisons", pairs, _comparison).values() if pairs else ()
    return tuple(f[0] for f in found if f[0] is not None), tuple(failure for f in found for failure in f[2])


def _comparison(pair: _Pair, tell: Progress) -> Found:
    from ..analysis.compare import compare
    from .making import comparison_facts

    facts = comparison_facts(compare(pair.first.rule(), pair.second.rule()))
    facts = replace(facts, first=pair.first.name, second=pair.second.name)
    return facts, True, ()


def _command(chosen: Sequence[Subject], *, every: bool, compare: bool) -> str:
    words = ["optproof report", *([] if every else [shlex.quote(s.called) for s in chosen])]
    return " ".join([*words, "--compare"] if compare else words)
