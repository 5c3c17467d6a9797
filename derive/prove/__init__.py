"""Tactics and what they share: normal form, real arithmetic by SMT, exact witnesses, verdicts.

Names are loaded when they are first used: a list of the rules needs no prover.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .identity import Identity as Identity, prove_identity as prove_identity
    from .verdict import ProofStep as ProofStep, Result as Result, Verdict as Verdict

_HOME = {
    "Identity": "identity",
    "ProofStep": "verdict",
    "Result": "verdict",
    "Verdict": "verdict",
    "prove_identity": "identity",
}

__all__ = ["Identity", "ProofStep", "Result", "Verdict", "prove_identity"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
