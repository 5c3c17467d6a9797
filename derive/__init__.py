"""Ground floor: symbols, update rules, claims and proofs. Never imports numba or matplotlib.

``optproof.derive`` is this package and, called as ``optproof.derive("adam")``, its function of the same name: see
:class:`_CallableFloor`.  Names are loaded when they are first used: a list of the rules needs no provers, and
:mod:`optproof.derive.recheck` neither the provers nor SymPy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .catalogue import (
        UnknownRuleError as UnknownRuleError,
        names as names,
        options as options,
        rule as rule,
    )
    from .claim import (
        Claim as Claim,
        Hypothesis as Hypothesis,
    )
    from .derivation import (
        UnknownClaimError as UnknownClaimError,
        derive as derive,
    )
    from .prove.verdict import (
        ProofStep as ProofStep,
        Result as Result,
        Verdict as Verdict,
    )
    from .rule import (
        Assignment as Assignment,
        Hyperparameter as Hyperparameter,
        RuleError as RuleError,
        Source as Source,
        State as State,
        UpdateRule as UpdateRule,
    )
    from .sequence import (
        displacement as displacement,
        first_step as first_step,
        initial_state as initial_state,
        one_step as one_step,
        run as run,
    )
    from .serialise import (
        rule_from_json as rule_from_json,
        rule_to_json as rule_to_json,
    )
    from .symbols import (
        COUNT as COUNT,
        NONNEGATIVE as NONNEGATIVE,
        OPEN_UNIT as OPEN_UNIT,
        POSITIVE as POSITIVE,
        REAL as REAL,
        UNIT_INTERVAL as UNIT_INTERVAL,
        Domain as Domain,
        Quantity as Quantity,
        Unit as Unit,
        exact as exact,
        gradient as gradient,
        parameter as parameter,
        step_counter as step_counter,
    )
    from .theorems import (
        claims_of as claims_of,
    )
    from .units import (
        UnitSystem as UnitSystem,
        unit_system as unit_system,
        units as units,
    )
    from .user_file import (
        UserFileError as UserFileError,
        find_claims as find_claims,
        find_rule as find_rule,
    )

# The module in which each name is at home.
_HOME = {
    "COUNT": "symbols",
    "NONNEGATIVE": "symbols",
    "OPEN_UNIT": "symbols",
    "POSITIVE": "symbols",
    "REAL": "symbols",
    "UNIT_INTERVAL": "symbols",
    "Assignment": "rule",
    "Claim": "claim",
    "Domain": "symbols",
    "Hyperparameter": "rule",
    "Hypothesis": "claim",
    "ProofStep": "prove.verdict",
    "Quantity": "symbols",
    "Result": "prove.verdict",
    "RuleError": "rule",
    "Source": "rule",
    "State": "rule",
    "Unit": "symbols",
    "UnitSystem": "units",
    "UnknownClaimError": "derivation",
    "UnknownRuleError": "catalogue",
    "UpdateRule": "rule",
    "UserFileError": "user_file",
    "Verdict": "prove.verdict",
    "claims_of": "theorems",
    "derive": "derivation",
    "displacement": "sequence",
    "exact": "symbols",
    "find_claims": "user_file",
    "find_rule": "user_file",
    "first_step": "sequence",
    "gradient": "symbols",
    "initial_state": "sequence",
    "names": "catalogue",
    "one_step": "sequence",
    "options": "catalogue",
    "parameter": "symbols",
    "rule": "catalogue",
    "rule_from_json": "serialise",
    "rule_to_json": "serialise",
    "run": "sequence",
    "step_counter": "symbols",
    "unit_system": "units",
    "units": "units",
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
    "find_claims",
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
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


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

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing the module ``rule`` would store it where the function ``rule`` belongs; so for ``units``.
        if name not in _HOME or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _CallableFloor
