"""The matrix: frameworks, cells, and the tables that are made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cell import Cell

__all__ = ["Framework", "Matrix"]


@dataclass(frozen=True)
class Framework:
    """A framework: its version if it is installed, otherwise why it was left out."""

    name: str
    version: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Matrix:
    """Every case of every framework with its verdict.

    Attributes
    ----------
    frameworks : tuple of Framework
    cells : tuple of Cell
    seconds : float
    """

    frameworks: tuple[Framework, ...]
    cells: tuple[Cell, ...]
    seconds: float = 0.0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells have each verdict; the empty one counts what is not element-wise."""
        return Counter(cell.verdict for cell in self.cells)

    def to_json(self) -> dict[str, Any]:
        """The matrix with stable keys."""
        return {
            "frameworks": [
                {"name": f.name, "version": f.version or None, "missing": f.missing or None} for f in self.frameworks
            ],
            "cells": [cell.to_json() for cell in self.cells],
            "seconds": round(self.seconds, 1),
        }
