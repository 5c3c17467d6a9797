"""Optimizers of a user's own: right ones are proved however they are written, wrong ones are refuted."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive.prove.verdict import Verdict

pytestmark = pytest.mark.torch

HERE = Path(__file__).parent


def beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"optproof_test_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


WRONG = beside("wrong_optimizers")
MISTAKES = WRONG.MISTAKES
# Read without running it: torch is imported by the process that traces, not here.
RULES: dict[str, str] = next(
    ast.literal_eval(node.value)
    for node in ast.parse((HERE / "right_optimizers.py").read_text()).body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RULES"
)


@pytest.mark.parametrize(("name", "rule"), RULES.items())
def test_right_ones_are_proved(name: str, rule: str, tracer: Tracer, bench: Workbench) -> None:
    found = verify_with(tracer, bench, f"{HERE / 'right_optimizers.py'}:{name}", rule)
    assert found.verdict is Verdict.PROVED, (found.reason, found.differences, found.notes)
    assert not [e for e in found.side_effects if "default" not in e]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_wrong_ones_are_refuted(mistake: Any, tmp_path: Path, tracer: Tracer, bench: Workbench) -> None:
    path = tmp_path / "mine.py"
    path.write_text(mistake.code)
    found = verify_with(tracer, bench, f"{path}:Mine", mistake.rule)
    assert found.verdict is Verdict.REFUTED, (found.verdict, found.reason, found.notes)
    assert found.counterexample is not None


@pytest.mark.parametrize("rule", ["adamw", "rmsprop", "sgd[momentum]"])
def test_what_the_mistakes_were_made_of_is_proved(rule: str, tmp_path: Path, tracer: Tracer, bench: Workbench) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG.BASES[rule])
    found = verify_with(tracer, bench, f"{path}:Mine", rule)
    assert found.verdict is Verdict.PROVED, found.reason


def test_what_is_wrong_at_rare_gradients_only_is_not_proved(tmp_path: Path, tracer: Tracer, bench: Workbench) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG.RARE.code)
    found = verify_with(tracer, bench, f"{path}:Mine", WRONG.RARE.rule)
    assert found.verdict is not Verdict.PROVED
