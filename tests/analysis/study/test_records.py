"""What studies return goes to JSON and CSV and comes back bit for bit, and is the same in every run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optproof.analysis.study import (
    Sweep,
    counterexamples,
    effective_step_study,
    first_steps,
    noisy_steps,
    paths,
    recoveries,
    sensitivities,
    stability_maps,
    worst_cases,
)
from optproof.derive import rule
from optproof.reports.figures.studies import STUDIES

SMALL: dict[str, Callable[[], Any]] = {
    "effective-step": lambda: effective_step_study(steps=20),
    "first-steps": lambda: first_steps(steps=10),
    "scale-change": lambda: recoveries([rule("rmsprop")], steps=20),
    "stability": lambda: stability_maps([rule("sgd[momentum]")], size=6, steps=200),
    "paths": lambda: paths([rule("sgd"), rule("adam")], steps=20, landscapes=["Rosenbrock", "saddle"]),
    "worst-cases": lambda: worst_cases([rule("rmsprop[momentum]")], steps=20),
    "counterexamples": lambda: counterexamples([rule("sgd[nesterov]"), rule("adadelta")], cycles=20),
    "noise": lambda: noisy_steps([rule("rmsprop")], steps=20, runs=30),
    "sensitivity": lambda: sensitivities([rule("sgd")], steps=20, values=5, starts=4, landscapes=["Rosenbrock"]),
}
_MADE: dict[str, Any] = {}


@pytest.fixture(params=sorted(SMALL))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def record(name: str) -> Any:
    if name not in _MADE:
        _MADE[name] = SMALL[name]()
    return _MADE[name]


def test_every_study_of_the_command_line_is_tested() -> None:
    assert set(SMALL) == set(STUDIES)


def test_a_record_comes_back_from_json_bit_for_bit(name: str) -> None:
    text = json.dumps(record(name).to_json(), allow_nan=False)
    back = STUDIES[name].read(json.loads(text))
    assert type(back) is type(record(name))
    assert json.dumps(back.to_json(), allow_nan=False) == text


def test_the_csv_is_a_table_with_the_digits_of_the_record(name: str) -> None:
    rows = list(csv.reader(io.StringIO(record(name).to_csv())))
    assert len(rows) > 3
    assert len({len(row) for row in rows}) == 1
    assert any(len(cell.partition(".")[2]) > 12 for row in rows for cell in row)


def test_a_figure_is_drawn_from_what_was_stored_alike(name: str) -> None:
    study = STUDIES[name]
    drawn = study.draw(record(name))
    assert drawn == study.draw(study.read(json.loads(json.dumps(record(name).to_json()))))
    for drawing in drawn:
        assert len(drawing.caption) > 100
        assert "nan" not in drawing.svg.lower().replace("dominant", "")
        assert drawing.png().startswith(b"\x89PNG")


def test_the_picture_has_the_colours_of_its_lines() -> None:
    (drawing,) = STUDIES["stability"].draw(record("stability"))
    pixels = drawing.panels[0].pixels(1.0)
    blue = (pixels[:, :, :3] == (0, 0x72, 0xB2)).all(axis=2)
    assert pixels.shape == (drawing.panels[0].height, drawing.panels[0].width, 4)
    assert blue.mean() > 0.05
    assert drawing.png() == drawing.png()


def test_a_study_is_deterministic() -> None:
    again = SMALL["noise"]()
    assert json.dumps(again.to_json()) == json.dumps(record("noise").to_json())


@pytest.mark.parametrize("broken", [[], {}, {"steps": 3}, {"steps": "x", "maps": []}])
def test_what_is_no_record_is_refused_in_a_sentence(broken: Any) -> None:
    with pytest.raises(ValueError, match="this is no StabilityMaps"):
        STUDIES["stability"].read(broken)


def test_infinity_and_nan_survive() -> None:
    from optproof.analysis.study.records import from_json, to_json
    from optproof.analysis.study.sensitivity import Sensitivity

    values = np.array([0.5, np.nan, np.inf, -np.inf])
    one = Sensitivity("sgd", "saddle", "lr", float("inf"), values, values)
    back = from_json(Sensitivity, json.loads(json.dumps(to_json(one), allow_nan=False)))
    np.testing.assert_array_equal(back.ends, values)
    assert back.default == float("inf")


def test_a_sweep_that_keeps_results_gives_the_same(tmp_path: Any) -> None:
    twice = [worst_cases([rule("rmsprop[momentum]")], steps=20, sweep=Sweep(directory=tmp_path)) for _ in range(2)]
    texts = {json.dumps(one.to_json()) for one in (*twice, record("worst-cases"))}
    assert len(texts) == 1
