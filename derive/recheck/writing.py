"""Questions to a solver as certificates hold them, from the prefix form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .domains import Domain
from .expression import UndefinedError, parse
from .formats import FORMATS
from .plan import NotRederivableError
from .rounded import read_lines
from .rounded_smtlib import rounded_question
from .smtlib import NotRealArithmeticError, question

__all__ = ["rounded_smtlib", "smtlib"]


def smtlib(given: Sequence[Any], shows: Any, domains: Mapping[str, Domain]) -> str | None:
    """The SMT-LIB script of an obligation; None if real arithmetic cannot say it."""
    try:
        return question([parse(g) for g in given], parse(shows), domains)
    except (NotRealArithmeticError, UndefinedError):
        return None


def rounded_smtlib(goal: Mapping[str, Any], given: Sequence[Any], shows: Any) -> str | None:
    """The same for a claim about the results of a rounded computation; None if that theory cannot say it."""
    try:
        form, inputs = FORMATS[goal["arithmetic"]], goal["inputs"]
        return rounded_question(
            form, inputs, read_lines(goal["lines"], inputs), [parse(g) for g in given], parse(shows)
        )
    except (KeyError, NotRederivableError):
        return None
