"""Hundreds of wrong implementations made from the rules, and right ones: REFUTED and PROVED, each of them.

A wrong one must be refuted by a run that its own code reproduces in floats.  Those that are proved by a normal form to
take the rule's step are no mutants and are left out when they are made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optproof.analysis.trace import Tracer
from optproof.analysis.verification.record import Counterexample, decimal
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive import rule as rule_named

sys.path.insert(0, str(Path(__file__).parent))
try:
    from generated_forms import Form
    from mutations import Mutant, every_mutant
    from rewritings import Right, every_rewriting
finally:
    sys.path.pop(0)

RULES = (
    "sgd", "sgd[momentum]", "sgd[nesterov]", "sgd[momentum,l2]", "adagrad", "adagrad[eps_in_sqrt]", "rmsprop",
    "rmsprop[centered]", "rmsprop[momentum]", "rmsprop[l2]", "adadelta", "adam", "adam[amsgrad]", "adam[l2]",
    "adam[eps_hat]", "adamw", "amsgrad", "adamax[eps]", "adabelief", "laprop", "lion", "qhm",
)  # fmt: skip
SAMPLED = ("sgd[momentum]", "rmsprop")


@cache
def mutants(name: str) -> list[Mutant]:
    return list(every_mutant(Form.of(rule_named(name))))


@cache
def rewritings(name: str) -> list[Right]:
    return list(every_rewriting(Form.of(rule_named(name))))


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Tracer() as tracer, Workbench() as bench:
        yield tracer, bench


def refuse(mutant: Mutant, tools: tuple[Tracer, Workbench], folder: Path) -> str:
    """Why a mutant was not caught as it should be; empty if it was."""
    path = folder / "wrong.py"
    path.write_text(mutant.source)
    found = verify_with(*tools, str(path), mutant.rule)
    if found.verdict.name != "REFUTED":
        return f"{mutant.rule}, {mutant.kind}: {found.verdict.name} {found.reason}\n{mutant.source}"
    if found.counterexample is None or not found.differences:
        return f"{mutant.rule}, {mutant.kind}: refuted without evidence"
    if not reproduced(mutant.source, found.counterexample):
        return f"{mutant.rule}, {mutant.kind}: the counterexample is not reproduced\n{found.to_json()}\n{mutant.source}"
    return ""


def reproduced(source: str, run: Counterexample) -> bool:
    """Whether the code itself, on floats, ends where the counterexample says, and not where the rule does."""
    space: dict[str, Any] = {}
    exec(source, space)
    theta, state = np.array([float(run.theta)]), {}
    with np.errstate(all="ignore"):
        for t, g in enumerate(run.gradients, start=1):
            hyper = {n: float(v) for n, v in run.hyper.items()}
            if run.lr:
                hyper["lr"] = float(run.lr[t - 1])
            names = space["step"].__kwdefaults__
            gradient = np.array([float(g)])
            if names is None:
                theta, state = space["step"](theta, gradient, state, t, hyper)
            else:
                theta, state = space["step"](
                    theta, gradient, state, t, **{n: hyper.get(n, v) for n, v in names.items()}
                )
    ended, rule = float(theta[0]), decimal(run.rule)
    if "undefined" in rule:
        return np.isfinite(ended)
    if not np.isfinite(ended):
        return True
    told = decimal(run.implementation)
    if "undefined" in told:
        return False
    return bool(np.isclose(ended, float(told), rtol=1e-6, atol=1e-9)) and abs(float(rule) - float(told)) > 0


def accept(right: Right, tools: tuple[Tracer, Workbench], folder: Path) -> str:
    """Why a right form was not proved; empty if it was."""
    path = folder / "right.py"
    path.write_text(right.source)
    found = verify_with(*tools, str(path), right.rule)
    if found.verdict.name != "PROVED":
        return f"{right.rule}, {right.kind}: {found.verdict.name} {found.reason} {found.differences}\n{right.source}"
    return ""


@pytest.mark.parametrize("name", SAMPLED)
def test_some_wrong_forms_are_refuted_and_right_ones_proved(
    name: str, tools: tuple[Tracer, Workbench], tmp_path: Path
) -> None:
    """Every eighth, so that a day's tests see each family of mistakes."""
    missed = [words for m in mutants(name)[::8] if (words := refuse(m, tools, tmp_path))]
    assert not missed, "\n".join(missed)
    missed = [words for r in rewritings(name)[::5] if (words := accept(r, tools, tmp_path))]
    assert not missed, "\n".join(missed)


@pytest.mark.slow(minutes=2)
def test_there_are_hundreds_of_at_least_thirty_kinds() -> None:
    wrong, right = ([x for name in RULES for x in made(name)] for made in (mutants, rewritings))
    kinds = {m.kind for m in wrong}
    print(f"{len(wrong)} wrong forms of {len(kinds)} kinds, {len(right)} right ones, of {len(RULES)} rules")
    assert len(wrong) >= 300
    assert len(kinds) >= 30
    assert len(right) >= 100


@pytest.mark.slow(minutes=2)
@pytest.mark.parametrize("name", RULES)
def test_every_wrong_form_is_refuted(name: str, tools: tuple[Tracer, Workbench], tmp_path: Path) -> None:
    missed = [words for m in mutants(name) if (words := refuse(m, tools, tmp_path))]
    print(f"{name}: {len(mutants(name)) - len(missed)} of {len(mutants(name))} wrong forms refuted")
    assert not missed, "\n".join(missed)


@pytest.mark.slow(minutes=2)
@pytest.mark.parametrize("name", RULES)
def test_every_right_form_is_proved(name: str, tools: tuple[Tracer, Workbench], tmp_path: Path) -> None:
    missed = [words for r in rewritings(name) if (words := accept(r, tools, tmp_path))]
    print(f"{name}: {len(rewritings(name)) - len(missed)} of {len(rewritings(name))} right forms proved")
    assert not missed, "\n".join(missed)
