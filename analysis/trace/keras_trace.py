"""Tracing ``keras.optimizers`` and subclasses of ``keras.optimizers.Optimizer``, on Keras's JAX backend."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import keras

from .jax_options import read_arguments
from .jax_steps import Steps, Subject
from .jax_trace import trace_steps
from .record import Traced, TraceError, Untraceable
from .torch_options import Constructor

__all__ = ["keras_subject", "trace_keras"]

_REFUSED = {
    "gradient_accumulation_steps": "theta moves only in every k-th step, which is not followed",
    "loss_scale_factor": "the gradient is that of a scaled loss; verify it without the factor",
    "ema_overwrite_frequency": "theta is replaced by its average in every k-th step, which is not followed",
}
"""Options of the base class whose effect is no formula of one step."""

_WITHOUT_EFFECT = "ema_momentum"
"""The average that it belongs to is kept beside theta, which does not depend on it."""

_ALL = frozenset(["_variables", "_trainable_variables"])
"""Attributes that list variables of several kinds."""


def trace_keras(
    target: str, kind: Any, *, mapped: Mapping[str, str], given: Mapping[str, Any], known: tuple[str, ...]
) -> Traced:
    """Trace one step of a Keras optimizer class as exact expressions.

    Parameters
    ----------
    target : str
        What the user called it.
    kind : type
        A subclass of ``keras.optimizers.Optimizer``.
    mapped : mapping
        Hyperparameters' names, theirs to ours.
    given : mapping
        Constructor arguments that are fixed, as values or as text.
    known : tuple of str
        The rule's hyperparameters: those are inputs even where they are off by default.

    Raises
    ------
    TraceError
        If it is no optimizer class, an option is unknown, or it raises an exception.
    Untraceable
        If its step cannot be read as expressions.
    """
    return trace_steps(keras_subject(target, kind, mapped=mapped, given=given, known=known))


def keras_subject(
    target: str, kind: Any, *, mapped: Mapping[str, str], given: Mapping[str, Any], known: tuple[str, ...]
) -> Subject:
    """What is traced for a class."""
    if not issubclass(kind, keras.optimizers.Optimizer):
        raise TraceError(f"{target} is no subclass of keras.optimizers.Optimizer")
    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    constructor = read_arguments(target, _parameters(kind), given, mapped, known)
    for name, reason in _REFUSED.items():
        if constructor.fixed.get(name) is not None:
            raise Untraceable(f"with {name}, {reason}")

    def begin(values: Mapping[str, Any]) -> Steps:
        return _Optimizer(kind, constructor, values).steps

    return Subject(target, constructor, begin)


def _parameters(kind: Any) -> list[inspect.Parameter]:
    """The constructor's arguments; those that only ``**kwargs`` hands on to the base class as well."""
    own = [p for p in list(inspect.signature(kind.__init__).parameters.values())[1:] if p.name != _WITHOUT_EFFECT]
    if not any(p.kind is p.VAR_KEYWORD for p in own):
        return own
    base = list(inspect.signature(keras.optimizers.Optimizer.__init__).parameters.values())[1:]
    return [
        *own,
        *(p for p in base if p.name not in {*(q.name for q in own), _WITHOUT_EFFECT} and p.kind is not p.VAR_KEYWORD),
    ]


class _Optimizer:
    """An optimizer that is made when its parameters are known."""

    def __init__(self, kind: Any, constructor: Constructor, values: Mapping[str, Any]) -> None:
        self.kind, self.constructor, self.values = kind, constructor, values
        self.made: dict[tuple[str, ...], Any] = {}

    @property
    def steps(self) -> Steps:
        return Steps(self.init, self.step)

    def optimizer(self, parameters: Mapping[str, Any]) -> Any:
        """The optimizer, built for variables of the parameters' shapes; outside of whatever JAX is writing down."""
        names = tuple(parameters)
        if names not in self.made:
            with jax.ensure_compile_time_eval():
                variables = [keras.Variable(jnp.zeros(parameters[n].shape), dtype="float64", name=n) for n in names]
                made = self.kind(**self.constructor.arguments(lambda name, _: self.values[name]))
                made.build(variables)
            self.made[names] = made
        return self.made[names]

    def init(self, parameters: Mapping[str, Any]) -> Any:
        """The state: everything the optimizer keeps, by name and parameter, but the learning rate."""
        made = self.optimizer(parameters)
        return _nested(made, parameters, [v.value for v in made.variables])

    def step(self, parameters: dict[str, Any], gradients: dict[str, Any], state: Any, t: Any) -> Any:
        """``stateless_apply``, with the learning rate of this step."""
        made = self.optimizer(parameters)
        held = _flat(made, parameters, state, self._learning_rate(made))
        after, kept = made.stateless_apply(held, [gradients[n] for n in parameters], list(parameters.values()))
        return dict(zip(parameters, after, strict=True)), _nested(made, parameters, kept)

    def _learning_rate(self, made: Any) -> Any:
        name = next((n for n, q in self.constructor.symbols.items() if q.name == "lr"), None)
        return made.learning_rate.value if name is None else self.values[name]


def _is_rate(made: Any, variable: Any) -> bool:
    return variable is getattr(made, "_learning_rate", None)


def _places(made: Any, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """For each variable of an optimizer, the attribute that holds it and the parameter it is kept for.

    Their own names do not tell: Keras numbers some of them through all optimizers of a process.
    """
    found: dict[int, tuple[str, str]] = {}
    for attribute, value in vars(made).items():
        if isinstance(value, keras.Variable):
            found[id(value)] = (attribute.strip("_"), "")
        elif isinstance(value, (list, tuple)) and len(value) == len(parameters) and attribute not in _ALL:
            for owner, inner in zip(parameters, value, strict=True):
                found.setdefault(id(inner), (attribute.strip("_"), owner))
    return [found.get(id(v), (f"variable.{k}", "")) for k, v in enumerate(made.variables)]


def _nested(made: Any, parameters: Mapping[str, Any], values: list[Any]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for variable, (name, owner), value in zip(made.variables, _places(made, parameters), values, strict=True):
        if not _is_rate(made, variable):
            if owner:
                state.setdefault(name, {})[owner] = value
            else:
                state[name] = value
    return state


def _flat(made: Any, parameters: Mapping[str, Any], state: Mapping[str, Any], rate: Any) -> list[Any]:
    return [
        jnp.asarray(rate, variable.dtype) if _is_rate(made, variable) else state[name][owner] if owner else state[name]
        for variable, (name, owner) in zip(made.variables, _places(made, parameters), strict=True)
    ]
