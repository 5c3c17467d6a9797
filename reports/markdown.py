"""Filters that put text, formulas and code into Markdown as GitHub reads it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

__all__ = ["markdown_filters"]


def markdown_filters() -> dict[str, Callable[..., Any]]:
    """The filters by name; every one returns text that is safe where its name says."""
    return {
        "md": _text,
        "math": _math,
        "math_block": _math_block,
        "math_item": lambda latex: Markup("   " + _math_block(latex).replace("\n", "\n   ")),
        "aligned": lambda lines: _math_block(_aligned(lines)),
        "cell": _cell,
        "prose": _prose,
        "fence": _fence,
        "tick": _code,
        "line": _line,
        "shell": lambda name: _line(shlex.quote(name)),
    }


def _text(text: object) -> Markup:
    """Words with Markdown's own characters escaped."""
    return Markup(re.sub(r"([\\`*_\[\]<>|$&~])", r"\\\1", re.sub(r"\s+", " ", str(text))))


def _math(latex: str) -> Markup:
    # Between dollar signs GitHub would read some of LaTeX's characters as Markdown; with backticks it does not.
    return Markup(f"$`{_harmless(latex)}`$")


def _math_block(latex: str) -> Markup:
    return Markup(f"```math\n{_harmless(latex)}\n```")


def _harmless(latex: str) -> str:
    """A formula that cannot end the fence it stands in, nor hold an element."""
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", " ".join(latex.replace("`", "'").split()))


def _aligned(lines: tuple[str, ...]) -> str:
    rows = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def _cell(latex: str) -> Markup:
    """A formula in a table, where a bar would end the cell."""
    text = latex.replace(r"\left|", r"\left\vert ").replace(r"\right|", r"\right\vert ").replace("|", r"\vert ")
    return _math(text)


def _code(text: object) -> Markup:
    """Code in a line of text or a table."""
    return Markup("`" + str(text).replace("`", "'").replace("|", "\\|").replace("\n", " ") + "`")


def _fence(source: str) -> Markup:
    """A source file between fences longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", source)), default=2)
    ticks = "`" * (longest + 1)
    return Markup(f"{ticks}python\n{source.rstrip()}\n{ticks}")


def _line(text: str) -> Markup:
    """A line of a fenced block, which it cannot end."""
    return Markup(" ".join(text.replace("`", "'").split()))


def _prose(text: str) -> Markup:
    """Words with formulas between dollar signs and code between backticks."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", text)
    return Markup("").join(
        _math(p[1:-1]) if _is(p, "$") else _code(p[1:-1]) if _is(p, "`") else _text(p) for p in parts
    )


def _is(part: str, mark: str) -> bool:
    return len(part) > 2 and part.startswith(mark) and part.endswith(mark)
