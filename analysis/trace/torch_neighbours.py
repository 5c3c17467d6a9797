"""Several parameters in two groups, one of them without a gradient, and a closure: does each parameter go its own way?

Two steps of an optimizer over all of them are held against two steps of one over a single parameter, as formulas.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
import torch

from ...derive.serialise import canonical
from ...derive.symbols import Quantity
from .record import Untraceable
from .torch_environment import traced_environment
from .torch_mode import SymbolicTensors
from .torch_number import Number
from .torch_run import Run
from .torch_session import Subject
from .torch_witness import coincide, draw

__all__ = ["Neighbours", "look_at_neighbours"]

_STEPS = 2

_SHARED = (
    "the state of one parameter is used for another: with several parameters, theta depends on the others' gradients"
)
_UNLIKE = "with several parameters, it does not do to each what it does to one alone"


@dataclass
class Neighbours:
    """What was seen.

    Attributes
    ----------
    mixed : str
        How one parameter depends on another; empty if it does not.
    effects : list of str
        What a user of several parameters or groups would not expect.
    """

    mixed: str = ""
    effects: list[str] = field(default_factory=list)


class _Tensors:
    """Parameters with symbols of their own, fed before each step."""

    def __init__(self, subject: Subject, run: Run, generator: random.Random, letters: str) -> None:
        self.subject, self.run, self.generator = subject, run, generator
        self.mode = SymbolicTensors(run)
        grad = not subject.constructor.fixed.get("differentiable")
        self.parameters = {k: torch.nn.Parameter(torch.zeros(2), requires_grad=grad) for k in letters}

    def number(self, symbol: sp.Symbol) -> Number:
        if symbol not in self.run.witness:
            self.run.witness[symbol] = draw(symbol, self.generator)
        return Number(self.run.witness[symbol], symbol, self.run)

    def arguments(self) -> dict[str, Any]:
        return self.subject.constructor.arguments(lambda _, q: self.number(q))

    def feed(self, step: int, without: str = "") -> None:
        for letter, parameter in self.parameters.items():
            theta, gradient = _symbols(letter, step)
            if step == 1:
                self.mode.give(parameter, theta, float(self.number(theta)))
            parameter.grad = None
            if letter not in without:
                parameter.grad = torch.zeros(2)
                self.mode.give(parameter.grad, gradient, float(self.number(gradient)))


def _symbols(letter: str, step: int) -> tuple[Quantity, Quantity]:
    return Quantity(f"theta_{letter}"), Quantity(f"g_{letter}_{step}")


def look_at_neighbours(subject: Subject) -> Neighbours:
    """Run an optimizer over several parameters and compare each with one that is alone."""
    with traced_environment():
        found = Neighbours()
        witness: dict[sp.Symbol, float] = {}
        alone = _alone(subject, witness)
        if alone is None:
            return found
        run = Run(witness=witness, rehearsing=True)
        several = _Tensors(subject, run, random.Random("several"), "abcn")
        groups = _made(several, found)
        calls = _stepped(several, groups[0], found)
        if calls == 0:
            found.effects.append("step takes a closure and never calls it")
        if calls is not None:
            _compare(several, alone, groups[1], found)
        return found


def _alone(subject: Subject, witness: dict[sp.Symbol, float]) -> sp.Expr | None:
    """Theta after two steps of an optimizer over one parameter; None if it raises an exception."""
    run = Run(witness=witness, rehearsing=True)
    one = _Tensors(subject, run, random.Random("alone"), "a")
    try:
        with one.mode:
            optimizer = subject.kind(list(one.parameters.values()), **one.arguments())
        for step in range(1, _STEPS + 1):
            one.feed(step)
            with one.mode:
                optimizer.step(*([lambda: torch.zeros(())] if _takes_closure(subject) else []))
    except Untraceable:
        raise
    except Exception:
        return None
    return one.mode.expression(one.parameters["a"])


def _made(several: _Tensors, found: Neighbours) -> tuple[Any, bool]:
    """The optimizer, with the last parameter in a group of its own if groups are taken."""
    subject, parameters = several.subject, several.parameters
    first, second = [parameters["a"], parameters["b"], parameters["n"]], [parameters["c"]]
    options: dict[str, Any] = {}
    if subject.lr:
        options[subject.lr[0]] = several.number(_second_lr(subject))
    try:
        with several.mode:
            return subject.kind([{"params": first}, {"params": second, **options}], **several.arguments()), True
    except Untraceable:
        raise
    except Exception:
        found.effects.append("it does not take parameter groups")
    with several.mode:
        return subject.kind([*first, *second], **several.arguments()), False


def _second_lr(subject: Subject) -> Quantity:
    if subject.lr is None:
        raise ValueError("the optimizer has no learning rate")
    return Quantity("lr_second", subject.lr[1].domain)


def _takes_closure(subject: Subject) -> bool:
    return "closure" in inspect.signature(subject.kind.step).parameters


def _stepped(several: _Tensors, optimizer: Any, found: Neighbours) -> int | None:
    """Make two steps; returns how often the closure was called, None if an exception was raised."""
    calls = 0

    def closure() -> Any:
        nonlocal calls
        calls += 1
        return torch.zeros(())

    without = "n"
    for step in range(1, _STEPS + 1):
        try:
            _one_step(several, optimizer, step, without, closure)
        except Untraceable:
            raise
        except Exception as error:
            found.effects.append(f"a parameter without a gradient makes it raise {type(error).__name__}: {error}")
            return None
    return calls if _takes_closure(several.subject) else 1


def _one_step(several: _Tensors, optimizer: Any, step: int, without: str, closure: Callable[[], Any]) -> None:
    several.feed(step, without)
    with several.mode:
        optimizer.step(*([closure] if _takes_closure(several.subject) else []))


def _same(left: sp.Expr, right: sp.Expr) -> bool:
    return coincide(canonical(left), canonical(right))


def _compare(several: _Tensors, alone: sp.Expr, grouped: bool, found: Neighbours) -> None:
    own = {letter: {*_symbols(letter, 1), *(_symbols(letter, s)[1] for s in range(1, _STEPS + 1))} for letter in "abcn"}
    for letter in "abc":
        got = several.mode.expression(several.parameters[letter])
        names = {a: b for s in range(1, _STEPS + 1) for a, b in zip(_symbols("a", s), _symbols(letter, s), strict=True)}
        expected = alone.xreplace(names)
        lr = several.subject.lr[1] if several.subject.lr else None
        if letter == "c" and grouped and lr is not None:
            other = expected.xreplace({lr: _second_lr(several.subject)})
            if other != expected and _same(got, expected):
                found.effects.append("the learning rate of a second parameter group has no effect")
                continue
            expected = other
        if not _same(got, expected):
            strangers = set().union(*(own[k] for k in own if k != letter)) & got.free_symbols
            found.mixed = _SHARED if strangers else _UNLIKE
            return
    if several.mode.expression(several.parameters["n"]) != _symbols("n", 1)[0]:
        found.effects.append("a parameter without a gradient is changed")
