r"""Filters that put text and formulas into LaTeX.

Formulas are taken over as they are if they hold nothing but known commands and close every brace that they open; a
user's rule may bring any text, and what is no plain formula is shown as the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

__all__ = ["finalize", "is_plain_formula", "latex_filters", "latex_text"]

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "−": "$-$", "×": r"$\times$", "…": r"\ldots{}", "√": r"$\surd$", "≤": r"$\leq$",
    "≥": r"$\geq$", "→": r"$\to$", "✓": r"$+$", "✗": r"$\times$", "Δ": r"$\Delta$", "θ": r"$\theta$", "β": r"$\beta$",
    "ρ": r"$\rho$", "ε": r"$\epsilon$", "λ": r"$\lambda$", "·": r"$\cdot$", "ᵗ": r"$^t$", "₁": r"$_1$", "₂": r"$_2$",
    "\u2019": "'", "\u2013": "--", "\u2014": "---",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
# Accented letters that every engine has with the T1 encoding.
_LAST_LETTER = "\u017f"

_NAMES = """
    alpha beta gamma delta epsilon varepsilon eta theta kappa lambda mu nu xi rho sigma tau phi omega Delta Lambda Phi
    frac sqrt left right sum prod lim sup inf max min exp log ln to infty leq geq neq le ge ne lt gt cdot times in
    mathbb mathrm mathbf mathit operatorname text textrm hat bar tilde dot overline widehat vert lvert rvert mid
    quad qquad iff implies Rightarrow Leftrightarrow leftarrow rightarrow gets mapsto Longrightarrow longrightarrow
    begin end displaystyle textstyle ldots dots cdots neg land lor forall exists approx sim prime circ pm mp ell
    partial lfloor rfloor langle rangle underbrace limits nolimits big Big bigl bigr bigg equiv propto ll gg star ast
"""
_COMMANDS = frozenset(_NAMES.split())
_ENVIRONMENTS = frozenset({"cases", "aligned"})


def latex_filters() -> dict[str, Callable[..., Any]]:
    """The filters by name; every one returns text that is safe in a LaTeX document."""
    return {
        "math": lambda latex: Markup(_formula(latex, "${}$")),
        "math_block": lambda latex: Markup(_formula(latex, "\\fitted{{{}}}")),
        "aligned": _aligned,
        "prose": _prose,
        "tick": _code,
        "python": _code,
        "shell": str,
    }


def finalize(value: Any) -> Markup:
    """What a template writes: text is escaped unless a filter made it."""
    return value if isinstance(value, Markup) else Markup(latex_text(str(value)))


def latex_text(text: str) -> str:
    r"""Text as LaTeX that shows it.

    Examples
    --------
    >>> latex_text("a_b & 50 %")
    'a\\_b \\& 50 \\%'
    """
    return "".join(_character(c) for c in re.sub(r"\s+", " ", text))


def _character(c: str) -> str:
    if c in _SUPERSCRIPTS:
        return f"$^{{{_SUPERSCRIPTS[c]}}}$"
    return _SPECIAL.get(c) or (c if c.isprintable() and c <= _LAST_LETTER else f"[U+{ord(c):04X}]")


def is_plain_formula(latex: str) -> bool:
    r"""Whether a formula holds nothing but known commands, and closes what it opens.

    Examples
    --------
    >>> is_plain_formula(r"\frac{1}{2}"), is_plain_formula(r"\input{secret}"), is_plain_formula("{")
    (True, False, False)
    """
    if not latex.strip() or re.search(r"[$%#~\x00-\x08]|\^\^|__", latex):
        return False
    names = set(re.findall(r"\\([A-Za-z]+)", latex))
    environments = re.findall(r"\\(begin|end)\{([a-z]*)\}", latex)
    if not names <= _COMMANDS or not {name for _, name in environments} <= _ENVIRONMENTS:
        return False
    fences = re.findall(r"\\(left|right)(?![A-Za-z])", latex)
    return _closes(latex) and _paired(environments) and fences.count("left") == fences.count("right")


def _closes(latex: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _paired(environments: Iterable[tuple[str, str]]) -> bool:
    opened: list[str] = []
    for mark, name in environments:
        if mark == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _formula(latex: str, form: str) -> str:
    # Text in a formula is text: what is special there must be escaped, as the formula's own writer does.
    return form.format(latex) if is_plain_formula(latex) else str(_code(latex))


def _aligned(lines: Iterable[str]) -> Markup:
    rows = [line.replace(" = ", " &= ", 1) for line in lines]
    if not all(map(is_plain_formula, rows)):
        return Markup(r"\par ").join(_code(row) for row in rows)
    body = r" \\ ".join(rows)
    return Markup(rf"\fitted{{\begin{{aligned}} {body} \end{{aligned}}}}")


def _code(text: object) -> Markup:
    return Markup(rf"\texttt{{{latex_text(str(text))}}}")


def _prose(text: str) -> Markup:
    """Words with formulas between dollar signs and code between backticks."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", text)
    return Markup("").join(
        Markup(_formula(p[1:-1], "${}$"))
        if len(p) > 2 and p[0] == p[-1] == "$"
        else _code(p[1:-1])
        if len(p) > 2 and p[0] == p[-1] == "`"
        else Markup(latex_text(p))
        for p in parts
    )
