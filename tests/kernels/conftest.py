"""What the tests of kernels share: compiled kernels, a rule of their own, and a way to run a fresh process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, Quantity, UpdateRule, gradient, parameter
from optproof.kernels import GeneratedKernel, Kernel, compile_kernel, generate

Compiled = Callable[[str, str], Kernel]
Generated = Callable[[str], GeneratedKernel]
FreshProcess = Callable[..., str]


def step_range_code(llvm: str) -> str:
    """The code of the loop's function alone, without what unpacks Python objects for it."""
    heads = {part.split("\n")[0]: part.split("\n}")[0] for part in llvm.split("\ndefine ")[1:]}
    (code,) = [part for head, part in heads.items() if re.search(r"@_ZN(?!7cpython)\w*step_range", head)]
    return code


@pytest.fixture(scope="session")
def generated() -> Generated:
    """The generated kernel of a rule by name, for float32, made once."""
    return lru_cache(maxsize=None)(generate)


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    """The kernel of a rule by name and dtype, compiled once."""
    return lru_cache(maxsize=None)(compile_kernel)


@pytest.fixture(scope="session")
def fresh_process() -> FreshProcess:
    """Run Python in a new process and return what it prints; more environment variables are keywords."""

    def run(*arguments: str, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, **environment},
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def odd_rule() -> UpdateRule:
    """A rule that uses every operation a rule may be made of, and names that Python and Numba use themselves."""
    theta, g = parameter(), gradient()
    rate, np_, level = Quantity("lambda", NONNEGATIVE), Quantity("np"), Quantity("level")
    i = Quantity("i")
    return UpdateRule(
        "odd",
        title='Odd "rule" with \\ and """quotes"""',
        hyper={rate: "1/3", level: None},
        state={np_: 0, i: 0},
        steps=[
            (np_, sp.Max(np_, sp.Abs(g), sp.Rational(1, 3)) + sp.Min(g, 2 * theta)),
            (i, sp.Piecewise((sp.sign(g) * 3, g > level), (i**3 / 7, sp.And(g < -level, theta > 0)), (-i, True))),
            (theta, theta - rate * i * sp.exp(-sp.Abs(np_)) * sp.log(2 + g**2)),
        ],
    )
