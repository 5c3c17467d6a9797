"""Comparing rules and implementations, and the assertion for people's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import optproof as op
from optproof.testing import assert_implements

RIGHT = Path(__file__).with_name("right_forms.py")


@pytest.mark.parametrize(
    ("first", "second", "verdict", "translation"),
    [
        ("adam", "adam", "PROVED", {}),
        ("adam", "adam[eps_hat]", "REFUTED", {"eps": "sqrt(1 - beta2^t) eps"}),
        ("adam", "rmsprop", "REFUTED", {}),
        ("adam", "adamw", "REFUTED", {"weight_decay": "0"}),
        ("sgd[momentum]", "qhm", "REFUTED", {"lr": "lr / (1 - momentum)", "beta1": "momentum", "nu": "1"}),
        ("sgd[momentum]", f"{RIGHT}:momentum_average_scaled", "PROVED", {}),
        (f"{RIGHT}:adam_rms_kept", f"{RIGHT}:adam_running_products", "PROVED", {}),
    ],
)
def test_two_are_compared(first: str, second: str, verdict: str, translation: dict[str, str]) -> None:
    found = op.compare(first, second)
    assert found.verdict.name == verdict, found.to_json()
    assert dict(found.translation) == translation
    assert (found.counterexample is None) == (verdict == "PROVED")


@pytest.mark.parametrize(
    ("first", "second", "translation"),
    [("sgd", "sgd[momentum]", {"momentum": "0"}), ("sgd[momentum]", "sgd", {})],
)
def test_what_only_one_of_two_has_may_be_set_to_where_they_are_the_same(
    first: str, second: str, translation: dict[str, str]
) -> None:
    found = op.compare(first, second)
    assert found.verdict.name == "REFUTED"
    assert found.counterexample is not None
    assert found.weaker == ("proved the same for momentum = 0",)
    assert dict(found.translation) == translation


@pytest.mark.torch
@pytest.mark.jax
def test_implementations_are_translated_by_the_rules_that_they_are() -> None:
    found = op.compare("torch.optim.Adam", "keras.optimizers.Adam")
    assert found.verdict.name == "REFUTED"
    assert dict(found.translation) == {"eps": "sqrt(1 - beta2^t) eps"}


def test_lr_inside_the_buffer_is_the_same_only_while_lr_is_constant() -> None:
    found = op.compare("sgd[momentum]", "sgd[momentum,lr_inside]")
    assert found.verdict.name == "REFUTED"
    assert found.weaker == ("proved the same while lr is constant",)
    assert found.counterexample is not None
    assert len(set(found.counterexample.lr)) > 1


def test_the_rule_is_found_when_none_is_named() -> None:
    assert op.verify(f"{RIGHT}:adamw_object").rule == "adamw"
    assert op.verify(f"{RIGHT}:rmsprop_sum_kept").rule == "rmsprop"


def test_the_assertion_passes_only_on_a_proof(tmp_path: Path) -> None:
    assert assert_implements(f"{RIGHT}:adam_textbook", "adam").verdict.name == "PROVED"
    with pytest.raises(AssertionError, match=r"REFUTED: .* is not adamw"):
        assert_implements(f"{RIGHT}:adam_textbook", "adamw")
    with pytest.raises(AssertionError, match="weaker scope"):
        assert_implements(f"{RIGHT}:adagrad_in_place", "adagrad")
    assert_implements(f"{RIGHT}:adagrad_in_place", "adagrad", scope="initial_accumulator = 0")
