"""What a torch optimizer's constructor takes: which of it are hyperparameters, and which are switches."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import sympy as sp

from ...derive.symbols import NONNEGATIVE, POSITIVE, Domain, Quantity
from .constants import exact_number
from .hyperparameters import quantities_for, readings
from .record import TraceError

__all__ = ["Constructor", "option_value", "read_constructor", "refuse_unknown_options"]

_ABOVE_ONE = Domain("above one", lower=sp.Integer(1), lower_open=True)
_BELOW_ONE = Domain("open unit interval", sp.Integer(0), sp.Integer(1), lower_open=True, upper_open=True)

_DOMAINS: dict[str, Domain] = {
    "lr_decay": NONNEGATIVE,
    "momentum_decay": NONNEGATIVE,
    "lambd": NONNEGATIVE,
    "t0": NONNEGATIVE,
    "etas_0": _BELOW_ONE,
    "etas_1": _ABOVE_ONE,
    "step_sizes_0": POSITIVE,
    "step_sizes_1": POSITIVE,
}
"""Of hyperparameters that the catalogue has no name for, as torch's constructors document them."""

_SWITCHES = frozenset(["foreach", "fused", "maximize", "capturable", "differentiable"])


@dataclass(frozen=True)
class Constructor:
    """How a constructor is called.

    Attributes
    ----------
    symbols : mapping
        The quantity of each hyperparameter by its own name; the members of a pair are ``betas_0`` and ``betas_1``.
    defaults : mapping
        Their exact defaults, and those of hyperparameters that an option fixes.
    fixed : mapping
        What is passed as it is.
    pairs : mapping
        The names of the members of each argument that is a tuple.
    """

    symbols: Mapping[str, Quantity]
    defaults: Mapping[str, sp.Rational]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    pairs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def arguments(self, number: Callable[[str, Quantity], Any]) -> dict[str, Any]:
        """The keyword arguments, with `number` called for each hyperparameter that is an input."""
        made = {name: number(name, symbol) for name, symbol in self.symbols.items()}
        result = dict(self.fixed)
        for argument, members in self.pairs.items():
            given = self.fixed.get(argument)
            result[argument] = tuple(
                made[m] if m in made else given[i] if given is not None else None for i, m in enumerate(members)
            )
        inside = {m for members in self.pairs.values() for m in members}
        return result | {name: value for name, value in made.items() if name not in inside}


def read_constructor(
    target: str, kind: Any, options: Mapping[str, object] | None = None, mapped: Mapping[str, str] | None = None
) -> Constructor:
    """Sort the arguments of the constructor of `kind`.

    Parameters
    ----------
    target : str
        What the user called it, for messages.
    kind : type
        The optimizer class.
    options : mapping, optional
        What is fixed, as text or as values: ``{"centered": "True"}``.
    mapped : mapping, optional
        Hyperparameters by their own names to the catalogue's.

    Raises
    ------
    TraceError
        If an option is unknown, or an argument has no default and is not recognised.
    """
    given = {name: option_value(value) for name, value in (options or {}).items()}
    parameters = _parameters(kind)
    free = parameters.pop("**", None) is not None
    if not free:
        refuse_unknown_options(target, given, parameters)
    floats: dict[str, Any] = {}
    pairs: dict[str, tuple[str, ...]] = {}
    fixed: dict[str, Any] = {name: value for name, value in given.items() if free or name in parameters}
    notes = []
    for name, parameter in parameters.items():
        default = None if parameter.default is inspect.Parameter.empty else parameter.default
        if isinstance(default, (tuple, list)) and default and all(map(_is_number, default)):
            pairs[name] = tuple(f"{name}_{i}" for i in range(len(default)))
            floats |= dict(zip(pairs[name], default, strict=True))
        elif _is_hyperparameter(name, parameter):
            floats[name] = default
        elif parameter.default is inspect.Parameter.empty and name not in fixed:
            raise TraceError(f"{target} needs a value for {name!r}; give it one, as in --set {name}=0.1")
        elif isinstance(default, int) and not isinstance(default, bool) and name not in fixed:
            notes.append(f"the whole number {name} is fixed at its default {default}")
    members = {m: argument for argument, names in pairs.items() for m in names}
    inputs = [n for n in floats if members.get(n, n) not in fixed]
    symbols = {n: _with_domain(n, q) for n, q in quantities_for(inputs, mapped).items()}
    defaults = {n: exact_number(float(v))[0] for n, v in floats.items() if v is not None}
    pairs = {a: names for a, names in pairs.items() if a not in fixed}
    return Constructor(symbols, defaults, fixed, pairs, tuple(notes))


def _parameters(kind: Any) -> dict[str, inspect.Parameter]:
    """The constructor's arguments without the parameters to optimize; ``"**"`` if it takes any."""
    listed = list(inspect.signature(kind.__init__).parameters.values())[2:]
    found = {p.name: p for p in listed if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    for p in listed:
        if p.kind is p.VAR_KEYWORD:
            found["**"] = p
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_hyperparameter(name: str, parameter: inspect.Parameter) -> bool:
    default = parameter.default
    if name in _SWITCHES or isinstance(default, bool):
        return False
    if isinstance(default, float):
        return True
    known = bool(readings(name)) or "float" in str(parameter.annotation)
    return known and (default is inspect.Parameter.empty or _is_number(default))


def _with_domain(name: str, quantity: Quantity) -> Quantity:
    domain = _DOMAINS.get(name)
    return quantity if domain is None or readings(name) else Quantity(quantity.name, domain)


def option_value(value: object) -> object:
    """What is meant by an option's value that was given as text."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        words = {"true": True, "false": False, "none": None}
        return words.get(value.lower(), value)


def refuse_unknown_options(target: str, given: Mapping[str, object], known: Mapping[str, object]) -> None:
    """Raise TraceError for an option that is not among those `known`."""
    for name in given:
        if name not in known:
            close = get_close_matches(name, list(known), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TraceError(f"{target} has no option {name!r}{hint}; it takes {', '.join(known)}")
