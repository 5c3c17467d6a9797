"""Compiled kernels as text, compiled once."""

from __future__ import annotations

from functools import lru_cache

import pytest

from optproof.kernels import GeneratedKernel, generate
from optproof.kernels.kernel import _fresh_llvm


@lru_cache(maxsize=8)
def _compiled(name: str, dtype: str) -> tuple[GeneratedKernel, str]:
    generated = generate(name, dtype)
    return generated, _fresh_llvm(generated.source)


@pytest.fixture(scope="session")
def compiled():  # type: ignore[no-untyped-def]
    """From a rule and a dtype to the kernel and its LLVM IR."""
    return _compiled
