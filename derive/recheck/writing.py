"""Questions to a solver as certificates hold them, from the prefix form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .domains import Domain
from .expression import UndefinedError, parse
from .smtlib import NotRealArithmeticError, question

__all__ = ["smtlib"]


def smtlib(given: Sequence[Any], shows: Any, domains: Mapping[str, Domain]) -> str | None:
    """The SMT-LIB script of an obligation; None if real arithmetic cannot say it."""
    try:
        return question([parse(g) for g in given], parse(shows), domains)
    except (NotRealArithmeticError, UndefinedError):
        return None
