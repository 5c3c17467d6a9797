"""Templates to pages, for each format that is made of pages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

from markupsafe import Markup, escape

from .. import __version__
from . import overview, sheets, side_by_side, view
from .frameworks import framework_forms
from .guide import guide_lines
from .highlight import highlighted
from .latex import finalize, latex_filters
from .markdown import markdown_filters
from .mathml import MathError, aligned, mathml
from .records import VERDICTS, anchor, implementation_page, slug
from .speeds import speed_lines, speed_table

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Renderer", "renderer"]

Renderer: TypeAlias = Callable[[str, Mapping[str, Any]], str]

_TEMPLATES = Path(__file__).parent / "templates"


def renderer(kind: str) -> Renderer:
    """What makes a page of a template and its values, in a format of :data:`~optproof.reports.sheets.ENDINGS`."""
    environment = _environment()
    _ADAPT[kind](environment)
    return partial(_page, environment)


def _page(environment: Environment, template: str, values: Mapping[str, Any]) -> str:
    text = environment.get_template(template).render(**values)
    # Templates leave blank lines where a condition was false; in code every line stays.
    parts = re.split(r"(<pre.*?</pre>|<script>.*?</script>|^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [re.sub(r"\n(?:[ \t]*\n)+", "\n\n", part) for part in parts[::2]]
    return "".join(parts).strip() + "\n"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "slug": slug,
        "anchor": anchor,
        "sentence": lambda text: text.rstrip("."),
        "base_name": _base_name,
        "capital": lambda text: text[:1].upper() + text[1:],
        "implementation_page": implementation_page,
    }
    environment.globals |= {name: getattr(view, name) for name in view.__all__}
    environment.globals |= {name: getattr(overview, name) for name in overview.__all__}
    environment.globals |= {
        "version": __version__,
        "verdicts": VERDICTS,
        "figure_path": sheets.figure_path,
        "columns": tuple(side_by_side.COLUMNS),
        "cells": side_by_side.cells,
        "guide_lines": guide_lines,
        "implementation_figure": sheets.implementation_figure,
        "framework_forms": framework_forms,
        "speed_lines": speed_lines,
        "speed_table": speed_table,
    }
    return environment


def _base_name(target: str) -> str:
    return PurePath(target).name


def _for_html(environment: Environment) -> None:
    environment.filters |= {
        "math": _math,
        "math_block": partial(_math, display="block"),
        "aligned": lambda lines: Markup(aligned(tuple(lines))),
        "prose": _prose,
        "python": lambda source: Markup(highlighted(source)),
        "svg": Markup,
        "shell": shlex.quote,
        "plain": lambda text: re.sub(r"[$`]", "", text),
        "shortened": lambda text: text if len(text) <= 160 else f"{text[:157]}...",
    }
    for name in ("style.css", "filter.js"):
        text = (_TEMPLATES / name).read_text(encoding="utf-8").strip()
        environment.globals[name.replace(".", "_")] = Markup(text)


def _for_markdown(environment: Environment) -> None:
    environment.filters |= markdown_filters()


def _for_latex(environment: Environment) -> None:
    environment.filters |= latex_filters()
    environment.finalize = finalize


_ADAPT: dict[str, Callable[[Environment], None]] = {"html": _for_html, "md": _for_markdown, "tex": _for_latex}


def _math(latex: str, display: str = "inline") -> Markup:
    """A formula as MathML or, where that fails, its LaTeX as code: a reader must see it either way."""
    try:
        return Markup(mathml(latex, display))
    except MathError:
        return Markup('<code class="latex">{}</code>').format(latex)


def _prose(text: str) -> Markup:
    """Words with formulas between dollar signs and code between backticks."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", text)
    return Markup("").join(
        _math(p[1:-1])
        if p.startswith("$") and p.endswith("$") and len(p) > 2
        else Markup("<code>{}</code>").format(p[1:-1])
        if p.startswith("`") and p.endswith("`") and len(p) > 2
        else escape(p)
        for p in parts
    )
