"""Targets with something wrong: one clear sentence each, and never PROVED."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optproof.analysis.trace import TraceError, Tracer
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with

BAD = Path(__file__).with_name("bad_inputs.py")


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Tracer(seconds=4) as tracer, Workbench() as bench:
        yield tracer, bench


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere.py", "there is no file nowhere.py"),
        ("nowhere", "is no target"),
        ("no_such_package_here.mod:step", "there is no module no_such_package_here"),
        (f"{BAD}", "defines no function 'step'"),
        (f"{BAD}:stepp", "defines no 'stepp'"),
        (f"{BAD}:too_few", "has the signature too_few(theta, g)"),
        (f"{BAD}:not_a_function", "is of type int, not a function"),
        (f"{BAD}:NotAnOptimizer", "is no optimizer"),
        (f"{BAD}:raises", "raises RuntimeError: no such thing"),
        (f"{BAD}:raises_by_type", "raises IndexError"),
        (f"{BAD}:another_shape", "returns an array of shape (1,) for theta of shape (2,)"),
        (f"{BAD}:returns_text", "returns str; a step returns (theta, state)"),
        (f"{BAD}:returns_three", "returns a tuple of 3; a step returns (theta, state)"),
        (f"{BAD}:never_ends", "did not end within 4 s"),
        (f"{BAD}:leaves", "its process ended (status 3)"),
        (f"{BAD}:exits", "raises SystemExit: bye"),
    ],
)
def test_what_the_user_must_mend_is_said_in_a_sentence(
    target: str, words: str, tools: tuple[Tracer, Workbench]
) -> None:
    with pytest.raises(TraceError) as caught:
        verify_with(*tools, target, "sgd")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("random_numbers", "does not compute the same twice"),
        ("random_module", "does not compute the same twice"),
        ("the_time", "does not compute the same twice"),
        ("global_counter", "state shared between parameters"),
        ("global_buffer", "state shared between parameters"),
        ("shared_default", "state shared between parameters"),
        ("global_norm", "depends on another coordinate"),
        ("first_coordinate_only", "not treated alike"),
        ("rounds", "is not followed"),
        ("leaks", "plain float"),
        ("grows", "layout"),
        ("many_branches", "a branch taken for another"),
    ],
)
def test_what_cannot_be_traced_is_unknown_and_says_why(
    function: str, words: str, tools: tuple[Tracer, Workbench]
) -> None:
    for against in ("sgd", None):
        found = verify_with(*tools, f"{BAD}:{function}", against)
        assert found.verdict.name in ("UNKNOWN", "REFUTED")
        if found.verdict.name == "UNKNOWN":
            assert found.reason
    assert words in found.reason or found.verdict.name == "REFUTED"


def test_an_overwritten_gradient_is_reported(tools: tuple[Tracer, Workbench]) -> None:
    found = verify_with(*tools, f"{BAD}:overwrites_gradient", "sgd")
    assert found.verdict.name == "PROVED"
    assert "the caller's gradient is overwritten" in found.side_effects


def test_noise_and_a_hyperparameter_without_effect(tools: tuple[Tracer, Workbench]) -> None:
    found = verify_with(*tools, f"{BAD}:prints", "sgd")
    assert found.verdict.name == "PROVED"
    assert "the hyperparameter unused has no effect" in found.side_effects


def test_a_file_that_does_not_run(tools: tuple[Tracer, Workbench], tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def step(theta, g, state, t, hyper)\n    return theta, state\n")
    with pytest.raises(TraceError, match=r"broken\.py:1: expected ':'"):
        verify_with(*tools, str(path), "sgd")


def test_names_that_do_not_fit_are_refused(tools: tuple[Tracer, Workbench]) -> None:
    with pytest.raises(TraceError, match="has no hyperparameter 'speed'"):
        verify_with(*tools, f"{BAD}:prints", "sgd", names={"speed": "lr"})
    with pytest.raises(TraceError, match="no hyperparameter of the catalogue"):
        verify_with(*tools, f"{BAD}:prints", "sgd", names={"unused": "speed"})


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "optproof", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )


def test_the_command_line_says_it_in_json_and_by_its_exit_status() -> None:
    done = command("verify", f"{BAD}:prints", "--against", "sgd", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    keys = ["target", "rule", "verdict", "scope", "conditions", "state_map", "differences", "counterexample"]
    assert list(data)[:10] == [*keys, "side_effects", "seconds"]
    assert data["verdict"] == "PROVED"
    assert command("verify", f"{BAD}:raises", "--against", "sgd").returncode == 2
    assert command("verify", f"{BAD}:random_numbers", "--against", "sgd").returncode == 3
    wrong = command("verify", f"{BAD}:overwrites_gradient", "--against", "adagrad")
    assert wrong.returncode == 1
    assert "REFUTED" in wrong.stdout
