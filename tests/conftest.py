"""What every test starts from: fixed seeds, a kernel cache of its own, and hypothesis without chance."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from datetime import date

import numpy as np
import pytest
from hypothesis import settings

STARTED = time.monotonic()
SEED = 20150507  # the year Adam was presented, and the day

settings.register_profile("fixed", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the generated files that tests compare with")
    parser.addoption("--minutes", type=float, help="run as many tests as this time allows, in another order every day")


def pytest_report_header() -> str:
    return f"seed: {SEED} (random, numpy); hypothesis: derandomized"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--minutes") is not None:
        # The same order in every process of pytest-xdist, and another one tomorrow.
        random.Random(date.today().toordinal()).shuffle(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    minutes, mark = item.config.getoption("--minutes"), item.get_closest_marker("slow")
    if minutes is not None:
        needed = mark.kwargs.get("minutes", 0) if mark else 0
        if (time.monotonic() - STARTED) / 60 + needed > minutes:
            pytest.skip("the time is up; without --minutes it is run")


def pytest_configure(config: pytest.Config) -> None:
    # pytest-xdist sets the width of a terminal, and what is printed to no terminal depends on it.
    os.environ.pop("COLUMNS", None)
    # Workers of pytest-xdist inherit the folder, so a kernel is compiled once for all of them.
    if "OPTPROOF_CACHE_DIR" not in os.environ:
        os.environ["OPTPROOF_CACHE_DIR"] = tempfile.mkdtemp(prefix="optproof-tests-")
        folder = os.environ["OPTPROOF_CACHE_DIR"]
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(SEED)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of random numbers that starts alike in every test."""
    return np.random.default_rng(SEED)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether generated files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update"))
