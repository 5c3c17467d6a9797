"""A Numba function by its Python source: a copy that runs without Numba, called as a step function."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from .hyperparameters import readings
from .record import TraceError, Untraceable

__all__ = ["Roles", "is_dispatcher", "plain_copy", "roles_of", "step_of"]

_THETA = ("theta", "p", "param", "params", "parameter", "parameters", "w", "weight", "weights", "x")
_GRADIENT = ("g", "grad", "grads", "gradient", "gradients", "dw", "dtheta")
_COUNTER = ("t", "step", "steps", "step_count", "iteration", "k", "n_step")


def is_dispatcher(found: object) -> bool:
    """Whether something is a function that Numba compiles; Numba itself is not imported for the question."""
    return type(found).__module__.partition(".")[0] == "numba" and isinstance(
        getattr(found, "py_func", None), FunctionType
    )


@dataclass(frozen=True)
class Roles:
    """What the arguments of a function are.

    Attributes
    ----------
    names : tuple of str
        In order.
    theta, g, t : str
        Their names there; `t` is empty if there is none.
    states : tuple of str
    hyper : mapping of name to default
        ``inspect.Parameter.empty`` where there is none.
    arrays : bool
        Whether it takes arrays, and not the numbers of one element.
    """

    names: tuple[str, ...]
    theta: str
    g: str
    t: str
    states: tuple[str, ...]
    hyper: Mapping[str, Any]
    arrays: bool


def roles_of(target: str, function: FunctionType, mapped: Mapping[str, str], given: Mapping[str, Any]) -> Roles | None:
    """The roles of a function's arguments by their names; None if it is a step(theta, g, state, t, ...).

    Raises
    ------
    TraceError
        If there is no theta or no gradient among them.
    """
    parameters = inspect.signature(function).parameters
    names = list(parameters)
    if len(names) > 3 and names[2] == "state" and names[3] in _COUNTER:
        return None
    found = {role: next((n for n in names if n in usual), "") for role, usual in _USUAL.items()}
    if not found["theta"] or not found["g"]:
        raise TraceError(
            f"{target} has the arguments {', '.join(names)}; its parameter is to be called theta and its gradient g, "
            f"or it is a step(theta, g, state, t, ...)"
        )
    changed, returns = _changed(function)
    arrays = found["theta"] in changed or not returns
    rest = [n for n in names if n not in found.values()]
    known = {
        n
        for n in rest
        if n in mapped or n in given or readings(n) or parameters[n].default is not inspect.Parameter.empty
    }
    # A number of an element that no one knows is its state; an array is told by its brackets.
    hyper = [n for n in rest if (n not in changed and (arrays or n in known))]
    states = tuple(n for n in rest if n not in hyper)
    defaults = {n: parameters[n].default for n in hyper}
    return Roles(tuple(names), found["theta"], found["g"], found["t"], states, defaults, arrays)


_USUAL = {"theta": _THETA, "g": _GRADIENT, "t": _COUNTER}


def _changed(function: FunctionType) -> tuple[set[str], bool]:
    """The names that the function's text uses with brackets or changes in place, and whether it returns a value."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        raise Untraceable("its Python source is not at hand") from None
    nodes = list(ast.walk(tree))
    targets = [n.value for n in nodes if isinstance(n, ast.Subscript)]
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in nodes)
    if not returns:
        targets += [n.target for n in nodes if isinstance(n, ast.AugAssign)]
    return {n.id for n in targets if isinstance(n, ast.Name)}, returns


def plain_copy(function: FunctionType, home: ModuleType, met: dict[int, FunctionType] | None = None) -> FunctionType:
    """A copy of a function that uses no Numba: dispatchers among its globals become plain functions too.

    Parameters
    ----------
    function : function
    home : module
        An empty module, which gets the copies of the function's globals.
    """
    met = {} if met is None else met
    if id(function) in met:
        return met[id(function)]
    scope = vars(home) if not met else {}
    cells = tuple(_cell(c.cell_contents, home, met) for c in function.__closure__ or ())
    copy = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells or None)
    copy.__kwdefaults__ = function.__kwdefaults__
    met[id(function)] = copy
    scope.update({name: _plain(value, home, met) for name, value in function.__globals__.items()})
    return copy


def _cell(value: Any, home: ModuleType, met: dict[int, FunctionType]) -> Any:
    held = _plain(value, home, met)
    return (lambda: held).__closure__[0]  # type: ignore[index]


def _plain(value: Any, home: ModuleType, met: dict[int, FunctionType]) -> Any:
    if is_dispatcher(value):
        return plain_copy(value.py_func, home, met)
    name = getattr(value, "__name__", "")
    if inspect.ismodule(value) and name == "numba":
        return SimpleNamespace(prange=range)
    if isinstance(value, type) and value.__module__.startswith("numba.") and name == "prange":
        return range
    # While a step is traced, the functions of math are other ones; those that were imported by name must be too.
    if inspect.isbuiltin(value) and getattr(value, "__module__", "") == "math":
        return getattr(math, name)
    return value


def step_of(function: FunctionType, roles: Roles, init: Callable[..., Any] | None, home: ModuleType) -> Any:
    """A step(theta, g, state, t, *, ...) that calls a function with the arguments it has; ``home.init`` is set."""

    def step(theta: Any, g: Any, state: Any, t: Any, **hyper: Any) -> Any:
        given = {**hyper, **state, roles.theta: theta, roles.g: g, **({roles.t: t} if roles.t else {})}
        if roles.arrays:
            return _in_place(function, roles, given, theta, state)
        return _by_element(function, roles, given, theta, state)

    def start(theta: Any) -> dict[str, Any]:
        if init is None:
            return {name: np.zeros_like(theta) for name in roles.states}
        made = init(theta)
        if isinstance(made, dict):
            return {name: made[name] for name in roles.states}
        made = made if isinstance(made, (tuple, list)) else (made,)
        return dict(zip(roles.states, made, strict=True))

    kind = inspect.Parameter
    fixed = [kind(n, kind.POSITIONAL_OR_KEYWORD) for n in ("theta", "g", "state", "t")]
    keywords = [kind(n, kind.KEYWORD_ONLY, default=d) for n, d in roles.hyper.items()]
    step.__signature__ = inspect.Signature([*fixed, *keywords])  # type: ignore[attr-defined]
    vars(home).update(init=start)
    return step


def _in_place(function: Any, roles: Roles, given: Mapping[str, Any], theta: Any, state: Any) -> Any:
    returned = function(*(given[n] for n in roles.names))
    if returned is None or returned is theta:
        return theta, state
    raise Untraceable("it returns something else than it overwrites; a function of arrays overwrites them")


def _by_element(function: Any, roles: Roles, given: Mapping[str, Any], theta: Any, state: Any) -> Any:
    fresh = {roles.theta: theta, **state}
    for i in range(theta.size):
        values = {**given, **{n: a[i] for n, a in fresh.items()}, roles.g: given[roles.g][i]}
        returned = function(*(values[n] for n in roles.names))
        returned = returned if isinstance(returned, tuple) else (returned,)
        if len(returned) != len(fresh):
            raise TraceError(
                f"it returns {len(returned)} numbers for theta and the states {', '.join(roles.states) or '(none)'}"
            )
        for array, value in zip(fresh.values(), returned, strict=True):
            array[i] = value
    return theta, state
