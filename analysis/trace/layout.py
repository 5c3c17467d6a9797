"""The state that an implementation keeps: nested dicts, lists, tuples and objects become named slots."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["leaves", "rebuilt"]

_ATOMS = (type(None), bool, int, float, str, bytes, np.ndarray, np.generic)


def leaves(state: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every slot with its dotted name.

    Examples
    --------
    >>> dict(leaves({"m": 1.0, "moments": [2.0, None]}))
    {'m': 1.0, 'moments.0': 2.0, 'moments.1': None}
    """
    parts = _parts(state)
    if parts is None:
        yield prefix or "state", state
        return
    for name, value in parts:
        yield from leaves(value, f"{prefix}.{name}" if prefix else name)


def rebuilt(state: Any, replace: Callable[[str, Any], Any], prefix: str = "") -> Any:
    """A copy of the state in which every slot was replaced."""
    parts = _parts(state)
    if parts is None:
        return replace(prefix or "state", state)
    fresh = [(name, rebuilt(value, replace, f"{prefix}.{name}" if prefix else name)) for name, value in parts]
    if isinstance(state, dict):
        made = copy.copy(state)
        made.update({key: value for key, (_, value) in zip(state, fresh, strict=True)})
        return made
    values = [value for _, value in fresh]
    if isinstance(state, tuple):
        return type(state)(*values) if hasattr(state, "_fields") else tuple(values)
    if isinstance(state, list):
        return values
    made = copy.copy(state)
    vars(made).update(dict(fresh))
    return made


def _parts(state: Any) -> list[tuple[str, Any]] | None:
    if isinstance(state, _ATOMS):
        return None
    if isinstance(state, dict):
        return [(str(key), value) for key, value in state.items()]
    if isinstance(state, (list, tuple)):
        return [(str(i), value) for i, value in enumerate(state)]
    if hasattr(state, "__dict__") and not callable(state):
        return list(vars(state).items())
    return None
