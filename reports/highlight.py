"""Python source as HTML with colours by CSS class."""

from __future__ import annotations

import html

__all__ = ["highlighted"]


def highlighted(source: str) -> str:
    """`source` as the inside of a ``<pre>``: escaped, with a ``<span>`` around every token that has a colour.

    Examples
    --------
    >>> highlighted("x < 1")
    '<span class="n">x</span> <span class="o">&lt;</span> <span class="mi">1</span>'
    """
    try:
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError:  # comes with rich; a page without colours is still a page
        return html.escape(source)
    from pygments import highlight

    return str(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))).rstrip("\n")
