"""What is hidden in a branch, in a conversion or at one point must not be missed: nothing here is PROVED."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from optproof.analysis.trace import TraceError, Tracer
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with

SNEAKY = Path(__file__).with_name("sneaky_forms.py")
NAMES = re.findall(r"^def (\w+)", SNEAKY.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Tracer() as tracer, Workbench() as bench:
        yield tracer, bench


@pytest.mark.parametrize("function", NAMES)
def test_it_is_not_proved(function: str, tools: tuple[Tracer, Workbench]) -> None:
    try:
        found = verify_with(*tools, f"{SNEAKY}:{function}", "sgd")
    except TraceError:
        return
    assert found.verdict.name != "PROVED", found.to_json()
