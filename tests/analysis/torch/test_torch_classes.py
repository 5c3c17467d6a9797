"""torch's own optimizers against the published rules, with the options that change their formulas or their code."""

from __future__ import annotations

import sys

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive.prove.verdict import Verdict

pytestmark = pytest.mark.torch

FOREACH, CAPTURABLE, DIFFERENTIABLE = {"foreach": "True"}, {"capturable": "True"}, {"differentiable": "True"}
SAME = [
    ("SGD", "sgd", {}),
    ("SGD", "sgd[l2]", {}),
    ("SGD", "sgd[momentum]", {}),
    ("SGD", "sgd[momentum,l2]", FOREACH),
    ("SGD", "sgd[momentum]", DIFFERENTIABLE),
    ("SGD", "sgd[nesterov]", {"nesterov": "True"}),
    ("SGD", "sgd[nesterov,l2]", {"nesterov": "True"} | FOREACH),
    ("Adagrad", "adagrad", {}),
    ("Adagrad", "adagrad[l2]", FOREACH),
    ("RMSprop", "rmsprop", {}),
    ("RMSprop", "rmsprop", FOREACH),
    ("RMSprop", "rmsprop", CAPTURABLE),
    ("RMSprop", "rmsprop[l2]", {}),
    ("RMSprop", "rmsprop[momentum,l2]", {}),
    ("RMSprop", "rmsprop[centered]", {"centered": "True"}),
    ("RMSprop", "rmsprop[centered,momentum]", {"centered": "True"} | FOREACH),
    ("Adadelta", "adadelta", {}),
    ("Adadelta", "adadelta[lr,l2]", {}),
    ("Adadelta", "adadelta[lr]", FOREACH),
    ("Adam", "adam", {}),
    ("Adam", "adam[l2]", FOREACH),
    ("Adam", "adam[amsgrad,l2]", {"amsgrad": "True"}),
    ("Adam", "adamw", {"decoupled_weight_decay": "True"}),
    ("AdamW", "adamw", {}),
    ("AdamW", "adamw", FOREACH),
    ("AdamW", "adamw[amsgrad]", {"amsgrad": "True"}),
]
DIFFERENT = [
    ("RMSprop", "rmsprop[eps_in_sqrt]", {}),
    ("Adam", "adam[eps_hat]", {}),
    ("Adam", "adamw", {}),
    ("Adam", "amsgrad", {"amsgrad": "True"}),
    ("SGD", "sgd[momentum,lr_inside]", {}),
    ("SGD", "sgd", {"maximize": "True"}),
    ("Adam", "adam", {"maximize": "True"}),
]


@pytest.mark.parametrize(("name", "rule", "options"), SAME)
def test_proved(name: str, rule: str, options: dict[str, str], tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"torch.optim.{name}", rule, options=options)
    assert found.verdict is Verdict.PROVED, (found.reason, found.differences, found.notes)


@pytest.mark.parametrize(("name", "rule", "options"), DIFFERENT)
def test_refuted(name: str, rule: str, options: dict[str, str], tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"torch.optim.{name}", rule, options=options)
    assert found.verdict is Verdict.REFUTED, (found.verdict, found.reason)
    assert found.counterexample is not None


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "Adam", "AdamW"])
def test_native_kernels_are_not_read(name: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"torch.optim.{name}", "adam", options={"fused": "True"})
    assert found.verdict is Verdict.UNKNOWN
    assert "opaque native kernel" in found.reason


@pytest.mark.parametrize("name", ["LBFGS", "Adafactor", "Muon", "SparseAdam"])
def test_what_is_not_element_wise_is_never_proved(name: str, tracer: Tracer, bench: Workbench) -> None:
    from optproof.analysis.trace.record import TraceError

    try:
        found = verify_with(tracer, bench, f"torch.optim.{name}", "adam")
    except TraceError:
        return
    assert found.verdict is Verdict.UNKNOWN


def test_the_rule_is_found_without_naming_it(tracer: Tracer, bench: Workbench) -> None:
    assert verify_with(tracer, bench, "torch.optim.AdamW").rule == "adamw"


def test_torch_stays_out_of_this_process(tracer: Tracer, bench: Workbench) -> None:
    before = "torch" in sys.modules
    verify_with(tracer, bench, "torch.optim.SGD", "sgd")
    assert before == ("torch" in sys.modules)
