"""The options that say what a kernel is beside its rule: on the command line, in JSON, and in sentences when wrong."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from optproof.__main__ import cli
from optproof.commands.kernel_form import fitting, read_form
from optproof.derive import names, rule

EVERY = ["--gradient-scale", "0.5", "--clip-value", "1", "--weight-decay", "0.1", "--average-decay", "0.99"]
FLAGS = ["--zero-gradient", "--skip-nonfinite", "--state-dtype", "bfloat16", "--stochastic-rounding"]


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return int(done.return_value or 0), done.output


def test_every_option_ends_up_in_the_kernel() -> None:
    _, output = _run("kernel", "adam", "--json", *EVERY, *FLAGS)
    made = json.loads(output)
    assert made["verdict"] == "PROVED"
    assert made["rule"] == "adam+gradient_scale+clip_value+weight_decay+average_decay"
    assert made["form"] == {
        "dtype": "float32",
        "states": {"m": "bfloat16", "v": "bfloat16", "theta_average": "float32"},
        "stochastic_rounding": True,
        "zero_gradient": True,
        "skip_nonfinite": True,
    }
    for default in ("gradient_scale=0.5", "clip_value=1.0", "weight_decay=0.1", "average_decay=0.99"):
        assert default in made["source"]


def test_without_options_the_kernel_is_the_plain_one() -> None:
    assert read_form(
        {"state_dtype": None, "stochastic_rounding": False, "clip_value": None, "zero_gradient": False}
    ) == {
        "state_dtype": None,
        "stochastic_rounding": False,
        "extras": {},
    }


def test_a_check_of_a_form_is_of_float32_alone() -> None:
    status, output = _run("check", "sgd[momentum]", "--json", "--state-dtype", "bfloat16", "--clip-value", "1")
    (found,) = json.loads(output)
    assert status == 0
    assert found["passed"]
    assert found["dtype"] == "float32-bfloat16"
    assert 0 < found["storage_error_over_bound"] <= 1
    assert found["storage_bound"].startswith("lr momentum (eta_bfloat16 + ")


def test_compiled_code_that_is_unknown_counts_where_it_was_asked_for() -> None:
    form = ["check", "sgd[momentum]", "--state-dtype", "float16", "--json"]
    status, output = _run(*form)
    assert (status, json.loads(output)[0]["machine_verdict"]) == (0, "UNKNOWN")
    assert _run(*form, "--compiled")[0] == 3
    assert _run("check", "sgd", "--dtype", "float32", "--json", "--compiled")[0] == 0


def test_what_storing_adds_is_shown_with_the_passes_and_the_check() -> None:
    form = ["sgd[momentum]", "--state-dtype", "bfloat16"]
    bound = "lr momentum (eta_bfloat16 + |b| u_bfloat16)"
    assert json.loads(_run("kernel", *form, "--json")[1])["storage_bound"].startswith(bound)
    for command in (["kernel", *form, "--show", "passes"], ["check", *form]):
        assert bound in " ".join(_run(*command)[1].split())
    assert json.loads(_run("kernel", "adam", "--json")[1])["storage_bound"] is None


def test_rules_that_cannot_have_a_form_are_left_out_unless_they_are_named() -> None:
    left = fitting([rule(name) for name in names()], "float32", {**read_form({}), "state_dtype": "bfloat16"})
    found = {one.name for one in left}
    assert {"adam", "adagrad", "lion"} <= found
    assert not {"sgd", "sgd[l2]", "rmsprop[centered]"} & found


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["adam", "--clip-value", "-1"], "the default -1 of clip_value lies outside its domain"),
        (["adam", "--clip-value", "big"], "the extra 'clip_value' is 'big', which is not a number"),
        (["sgd", "--state-dtype", "float16"], "'sgd' keeps no state"),
        (["adam", "--dtype", "float64", "--state-dtype", "bfloat16"], "where the parameters are float64"),
        (["adam", "--stochastic-rounding"], "stochastic rounding is for states in bfloat16"),
        (["adamw", "--weight-decay", "0.1"], "has a weight decay already"),
    ],
)
def test_what_does_not_go_together_is_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        _run("kernel", *arguments)
