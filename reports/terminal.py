"""Tables for the command line.

Every function returns something that rich prints, on the console of :mod:`optproof.reports.console`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..derive.printing import expression_text
from ..derive.prove.verdict import Result, Verdict
from ..derive.recheck import CONFIRMED, FINDER_ONLY, REJECTED, STATUSES
from ..derive.units import unit_system
from . import notation, view

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from ..derive import Hyperparameter, Source, UpdateRule
    from ..derive.recheck import Checked
    from ..kernels import GeneratedKernel, Kernel
    from ..kernels.cache import CacheEntry

__all__ = [
    "cache_table",
    "check_table",
    "folklore_table",
    "pass_table",
    "recheck_table",
    "result_detail",
    "result_table",
    "rule_detail",
    "rule_table",
    "verdict_text",
]

_STYLES = {Verdict.PROVED: "green", Verdict.REFUTED: "red", Verdict.UNKNOWN: "yellow"}
_MARKS = {Verdict.PROVED: "✓", Verdict.REFUTED: "✗", Verdict.UNKNOWN: "?"}


def verdict_text(verdict: Verdict, *, expected: bool = True) -> Text:
    """A verdict with its colour; one that was not expected says so.

    Examples
    --------
    >>> verdict_text(Verdict.PROVED).plain
    '✓ PROVED'
    """
    words = f"{_MARKS[verdict]} {verdict.name}"
    style = "green" if expected and verdict is Verdict.REFUTED else _STYLES[verdict]
    return Text(words if expected else f"{words} (unexpected)", style=style if expected else "bold red")


def _table(*columns: str | tuple[str, dict[str, Any]], title: str | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, header_style="bold")
    for column in columns:
        name, options = (column, {}) if isinstance(column, str) else column
        table.add_column(name, overflow="fold", **options)
    return table


_NAME: dict[str, Any] = {"style": "bold", "no_wrap": True}
_SHORT: dict[str, Any] = {"no_wrap": True}
_NUMBER: dict[str, Any] = {"no_wrap": True, "justify": "right"}


def _cited(source: Source | None) -> str:
    """A source in few words: the first author, the year and the place."""
    if source is None:
        return "none named"
    first, *more = source.authors.replace(" & ", ", ").split(", ")
    return f"{source.authors if len(more) < 2 else f'{first} et al.'} ({source.year}), {source.where}".rstrip(", ")


def rule_table(rules: Iterable[UpdateRule]) -> Table:
    """Rules with title, source and hyperparameters with their defaults."""
    listed = [(one, [f"{h.name}={_default(h)}" for h in one.hyper]) for one in rules]
    longest = max((len(pair) for _, pairs in listed for pair in pairs), default=0)
    table = _table(("rule", _NAME), "title", "source", ("hyperparameters", {"min_width": longest}))
    for one, pairs in listed:
        table.add_row(one.name, one.title, _cited(one.source), " ".join(pairs) or "none")
    return table


def _default(hyper: Hyperparameter) -> str:
    return "none" if hyper.default is None else notation.decimal(hyper.default)


def rule_detail(one: UpdateRule) -> RenderableType:
    """One rule: equations, symbols with domains, units and defaults, source."""
    head = Text.assemble((one.title, "bold"), "  ", (one.name, "cyan"))
    source = Text("no source named", "dim")
    if one.source:
        source = Text(f"{one.source}: {one.source.title}{f'. {one.source.link}' if one.source.link else ''}", "dim")
    units = unit_system(one)
    table = _table(("symbol", _NAME), "meaning", "domain", "default or start", "unit")
    for h in one.hyper:
        table.add_row(
            h.name,
            h.symbol.meaning,
            h.symbol.domain.describe(h.name),
            _default(h),
            str(units.units.get(h.symbol, "free")),
        )
    for s in one.state:
        start = expression_text(s.initial, "text", one)
        table.add_row(
            s.name, s.symbol.meaning, s.symbol.domain.describe(s.name), start, str(units.units.get(s.symbol, "free"))
        )
    note = "T is the unit of theta, F that of the objective."
    if units.condition:
        note += f" The rule makes sense in units only where {units.condition}."
    parts: list[RenderableType] = [head, source, Text(), _indented(one.text())]
    if one.gradient_at != one.theta:
        at = expression_text(one.gradient_at, "text", one)
        parts += [Text(), Text(f"The gradient g is taken at {at}.")]
    if one.hyper or one.state:
        parts += [table, Text(note, "dim")]
    return Group(*parts)


def result_table(results: Sequence[Result]) -> Table:
    """Theorems with their verdicts; the rule is named where it changes."""
    table = _table(("rule", _NAME), "claim", "statement", ("verdict", _SHORT), "method")
    last = ""
    for result in results:
        claim = result.claim
        name = claim.rule.name if claim.rule.name != last else ""
        last = claim.rule.name
        table.add_row(
            name, claim.name, claim.text(), verdict_text(result.verdict, expected=result.as_expected), result.method
        )
    return table


def folklore_table(results: Sequence[Result]) -> Table:
    """What is commonly said and false, in words, each with the counterexample."""
    table = _table(("rule", _NAME), "claim", "what is said", ("verdict", _SHORT), "counterexample")
    for result in results:
        claim = result.claim
        witness = ", ".join(f"{name} = {value}" for name, value in result.witness.items())
        table.add_row(
            claim.rule.name, claim.name, claim.title, verdict_text(result.verdict, expected=result.as_expected), witness
        )
    return table


def result_detail(result: Result) -> RenderableType:
    """One theorem with hypotheses, published formula, counterexample and proof."""
    claim = result.claim
    parts: list[RenderableType] = [
        Text.assemble(
            verdict_text(result.verdict, expected=result.as_expected), "  ", (f"{claim.rule.name} {claim.name}", "cyan")
        ),
        Text(claim.title, "bold"),
        _indented(claim.text()),
    ]
    facts = _table("", "")
    facts.show_header = False
    facts.box = None
    for name, words in _facts(result):
        facts.add_row(Text(name, "dim"), words)
    parts.append(facts)
    if result.steps:
        parts.append(Text("Proof" if result.verdict is Verdict.PROVED else "How it was decided", "bold"))
        for count, step in enumerate(result.steps, start=1):
            kind = view.step_kind(step.kind)
            parts.append(_indented(f"{count}. {step.words.replace('$', '')}{f' ({kind})' if kind else ''}"))
            shown = claim.write_obligation(step.given, step.shows)
            if shown:
                parts.append(Padding(Text(shown, "dim"), (0, 0, 0, 5), expand=False))
    return Group(*parts)


def _indented(words: str) -> Padding:
    return Padding(Text(words), (0, 0, 0, 2), expand=False)


def _facts(result: Result) -> list[tuple[str, str]]:
    claim = result.claim
    facts = [("if", f"{h.text()}{f' ({h.words})' if h.words else ''}") for h in claim.hypotheses]
    if result.derived is not None:
        facts.append(("derived", result.derived_text()))
    if claim.published is not None:
        relation = f" ({view.relation_words(claim.relation)})" if claim.relation else ""
        facts.append(("published", f"{claim.write(claim.published)}{relation}"))
    if claim.source is not None:
        facts.append(("source", f"{claim.source}: {claim.source.title}"))
    if result.witness:
        facts.append(("counterexample", ", ".join(f"{n} = {v}" for n, v in result.witness.items())))
    if result.reason:
        facts.append(("open because", result.reason))
    if result.confirmed_by:
        facts.append(("confirmed by", ", ".join(result.confirmed_by)))
    facts.append(("method", f"{result.method or 'none'}, {result.seconds:.2f} s"))
    return facts


def pass_table(kernel: GeneratedKernel | Kernel) -> Table:
    """The passes of a kernel: operation counts before and after, and whether the rule was preserved."""
    table = _table(("pass", _NAME), "what it does", "once per step", "per element", ("is the rule", _SHORT))
    for p in kernel.passes:
        table.add_row(
            p.name,
            p.words,
            view.operations(p.before.prologue, p.after.prologue),
            view.operations(p.before.body, p.after.body),
            verdict_text(p.verdict, expected=p.verdict is Verdict.PROVED),
        )
    return table


def check_table(checks: Sequence[CrossCheck]) -> RenderableType:
    """Cross-checks, and below them what is wrong with those that failed.

    ``of bound`` is the largest error as a part of what it may be in that case, ``ulps`` the largest in units in the
    last place, which is large where nearly equal numbers cancel.
    """
    table = _table(
        ("rule", _NAME), ("dtype", _SHORT), ("check", _SHORT), ("source", _SHORT), ("compiled code", _SHORT),
        ("cases", _NUMBER),
        ("of bound", _NUMBER), ("ulps", _NUMBER),
    )  # fmt: skip
    for c in checks:
        table.add_row(
            c.rule,
            c.dtype,
            Text("✓ passed", "green") if c.passed else Text("✗ FAILED", "bold red"),
            verdict_text(c.source_verdict, expected=c.source_verdict is Verdict.PROVED),
            verdict_text(c.machine_verdict, expected=c.machine_verdict is not Verdict.REFUTED),
            str(c.cases),
            view.of_bound(c),
            view.ulps(c),
        )
    notes = [Text(f"{c.rule} {c.dtype}: {p}", "red") for c in checks for p in c.problems]
    notes += [
        Text(f"{c.rule} {c.dtype}: parallel differs from serial", "red") for c in checks if not c.parallel_bitwise
    ]
    notes += [Text(f"{c.rule} {c.dtype}: an edge case is wrong", "red") for c in checks if not c.edges_ok]
    scopes = {c.machine_scope: None for c in checks if c.machine_verdict is Verdict.PROVED}
    if checks and not notes:
        notes = [Text("Parallel equals serial bitwise, and every edge case is as IEEE 754 says.", "dim")]
    notes += [Text(f"Compiled code (LLVM IR): proved for {scope}.", "dim") for scope in scopes]
    notes += [
        Text(f"{c.rule} {c.dtype}: compiled code (LLVM IR) UNKNOWN: {c.machine_scope}", "yellow")
        for c in checks
        if c.machine_verdict is Verdict.UNKNOWN
    ]
    return Group(table, *notes, *(Text(_storage_words(c), "dim") for c in checks if c.storage_bound))


def _storage_words(check: CrossCheck) -> str:
    """What storing the states adds to theta, at most and as measured."""
    return (
        f"{check.rule} {check.dtype}: storing the states changes theta in a step by at most {check.storage_bound}; "
        f"measured was {check.storage_error_over_bound:.0%} of the bounds of theta and the states."
    )


def recheck_table(checked: Sequence[Checked]) -> RenderableType:
    """Certificates by what became of them; those that were not simply confirmed with the reason."""
    table = _table(("rule", _NAME), "claim", ("verdict", _SHORT), ("recheck", _SHORT), "by", "note")
    marks = {CONFIRMED: ("✓", "green"), FINDER_ONLY: ("~", "yellow"), REJECTED: ("✗", "bold red")}
    last = ""
    for one in checked:
        found = one.finding
        record, (mark, style) = one.to_json(), marks.get(found.status, ("~", "yellow"))
        name = record["rule"] or one.path.parent.name
        table.add_row(
            name if name != last else "",
            record["claim"] or one.path.name,
            record["stated"] or "",
            Text(f"{mark} {found.status.partition(';')[0].partition('(')[0].strip()}", style),
            ", ".join(found.confirmed_by),
            found.reason,
        )
        last = name
    counts = Counter(one.finding.status for one in checked)
    return Group(table, *(Text(f"{counts[status]} {status}") for status in STATUSES if counts[status]))


def cache_table(entries: Sequence[CacheEntry]) -> Table:
    """What the cache of compiled kernels holds."""
    total = sum(e.bytes for e in entries)
    table = _table(("kernel", _NAME), ("dtype", _SHORT), ("digest", _SHORT), ("size", _NUMBER), "path")
    for e in entries:
        table.add_row(e.name, e.dtype, e.digest[:12], _size(e.bytes), str(e.path))
    if entries:
        table.add_section()
        table.add_row(f"{len(entries)} kernel{'s' if len(entries) != 1 else ''}", "", "", _size(total), "")
    return table


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
