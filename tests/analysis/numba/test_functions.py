"""Functions that Numba compiles: proved by source and compiled code, or refuted by a run of the compiled function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.trace.record import TraceError
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import Verification, verify_with
from optproof.derive.prove import Verdict

FILE = Path(__file__).with_name("optimizers.py")


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Workbench() as bench, Tracer(120) as tracer:
        yield tracer, bench


def verified(tools: tuple[Tracer, Workbench], name: str, rule: str) -> Verification:
    return verify_with(*tools, f"{FILE}:{name}", rule)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("adam", "adam"),
        pytest.param("adam_with_a_helper", "adam", marks=pytest.mark.slow),
        pytest.param("rmsprop_of_one_element", "rmsprop", marks=pytest.mark.slow),
        ("momentum", "sgd[momentum]"),
    ],
)
def test_right_functions_are_proved_by_source_and_by_compiled_code(
    tools: tuple[Tracer, Workbench], name: str, rule: str
) -> None:
    found = verified(tools, name, rule)
    assert found.verdict is Verdict.PROVED, found.reason
    assert "by its Python source and its compiled code" in found.scope
    assert ("fast-math" in " ".join(found.notes)) == (name == "adam_with_a_helper")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("momentum_with_a_sign_error", "sgd[momentum]"),
        *(
            pytest.param(name, rule, marks=pytest.mark.slow)
            for name, rule in [
                ("adam_without_correction", "adam"),
                ("clipped", "sgd[momentum]"),
                ("adam", "adam[eps_hat]"),
            ]
        ),
    ],
)
def test_mistakes_are_refuted_and_the_compiled_function_shows_them(
    tools: tuple[Tracer, Workbench], name: str, rule: str
) -> None:
    found = verified(tools, name, rule)
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert any("the code itself gives theta" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("leaves_out_the_last", "coordinate"),
        ("looks_at_its_neighbour", "coordinate"),
        ("in_parallel", "compiled code: it is compiled with parallel=True"),
    ],
)
def test_what_is_not_understood_is_unknown(tools: tuple[Tracer, Workbench], name: str, words: str) -> None:
    found = verified(tools, name, "sgd")
    assert found.verdict is Verdict.UNKNOWN
    assert words in found.reason


def test_arguments_without_known_names_are_a_sentence(tools: tuple[Tracer, Workbench]) -> None:
    with pytest.raises(TraceError, match="its parameter is to be called theta and its gradient g"):
        verified(tools, "with_other_names", "sgd")
