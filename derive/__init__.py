"""Ground floor: symbols, update rules, claims and proofs. Never imports numba or matplotlib."""

from __future__ import annotations

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

__all__ = [
    "COUNT",
    "NONNEGATIVE",
    "OPEN_UNIT",
    "POSITIVE",
    "REAL",
    "UNIT_INTERVAL",
    "Assignment",
    "Domain",
    "Hyperparameter",
    "Quantity",
    "RuleError",
    "Source",
    "State",
    "Unit",
    "UnknownRuleError",
    "UpdateRule",
    "displacement",
    "exact",
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
]
