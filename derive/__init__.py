"""Ground floor: symbols, update rules, claims and proofs. Never imports numba or matplotlib.

``optproof.derive`` is this package and, called as ``optproof.derive("adam")``, its function of the same name: see
:class:`_CallableFloor`.  The provers are loaded when they are first used: a list of the rules needs none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .catalogue import UnknownRuleError, names, options, rule
from .rule import Assignment, Hyperparameter, RuleError, Source, State, UpdateRule
from .sequence import displacement, first_step, initial_state, one_step, run
from .serialise import rule_from_json, rule_to_json
from .symbols import (
    COUNT,
    NONNEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REAL,
    UNIT_INTERVAL,
    Domain,
    Quantity,
    Unit,
    exact,
    gradient,
    parameter,
    step_counter,
)
from .units import UnitSystem, unit_system, units
from .user_file import UserFileError, find_rule

if TYPE_CHECKING:
    from .claim import Claim as Claim, Hypothesis as Hypothesis
    from .derivation import UnknownClaimError as UnknownClaimError, derive as derive
    from .prove.verdict import ProofStep as ProofStep, Result as Result, Verdict as Verdict
    from .theorems import claims_of as claims_of

_PROVERS = {
    "Claim": "claim",
    "Hypothesis": "claim",
    "ProofStep": "prove.verdict",
    "Result": "prove.verdict",
    "UnknownClaimError": "derivation",
    "Verdict": "prove.verdict",
    "claims_of": "theorems",
    "derive": "derivation",
}

__all__ = [
    "COUNT",
    "NONNEGATIVE",
    "OPEN_UNIT",
    "POSITIVE",
    "REAL",
    "UNIT_INTERVAL",
    "Assignment",
    "Claim",
    "Domain",
    "Hyperparameter",
    "Hypothesis",
    "ProofStep",
    "Quantity",
    "Result",
    "RuleError",
    "Source",
    "State",
    "Unit",
    "UnitSystem",
    "UnknownClaimError",
    "UnknownRuleError",
    "UpdateRule",
    "UserFileError",
    "Verdict",
    "claims_of",
    "derive",
    "displacement",
    "exact",
    "find_rule",
    "first_step",
    "gradient",
    "initial_state",
    "names",
    "one_step",
    "options",
    "parameter",
    "rule",
    "rule_from_json",
    "rule_to_json",
    "run",
    "step_counter",
    "unit_system",
    "units",
]


def __getattr__(name: str) -> Any:
    if name not in _PROVERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PROVERS[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _CallableFloor(ModuleType):
    """The package as a module that can be called.

    The front door offers the function :func:`derive` as ``optproof.derive``.  Importing this package makes Python
    store the module under the very same attribute, and whichever was stored last would win.  So both are one
    object: the module, whose call is the function.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.derive(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableFloor
