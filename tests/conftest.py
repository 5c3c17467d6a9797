"""What every test starts from: fixed seeds, a kernel cache of its own, and hypothesis without chance."""

from __future__ import annotations

import os
import random
import shutil
import tempfile

import numpy as np
import pytest
from hypothesis import settings

SEED = 20150507  # the year Adam was presented, and the day

settings.register_profile("fixed", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the generated files that tests compare with")


def pytest_report_header() -> str:
    return f"seed: {SEED} (random, numpy); hypothesis: derandomized"


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
