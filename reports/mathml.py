r"""LaTeX to MathML that is safe to put into a page.

The converter returns its result as text that it does not escape, so ``\text{<script>}`` in a user's rule would become
markup.  Here its element tree is taken instead, reduced to the elements and attributes that mathematics needs, and
written by an XML serialiser, which escapes every character of the text.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

__all__ = ["MathError", "aligned", "mathml"]

_TAGS = frozenset(
    {
        *("math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot"),
        *("msub", "msup", "msubsup", "munder", "mover", "munderover"),
        *("mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom"),
    }
)
_ATTRIBUTES = frozenset(
    {
        *("xmlns", "display", "displaystyle", "scriptlevel", "mathvariant", "columnalign", "width"),
        *("stretchy", "fence", "form", "separator", "movablelimits", "accent", "linethickness"),
    }
)
# Operators under which a display formula sets its limits.
_LIMITS = frozenset({"lim", "sup", "inf", "max", "min"})
_ARROWS = frozenset("⟹⟸⟺⇒⇐⇔⟶⟵→←↦⟼")


class MathError(ValueError):
    """A formula that cannot be converted; the message says which one."""


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str = "inline") -> str:
    r"""A formula as a ``<math>`` element.

    Parameters
    ----------
    latex : str
        Without dollar signs; environments such as ``cases`` and ``aligned`` may occur.
    display : {"inline", "block"}

    Returns
    -------
    str
        Well-formed XML whose text is escaped.

    Raises
    ------
    MathError
        If `latex` is not a formula that the converter understands.

    Examples
    --------
    >>> mathml(r"\rho")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>ρ</mi></mrow></math>'
    >>> "<script>" in mathml(r"\text{<script>}")
    False
    """
    from latex2mathml.converter import Converter

    try:
        root = Converter(display=display).convert_to_element(_prepared(latex))
    except Exception as error:  # the converter raises errors of many kinds, all of them about the formula
        raise MathError(f"the formula {latex!r} cannot be shown as MathML: {type(error).__name__}") from error
    return tostring(_cleaned(root), encoding="unicode")


def aligned(lines: tuple[str, ...]) -> str:
    """Several lines of the form ``left = right`` as one display formula, set on their equals signs."""
    rows = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in lines)
    return mathml(rf"\begin{{aligned}}{rows}\end{{aligned}}", "block")


def _prepared(latex: str) -> str:
    # The converter knows `split`, which is `aligned` by another name; `\operatorname*` is `\operatorname` to it.
    text = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{split}", latex)
    text = text.replace(r"\operatorname*", r"\operatorname").replace(r"\!", "")
    # In text an underscore stands for itself; the converter would show the backslash that LaTeX needs.
    return re.sub(r"\\text\{[^{}]*\}", lambda found: found.group().replace(r"\_", "_"), text)


def _cleaned(element: Element) -> Element:
    """A copy with nothing but known elements and attributes, and with the text unescaped once."""
    clean = Element(element.tag if element.tag in _TAGS else "mrow")
    clean.attrib = {k: v for k, v in element.attrib.items() if k in _ATTRIBUTES}
    clean.text = html.unescape(element.text) if element.text else None
    clean.extend(_cleaned(child) for child in element)
    if clean.tag == "mi" and clean.text in _ARROWS:
        clean.tag = "mo"
    if clean.tag == "msub" and clean[0].tag == "mo" and clean[0].text in _LIMITS:
        clean.tag = "munder"
        clean[0].set("movablelimits", "true")
    return clean
