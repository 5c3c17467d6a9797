"""What is found about a rule, or about two, for a report: facts, theorems, kernels, checks, figures, comparisons.

Each function imports what it computes with when it is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any, TypeAlias

from .records import Failure, slug
from .records.certificate import CertificateFile
from .remember import Memory
from .subjects import Subject

if TYPE_CHECKING:
    from ..derive import Result

__all__ = [
    "Derivation", "Found", "Pair", "Progress", "certificates", "failure_of", "find_checks", "find_comparison",
    "find_facts", "find_figures", "find_kernel", "pairs_of",
]  # fmt: skip

Progress: TypeAlias = Callable[[str, int, int], None]
Found: TypeAlias = "tuple[Any, bool, tuple[Failure, ...]]"
"""A finding, whether it is complete and as it should be, and what failed."""

SEEDS = ("rmsprop", "adagrad", "adadelta", "adam", "adamw", "sgd[nesterov]")
"""The optimizers of the text that the project began with; a report on all rules compares each pair of them."""

_TOGETHER = 8


def failure_of(what: str, part: str, error: Exception) -> Failure:
    """An error as something that is shown in its place."""
    words = str(error).strip() or "no reason was given"
    return Failure(f"{what[:1].upper()}{what[1:]}", f"{type(error).__name__}: {words}", part)


def find_facts(subject: Subject) -> Found:
    """The rule as it is written."""
    from .making import rule_facts

    return rule_facts(subject.rule()), True, ()


class Derivation:
    """Derives a few rules at a time: several, so that processes share them, and few, so that findings are soon kept."""

    def __init__(self, subjects: Sequence[Subject], memory: Memory) -> None:
        self._subjects = subjects
        self._memory = memory
        self._ready: dict[str, list[Result]] = {}

    def __call__(self, subject: Subject, tell: Progress) -> Found:
        """The theorems about a rule."""
        from .making import theorem_of

        results = self._ready.pop(subject.name, None)
        if results is None:
            results = self._derived(subject, tell)
        theorems = tuple(map(theorem_of, results))
        complete = bool(theorems) and all(t.as_expected for t in theorems)
        if complete:
            self._memory.keep("certificates", subject.digest, certificates(results))
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


def certificates(results: Iterable[Any]) -> tuple[CertificateFile, ...]:
    """The certificate of every settled theorem, as a file."""
    from ..derive.certificates import certificate, is_settled

    return tuple(
        CertificateFile(
            f"{slug(r.claim.rule.name)}/{r.claim.name}.json",
            json.dumps(certificate(r), indent=1, ensure_ascii=False) + "\n",
        )
        for r in results
        if is_settled(r)
    )


def find_checks(subject: Subject, tell: Progress) -> Found:
    """The cross-check of its kernels."""
    from ..analysis import crosscheck
    from .making import check_facts

    checks = tuple(map(check_facts, crosscheck([subject.rule()], progress=tell)))
    return checks, bool(checks) and all(c.passed for c in checks), ()


def find_kernel(subject: Subject, tell: Progress) -> Found:
    """Its kernel, and what each pass did."""
    from ..kernels import generate
    from .making import kernel_facts

    return kernel_facts(generate(subject.rule())), True, ()


def find_figures(subject: Subject, tell: Progress) -> Found:
    """Its figures; those that fail cost only themselves."""
    from .figures.of_rule import figures_of

    drawn, failed = [], []
    for what, draw in figures_of(subject.rule()):
        try:
            drawn.append(draw())
        except Exception as error:
            failed.append(failure_of(what, "figures", error))
    return tuple(drawn), not failed, tuple(failed)


class Pair:
    """Two rules as one thing to find something about."""

    def __init__(self, first: Subject, second: Subject) -> None:
        self.first, self.second = first, second
        self.name = f"{first.name} and {second.name}"
        self.digest = f"{first.name} {first.digest} {second.name} {second.digest}"


def pairs_of(chosen: Sequence[Subject], every: bool, compare: bool) -> list[Pair]:
    """The pairs that a report compares: all if asked, else the principal ones where it is on `every` rule."""
    if compare:
        return [Pair(*pair) for pair in combinations(chosen, 2)]
    named = {s.name: s for s in chosen}
    return [Pair(named[a], named[b]) for a, b in combinations(SEEDS, 2) if every and {a, b} <= named.keys()]


def find_comparison(pair: Pair, tell: Progress) -> Found:
    """How two rules differ."""
    from ..analysis.compare import compare
    from .making import comparison_facts

    facts = comparison_facts(compare(pair.first.rule(), pair.second.rule()))
    facts = replace(facts, first=pair.first.name, second=pair.second.name)
    return facts, True, ()
