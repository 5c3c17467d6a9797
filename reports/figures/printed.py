"""A drawing as PDF, for LaTeX: the panels' own lines and words, set by matplotlib.

The SVG is what is kept of a drawing, so the PDF is made of it and of nothing else: the same drawing gives the same
bytes, whether it was drawn in this run or recalled from an earlier one.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from .palette import INK, LIGHT, VARIABLES

if TYPE_CHECKING:
    from .drawing import Drawing, Panel

__all__ = ["pdf"]

_WIDEST = 780
"""Points; a page of text is about 460 wide, so what is drawn for ten points is never printed below six."""
_COLOURS = {variable: LIGHT[mark] for mark, variable in VARIABLES.items()}
_ALIGN: dict[str, Any] = {"start": "left", "middle": "center", "end": "right"}
_NAMELESS: Any = {"CreationDate": None, "Creator": None, "Producer": None}


def pdf(drawing: Drawing) -> bytes:
    """The whole figure as one page of PDF, a point to the unit, in as many rows as fit a page of text.

    Examples
    --------
    >>> from optproof.reports.figures.canvas import Canvas
    >>> from optproof.reports.figures.drawing import Drawing
    >>> canvas = Canvas(100, 50)
    >>> canvas.text(10, 10, "words")
    >>> pdf(Drawing("name", "Title", "caption", "alt", (canvas.panel(),)))[:5]
    b'%PDF-'
    """
    import matplotlib
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    width, height, places = drawing.places(_WIDEST)
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_visible(False)
    for panel, (left, top) in zip(drawing.panels, places, strict=True):
        _add(figure, panel, left, height - top)
    buffer = io.BytesIO()
    # Fonts as outlines of their own kind: some engines refuse the bitmap-like ones that are the default.
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        FigureCanvasPdf(figure).print_pdf(buffer, metadata=_NAMELESS)  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def _add(figure: Any, panel: Panel, left: float, top: float) -> None:
    """Put a panel on a figure, its upper left corner at a point that is counted from the lower left one."""
    for element in ElementTree.fromstring(f"<svg>{panel.svg}</svg>").iter():
        style = dict(part.strip().split(": ", 1) for part in element.get("style", "").split(";") if ": " in part)
        if element.tag == "path":
            _add_line(figure, element.get("d", ""), style, left, top)
        elif element.tag == "text":
            _add_words(figure, element, style, left, top)


def _add_line(figure: Any, described: str, style: dict[str, str], left: float, top: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.transforms import IdentityTransform

    xs, ys = _points(described)
    line = Line2D(
        left + xs, top - ys, color=_colour(style.get("stroke")), linewidth=float(style.get("stroke-width", 1)),
        solid_capstyle="round", solid_joinstyle="round",
    )  # fmt: skip
    if "stroke-dasharray" in style:
        line.set_dashes([float(part) for part in style["stroke-dasharray"].split(",")])
    line.get_path().should_simplify = False  # which would drop dots
    line.set_transform(IdentityTransform())
    figure.add_artist(line)


def _points(described: str) -> tuple[Any, Any]:
    """The points of a path of straight lines; NaN stands between one that ends and the next."""
    points: list[tuple[float, float]] = []
    for command, x, y in re.findall(r"([ML])\s*(-?[\d.e-]+)[ ,](-?[\d.e-]+)", described):
        points += [(np.nan, np.nan)] if command == "M" and points else []
        points.append((float(x), float(y)))
    across, down = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return across, down


def _add_words(figure: Any, element: ElementTree.Element, style: dict[str, str], left: float, top: float) -> None:
    from matplotlib.transforms import IdentityTransform

    figure.text(
        left + float(element.get("x", 0)), top - float(element.get("y", 0)), "".join(element.itertext()),
        color=_colour(style.get("fill")), fontsize=float(style.get("font-size", "9px").removesuffix("px")),
        fontweight="bold" if "font-weight" in style else "normal", ha=_ALIGN[style.get("text-anchor", "start")],
        va="baseline", transform=IdentityTransform(), parse_math=False,
    )  # fmt: skip


def _colour(named: str | None) -> str:
    return _COLOURS.get(named or "", LIGHT[INK])
