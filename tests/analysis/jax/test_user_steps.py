"""Step functions and transformations that people write in JAX: right ones are proved, wrong ones never."""

from __future__ import annotations

from pathlib import Path

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.trace.record import TraceError
from optproof.analysis.verification.record import FULL_SCOPE
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive.prove.verdict import Verdict

pytestmark = pytest.mark.jax

RIGHT, WRONG = (Path(__file__).parent / f"{kind}_steps.py" for kind in ("right", "wrong"))

SAME = [
    ("sgd", "sgd"),
    ("heavy_ball", "sgd[momentum]"),
    ("adam_step", "adam"),
    ("adam_with_t", "adam"),
    ("rmsprop", "rmsprop"),
    ("adagrad", "adagrad"),
    ("adadelta", "adadelta"),
    ("adamw", "adamw"),
    ("amsgrad", "amsgrad"),
    ("nesterov", "sgd[nesterov]"),
    ("lion", "lion"),
    ("chained_adamw", "adamw"),
    ("injected_sgd", "sgd[momentum]"),
    ("labelled", "sgd"),
    ("own_transformation", "rmsprop"),
]
DIFFERENT = [
    "no_correction",
    "counts_from_zero",
    "eps_in_root",
    "betas_swapped",
    "ascends",
    "forgets_the_state",
    "clips_at_ten",
    "constant_beta",
    "differs_at_zero_gradient",
]
UNTOLD = {
    "normalises": "reduce_sum",
    "centres": "reduce_sum",
    "shifts": "the JAX primitive",
    "noisy": "JAX primitive",
    "loops": "while",
    "through_numpy": "NumPy",
    "asks_an_array": "branch of Python",
    "keeps_outside": "",
    "by_rank": "depends on the shape",
}
MISTAKES = {
    "raises": "KeyError",
    "changes_shape": "theta keeps its shape",
    "no_transformation": "not an optax.GradientTransformation",
    "absent": "defines no 'absent'",
}


@pytest.mark.parametrize(("name", "rule"), SAME)
def test_right_forms_are_proved(name: str, rule: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"{RIGHT}:{name}", rule)
    assert found.verdict is Verdict.PROVED, (found.reason, found.differences)
    assert ", for " not in found.scope.removeprefix(FULL_SCOPE)


@pytest.mark.parametrize("name", DIFFERENT)
def test_wrong_forms_are_refuted_and_the_code_agrees(name: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"{WRONG}:{name}", "adam")
    assert found.verdict is Verdict.REFUTED, found.reason
    assert found.counterexample is not None
    assert any("the code itself gives" in note for note in found.notes)


def test_the_form_that_was_broken_is_right(tracer: Tracer, bench: Workbench) -> None:
    assert verify_with(tracer, bench, f"{WRONG}:correct", "adam").verdict is Verdict.PROVED


def test_a_difference_far_away_is_not_proved(tracer: Tracer, bench: Workbench) -> None:
    assert verify_with(tracer, bench, f"{WRONG}:differs_after_a_thousand_steps", "adam").verdict is not Verdict.PROVED


@pytest.mark.parametrize("name", UNTOLD)
def test_what_cannot_be_told_is_unknown_and_says_why(name: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"{WRONG}:{name}", "adam")
    assert found.verdict is Verdict.UNKNOWN
    assert UNTOLD[name] in found.reason


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_sentences(name: str, tracer: Tracer, bench: Workbench) -> None:
    with pytest.raises(TraceError) as error:
        verify_with(tracer, bench, f"{WRONG}:{name}", "adam")
    assert MISTAKES[name] in str(error.value)
    assert "\n" not in str(error.value)


def test_what_never_ends_is_ended(bench: Workbench) -> None:
    with Tracer(3.0) as tracer, pytest.raises(TraceError, match="did not end"):
        verify_with(tracer, bench, f"{WRONG}:endless", "adam")


def test_a_finished_transformation_is_verified_at_its_numbers(tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"{RIGHT}:made", "sgd")
    assert found.verdict is not Verdict.PROVED or "lr = " in found.scope
