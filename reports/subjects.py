"""Which rules a report is about; a rule that an earlier run met is known by name and digest, and loaded when needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .implementations import is_implementation
from .records import ReportError, slug

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .remember import Memory

__all__ = ["Rules", "Subject", "chosen_subjects", "joined", "sort_out"]

Rules: TypeAlias = "UpdateRule | str | Iterable[UpdateRule | str] | None"

_LISTED = "every listed rule"


@dataclass(frozen=True)
class Subject:
    """A rule that a report is about.

    Attributes
    ----------
    name, digest : str
    called : str
        What it is called on the command line.
    """

    name: str
    digest: str
    called: str
    _loaded: UpdateRule | None = None

    def rule(self) -> UpdateRule:
        """The rule itself."""
        from ..derive import find_rule

        return find_rule(self.called) if self._loaded is None else self._loaded


def chosen_subjects(rules: Rules, memory: Memory) -> tuple[Subject, ...]:
    """The rules that are meant; all of the catalogue by default.

    Raises
    ------
    UnknownRuleError, UserFileError
        If there is no rule of a given name.
    ReportError
        If two rules would have one page, or there is none.
    """
    found: dict[tuple[str, str], Subject] = {}
    for one in _asked(rules, memory):
        found.setdefault((one.name, one.digest), one)
    if not found:
        raise ReportError("a report needs at least one rule, and none was given")
    return _with_pages(found.values())


def joined(own: Iterable[Subject], near: Iterable[Subject]) -> tuple[Subject, ...]:
    """Those of `own`, then those of `near` that are not among them.

    Raises
    ------
    ReportError
        If two would have one page.
    """
    found: dict[tuple[str, str], Subject] = {}
    for one in (*own, *near):
        found.setdefault((one.name, one.digest), one)
    return _with_pages(found.values())


def _with_pages(chosen: Iterable[Subject]) -> tuple[Subject, ...]:
    pages: dict[str, Subject] = {}
    for one in chosen:
        other = pages.setdefault(slug(one.name), one)
        if other is not one:
            raise ReportError(f"the rules {other.name!r} and {one.name!r} would have one page; rename one of them")
    return tuple(pages.values())


def sort_out(rules: Rules) -> tuple[tuple[str, ...], Rules]:
    """The implementations among what is asked for, and the rules; None stands for every listed rule."""
    if rules is None or not isinstance(rules, Iterable):
        return (), rules
    wanted = [rules] if isinstance(rules, str) else list(rules)
    targets = [one for one in wanted if isinstance(one, str) and is_implementation(one)]
    return tuple(dict.fromkeys(targets)), [one for one in wanted if one not in targets]


def _asked(rules: Rules, memory: Memory) -> list[Subject]:
    if rules is None:
        return _named(_LISTED, memory)
    wanted = [rules] if isinstance(rules, str) or not isinstance(rules, Iterable) else rules
    return [subject for one in wanted for subject in (_named(one, memory) if isinstance(one, str) else [_given(one)])]


def _given(rule: UpdateRule) -> Subject:
    return Subject(rule.name, rule.digest, rule.name, rule)


def _named(asked: str, memory: Memory) -> list[Subject]:
    """The rule of this name, or every listed one."""
    if ".py" in asked:
        # A file may change between two runs, so what it holds is not remembered.
        from ..derive import find_rule

        rule = find_rule(asked)
        return [Subject(rule.name, rule.digest, asked, rule)]
    known = memory.names(asked)
    if known is not None:
        return [Subject(name, digest, name) for name, digest in known]
    from ..derive import names, rule as catalogued

    found = [_given(catalogued(name)) for name in (names() if asked == _LISTED else [asked])]
    memory.keep_names(asked, [(one.name, one.digest) for one in found])
    return found
