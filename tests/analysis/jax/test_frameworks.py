"""optax's and Keras's own optimizers against the published rules, with the options that change their formulas."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from optproof.analysis.compare import compare
from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.trace.record import TraceError
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive.prove.verdict import Verdict

pytestmark = pytest.mark.jax

OPTAX, KERAS = "optax.", "keras.optimizers."
SAME = [
    (OPTAX + "sgd", "sgd", {}),
    (OPTAX + "sgd", "sgd[momentum]", {}),
    (OPTAX + "sgd", "sgd[momentum]", {"momentum": "any"}),
    (OPTAX + "sgd", "sgd[nesterov]", {"nesterov": "True"}),
    (OPTAX + "rmsprop", "rmsprop[eps_in_sqrt]", {}),
    (OPTAX + "rmsprop", "rmsprop", {"eps_in_sqrt": "False"}),
    (OPTAX + "rmsprop", "rmsprop[centered,eps_in_sqrt]", {"centered": "True"}),
    (OPTAX + "adagrad", "adagrad[eps_in_sqrt]", {}),
    (OPTAX + "adadelta", "adadelta[lr]", {}),
    (OPTAX + "adam", "adam", {}),
    (OPTAX + "adamw", "adamw", {}),
    (OPTAX + "amsgrad", "amsgrad", {"bias_correction_mu": "False", "bias_correction_nu": "False"}),
    (OPTAX + "lion", "lion", {}),
    (OPTAX + "nadam", "nadam", {}),
    (KERAS + "SGD", "sgd", {}),
    (KERAS + "SGD", "sgd[momentum,lr_inside]", {}),
    (KERAS + "SGD", "sgd[nesterov,lr_inside]", {"nesterov": "True"}),
    (KERAS + "RMSprop", "rmsprop[eps_in_sqrt]", {}),
    (KERAS + "RMSprop", "rmsprop[centered,eps_in_sqrt]", {"centered": "True"}),
    (KERAS + "Adagrad", "adagrad[eps_in_sqrt]", {}),
    (KERAS + "Adadelta", "adadelta[lr]", {}),
    (KERAS + "Adam", "adam[eps_hat]", {}),
    (KERAS + "Adam", "adam[eps_hat]", {"use_ema": "True"}),
    (KERAS + "Adam", "adam[amsgrad,eps_hat]", {"amsgrad": "True"}),
    (KERAS + "Adam", "adamw[eps_hat]", {"weight_decay": "any"}),
    (KERAS + "AdamW", "adamw[eps_hat]", {}),
    (KERAS + "Lion", "lion", {}),
]
DIFFERENT = [
    (OPTAX + "adam", "adam[eps_hat]", {}),
    (OPTAX + "adagrad", "adagrad", {}),
    (OPTAX + "rmsprop", "rmsprop", {}),
    (OPTAX + "rmsprop", "rmsprop[momentum]", {"eps_in_sqrt": "False"}),
    (OPTAX + "adadelta", "adadelta", {}),
    (OPTAX + "amsgrad", "adam[amsgrad]", {}),
    (OPTAX + "rprop", "rprop", {}),
    (OPTAX + "yogi", "yogi", {}),
    (KERAS + "SGD", "sgd[momentum]", {}),
    (KERAS + "RMSprop", "rmsprop", {}),
    (KERAS + "Adam", "adam", {}),
    (KERAS + "Adam", "adam[eps_hat]", {"clipvalue": "0.5"}),
    (KERAS + "Nadam", "nadam", {}),
]
UNTOLD = [
    (OPTAX + "lamb", {}, "not element-wise"),
    (OPTAX + "novograd", {}, "not element-wise"),
    (OPTAX + "adafactor", {"multiply_by_parameter_scale": "False", "clipping_threshold": "None"}, "not element-wise"),
    (OPTAX + "sm3", {}, "not element-wise"),
    (OPTAX + "contrib.muon", {}, "not element-wise"),
    (KERAS + "Lamb", {}, "not element-wise"),
    (KERAS + "Muon", {}, "not element-wise"),
    (KERAS + "Adafactor", {}, "not element-wise"),
    (KERAS + "Adam", {"clipnorm": "1.0"}, "not element-wise"),
    (KERAS + "Adam", {"global_clipnorm": "1.0"}, "not element-wise"),
    (KERAS + "Adam", {"gradient_accumulation_steps": "2"}, "gradient_accumulation_steps"),
    (KERAS + "Adam", {"loss_scale_factor": "2.0"}, "loss_scale_factor"),
    (KERAS + "Adam", {"use_ema": "True", "ema_overwrite_frequency": "3"}, "ema_overwrite_frequency"),
]
MISTAKES = [
    (OPTAX + "adamm", {}, "did you mean 'adam'"),
    (OPTAX + "adam", {"b3": "0.9"}, "has no option 'b3'"),
    (OPTAX + "polyak_sgd", {}, "missing 1 required keyword-only argument"),
    (KERAS + "Adamm", {}, "did you mean"),
    (KERAS + "Adam", {"beta1": "0.9"}, "did you mean 'beta_1'"),
    (KERAS + "Adam", {"clipnorm": "1.0", "clipvalue": "1.0"}, "Only one of"),
    (KERAS + "LossScaleOptimizer", {}, "wraps another optimizer"),
]


@pytest.mark.parametrize(("target", "rule", "options"), SAME)
def test_proved(target: str, rule: str, options: dict[str, str], tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, target, rule, options=options)
    assert found.verdict is Verdict.PROVED, (found.reason, found.differences)


@pytest.mark.parametrize(("target", "rule", "options"), DIFFERENT)
def test_refuted_by_a_run_that_the_code_confirms(
    target: str, rule: str, options: dict[str, str], tracer: Tracer, bench: Workbench
) -> None:
    found = verify_with(tracer, bench, target, rule, options=options)
    assert found.verdict is Verdict.REFUTED, found.reason
    assert found.counterexample is not None
    assert any("the code itself gives" in note for note in found.notes)


@pytest.mark.parametrize(("target", "options", "words"), UNTOLD)
def test_unknown_says_why(target: str, options: dict[str, str], words: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, target, "adam", options=options)
    assert found.verdict is Verdict.UNKNOWN
    assert words in found.reason


@pytest.mark.parametrize(("target", "options", "words"), MISTAKES)
def test_mistakes_are_sentences(
    target: str, options: dict[str, str], words: str, tracer: Tracer, bench: Workbench
) -> None:
    with pytest.raises(TraceError) as error:
        verify_with(tracer, bench, target, "adam", options=options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_saturating_counter_is_in_the_scope(tracer: Tracer, bench: Workbench) -> None:
    assert "before its step counter reaches 2147483647" in verify_with(tracer, bench, "optax.adam", "adam").scope


def test_a_fixed_number_is_in_the_scope(tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, "optax.sgd", "sgd[momentum]", options={"momentum": "0.9"})
    assert found.verdict is Verdict.PROVED
    assert "momentum = 0.9" in found.scope


def test_keras_needs_no_setting_of_its_backend(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with Tracer() as tracer:
        assert verify_with(tracer, bench, "keras.optimizers.SGD", "sgd").verdict is Verdict.PROVED


@pytest.mark.torch
def test_two_frameworks_are_compared() -> None:
    found = compare("torch.optim.Adam", "keras.optimizers.Adam")
    assert found.verdict is Verdict.REFUTED
    assert "before its step counter reaches 2147483647" in found.scope
    assert compare("optax.rmsprop", "keras.optimizers.RMSprop").verdict is Verdict.PROVED


def test_a_framework_that_is_not_installed_is_a_sentence() -> None:
    code = (
        "import sys; sys.modules['keras'] = None\n"
        "from optproof.analysis.trace.worker import reply_to\n"
        "print(reply_to({'target': 'keras.optimizers.Adam', 'mapped': {}, 'given': {}, 'known': [], 'folder': '.'}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert "keras is not installed; pip install 'optproof[keras]'" in shown.stdout
