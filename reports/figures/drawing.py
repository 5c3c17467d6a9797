"""A drawing: one or more panels as SVG, with the caption and the description that belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .palette import STANDALONE

__all__ = ["Drawing", "Panel"]


@dataclass(frozen=True)
class Panel:
    """One SVG picture of `width` by `height` units; `svg` is the inside of its ``<svg>`` element."""

    width: int
    height: int
    svg: str

    def element(self) -> str:
        """The picture as an ``<svg>`` element that takes the width of what it stands in."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" xmlns="http://www.w3.org/2000/svg" '
            f'aria-hidden="true" focusable="false">{self.svg}</svg>'
        )


@dataclass(frozen=True)
class Drawing:
    """A figure of the report.

    Attributes
    ----------
    name : str
        What its file and its anchor are called.
    title : str
    caption : str
        What to see in it.
    alt : str
        What it shows, for those who do not see it.
    panels : tuple of Panel
        Side by side where there is room, below each other where there is not.
    """

    name: str
    title: str
    caption: str
    alt: str
    panels: tuple[Panel, ...]

    @property
    def svg(self) -> str:
        """The whole figure as an SVG document, its panels in one row on a white ground."""
        width = sum(p.width for p in self.panels)
        height = max(p.height for p in self.panels)
        placed, left = [], 0
        for panel in self.panels:
            placed.append(f'<g transform="translate({left} 0)">{panel.svg}</g>')
            left += panel.width
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(self.alt, {chr(34): "&quot;"})}">'
            f"<style>{STANDALONE}</style>"
            f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>{"".join(placed)}</svg>\n'
        )


def inside(document: str) -> str:
    """The inside of the ``<svg>`` element of a document, without what no reader of a page needs."""
    body = document[document.index(">", document.index("<svg")) + 1 : document.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<defs>.*?</defs>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'\s(?:id|xml:space)="[^"]*"', "", body)
    # Hundredths of a unit are finer than any screen; only places are rounded, never what a label says.
    body = re.sub(r'(?<=\s)(?:d|x|y|transform)="[^"]*"', _rounded, body)
    return re.sub(r"\s*\n\s*", "\n", body).strip()


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m.group()):.2f}".rstrip("0").rstrip("."), attribute.group())
