"""Rules written out as torch optimizers: as they are they are proved, with a mistake they are refuted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive import rule as rule_named

pytestmark = pytest.mark.torch

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))
try:
    from generated_forms import Form, torch_class
    from mutations import of_lines, same_step
finally:
    sys.path.pop(0)

RULES = ("sgd[momentum]", "rmsprop", "adam", "adamw")


def verdict(form: Form, rule: str, folder: Path, tools: tuple[Tracer, Workbench]) -> tuple[str, str]:
    path = folder / "mine.py"
    path.write_text(torch_class(form))
    found = verify_with(*tools, f"{path}:Mine", rule)
    return found.verdict.name, found.reason


@pytest.mark.parametrize("name", RULES)
def test_a_rule_written_as_a_torch_optimizer_is_proved(
    name: str, tmp_path: Path, tracer: Tracer, bench: Workbench
) -> None:
    assert verdict(Form.of(rule_named(name)), name, tmp_path, (tracer, bench)) == ("PROVED", "")


@pytest.mark.parametrize("name", RULES)
def test_mistakes_in_torch_optimizers_are_refuted(name: str, tmp_path: Path, tracer: Tracer, bench: Workbench) -> None:
    right = Form.of(rule_named(name))
    wrong = [(kind, form) for kind, form in of_lines(right) if not same_step(right, form)]
    assert len(wrong[::4]) >= 4
    for kind, form in wrong[::4]:
        settled, reason = verdict(form, name, tmp_path, (tracer, bench))
        # A state that is made out of the first gradient has no value to start from that a run could be given.
        followed = "not followed" not in reason
        assert settled == ("REFUTED" if followed else "UNKNOWN"), (kind, reason)
        assert followed or kind == "state starts with the gradient"
