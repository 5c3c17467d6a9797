"""A Numba function, traced twice: by its Python source, and by the machine code's LLVM IR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from .numba_compiled import traced_compiled
from .numba_source import plain_copy, roles_of, step_of
from .numpy_functions import followed
from .numpy_step import init_of
from .numpy_trace import trace_numpy
from .record import Traced

__all__ = ["theta_of", "trace_numba"]


def trace_numba(
    target: str,
    dispatcher: Any,
    module: ModuleType,
    *,
    mapped: Mapping[str, str],
    given: Mapping[str, Any],
    known: tuple[str, ...],
) -> Traced:
    """Trace a function that Numba compiles.

    It may be a ``step(theta, g, state, t, ...)``, a function that overwrites the arrays it is given, whose arguments
    are recognised by their names, or a function of the numbers of one element that returns the new ones.

    Raises
    ------
    TraceError, Untraceable
        As :func:`.numpy_trace.trace_numpy`.
    """
    function = dispatcher.py_func
    roles = roles_of(target, function, mapped, given)
    home = ModuleType(module.__name__)
    with followed(lambda: None):
        plain = plain_copy(function, home)
    home.__file__ = module.__file__
    how: dict[str, Any] = {"mapped": mapped, "given": given, "known": known}
    if roles is None:
        traced = trace_numpy(target, plain, home, **how)
        trouble = "a function that returns new arrays is followed by its Python source only"
        return replace(traced, compiled_trouble=trouble)
    init = init_of(function.__name__, home)
    traced = trace_numpy(target, step_of(plain, roles, init, home), home, **how)
    if init is None and roles.states:
        words = f"the caller makes the state; {', '.join(roles.states)} is taken to start at zero"
        traced = replace(traced, notes=(*traced.notes, words))
    return traced_compiled(traced, dispatcher, roles, given)


def theta_of(
    target: str,
    dispatcher: Any,
    module: ModuleType,
    mapped: Mapping[str, str],
    given: Mapping[str, Any],
    hyper: Sequence[Mapping[str, float]],
    *,
    theta: float,
    gradients: Sequence[float],
) -> float | None:
    """Theta after steps of the compiled function itself; None for a step(theta, g, state, t, ...)."""
    roles = roles_of(target, dispatcher.py_func, mapped, given)
    if roles is None:
        return None
    home = ModuleType(module.__name__)
    step = step_of(dispatcher, roles, init_of(dispatcher.py_func.__name__, module), home)
    at = np.array([theta])
    state = home.init(at)
    for t, (g, values) in enumerate(zip(gradients, hyper, strict=True), start=1):
        step(at, np.array([g]), state, t, **{**values, **given})
    return float(at[0])
