"""Drawing one panel: a title, two scales and lines, set straight onto a matplotlib figure.

matplotlib's own axes cost about 30 ms each, most of it for ticks that are then restyled; a report has hundreds.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .drawing import Panel, inside
from .palette import GRID, INK, MUTED, VARIABLES

__all__ = ["Box", "Canvas", "Scale", "number", "power_of_ten"]

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RC: Any = {"svg.fonttype": "none", "svg.hashsalt": "optproof", "path.simplify": True, "path.simplify_threshold": 0.2}


def power_of_ten(exponent: int) -> str:
    """A power of ten as a person writes it.

    Examples
    --------
    >>> [power_of_ten(k) for k in (-4, -1, 0, 2, 5)]
    ['10⁻⁴', '0.1', '1', '100', '10⁵']
    """
    if -3 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def number(value: float) -> str:
    """A measured number with two or three digits.

    Examples
    --------
    >>> number(0.003162), number(3.1e-7), number(250.0)
    ('0.00316', '3.1 × 10⁻⁷', '250')
    """
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return np.format_float_positional(float(f"{value:.3g}"), trim="-")
    mantissa, exponent = f"{value:.1e}".split("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPT)
    return power if mantissa == "1.0" else f"{mantissa} × {power}"


@dataclass(frozen=True)
class Scale:
    """From values to the unit interval, linearly or by the logarithm; `ticks` are values with their labels."""

    lower: float
    upper: float
    log: bool = False
    ticks: tuple[tuple[float, str], ...] = ()

    def __call__(self, values: Any) -> NDArray[np.float64]:
        """The places of `values`; NaN where there is none."""
        array = np.asarray(values, dtype=np.float64)
        low, high = (math.log10(self.lower), math.log10(self.upper)) if self.log else (self.lower, self.upper)
        if self.log:
            array = np.log10(np.where(array > 0, array, np.nan))
        return np.asarray((array - low) / (high - low))

    @classmethod
    def logarithmic(cls, values: Sequence[NDArray[np.float64]]) -> Scale:
        """A logarithmic scale that holds every positive value of `values`, with a little room on both sides."""
        joined = np.concatenate([np.asarray(v, dtype=np.float64).ravel() for v in values])
        joined = joined[np.isfinite(joined) & (joined > 0)]
        if not joined.size:
            joined = np.ones(1)
        low, high = math.log10(joined.min()), math.log10(joined.max())
        room = max(0.07 * (high - low), 0.5 - (high - low) / 2 if high - low < 1 else 0.0)
        low, high = low - room, high + room
        return cls(10.0**low, 10.0**high, log=True, ticks=_ticks(low, high))


def _ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Powers of ten between two exponents or, where there is but one, also twice and five times them."""
    powers = range(math.ceil(low), math.floor(high) + 1)
    if len(powers) >= 2:
        return tuple((10.0**k, power_of_ten(k)) for k in powers[:: math.ceil(len(powers) / 6)])
    fine = [m * 10.0**k for k in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
    # Without spaces, so that a label fits beside the panel.
    return tuple((v, number(v).replace(".0 ×", " ×").replace(" × ", "·")) for v in fine if low <= math.log10(v) <= high)


@dataclass(frozen=True)
class Box:
    """A part of a panel, in its units from the lower left corner, with its two scales."""

    left: float
    bottom: float
    right: float
    top: float
    x: Scale
    y: Scale

    def place(self, xs: Any, ys: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where values stand in the panel."""
        across = self.left + self.x(xs) * (self.right - self.left)
        return across, self.bottom + self.y(ys) * (self.top - self.bottom)


@dataclass
class Canvas:
    """A panel that is being drawn."""

    width: int
    height: int
    _figure: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
        self._figure.patch.set_visible(False)

    def path(
        self, xs: Any, ys: Any, colour: str = INK, width: float = 1.6, dashes: tuple[float, float] | None = None
    ) -> None:
        """A line through points in panel units; NaN interrupts it."""
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        line = Line2D(
            xs, ys, color=colour, linewidth=width, solid_capstyle="round", solid_joinstyle="round", antialiased=True
        )
        if dashes:
            line.set_dashes(dashes)
        line.set_transform(IdentityTransform())
        self._figure.add_artist(line)

    def line(self, box: Box, xs: Any, ys: Any, colour: str = INK, width: float = 1.6) -> None:
        """A line through values in `box`."""
        self.path(*box.place(xs, ys), colour, width)

    def dots(self, box: Box, xs: Any, ys: Any, colour: str = INK, size: float = 3.6) -> None:
        """A dot for each value."""
        across, up = box.place(xs, ys)
        # A stroke of no length with round ends is a dot, and takes less room in the file than a marker.
        gaps = np.full_like(across, np.nan)
        self.path(
            np.stack([across, across + 0.02, gaps], axis=1).ravel(),
            np.stack([up, up, gaps], axis=1).ravel(),
            colour,
            size,
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        colour: str = MUTED,
        size: float = 9,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """Words at a point in panel units, on the baseline."""
        from matplotlib.transforms import IdentityTransform

        self._figure.text(
            x, y, words, color=colour, fontsize=size, ha=align, va="baseline",
            fontweight="bold" if bold else "normal", transform=IdentityTransform(), parse_math=False,
        )  # fmt: skip

    def axes(self, box: Box) -> None:
        """Grid lines and labels at the ticks of both scales, and a base line."""
        for value, label in box.y.ticks:
            _, up = box.place(box.x.lower, value)
            self.path([box.left, box.right], [up, up], GRID, 0.7)
            self.text(box.left - 4, float(up) - 3, label, align="right", size=9.5)
        for value, label in box.x.ticks:
            across, _ = box.place(value, box.y.lower)
            self.path([across, across], [box.bottom, box.bottom - 3], MUTED, 0.7)
            # The last label ends where the box does, so that a wider font than expected is not cut off.
            last = value >= box.x.upper
            self.text(float(across), box.bottom - 13, label, align="right" if last else "center", size=9.5)
        self.path([box.left, box.right], [box.bottom, box.bottom], MUTED, 0.8)

    def panel(self) -> Panel:
        """The finished panel."""
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        buffer = io.StringIO()
        with matplotlib.rc_context(_RC):
            canvas: Any = FigureCanvasSVG(self._figure)
            canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
        body = inside(buffer.getvalue())
        for mark, variable in VARIABLES.items():
            body = body.replace(mark, variable)
        # The reader's font, at the size that was asked for, however matplotlib's version writes the two.
        body = re.sub(r"font: ((?:bold|\d+) )?([\d.]+)px [^;\"]*", _font, body)
        body = re.sub(r" ?font-family: [^;\"]*;?", "", body).replace("font-weight: 700", "font-weight: 600")
        body = re.sub(r' transform="rotate\(-?0 [^"]*"', "", body)
        return Panel(self.width, self.height, body, self._figure)


def _font(match: re.Match[str]) -> str:
    weight = "font-weight: 600; " if match.group(1) else ""
    return f"{weight}font-size: {match.group(2)}px"
