"""How a kernel looks in a notebook: its passes as a table, its source with colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .passes import PassReport

__all__ = ["kernel_html"]


def kernel_html(name: str, dtype: str, passes: Sequence[PassReport], source: str) -> str:
    """A kernel as HTML; the source is coloured where pygments is installed."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(p.name)}</th><td style='text-align:left'>{escape(p.words)}</td>"
        f"<td>{escape(str(p.before))}</td><td>{escape(str(p.after))}</td><td><b>{p.verdict.name}</b></td></tr>"
        for p in passes
    )
    columns = ("pass", "what it does", "operations before", "after", "is the rule")
    head = "".join(f"<th scope='col'>{column}</th>" for column in columns)
    return (
        f"<div><b>Kernel</b> <code>{escape(name)}</code> {escape(dtype)}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<details><summary>source</summary>{_coloured(source)}</details></div>"
    )


def _coloured(source: str) -> str:
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return f"<pre>{escape(source)}</pre>"
    # The colours are for a light ground, whatever the notebook's is.
    formatter = HtmlFormatter(noclasses=True, cssstyles="color:#1c1c1a;background:#f8f8f8;padding:.5em")
    return str(highlight(source, PythonLexer(), formatter))
