"""Tracing optax: factories of gradient transformations, and transformations themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax

from .jax_options import read_arguments
from .jax_steps import Steps, Subject
from .jax_trace import trace_steps
from .record import Traced, TraceError

__all__ = ["is_transformation", "optax_subject", "trace_optax"]


def is_transformation(found: Any) -> bool:
    """Whether it is a gradient transformation that is already made."""
    return isinstance(found, optax.GradientTransformation)


def trace_optax(
    target: str, found: Any, *, mapped: Mapping[str, str], given: Mapping[str, Any], known: tuple[str, ...]
) -> Traced:
    """Trace one step of an optax transformation, or of what a factory makes, as exact expressions.

    Parameters
    ----------
    target : str
        What the user called it.
    found : callable or optax.GradientTransformation
    mapped : mapping
        Hyperparameters' names, theirs to ours.
    given : mapping
        Arguments that are fixed, as values or as text.
    known : tuple of str
        The rule's hyperparameters: those are inputs even where they are off by default.

    Raises
    ------
    TraceError
        If an option is unknown, or it makes no transformation, or raises an exception.
    Untraceable
        If its step cannot be read as expressions.
    """
    return trace_steps(optax_subject(target, found, mapped=mapped, given=given, known=known))


def optax_subject(
    target: str, found: Any, *, mapped: Mapping[str, str], given: Mapping[str, Any], known: tuple[str, ...]
) -> Subject:
    """What is traced for a transformation or a factory."""
    factory: Callable[..., Any] = (lambda: found) if is_transformation(found) else found
    constructor = read_arguments(target, list(inspect.signature(factory).parameters.values()), given, mapped, known)

    def begin(values: Mapping[str, Any]) -> Steps:
        def made() -> Any:
            transformation = factory(**constructor.arguments(lambda name, _: values[name]))
            if not is_transformation(transformation):
                raise TraceError(
                    f"{target} makes a {type(transformation).__name__}, not an optax.GradientTransformation; "
                    f"a step function is step(theta, g, state, t, hyper)"
                )
            return transformation

        def step(parameters: Any, gradients: Any, state: Any, t: Any) -> Any:
            # Made again for every step, as optax.inject_hyperparams does, so that the learning rate may change.
            held = _with_hyperparameters(state, values)
            updates, kept = made().update(gradients, held, parameters)
            return optax.apply_updates(parameters, updates), kept

        return Steps(lambda parameters: made().init(parameters), step)

    return Subject(target, constructor, begin)


def _with_hyperparameters(state: Any, values: Mapping[str, Any]) -> Any:
    """The state of ``optax.inject_hyperparams`` holds the hyperparameters, where a user changes them."""

    def injected(node: Any) -> bool:
        return isinstance(getattr(node, "hyperparams", None), dict)

    def replaced(node: Any) -> Any:
        if not injected(node):
            return node
        held = {n: jax.numpy.asarray(values[n]) if n in values else v for n, v in node.hyperparams.items()}
        return node._replace(hyperparams=held)

    return jax.tree.map(replaced, state, is_leaf=injected)
