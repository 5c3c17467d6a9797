"""Tracing a step function of one's own, written with ``jax.numpy``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import jax

from .constants import exact_number
from .hyperparameters import quantities_for
from .jax_session import NewHyperparameter
from .jax_steps import Steps, Subject
from .jax_trace import trace_steps
from .numpy_step import HyperMapping, StepFunction, where_it_raised
from .record import Traced
from .torch_options import Constructor, option_value

__all__ = ["jax_subject", "trace_jax"]

_NAMES = ("theta_matrix", "theta_vector")


def trace_jax(
    target: str,
    function: Any,
    *,
    module: ModuleType,
    mapped: Mapping[str, str],
    given: Mapping[str, Any],
    known: tuple[str, ...],
) -> Traced:
    """Trace ``step(theta, g, state, t, hyper)``, or a step with keyword hyperparameters.

    Parameters
    ----------
    target : str
        What the user called it.
    function : callable
    module : module
        Where it was defined; ``init`` is looked up there.
    mapped : mapping
        Hyperparameters' names, theirs to ours.
    given : mapping
        Hyperparameters and options with fixed values.
    known : tuple of str
        Names of hyperparameters, for code that asks for all there are.

    Raises
    ------
    TraceError
        If the function has another signature, raises, or returns other shapes.
    Untraceable
        If it cannot be read as expressions.
    """
    step = _step_function(target, function, module, given, known)
    _register_mapping()
    while True:
        try:
            traced = trace_steps(_subject(target, step, module, mapped))
            break
        except NewHyperparameter as new:
            step.record.names.setdefault(str(new))
    return traced


def _step_function(
    target: str, function: Any, module: ModuleType, given: Mapping[str, Any], known: tuple[str, ...]
) -> StepFunction:
    @functools.wraps(function)
    def step(theta: Any, g: Any, *rest: Any, **hyper: Any) -> Any:
        found = function(theta, g, *rest, **hyper)
        # One array is theta; the state, if there is one, stays what it is.
        return (found, rest[0]) if isinstance(found, jax.Array) else found

    return StepFunction.of(target, step, module, {n: option_value(v) for n, v in given.items()}, known)


def jax_subject(
    target: str,
    function: Any,
    *,
    module: ModuleType,
    mapped: Mapping[str, str],
    given: Mapping[str, Any],
    known: tuple[str, ...],
) -> Subject:
    """What is run for a step function."""
    _register_mapping()
    return _subject(target, _step_function(target, function, module, given, known), module, mapped)


def _subject(target: str, step: StepFunction, module: ModuleType, mapped: Mapping[str, str]) -> Subject:
    """What is traced for a step function, with the hyperparameters that were met so far."""
    names = [p.name for p in step.parameters if not step.mapping and _is_number(p, step)]
    for name in names:
        step.record.names.setdefault(name)
    symbols = quantities_for(step.record.names, mapped)
    path = getattr(module, "__file__", None)

    def begin(values: Mapping[str, Any]) -> Steps:
        def value(name: str) -> Any:
            if name not in values:
                raise NewHyperparameter(name)
            return values[name]

        def init(parameters: dict[str, Any]) -> Any:
            return {n: step.start(theta, value) for n, theta in parameters.items()}

        def one(parameters: dict[str, Any], gradients: dict[str, Any], state: Any, t: Any) -> Any:
            made = {n: step(theta, gradients[n], state[n], t, value) for n, theta in parameters.items()}
            return {n: theta for n, (theta, _) in made.items()}, {n: kept for n, (_, kept) in made.items()}

        return Steps(init, one)

    constructor = Constructor(
        symbols,
        {n: exact_number(float(v))[0] for n, v in step.record.defaults.items() if n in symbols},
        {**step.record.fixed, **step.given},
    )
    return Subject(
        target, constructor, begin, _NAMES, False, functools.partial(where_it_raised, path=path), step.record.effects
    )


def _is_number(parameter: inspect.Parameter, step: StepFunction) -> bool:
    if parameter.name in step.given:
        return False
    return parameter.default is parameter.empty or type(parameter.default) in (int, float)


def _register_mapping() -> None:
    """Let the mapping of hyperparameters pass through ``jax.jit``."""

    def taken_apart(hyper: HyperMapping) -> tuple[tuple[Any, ...], Any]:
        for name in hyper.known_names():
            hyper[name]
        return tuple(dict.values(hyper)), _Shell(tuple(dict.keys(hyper)), hyper)

    def put_together(shell: Any, values: Any) -> HyperMapping:
        return shell.like.with_values(dict(zip(shell.names, values, strict=True)), _missing)

    try:
        jax.tree_util.register_pytree_node(HyperMapping, taken_apart, put_together)
    except ValueError:
        return


def _missing(name: str) -> Any:
    raise NewHyperparameter(name)


class _Shell:
    """The names in a mapping of hyperparameters; JAX compares it to tell whether it compiled this before."""

    def __init__(self, names: tuple[str, ...], like: HyperMapping) -> None:
        self.names, self.like = names, like

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shell) and other.names == self.names

    def __hash__(self) -> int:
        return hash(self.names)
