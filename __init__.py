"""optproof: symbolic derivation and verification of gradient-descent optimizers.

One symbolic definition of an optimizer's update rule; its properties, its fast kernel and the verdict on anyone's
implementation of it follow from that definition.

>>> import optproof as op
>>> print(op.rule("sgd[momentum]").text())
b[t] = momentum b[t-1] + g[t]
theta[t] = theta[t-1] - lr b[t]

Names are loaded when they are first used, so that ``import optproof`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis import crosscheck as crosscheck
    from .analysis.compare import compare as compare
    from .analysis.verify import verify as verify
    from .derive import (
        COUNT as COUNT,
        NONNEGATIVE as NONNEGATIVE,
        OPEN_UNIT as OPEN_UNIT,
        POSITIVE as POSITIVE,
        REAL as REAL,
        UNIT_INTERVAL as UNIT_INTERVAL,
        Quantity as Quantity,
        RuleError as RuleError,
        Source as Source,
        Unit as Unit,
        UnknownRuleError as UnknownRuleError,
        UpdateRule as UpdateRule,
        derive as derive,
        gradient as gradient,
        names as names,
        parameter as parameter,
        rule as rule,
        step_counter as step_counter,
        units as units,
    )
    from .derive.derivation import prove as prove
    from .derive.user_claims import claim as claim
    from .kernels import compile_kernel as compile, optimizer as optimizer
    from .reports import report as report

__version__ = "0.1.0"

__all__ = [
    "COUNT",
    "NONNEGATIVE",
    "OPEN_UNIT",
    "POSITIVE",
    "REAL",
    "UNIT_INTERVAL",
    "Quantity",
    "RuleError",
    "Source",
    "Unit",
    "UnknownRuleError",
    "UpdateRule",
    "__version__",
    "claim",
    "compare",
    "compile",
    "crosscheck",
    "derive",
    "gradient",
    "names",
    "optimizer",
    "parameter",
    "prove",
    "report",
    "rule",
    "step_counter",
    "units",
    "verify",
]

# The names that derive itself does not offer, with their place and what they are called there.
_UPSTAIRS = {
    "claim": ("derive.user_claims", "claim"),
    "compare": ("analysis.compare", "compare"),
    "compile": ("kernels", "compile_kernel"),
    "crosscheck": ("analysis", "crosscheck"),
    "optimizer": ("kernels", "optimizer"),
    "prove": ("derive.derivation", "prove"),
    "report": ("reports", "report"),
    "verify": ("analysis.verify", "verify"),
}


def __getattr__(name: str) -> Any:
    if name == "derive":
        # The package and the function of that name are one object: a module that can be called.
        return import_module(".derive", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    floor, there = _UPSTAIRS.get(name, ("derive", name))
    return getattr(import_module(f".{floor}", __name__), there)


def __dir__() -> list[str]:
    return sorted(__all__)
