"""The parameters of a trace side by side: each has symbols of its own, and the same step must come out for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from ...derive.catalogue.vocabulary import THETA, G
from ...derive.symbols import Quantity
from .jax_elements import Elements
from .jax_interpreter import not_followed, reason_not_followed
from .jax_steps import Slot, Subject
from .numpy_values import as_number
from .outcome import Outcome
from .record import THETA as THETA_KEY, Untraceable
from .torch_merge import equal

__all__ = ["Inputs", "drop_what_is_not_followed", "inputs_of", "one_parameter", "own_symbols", "state_elements"]

_UNLIKE = "it is not element-wise: parameters of the shapes {0} are not treated alike, {1} depends on the shape"


@dataclass(frozen=True)
class Inputs:
    """The symbols of a parameter before the step."""

    theta: Quantity
    gradient: Quantity
    states: Mapping[str, Quantity]

    @property
    def symbols(self) -> frozenset[sp.Symbol]:
        """All of them."""
        return frozenset([self.theta, self.gradient, *self.states.values()])

    @property
    def in_order(self) -> list[Quantity]:
        """All of them, in the same order for every parameter."""
        return [self.theta, self.gradient, *(self.states[s] for s in sorted(self.states))]


def inputs_of(subject: Subject, states: Mapping[str, Quantity]) -> dict[str, Inputs]:
    """Symbols for each parameter; the first one's are those of the record."""
    first, *others = subject.names
    found = {first: Inputs(THETA, G, states)}
    for name in others:
        own = {s: Quantity(f"{q.name}__{name}", q.domain) for s, q in states.items()}
        found[name] = Inputs(Quantity(f"theta__{name}"), Quantity(f"g__{name}"), own)
    return found


def own_symbols(inputs: Mapping[str, Inputs]) -> frozenset[sp.Symbol]:
    """The symbols that belong to one parameter each."""
    return frozenset().union(*(i.symbols for i in inputs.values()))


def state_elements(slot: Slot, shape: tuple[int, ...], subject: Subject, inputs: Mapping[str, Inputs]) -> Elements:
    """What a slot of a parameter holds before the step."""
    owner = subject.shapes[slot.owner]
    if shape not in ((), owner):
        words = f"it is not element-wise: the state {slot.name} of a parameter of shape {owner} has the shape {shape}"
        return Elements(not_followed(slot.name, words), shape)
    return Elements(inputs[slot.owner].states[slot.name], shape)


def one_parameter(
    subject: Subject,
    inputs: Mapping[str, Inputs],
    thetas: Mapping[str, Elements],
    slots: Sequence[tuple[Slot, Elements]],
) -> dict[str, sp.Expr]:
    """Theta and the slots of the first parameter, which must be those of the others under other names.

    Raises
    ------
    Untraceable
        If they are not, or if one parameter depends on another.
    """
    first, *others = subject.names
    shared = {s.name: as_number(e.expression) for s, e in slots if not s.owner}
    found = {n: _of_one(n, thetas, slots) for n in subject.names}
    for other in others:
        names = dict(zip(inputs[other].in_order, inputs[first].in_order, strict=True))
        shapes = f"{subject.shapes[first]} and {subject.shapes[other]}"
        _require_alike(found[first], {s: e.xreplace(names) for s, e in found[other].items()}, shapes)
    foreign = own_symbols({n: inputs[n] for n in others})
    for name, expression in {**found[first], **shared}.items():
        if expression.free_symbols & (foreign if name in found[first] else own_symbols(inputs)):
            raise Untraceable(f"it is not element-wise: {name} of one parameter depends on the values of another one")
    return {**found[first], **shared}


def _of_one(name: str, thetas: Mapping[str, Elements], slots: Sequence[tuple[Slot, Elements]]) -> dict[str, sp.Expr]:
    own = {s.name: as_number(e.expression) for s, e in slots if s.owner == name}
    return {THETA_KEY: as_number(thetas[name].expression), **own}


def _require_alike(mine: Mapping[str, sp.Expr], theirs: Mapping[str, sp.Expr], shapes: str) -> None:
    for expression in (mine[THETA_KEY], theirs[THETA_KEY]):
        if reason_not_followed(expression):
            raise Untraceable(reason_not_followed(expression))
    if set(theirs) != set(mine):
        strange = min(set(theirs) ^ set(mine))
        raise Untraceable(_UNLIKE.format(shapes, f"whether there is a state {strange}"))
    for slot, expression in theirs.items():
        if not (reason_not_followed(mine[slot]) or equal(mine[slot], expression)):
            raise Untraceable(_UNLIKE.format(shapes, slot))


def drop_what_is_not_followed(outcome: Outcome) -> None:
    """Drop slots that are not followed from an outcome.

    Raises
    ------
    Untraceable
        If theta depends on one of them, sooner or later.
    """
    needed = {THETA_KEY}
    while True:
        symbols = frozenset().union(*(outcome.outputs[n].free_symbols for n in needed))
        more = {n for n, q in outcome.state.items() if q in symbols} - needed
        if not more:
            break
        needed |= more
    for name in sorted(outcome.outputs):
        reason = reason_not_followed(outcome.outputs[name])
        if reason and name in needed:
            raise Untraceable(reason)
        if reason:
            del outcome.outputs[name]
            outcome.state.pop(name, None)
