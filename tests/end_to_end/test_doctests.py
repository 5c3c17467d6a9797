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
FLOORS = ("derive", "kernels", "analysis", "reports")


@cache
def needs_torch(file: Path) -> bool:
    """Whether a module imports torch when it is imported, itself or through a neighbour."""
    text = file.read_text()
    neighbours = {file.with_name(f"{name}.py") for name in re.findall(r"^from \.(\w+) import", text, re.MULTILINE)}
    return bool(re.search(r"^import torch$", text, re.MULTILINE)) or any(
        needs_torch(n) for n in neighbours if n.name.startswith("torch_")
    )


def modules() -> list[Any]:
    """Every module of the package; those that need torch are for the tests that have it."""
    found = [pytest.param("")]
    for file in sorted(p for floor in FLOORS for p in (ROOT / floor).rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.append(pytest.param(name, marks=[pytest.mark.torch] if needs_torch(file) else []))
    return found


@pytest.mark.parametrize("module", modules())
def test_docstring_examples(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = importlib.import_module(".".join(filter(None, ("optproof", module))))
    failed, _ = doctest.testmod(loaded, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert not failed, capsys.readouterr().out
