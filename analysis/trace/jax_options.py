"""Which arguments of an optimizer's factory or constructor are hyperparameters, and which are options."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from ...derive.symbols import NONNEGATIVE, Domain, Quantity
from .constants import exact_number
from .hyperparameters import quantities_for, readings
from .record import TraceError
from .torch_options import Constructor, option_value, refuse_unknown_options

__all__ = ["ANY", "read_arguments"]

ANY = "any"
"""As an option's value: let it be an input, though it is off by default."""

_DOMAINS: dict[str, Domain] = {
    "eps_root": NONNEGATIVE,
    "initial_scale": NONNEGATIVE,
    "clipvalue": NONNEGATIVE,
    "learning_rate_power": Domain("not positive", upper=sp.Integer(0)),
}
"""Of hyperparameters that the catalogue has no name for, as their documentation has them."""


def read_arguments(
    target: str,
    parameters: Sequence[inspect.Parameter],
    given: Mapping[str, object] | None = None,
    mapped: Mapping[str, str] | None = None,
    known: tuple[str, ...] = (),
) -> Constructor:
    """Sort arguments: numbers are inputs, everything else stays as it is by default or as it is `given`.

    Parameters
    ----------
    target : str
        What the user called it, for messages.
    parameters : sequence of inspect.Parameter
    given : mapping, optional
        What is fixed, as text or as values; :data:`ANY` makes an input of what is off by default.
    mapped : mapping, optional
        Hyperparameters by their own names to the catalogue's.
    known : tuple of str, optional
        The hyperparameters of the rule it is held against: those are inputs even where they are off by default.

    Raises
    ------
    TraceError
        If an option is unknown, or an argument has no default and is not recognised.
    """
    options = {name: option_value(value) for name, value in (given or {}).items()}
    taken = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    refuse_unknown_options(target, options, taken)
    inputs: dict[str, Any] = {}
    pairs: dict[str, tuple[str, ...]] = {}
    notes = []
    for name, parameter in taken.items():
        default = parameter.default
        asked = options.get(name) == ANY
        if name in options and not asked:
            continue
        if isinstance(default, (tuple, list)) and default and all(map(_is_number, default)):
            pairs[name] = tuple(f"{name}_{i}" for i in range(len(default)))
            inputs |= dict(zip(pairs[name], default, strict=True))
        elif asked or _is_input(parameter) or _is_wanted(name, default, known):
            inputs[name] = default if _is_number(default) else None
        elif default is inspect.Parameter.empty:
            if "optimizer" in name:
                raise TraceError(f"{target} wraps another optimizer ({name}); verify that one")
            raise TraceError(f"{target} needs a value for {name!r}; give it one, as in --set {name}=0.1")
        elif type(default) is int:
            notes.append(f"the whole number {name} is fixed at its default {default}")
    symbols = {n: _with_domain(n, q) for n, q in quantities_for(inputs, mapped).items()}
    defaults = {n: exact_number(float(v))[0] for n, v in inputs.items() if v is not None}
    fixed = {n: v for n, v in options.items() if v != ANY}
    defaults |= {
        n: exact_number(float(taken[n].default))[0] for n in fixed if _is_number(taken[n].default) and n not in defaults
    }
    return Constructor(symbols, defaults, fixed, pairs, tuple(notes))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_input(parameter: inspect.Parameter) -> bool:
    """A float, or what has the name of a hyperparameter and a number for its default or none at all."""
    default = parameter.default
    if isinstance(default, float):
        return True
    return bool(readings(parameter.name)) and (default is inspect.Parameter.empty or type(default) is int)


def _is_wanted(name: str, default: object, known: tuple[str, ...]) -> bool:
    """Off by default, but a hyperparameter of the rule."""
    return default is None and bool(set(readings(name)) & set(known))


def _with_domain(name: str, quantity: Quantity) -> Quantity:
    domain = _DOMAINS.get(name)
    return quantity if domain is None or readings(name) else Quantity(quantity.name, domain)
