"""The conformance matrix as tables: for the terminal, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from ..derive.prove.verdict import Verdict
from .terminal import verdict_text

if TYPE_CHECKING:
    from ..analysis.conformance.cell import Cell
    from ..analysis.conformance.matrix import Matrix

__all__ = ["html_table", "markdown", "matrix_files", "matrix_table"]

_NOT_ELEMENT_WISE = "—"


def matrix_table(matrix: Matrix) -> RenderableType:
    """The matrix for the terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("framework", "optimizer", "rule", "verdict", "difference"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("framework", "verdict"))
    for cell in matrix.cells:
        verdict = verdict_text(Verdict[cell.verdict]) if cell.verdict else _NOT_ELEMENT_WISE
        table.add_row(cell.framework, cell.title, cell.rule, verdict, _words(cell))
    return Group(table, *_headlines(matrix))


def matrix_files(matrix: Matrix, *, as_json: str) -> dict[str, str]:
    """The files of the matrix by name; `as_json` is its JSON."""
    return {"conformance.json": as_json, "conformance.md": markdown(matrix), "conformance.html": _page(matrix)}


def markdown(matrix: Matrix) -> str:
    """The matrix in Markdown, the evidence of every difference below it."""
    lines = ["# Optimizers of the frameworks against the published rules", "", *(f"- {x}" for x in _headlines(matrix))]
    lines += ["", "| optimizer | rule | verdict | difference |", "|---|---|---|---|"]
    for cell in matrix.cells:
        row = (f"`{cell.framework}` {cell.title}", cell.rule and f"`{cell.rule}`", cell.verdict or "—", _words(cell))
        lines.append("| " + " | ".join(x.replace("|", "\\|") for x in row) + " |")
    for cell in matrix.cells:
        facts = list(_facts(cell))
        if cell.verdict == "REFUTED" or (facts and cell.verdict == "PROVED"):
            lines += ["", f"## `{cell.framework}` {cell.title}", "", *(f"- {fact}" for fact in facts)]
            lines += ["", "```python", cell.script.rstrip(), "```"] if cell.script else []
    return "\n".join(lines) + "\n"


def html_table(matrix: Matrix) -> str:
    """The matrix as an HTML table with the evidence folded away, to stand in any page."""
    rows = []
    for cell in matrix.cells:
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in _facts(cell))
        code = f"<pre><code>{escape(cell.script)}</code></pre>" if cell.script else ""
        words = escape(_words(cell))
        if facts or code:
            words = f"<details><summary>{words or 'evidence'}</summary><ul>{facts}</ul>{code}</details>"
        verdict = cell.verdict or _NOT_ELEMENT_WISE
        rows.append(
            f"<tr><td>{escape(cell.framework)}</td><td>{escape(cell.title)}</td><td>{escape(cell.rule)}</td>"
            f'<td class="{cell.verdict.lower()}">{verdict}</td><td>{words}</td></tr>'
        )
    head = "".join(f"<th>{h}</th>" for h in ("framework", "optimizer", "rule", "verdict", "difference"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table>"


def _page(matrix: Matrix) -> str:
    style = (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    said = "".join(f"<li>{escape(line)}</li>" for line in _headlines(matrix))
    title = "Optimizers of the frameworks against the published rules"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<style>{style}</style></head>\n<body><main class="page"><h1>{title}</h1><ul>{said}</ul>\n'
        f"{html_table(matrix)}\n</main></body></html>\n"
    )


def _headlines(matrix: Matrix) -> list[str]:
    """What was measured, and how it came out."""
    counts = matrix.counts
    said = [f"{f.name} {f.version}" if f.version else f"{f.name} was left out: {f.missing}" for f in matrix.frameworks]
    told = ", ".join(f"{counts.get(v.name, 0)} {v.name}" for v in Verdict)
    return [*said, f"{told}, {counts.get('', 0)} not element-wise"]


def _words(cell: Cell) -> str:
    return cell.words + (f"; it is {cell.equals}" if cell.equals and cell.equals not in cell.words else "")


def _facts(cell: Cell) -> Iterator[str]:
    """The evidence in lines."""
    found = cell.evidence
    if not found:
        return
    if cell.verdict == "REFUTED":
        for difference in found["differences"]:
            if difference["rule"] or difference["implementation"]:
                yield f"rule: {difference['rule']}; implementation: {difference['implementation']}"
        run = found["counterexample"]
        if run:
            hyper = ", ".join(f"{n} = {v}" for n, v in run["hyperparameters"].items())
            rates = f", lr = {', '.join(run['lr'])} in turn" if run["lr"] else ""
            yield f"theta = {run['theta']}, gradients {', '.join(run['gradients'])}{rates}, {hyper}"
            yield (
                f"after step {run['step']} the rule gives {run['rule_decimal']}, the implementation "
                f"{run['implementation_decimal']}"
            )
        if found["effect"]:
            yield found["effect"]
    yield from found["side_effects"]
