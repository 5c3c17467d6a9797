"""What code could remember from one call to the next elsewhere than in the state that it returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np

__all__ = ["changes", "remembered"]

_DEPTH = 6


@contextmanager
def changes(function: Callable[..., Any]) -> Iterator[list[str]]:
    """The names of what is not the same any more at the end, in a list that is filled then."""
    found: list[str] = []
    before = remembered(function)
    yield found
    after = remembered(function)
    found += sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def remembered(function: Callable[..., Any]) -> dict[str, object]:
    """The values that a function and its module hold, by name, as plain data that can be compared later.

    Read are numbers, texts, arrays and their collections, attributes of functions and of instances of the module's
    own classes, default arguments and what closures hold.  What else there is, is not told apart.

    Examples
    --------
    >>> def step():
    ...     step.calls = getattr(step, "calls", 0) + 1
    >>> with changes(step) as changed:
    ...     step()
    >>> "step.calls" in changed
    True
    """
    inner = inspect.unwrap(function.__func__ if isinstance(function, MethodType) else function)
    name, home = getattr(inner, "__name__", "it"), getattr(inner, "__module__", "")
    held: dict[str, Any] = {k: v for k, v in getattr(inner, "__globals__", {}).items() if not k.startswith("__")}
    held |= {f"{name}.{k}": v for k, v in getattr(inner, "__dict__", {}).items()}
    held[f"a default of {name}"] = (getattr(inner, "__defaults__", None), getattr(inner, "__kwdefaults__", None))
    held |= {f"{name}.{k}": v for k, v in _closure(inner).items()}
    held["self"] = getattr(function, "__self__", None)
    return {k: _plain(v, home, _DEPTH) for k, v in held.items()}


def _closure(function: Callable[..., Any]) -> dict[str, Any]:
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or not cells:
        return {}
    return {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells, strict=True) if _is_full(cell)}


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell has none
    except ValueError:
        return False
    return True


def _plain(value: Any, home: str, depth: int) -> object:
    """Something equal for equal values; None for what cannot be told apart."""
    if isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        return type(value).__name__, repr(value)
    if depth == 0:
        return None
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes() if value.dtype != object else None
    if isinstance(value, Mapping):
        return [(_plain(k, home, depth - 1), _plain(v, home, depth - 1)) for k, v in list(value.items())]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_plain(v, home, depth - 1)) for v in value)
    if isinstance(value, (list, tuple)):
        return [_plain(v, home, depth - 1) for v in value]
    if isinstance(value, FunctionType):
        return _plain(vars(value), home, depth - 1) if value.__module__ == home else None
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == home and hasattr(value, "__dict__"):
        return _plain(dict(vars(value)), home, depth - 1)
    return None
