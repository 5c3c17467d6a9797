"""Right implementations in unusual forms: every one must be PROVED."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from optproof.analysis.trace import Tracer
from optproof.analysis.verification.record import FULL_SCOPE
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with

FORMS = Path(__file__).with_name("right_forms.py")


def rules() -> dict[str, str]:
    spec = spec_from_file_location("right_forms", FORMS)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.RULES)


RULES = rules()
# What an implementation need not offer, and is then fixed at the rule's default.
OPTIONAL = {"adagrad": ", for initial_accumulator = 0", "adagrad[eps_in_sqrt]": ", for initial_accumulator = 0"}


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Tracer() as tracer, Workbench() as bench:
        yield tracer, bench


def test_there_are_many() -> None:
    print(f"{len(RULES)} right forms of {len(set(RULES.values()))} rules")
    assert len(RULES) >= 30


@pytest.mark.parametrize("function", RULES)
def test_it_is_proved(function: str, tools: tuple[Tracer, Workbench]) -> None:
    found = verify_with(*tools, f"{FORMS}:{function}", RULES[function])
    assert found.verdict.name == "PROVED", found.to_json()
    assert found.scope.removesuffix(OPTIONAL.get(RULES[function], "")) == FULL_SCOPE
    assert found.counterexample is None
    assert not found.differences
