"""The examples in the docstrings are right."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import optproof

ROOT = Path(optproof.__file__).parent
FLOORS = ("derive", "kernels", "analysis", "reports")


def modules() -> list[str]:
    """Every module of the package."""
    files = sorted(p.relative_to(ROOT) for floor in FLOORS for p in (ROOT / floor).rglob("*.py"))
    return ["", *(".".join(f.with_suffix("").parts).removesuffix(".__init__") for f in files)]


@pytest.mark.parametrize("module", modules())
def test_docstring_examples(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = importlib.import_module(".".join(filter(None, ("optproof", module))))
    failed, _ = doctest.testmod(loaded, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert not failed, capsys.readouterr().out
