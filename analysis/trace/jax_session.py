"""One step of an optimizer written in JAX, under a run: from the start, or from a state that is all symbols.

The real code runs once while JAX writes down what it does; hyperparameters are floats that carry their expressions, and
where JAX keeps only the float, its digits tell which it was.  Several parameters of different shapes go through the
same step, and the same must come out for all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import sympy as sp

from ...derive.catalogue.vocabulary import T
from .jax_elements import Elements
from .jax_interpreter import Interpreter
from .jax_parameters import (
    Inputs,
    drop_what_is_not_followed,
    inputs_of,
    one_parameter,
    own_symbols,
    state_elements,
)
from .jax_steps import Layout, Slot, Steps, Subject, slots_of
from .numpy_values import as_number
from .outcome import Outcome, RefusedError
from .record import TraceError, Untraceable, state_quantity
from .torch_number import Number, math_on_numbers
from .torch_run import Run
from .torch_witness import draw

__all__ = ["Counts", "NewHyperparameter", "SlotVariesError", "first_step", "later_step"]

Counts = Mapping[str, tuple[sp.Rational, sp.Rational]]
"""Slots that count steps or stay as they are: by how much each step, and from where."""


class SlotVariesError(Exception):
    """What looked like a counter or a constant is none; the argument is its name."""


class NewHyperparameter(Exception):
    """The code asks for a hyperparameter that was not met before."""


class _Session:
    """The step under a run."""

    def __init__(self, subject: Subject, run: Run, generator: random.Random) -> None:
        self.subject, self.run, self.generator = subject, run, generator
        values = {name: self.number(q) for name, q in subject.constructor.symbols.items()}
        self.steps: Steps = self.guarded(lambda: subject.begin(values))
        self.parameters = {n: jax.ShapeDtypeStruct(s, jnp.float64) for n, s in subject.shapes.items()}

    def number(self, expression: sp.Expr) -> Number:
        """The expression with its witness."""
        for symbol in sorted(expression.free_symbols, key=str):
            if symbol not in self.run.witness:
                # A late step would leave nothing of beta**t in the digits of 1 - beta**t, by which it is known.
                early = symbol == T
                self.run.witness[symbol] = self.generator.uniform(2.2, 4.8) if early else draw(symbol, self.generator)
        value = expression.subs(self.run.witness)
        return Number(float(value), expression, self.run)

    def guarded(self, call: Callable[[], Any]) -> Any:
        """Run the optimizer's code; what it raises becomes a refusal."""
        try:
            with math_on_numbers():
                return call()
        except (Untraceable, TraceError, NewHyperparameter):
            raise
        except jax.errors.ConcretizationTypeError as error:
            raise Untraceable(_converted(error)) from error
        except jax.errors.TracerArrayConversionError:
            raise Untraceable("the step turns an array into one of NumPy's, where JAX no longer sees it") from None
        except Exception as error:
            raise RefusedError(self.subject.where(error)) from error

    def traced(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What JAX writes down while `function` runs."""
        return self.guarded(lambda: jax.make_jaxpr(function)(*arguments))


def _converted(error: BaseException) -> str:
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return "the step takes a branch of Python on the value of an array, which JAX does not show; use jnp.where"
    return "the step asks for the value of an array while it runs (float(), int(), .item()), which JAX does not show"


def first_step(subject: Subject, run: Run, generator: random.Random) -> Outcome:
    """The first step, from the state that is made for the parameters."""
    session = _Session(subject, run, generator)
    layouts: list[Layout] = []

    def whole(parameters: dict[str, Any], gradients: dict[str, Any]) -> Any:
        state = session.steps.init(parameters)
        before = slots_of(state, subject.names)
        after, kept = session.steps.step(parameters, gradients, state, 1)
        _require_parameters(subject, after)
        layouts[:] = [before, slots_of(kept, subject.names)]
        return after, before.numeric(state), layouts[1].numeric(kept)

    program = session.traced(whole, session.parameters, session.parameters)
    inputs = inputs_of(subject, {})
    interpreter = Interpreter(run, own_symbols(inputs), frozenset())
    found = iter(interpreter.closed(program, _arguments(subject, inputs)))
    thetas = {n: next(found) for n in sorted(subject.names)}
    before, after = ([(slot, next(found)) for slot, _ in layout.numbered] for layout in layouts)
    outcome = Outcome(run, limits=interpreter.limits)
    outcome.outputs = one_parameter(subject, inputs, thetas, after)
    started = one_parameter(subject, inputs, thetas, before)
    outcome.initial = {n: e for n, e in started.items() if n != "theta"}
    return outcome


def later_step(
    subject: Subject, run: Run, generator: random.Random, counts: Counts, varying: frozenset[str] = frozenset()
) -> Outcome:
    """A step from a state that is all symbols.

    Parameters
    ----------
    counts : mapping
        What is known of slots that hold the same number on every way before and after the first step.
    varying : set of str
        Those of them that turned out to be values after all.

    Raises
    ------
    SlotVariesError
        If another one of them turns out to be a value.
    """
    session = _Session(subject, run, generator)
    state = _State(session, {n: c for n, c in counts.items() if n not in varying})
    program = session.traced(state.step, session.parameters, session.parameters, state.shapes_of_arrays)
    interpreter = Interpreter(run, own_symbols(state.inputs) - state.shared_symbols, frozenset([T]))
    found = iter(interpreter.closed(program, [*_arguments(subject, state.inputs), *state.arrays]))
    thetas = {n: next(found) for n in sorted(subject.names)}
    after = [(slot, next(found)) for slot, _ in state.layout.numbered]
    outcome = Outcome(run, limits=interpreter.limits)
    outcome.outputs = one_parameter(subject, state.inputs, thetas, after)
    state.check_counts(outcome)
    outcome.state = {n: q for n, q in state.own.items() if n in outcome.outputs}
    drop_what_is_not_followed(outcome)
    return outcome


class _State:
    """The state before a later step: symbols, and numbers in terms of t for slots that count."""

    def __init__(self, session: _Session, counts: Counts) -> None:
        self.session, self.counts = session, counts
        self.layout, self.shapes = _after_first_step(session)
        numbered = self.layout.numbered
        self.own = {slot.name: state_quantity(slot.name) for slot, _ in numbered if slot.name not in counts}
        self.inputs = inputs_of(
            session.subject, {s.name: self.own[s.name] for s, _ in numbered if s.owner and s.name in self.own}
        )
        self.values = [self._before(slot, tuple(x.shape)) for (slot, _), x in zip(numbered, self.shapes, strict=True)]
        self._is_array = [kind == "array" for _, kind in numbered]

    def _before(self, slot: Slot, shape: tuple[int, ...]) -> Elements:
        if slot.name in self.counts:
            slope, start = self.counts[slot.name]
            return Elements(slope * (T - 1) + start, shape)
        if slot.owner:
            return state_elements(slot, shape, self.session.subject, self.inputs)
        return Elements(self.own[slot.name], shape)

    @property
    def arrays(self) -> list[Elements]:
        """What JAX takes as inputs."""
        return [v for v, is_array in zip(self.values, self._is_array, strict=True) if is_array]

    @property
    def shapes_of_arrays(self) -> list[Any]:
        """Their shapes and types."""
        return [x for x, is_array in zip(self.shapes, self._is_array, strict=True) if is_array]

    @property
    def shared_symbols(self) -> frozenset[sp.Basic]:
        """States of a parameter that hold one number for all its coordinates."""
        shapes = self.session.subject.shapes
        return frozenset(
            v.expression
            for (slot, _), v in zip(self.layout.numbered, self.values, strict=True)
            if v.shape != shapes.get(slot.owner)
        )

    def step(self, parameters: dict[str, Any], gradients: dict[str, Any], arrays: list[Any]) -> Any:
        """The step from this state."""
        session, left = self.session, iter(arrays)
        leaves = [
            next(left) if is_array else session.number(as_number(v.expression))
            for v, is_array in zip(self.values, self._is_array, strict=True)
        ]
        state = self.layout.rebuilt(leaves)
        after, kept = session.steps.step(parameters, gradients, state, session.number(T))
        _require_parameters(session.subject, after)
        if slots_of(kept, session.subject.names) != self.layout:
            raise Untraceable("the state changes its layout after the first step")
        return after, self.layout.numeric(kept)

    def check_counts(self, outcome: Outcome) -> None:
        """Hold what counts against what it should be after the step, and take it out of the outcome."""
        for name in [n for n in self.counts if n in outcome.outputs]:
            slope, start = self.counts[name]
            if sp.expand(outcome.outputs.pop(name) - (slope * T + start)) != 0:
                raise SlotVariesError(name)
        if not any(T in e.free_symbols for e in outcome.outputs.values()):
            outcome.limits.clear()


def _after_first_step(session: _Session) -> tuple[Layout, list[Any]]:
    """The layout of the state after the first step, and the shapes and types of what it holds."""
    layouts: list[Layout] = []

    def one(parameters: dict[str, Any], gradients: dict[str, Any]) -> Any:
        _, kept = session.steps.step(parameters, gradients, session.steps.init(parameters), 1)
        layouts[:] = [slots_of(kept, session.subject.names)]
        return layouts[0].numeric(kept)

    shapes = session.guarded(lambda: jax.eval_shape(one, session.parameters, session.parameters))
    return layouts[0], shapes


def _arguments(subject: Subject, inputs: Mapping[str, Inputs]) -> list[Elements]:
    """Parameters and gradients, in the order in which JAX takes the entries of a dictionary."""
    names = sorted(inputs)
    return [
        *(Elements(inputs[n].theta, subject.shapes[n]) for n in names),
        *(Elements(inputs[n].gradient, subject.shapes[n]) for n in names),
    ]


def _require_parameters(subject: Subject, after: Any) -> None:
    for name, shape in subject.shapes.items():
        held = getattr(after[name], "shape", None)
        if held != shape:
            shown = f"an array of shape {held}" if held is not None else f"a {type(after[name]).__name__}"
            raise TraceError(f"{subject.target} returns {shown} for theta of shape {shape}; theta keeps its shape")
