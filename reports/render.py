"""Contents to files: the pages in HTML and in Markdown, the figures, the marker and the timings."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from .. import __version__
from ..derive.prove.verdict import Verdict
from . import notation, overview, view
from .highlight import highlighted
from .markdown import markdown_filters
from .mathml import MathError, aligned, mathml
from .records import Content
from .site import MARKER

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render", "timings_file"]

_TEMPLATES = Path(__file__).parent / "templates"


def render(content: Content, formats: Iterable[str], progress: Callable[[str], None] | None = None) -> dict[str, str]:
    """All files of the report by their relative paths.

    Parameters
    ----------
    content : Content
    formats : iterable of {"html", "md"}
    progress : callable, optional
        Told the name of each page.
    """
    files: dict[str, str] = {}
    shared, varied = _shared(), overview.variants(content)
    for kind in formats:
        environment = _html_environment() if kind == "html" else _markdown_environment()
        environment.globals |= shared
        index = "index.html" if kind == "html" else "README.md"
        page = partial(_page, environment, content)
        files[index] = page(f"index.{kind}", up="", principal=overview.principal_rules(content), variants=varied)
        for one in content.rules:
            if progress is not None:
                progress(one.rule.name)
            files[f"rules/{view.slug(one.rule.name)}.{kind}"] = page(f"rule.{kind}", up="../", one=one)
        if kind == "md":
            files |= _figure_files(content)
    files |= timings_file(content)
    files[MARKER] = _marker(content, files)
    return files


def timings_file(content: Content) -> dict[str, str]:
    """Every time that was measured, kept apart from the pages, which are the same in every run."""
    seconds = {
        "parts": dict(content.seconds or {}),
        "theorems": {f"{r.claim.rule.name} {r.claim.name}": round(r.seconds, 3) for r in content.results},
        "checks": {f"{c.rule} {c.dtype}": round(c.seconds, 3) for c in content.checks},
        "passes": {
            f"{one.rule.name} {p.name}": round(p.seconds, 3)
            for one in content.rules
            if one.kernel
            for p in one.kernel.passes
        },
    }
    return {"timings.json": _json(seconds)}


def _page(environment: Environment, content: Content, template: str, **values: Any) -> str:
    text = environment.get_template(template).render(content=content, **values)
    # Templates leave blank lines where a condition was false; in code every line stays.
    parts = re.split(r"(<pre.*?</pre>|^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [re.sub(r"\n(?:[ \t]*\n)+", "\n\n", part) for part in parts[::2]]
    return "".join(parts).strip() + "\n"


def _shared() -> dict[str, Callable[[Any], Any]]:
    """What both formats ask for again and again: writing a formula costs more than laying out its page."""

    def remembered(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        # By identity: comparing two claims costs as much as writing one, and the content outlives the rendering.
        known: dict[int, Any] = {}

        def recall(thing: Any) -> Any:
            if id(thing) not in known:
                known[id(thing)] = function(thing)
            return known[id(thing)]

        return recall

    functions: dict[str, Callable[[Any], Any]] = {
        "effective_rate": view.effective_rate,
        "symbols": notation.symbols,
        "unit_condition": notation.unit_condition,
        "update_lines": view.update_lines,
        "first_step": view.first_step_latex,
        "statement": lambda claim: claim.latex(),
    }
    return {name: remembered(function) for name, function in functions.items()}


def _figure_files(content: Content) -> dict[str, str]:
    files = {f"figures/{d.name}.svg": d.svg for d in content.drawings}
    for one in content.rules:
        files |= {f"figures/{view.slug(one.rule.name)}-{d.name}.svg": d.svg for d in one.drawings}
    return files


def _marker(content: Content, files: Iterable[str]) -> str:
    """What makes the directory a report, and what is in it, for programs."""
    return _json(
        {
            "optproof": __version__,
            "command": content.command,
            "rules": [one.rule.name for one in content.rules],
            "verdicts": view.verdict_counts(content.results),
            "files": sorted(files),
        }
    )


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"slug": view.slug, "anchor": view.anchor, "sentence": lambda text: text.rstrip(".")}
    for module in (notation, overview, view):
        environment.globals |= {name: getattr(module, name) for name in module.__all__}
    environment.globals |= {"version": __version__, "verdicts": tuple(Verdict)}
    return environment


def _html_environment() -> Environment:
    environment = _environment()
    environment.filters |= {
        "math": _math,
        "math_block": partial(_math, display="block"),
        "aligned": lambda lines: Markup(aligned(lines)),
        "prose": _prose,
        "python": lambda source: Markup(highlighted(source)),
        "svg": Markup,
        "shell": shlex.quote,
    }
    environment.globals["style"] = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8").strip())
    return environment


def _markdown_environment() -> Environment:
    environment = _environment()
    environment.filters |= markdown_filters()
    return environment


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
