"""The style sheet's colours are readable in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import optproof.reports

_STYLE = (Path(optproof.reports.__file__).parent / "templates" / "style.css").read_text()
_TEXT = ("ink", "muted", "accent", "proved", "refuted", "unknown", "failed")
_DRAWN = ("figure-muted", "figure-1", "figure-2", "figure-3", "figure-4")


def theme(dark: bool) -> dict[str, str]:
    light, night = re.findall(r":root \{(.*?)\}", _STYLE, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", night)) if dark else {})


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ground", ["paper", "card", "code"])
def test_text_has_a_contrast_of_at_least_four_and_a_half(dark: bool, ground: str) -> None:
    colours = theme(dark)
    for name in _TEXT:
        assert contrast(colours[name], colours[ground]) >= 4.5, name


@pytest.mark.parametrize("dark", [False, True])
def test_lines_of_figures_stand_out(dark: bool) -> None:
    colours = theme(dark)
    for name in _DRAWN:
        assert contrast(colours[name], colours["paper"]) >= 3, name


def test_the_theme_has_no_colour_that_is_not_defined() -> None:
    used = set(re.findall(r"var\(--([\w-]+)", _STYLE)) - {"least"}
    assert used <= set(re.findall(r"--([\w-]+):", _STYLE))
