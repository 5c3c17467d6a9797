"""Verifications and comparisons for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..analysis.verification.words import counterexample_lines, facts, headline
from ..derive.prove.verdict import Verdict
from .records.wording import difference_words, line_words
from .terminal import verdict_text
from .view import is_number

if TYPE_CHECKING:
    from ..analysis.compare import Comparison
    from ..analysis.verify import Verification

__all__ = ["comparison_detail", "verification_detail"]


def verification_detail(found: Verification) -> RenderableType:
    """One verification: the verdict, the difference in words, the counterexample, the state map."""
    head = Text.assemble(verdict_text(found.verdict), "  ", (headline(found), "bold"))
    return Group(head, _rows(facts(found)))


def comparison_detail(found: Comparison) -> RenderableType:
    """One comparison: the verdict, the translation, the difference."""
    words = {
        Verdict.PROVED: f"{found.first} and {found.second} are the same",
        Verdict.REFUTED: f"{found.first} and {found.second} differ",
        Verdict.UNKNOWN: f"whether {found.first} and {found.second} are the same is not known",
    }[found.verdict]
    rows = [("scope", found.scope)]
    rows += [("because", found.reason)] if found.reason else []
    for name, value in found.translation.items():
        of_first = "" if is_number(value) else " of the first"
        rows.append(("translation", f"they are the same when {name} of the second is {value}{of_first}"))
    rows += [("but", w) for w in found.weaker]
    for d in found.differences:
        if difference := difference_words(d.explanation, found.second):
            rows.append(("difference", f"in the second, {difference}"))
            rows += [("first", line_words(d.rule)), ("second", line_words(d.implementation))]
    if found.counterexample is not None:
        lines = counterexample_lines(found.counterexample)
        lines = [
            x.replace("the rule gives", "the first gives").replace("the implementation", "the second") for x in lines
        ]
        rows += [("counterexample", line) for line in lines]
    rows += [("size", found.effect)] if found.effect else []
    if found.state_map:
        rows.append(("state", ", ".join(f"{slot} = {e}" for slot, e in found.state_map.items())))
    rows.append(("seconds", f"{found.seconds:.2f}"))
    return Group(Text.assemble(verdict_text(found.verdict), "  ", (words, "bold")), _rows(rows))


def _rows(rows: list[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    last = ""
    for name, words in rows:
        table.add_row(name if name != last else "", words)
        last = name
    return table
