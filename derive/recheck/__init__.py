"""A second, small checker for the certificates of proofs.

It shares no code with what found them: nothing here imports the provers, the theorems, or SymPy.  It reads a
certificate (:mod:`.reading`), works out itself what has to be shown for the claim (:mod:`.obligations`), looks that up
among the certificate's obligations (:mod:`.listing`), decides each by exact polynomials (:mod:`.algebra`,
:mod:`.signs`) or asks cvc5, a solver that took no part in finding the proof (:mod:`.smtlib`, :mod:`.solver`), and
evaluates counterexamples exactly (:mod:`.replay`, :mod:`.intervals`).  Claims about rounded arithmetic are proved anew
with its own rounding (:mod:`.formats`, :mod:`.rounded_claims`).

>>> from optproof.derive.recheck import recheck
>>> checked = recheck("certificates")  # doctest: +SKIP

``python -m optproof.derive.recheck DIR`` does the same and needs nothing but Python's standard library and cvc5.
"""

from __future__ import annotations

from .check import CONFIRMED, FINDER_ONLY, NOT_CONFIRMED, OBLIGATIONS, REJECTED, STATUSES, Finding, check
from .directory import Checked, NoCertificatesError, exit_status, recheck
from .solver import Solver, available

__all__ = [
    "CONFIRMED",
    "FINDER_ONLY",
    "NOT_CONFIRMED",
    "OBLIGATIONS",
    "REJECTED",
    "STATUSES",
    "Checked",
    "Finding",
    "NoCertificatesError",
    "Solver",
    "available",
    "check",
    "exit_status",
    "recheck",
]
