"""Where a torch optimizer keeps what it remembers: its ``state``, its groups, and attributes of its own.

A slot is a place that holds a tensor or a number.  Slots are found by walking through everything the optimizer holds;
that a value is kept elsewhere (in a closure, in a global variable) shows in the traced expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
import torch

from .torch_mode import SymbolicTensors
from .torch_number import Number

__all__ = ["Slot", "StateOfParameter", "initial_of", "slots"]

_DEPTH = 4
_BASE = frozenset(
    [
        "defaults",
        "state",
        "param_groups",
        "_zero_grad_profile_name",
        "_warned_capturable_if_run_uncaptured",
        "_need_device_dtype_check_for_fused",
        "_step_supports_amp_scaling",
        "_opt_called",
        "_step_count",
        "_param_names",
        "_optimizer_step_pre_hooks",
        "_optimizer_step_post_hooks",
        "_optimizer_state_dict_pre_hooks",
        "_optimizer_state_dict_post_hooks",
        "_optimizer_load_state_dict_pre_hooks",
        "_optimizer_load_state_dict_post_hooks",
    ]
)


class StateOfParameter(dict[Any, Any]):
    """The dictionary an optimizer keeps for a parameter; it remembers what each entry was first given."""

    def __init__(self, note: Callable[[Any], Any]) -> None:
        super().__init__()
        self.note = note
        self.born: dict[Any, Any] = {}

    def __setitem__(self, key: Any, value: Any) -> None:
        if key not in self:
            self.born[key] = self.note(value)
        super().__setitem__(key, value)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Set an entry that is missing, and return it."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **named: Any) -> None:
        """Set entries, one by one."""
        for key, value in dict(*others, **named).items():
            self[key] = value


@dataclass(frozen=True)
class Slot:
    """A place that holds a value.

    Attributes
    ----------
    name : str
        Its name, as ``"exp_avg"``; below a group ``"group.k"``, of an attribute ``"self.k"``.
    value : object
        The tensor, number, flag or None that lies there.
    put : callable
        Puts another value there.
    """

    name: str
    value: Any
    put: Callable[[Any], None]

    @property
    def is_numeric(self) -> bool:
        """Whether it holds a tensor or a number, and so can be given a symbol."""
        return isinstance(self.value, (torch.Tensor, float)) or (
            isinstance(self.value, int) and not isinstance(self.value, bool)
        )

    def read(self, mode: SymbolicTensors) -> Any:
        """The expression it holds; for a flag, the flag itself."""
        return mode.expression(self.value) if self.is_numeric else self.value

    def overwrite(self, mode: SymbolicTensors, expression: sp.Expr, value: float) -> None:
        """Let it hold `expression`, with `value` beside it."""
        if isinstance(self.value, torch.Tensor):
            mode.give(self.value, expression, value)
        else:
            self.put(Number(value, expression, mode.run))

    def number(self) -> float:
        """The number beside the expression."""
        return float(self.value.flatten()[0]) if isinstance(self.value, torch.Tensor) else float(self.value)


def slots(optimizer: Any, parameter: Any) -> Iterator[Slot]:
    """Every slot of what `optimizer` keeps for `parameter` and for all parameters; each tensor once."""
    seen = {id(parameter), id(parameter.grad)}
    for key, value in list(optimizer.state.items()):
        if key is parameter or not isinstance(key, torch.Tensor):
            prefix = "" if key is parameter else str(key) if isinstance(key, str) else "state"
            yield from _walk(prefix, value, _setter(optimizer.state, key), seen, 0)
    for group in optimizer.param_groups:
        if any(p is parameter for p in group["params"]):
            for key in [k for k in group if k not in ("params", "param_names")]:
                yield from _walk(f"group.{key}", group[key], _setter(group, key), seen, 0)
    for key in [k for k in vars(optimizer) if k not in _BASE]:
        yield from _walk(f"self.{key}", getattr(optimizer, key), _setter(vars(optimizer), key), seen, 0)


def _setter(container: Any, key: Any) -> Callable[[Any], None]:
    return lambda value: container.__setitem__(key, value)


def _walk(name: str, value: Any, put: Callable[[Any], None], seen: set[int], depth: int) -> Iterator[Slot]:
    if isinstance(value, torch.Tensor):
        if id(value) not in seen:
            seen.add(id(value))
            yield Slot(name, value, put)
        return
    if value is None or isinstance(value, (bool, int, float, str)):
        yield Slot(name, value, put)
        return
    if depth == _DEPTH or id(value) in seen:
        return
    seen.add(id(value))
    for key, inner, setter in _inside(value):
        yield from _walk(f"{name}.{key}" if name else str(key), inner, setter, seen, depth + 1)


def _inside(value: Any) -> Iterator[tuple[str, Any, Callable[[Any], None]]]:
    if isinstance(value, Mapping):
        for place, (key, inner) in enumerate(list(value.items())):
            yield (key if isinstance(key, str) else str(place)), inner, _setter(value, key)
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield str(place), inner, _setter(value, place)
    elif type(value).__module__.partition(".")[0] not in ("builtins", "torch", "collections", "functools", "weakref"):
        own = getattr(value, "__dict__", {})
        for key in list(own):
            yield key, own[key], _setter(own, key)


def initial_of(optimizer: Any, parameter: Any, mode: SymbolicTensors) -> dict[str, Any]:
    """What the entries of the parameter's state were first given, by the name of their slots."""
    kept = optimizer.state.get(parameter)
    return {str(k): v for k, v in kept.born.items()} if isinstance(kept, StateOfParameter) else {}
