"""Roof: results become pages, figures and tables.

Importing this package imports neither jinja2 nor matplotlib nor rich; what is used is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import notebook as notebook, terminal as terminal
    from .build import report as report, write_report as write_report
    from .gather import collect as collect
    from .records import (
        Content as Content,
        Failure as Failure,
        ReportError as ReportError,
        ReportSummary as ReportSummary,
        RulePage as RulePage,
        Theorem as Theorem,
    )
    from .seed import SEED_CLAIMS as SEED_CLAIMS, SeedClaim as SeedClaim

_HOME = {
    "Content": "records",
    "Failure": "records",
    "ReportError": "records",
    "ReportSummary": "records",
    "RulePage": "records",
    "SEED_CLAIMS": "seed",
    "SeedClaim": "seed",
    "Theorem": "records",
    "collect": "gather",
    "report": "build",
    "write_report": "build",
}

__all__ = [
    "SEED_CLAIMS",
    "Content",
    "Failure",
    "ReportError",
    "ReportSummary",
    "RulePage",
    "SeedClaim",
    "Theorem",
    "collect",
    "notebook",
    "report",
    "terminal",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in {"notebook", "terminal"}:
        return import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
