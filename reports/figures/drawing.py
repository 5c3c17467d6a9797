"""A drawing: one or more panels as SVG, with the caption and the description that belong to it."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from .palette import LIGHT, STANDALONE

__all__ = ["Drawing", "Panel"]

_WIDEST = 1120


@dataclass(frozen=True)
class Panel:
    """One SVG picture of `width` by `height` units; `svg` is the inside of its ``<svg>`` element.

    `figure` is what matplotlib drew, of which pixels can be made; it is not kept where a panel is sent or stored.
    """

    width: int
    height: int
    svg: str
    figure: Any = field(default=None, compare=False, repr=False)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "figure": None}

    def pixels(self, scale: float) -> NDArray[np.uint8]:
        """The picture on a white ground, `scale` dots to the unit: shape (rows, columns, 4)."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.transforms import Affine2D

        for artist in (*self.figure.artists, *self.figure.lines, *self.figure.texts):
            artist.set_color(LIGHT.get(artist.get_color(), artist.get_color()))
            artist.set_transform(Affine2D().scale(scale))
        for line in self.figure.artists:
            line.get_path().should_simplify = False  # which would drop dots
        self.figure.set_dpi(72 * scale)
        self.figure.patch.set(visible=True, facecolor="white")
        canvas: Any = FigureCanvasAgg(self.figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())

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

    def places(self, widest: int = _WIDEST) -> tuple[int, int, list[tuple[int, int]]]:
        """The size of the whole, and the left upper corner of each panel: as many side by side as fit in `widest`."""
        width, height = max(p.width for p in self.panels), max(p.height for p in self.panels)
        rows = -(-len(self.panels) // max(1, widest // width))
        across = -(-len(self.panels) // rows)
        places = [(k % across * width, k // across * height) for k in range(len(self.panels))]
        return across * width, (places[-1][1] // height + 1) * height, places

    def png(self, scale: float = 2.0) -> bytes:
        """The whole figure as a PNG, `scale` dots to the unit of the SVG."""
        from matplotlib.image import imsave

        width, height, places = self.places()
        picture = np.full((round(height * scale), round(width * scale), 4), 255, np.uint8)
        for panel, (left, top) in zip(self.panels, places, strict=True):
            dots = panel.pixels(scale)
            row, column = round(top * scale), round(left * scale)
            picture[row : row + dots.shape[0], column : column + dots.shape[1]] = dots
        out = io.BytesIO()
        nameless: Any = {"Software": None}  # the same bytes with every version of matplotlib
        imsave(out, picture, format="png", metadata=nameless)
        return out.getvalue()

    @property
    def svg(self) -> str:
        """The whole figure as an SVG document, its panels in rows on a white ground."""
        width, height, places = self.places()
        placed = [
            f'<g transform="translate({left} {top})">{panel.svg}</g>'
            for panel, (left, top) in zip(self.panels, places, strict=True)
        ]
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
