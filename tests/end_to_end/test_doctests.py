"""The examples in the docstrings are right."""

from __future__ import annotations

import doctest
import importlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import optproof

ROOT = Path(optproof.__file__).parent
FLOORS = ("derive", "kernels", "analysis", "reports", "commands")


NEEDS = {"torch": ("torch",), "jax": ("jax", "optax", "keras")}
"""The markers of tests that need frameworks, and those frameworks."""


@cache
def needed(file: Path) -> frozenset[str]:
    """The markers of what a module imports when it is imported, itself or through a neighbour."""
    text = file.read_text()
    neighbours = {file.with_name(f"{name}.py") for name in re.findall(r"^from \.(\w+) import", text, re.MULTILINE)}
    own = {
        marker
        for marker, frameworks in NEEDS.items()
        if any(re.search(rf"^import {framework}\b", text, re.MULTILINE) for framework in frameworks)
    }
    beside = [n for n in neighbours if n.name.startswith(("torch_", "jax_"))]
    return frozenset(own).union(*(needed(n) for n in beside))


def modules() -> list[Any]:
    """Every module of the package; those that need a framework are for the tests that have it."""
    found = [pytest.param("")]
    for file in sorted(p for floor in FLOORS for p in (ROOT / floor).rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.append(pytest.param(name, marks=[getattr(pytest.mark, marker) for marker in sorted(needed(file))]))
    return found


@pytest.mark.parametrize("module", modules())
def test_docstring_examples(module: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    loaded = importlib.import_module(".".join(filter(None, ("optproof", module))))
    failed, _ = doctest.testmod(loaded, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert not failed, capsys.readouterr().out
