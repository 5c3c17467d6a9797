"""The colours of the figures: Okabe and Ito's, which stay apart for colour-blind readers.

A figure is drawn with marks, colours that occur nowhere else, and each mark is then replaced by a CSS variable, so
that one picture suits a light page and a dark one.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["GRID", "INK", "LIGHT", "MUTED", "SERIES", "STANDALONE", "VARIABLES"]

INK, MUTED, GRID = "#010001", "#010002", "#010003"
SERIES = ("#010011", "#010012", "#010013", "#010014")

VARIABLES = MappingProxyType(
    {
        INK: "var(--figure-ink)",
        MUTED: "var(--figure-muted)",
        GRID: "var(--figure-grid)",
        **{mark: f"var(--figure-{k})" for k, mark in enumerate(SERIES, start=1)},
    }
)

LIGHT = MappingProxyType(
    {
        INK: "#1c1c1a",
        MUTED: "#6b6b66",
        GRID: "#dddcd6",
        **dict(zip(SERIES, ("#0072b2", "#d55e00", "#007a59", "#a8457f"), strict=True)),
    }
)
"""The colours themselves, on a light ground."""

# For a figure in a file of its own; pages define the same variables in their style sheet, for light and for dark.
STANDALONE = (
    "svg{"
    + "".join(f"{VARIABLES[mark][4:-1]}:{colour};" for mark, colour in LIGHT.items())
    + "font-family:system-ui,-apple-system,'Segoe UI',sans-serif}"
)
