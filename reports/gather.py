"""Everything a report shows, computed: theorems, kernels, cross-checks, studies and figures.

What fails is recorded as failed in its place and the rest goes on: a report that hides a failure, or that one failure
prevents, would be of no use.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..derive import UpdateRule, names, rule
from .records import Content, Failure, ReportError, RuleContent
from .remember import Memory
from .view import slug

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from ..derive.prove.verdict import Result
    from ..kernels import GeneratedKernel
    from .figures import Drawing

__all__ = ["Progress", "Rules", "chosen_rules", "collect"]

Progress: TypeAlias = Callable[[str, int, int], None]
Rules: TypeAlias = "UpdateRule | str | Iterable[UpdateRule | str] | None"

_T = TypeVar("_T")
_AGAINST = ("adagrad", "rmsprop")
# Where each part begins and ends on a scale of 1000, by how long it usually takes.
_PARTS = {"theorems": (0, 500), "check": (500, 850), "kernel": (850, 900), "figures": (900, 970), "pages": (970, 1000)}


def chosen_rules(rules: Rules = None) -> tuple[UpdateRule, ...]:
    """The rules that are meant; all of the catalogue by default.

    Raises
    ------
    UnknownRuleError
        If the catalogue has no rule of a given name.
    ReportError
        If two rules would have one page, or there is none.
    """
    asked = names() if rules is None else rules
    wanted = (asked,) if isinstance(asked, (str, UpdateRule)) else asked
    found = tuple(dict.fromkeys(rule(r) if isinstance(r, str) else r for r in wanted))
    if not found:
        raise ReportError("a report needs at least one rule, and none was given")
    pages: dict[str, UpdateRule] = {}
    for one in found:
        other = pages.setdefault(slug(one.name), one)
        if other is not one:
            raise ReportError(f"the rules {other.name!r} and {one.name!r} would have one page; rename one of them")
    return found


def collect(rules: Rules = None, *, fresh: bool = False, progress: Progress | None = None) -> Content:
    """Derive, generate, cross-check, simulate and draw.

    Parameters
    ----------
    rules : UpdateRule, str or iterable of them, optional
        All rules of the catalogue by default.
    fresh : bool
        Find everything anew, also what an equal run found before.
    progress : callable, optional
        Called with what is being done, how much is done, and the whole.
    """
    chosen = chosen_rules(rules)
    memory, stages = Memory(fresh=fresh), _Stages(progress)
    theorems, lost = stages.run("theorems", lambda tell: _derive(chosen, memory, tell))
    checks, unchecked = stages.run("check", lambda tell: _check(chosen, memory, tell))
    kernels = stages.run("kernel", lambda tell: _kernels(chosen, tell))
    drawings = stages.run("figures", lambda tell: _figures(chosen, tell))
    contents = tuple(
        RuleContent(
            rule=one,
            results=theorems.get(one.name, ()),
            kernel=kernels[one.name][0],
            checks=checks.get(one.name, ()),
            drawings=drawings[one.name][0],
            failures=(
                *lost.get(one.name, ()),
                *kernels[one.name][1],
                *unchecked.get(one.name, ()),
                *drawings[one.name][1],
            ),
        )
        for one in chosen
    )
    shared = {d.name: d for one in contents for d in one.drawings if d.name == "effective-rates"}
    every = rules is None
    command = "optproof report" if every else f"optproof report {' '.join(shlex.quote(r.name) for r in chosen)}"
    return Content(contents, tuple(shared.values()), (), command, stages.seconds)


class _Stages:
    """Runs the parts one after the other, times them, and puts their progress on one scale."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress

    def run(self, part: str, work: Callable[[Progress], _T]) -> _T:
        """The result of `work`, which is called with a progress function of its own."""
        begin, end = _PARTS[part]

        def tell(words: str, done: int, total: int) -> None:
            if self._progress is not None:
                self._progress(words, begin + (end - begin) * min(done, total) // max(total, 1), 1000)

        started = time.perf_counter()
        result = work(tell)
        self.seconds[part] = round(time.perf_counter() - started, 3)
        return result


_Found: TypeAlias = "tuple[dict[str, tuple[_T, ...]], dict[str, tuple[Failure, ...]]]"


def _each(
    chosen: Sequence[UpdateRule],
    part: str,
    what: str,
    work: Callable[[Sequence[UpdateRule]], dict[str, tuple[_T, ...]]],
) -> tuple[dict[str, tuple[_T, ...]], dict[str, tuple[Failure, ...]]]:
    """What `work` finds for all rules at once or, if that fails, for each by itself, so that one costs only itself."""
    try:
        return work(chosen), {}
    except Exception as error:
        if len(chosen) == 1:
            return {}, {chosen[0].name: (_failure(f"{what} of {chosen[0].name}", part, error),)}
    found: dict[str, tuple[_T, ...]] = {}
    failed: dict[str, tuple[Failure, ...]] = {}
    for one in chosen:
        good, bad = _each((one,), part, what, work)
        found |= good
        failed |= bad
    return found, failed


def _failure(what: str, part: str, error: Exception) -> Failure:
    words = str(error).strip() or "no reason was given"
    return Failure(f"{what[:1].upper()}{what[1:]}", f"{type(error).__name__}: {words}", part)


def _derive(
    chosen: Sequence[UpdateRule], memory: Memory, tell: Progress
) -> tuple[dict[str, tuple[Result, ...]], dict[str, tuple[Failure, ...]]]:
    def work(rules: Sequence[UpdateRule]) -> dict[str, tuple[Result, ...]]:
        from ..derive import derive

        found: dict[str, list[Result]] = {}
        for result in derive(rules, progress=tell):
            found.setdefault(result.claim.rule.name, []).append(result)
        for one in rules:
            memory.keep_results(one, found.get(one.name, []))
        return {name: tuple(results) for name, results in found.items()}

    return _with_memory(chosen, memory.results, lambda rest: _each(rest, "theorems", "the derivation", work))


def _check(
    chosen: Sequence[UpdateRule], memory: Memory, tell: Progress
) -> tuple[dict[str, tuple[CrossCheck, ...]], dict[str, tuple[Failure, ...]]]:
    def work(rules: Sequence[UpdateRule]) -> dict[str, tuple[CrossCheck, ...]]:
        from ..analysis import crosscheck

        found: dict[str, list[CrossCheck]] = {}
        for check in crosscheck(rules, progress=tell):
            found.setdefault(check.rule, []).append(check)
        for one in rules:
            memory.keep_checks(one, found.get(one.name, []))
        return {name: tuple(checks) for name, checks in found.items()}

    return _with_memory(chosen, memory.checks, lambda rest: _each(rest, "check", "the cross-check", work))


def _with_memory(
    chosen: Sequence[UpdateRule],
    recall: Callable[[UpdateRule], tuple[_T, ...] | None],
    find: Callable[[Sequence[UpdateRule]], tuple[dict[str, tuple[_T, ...]], dict[str, tuple[Failure, ...]]]],
) -> tuple[dict[str, tuple[_T, ...]], dict[str, tuple[Failure, ...]]]:
    """What an equal run found before and, for the other rules, what `find` finds."""
    remembered = {one.name: recalled for one in chosen if (recalled := recall(one)) is not None}
    rest = [one for one in chosen if one.name not in remembered]
    found, failed = find(rest) if rest else ({}, {})
    return remembered | found, failed


def _kernels(
    chosen: Sequence[UpdateRule], tell: Progress
) -> dict[str, tuple[GeneratedKernel | None, tuple[Failure, ...]]]:
    found: dict[str, tuple[GeneratedKernel | None, tuple[Failure, ...]]] = {}
    for done, one in enumerate(chosen):
        tell(f"the kernel of {one.name}", done, len(chosen))
        try:
            from ..kernels import generate

            found[one.name] = (generate(one), ())
        except Exception as error:
            found[one.name] = (None, (_failure(f"the kernel of {one.name}", "kernel", error),))
    return found


def _figures(
    chosen: Sequence[UpdateRule], tell: Progress
) -> dict[str, tuple[tuple[Drawing, ...], tuple[Failure, ...]]]:
    found: dict[str, tuple[tuple[Drawing, ...], tuple[Failure, ...]]] = {}
    for done, one in enumerate(chosen):
        tell(f"figures of {one.name}", done, len(chosen))
        drawn: list[Drawing] = []
        failed: list[Failure] = []
        for what, draw in _studies(one):
            try:
                drawn.append(draw())
            except Exception as error:
                failed.append(_failure(what, "figures", error))
        found[one.name] = (tuple(drawn), tuple(failed))
    return found


def _studies(one: UpdateRule) -> list[tuple[str, Callable[[], Drawing]]]:
    """The figures of a rule's page, each with what it is called and how it is made."""
    from ..analysis import study
    from . import figures

    title = one.name if "[" in one.name else one.title
    wanted = [
        (
            f"the figure of the effective step size of {one.name}",
            lambda: figures.draw_effective_steps(study.effective_steps(one), title),
        )
    ]
    if study.has_bias_correction(one):
        wanted.append(
            (
                f"the figure of the bias correction of {one.name}",
                lambda: figures.draw_bias_correction(study.bias_correction(one), title),
            )
        )
    if one.name in _AGAINST:
        titles = {n: rule(n).title for n in _AGAINST}
        wanted.append(
            (
                "the figure of Adagrad against RMSprop",
                lambda: figures.draw_effective_rates(study.adagrad_against_rmsprop(), titles),
            )
        )
    return wanted
