"""Tactics and what they share: normal form, real arithmetic by SMT, exact witnesses, verdicts."""

from __future__ import annotations

from .identity import Identity, prove_identity
from .verdict import ProofStep, Result, Verdict

__all__ = ["Identity", "ProofStep", "Result", "Verdict", "prove_identity"]
