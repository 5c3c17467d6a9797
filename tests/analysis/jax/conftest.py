"""Processes that are started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.verification.workbench import Workbench


@pytest.fixture(scope="session")
def bench() -> Iterator[Workbench]:
    with Workbench() as bench:
        yield bench


@pytest.fixture(scope="session")
def tracer() -> Iterator[Tracer]:
    with Tracer() as tracer:
        yield tracer
