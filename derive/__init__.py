"""Ground floor: symbols, update rules, claims and proofs. Never imports numba or matplotlib.

``optproof.derive`` is this package and, called as ``optproof.derive("adam")``, its function of the same name: see
:class:`_CallableFloor`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from .catalogue import UnknownRuleError, names, options, rule
from .claim import Claim, Hypothesis
from .derivation import UnknownClaimError, derive
from .prove.verdict import ProofStep, Result, Verdict
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
from .theorems import claims_of
from .units import UnitSystem, unit_system, units
from .user_file import UserFileError, find_rule

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


class _CallableFloor(ModuleType):
    """This package as a module that can be called.

    The front door offers the function :func:`derive` as ``optproof.derive``.  Importing this package makes Python
    store the module under the very same attribute, and whichever was stored last would win.  So both are one
    object: the module, whose call is the function.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.derive(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableFloor
