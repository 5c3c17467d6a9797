"""Figures: the same bytes for the same data, true labels, colours that suit both themes."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from optproof.analysis import study
from optproof.derive import names, rule
from optproof.reports.figures import Drawing, draw_bias_correction, draw_effective_rates, draw_effective_steps
from optproof.reports.figures.canvas import Scale, number, power_of_ten
from optproof.reports.figures.effective_step import course

_TITLES = {"adagrad": "Adagrad", "rmsprop": "RMSprop"}
_DRAW: dict[str, Callable[[], Drawing]] = {
    "effective step": lambda: draw_effective_steps(study.effective_steps(rule("rmsprop[centered]"), 80), "RMSprop"),
    "bias correction": lambda: draw_bias_correction(study.bias_correction(rule("adam"), 40), "Adam"),
    "effective rates": lambda: draw_effective_rates(study.adagrad_against_rmsprop(80), _TITLES),
}


@pytest.fixture(params=sorted(_DRAW))
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return _DRAW[request.param]()


@pytest.mark.parametrize("name", sorted(_DRAW))
def test_the_same_data_gives_the_same_bytes(name: str) -> None:
    assert _DRAW[name]() == _DRAW[name]()


def test_a_figure_is_a_document_that_describes_itself(drawing: Drawing) -> None:
    root = ElementTree.fromstring(drawing.svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == drawing.alt
    assert len(drawing.caption) > 100
    assert len(drawing.svg) < 100_000


def test_a_figure_refers_to_nothing(drawing: Drawing) -> None:
    assert "href" not in drawing.svg
    assert "url(" not in drawing.svg
    assert 'id="' not in drawing.svg
    assert drawing.svg.count("http") == drawing.svg.count("http://www.w3.org/2000/svg")


def test_every_colour_follows_the_theme(drawing: Drawing) -> None:
    for panel in drawing.panels:
        used = set(re.findall(r"(?:stroke|fill): ([^;\"]+)", panel.svg))
        assert used <= {f"var(--figure-{n})" for n in ("ink", "muted", "grid", 1, 2, 3, 4)} | {"none"}


def test_lines_stay_inside_their_panel(drawing: Drawing) -> None:
    for panel in drawing.panels:
        for path in re.findall(r'\bd="([^"]*)"', panel.svg):
            numbers = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", path)]
            assert all(-1 <= x <= panel.width + 1 for x in numbers[::2])
            assert all(-1 <= y <= panel.height + 1 for y in numbers[1::2])


def test_labels_keep_their_digits() -> None:
    labels = _DRAW["bias correction"]().svg
    assert "beta2 = 0.999" in labels
    assert "1000" in labels


def test_every_rule_can_be_drawn() -> None:
    for name in names():
        made = draw_effective_steps(study.effective_steps(rule(name), 25), name)
        assert len(made.panels) == 4
        assert "nan" not in made.svg.lower().replace("dominant", "")


def test_what_a_sequence_does_in_words() -> None:
    assert course(np.array([2.0, 2.0])) == "stays at 2"
    assert course(np.array([1.0, np.nan, 3.0])) == "rises from 1 to 3"
    assert course(np.array([1.0, 3.0, 2.0])) == "starts at 1, ranges from 1 to 3, ends at 2"
    assert course(np.array([np.nan])) == "is nowhere defined"


@pytest.mark.parametrize("values", [[1e-3], [1e-3, 1.0], [0.9, 1.1], [1e-12, 1e9], [0.0, -1.0], [np.inf, 1.0]])
def test_a_logarithmic_scale_holds_its_values_and_has_ticks(values: list[float]) -> None:
    scale = Scale.logarithmic([np.array(values)])
    positive = [v for v in values if v > 0 and np.isfinite(v)]
    assert all(0 <= float(scale(v)) <= 1 for v in positive)
    assert 2 <= len(scale.ticks) <= 8
    assert all(0 <= float(scale(v)) <= 1 for v, _ in scale.ticks)
    assert np.isnan(scale(-1.0))


def test_numbers_are_written_as_a_person_does() -> None:
    assert [number(x) for x in (0.0, 0.003162, 1e-8, 3.1e-7, 250.0, 6798.0)] == [
        "0", "0.00316", "10⁻⁸", "3.1 × 10⁻⁷", "250", "6800",
    ]  # fmt: skip
    assert power_of_ten(-3) == "0.001"
