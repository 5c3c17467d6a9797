"""One optimizer, made and stepped once under a run: from the empty state, or from a state that is all symbols.

For a step from any state, a few steps are rehearsed first, so that whatever the optimizer keeps exists and shows what
it is: a constant, a counter, or a value.  Then every value is overwritten with a symbol, every counter with what it is
before step t, and the real ``step()`` runs once more.
"""

from __future__ import annotations

import inspect
import random
from dataclasses import dataclass
from typing import Any

import sympy as sp
import torch

from ...derive.catalogue.vocabulary import THETA, G, T
from ...derive.printing import expression_text
from ...derive.symbols import Quantity
from .outcome import Outcome, RefusedError
from .record import TraceError, Untraceable, not_swallowed, state_quantity, tolerated
from .torch_environment import traced_environment
from .torch_kinds import Kinds, SlotVariesError, check_others, domain_of_slot, rehearsed, sorted_slots
from .torch_mode import SymbolicTensors
from .torch_number import Number
from .torch_options import Constructor
from .torch_run import Run
from .torch_slots import Slot, StateOfParameter, initial_of, slots
from .torch_witness import draw

__all__ = ["CONSTRUCTED_LR", "Outcome", "RefusedError", "SlotVariesError", "Subject", "first_step", "later_step"]

CONSTRUCTED_LR = "lr given to the constructor"
"""The slot that stands for a learning rate that was read once and for all."""

_SHAPE = (2,)


@dataclass(frozen=True)
class Subject:
    """What is traced: the class and how it is constructed."""

    target: str
    kind: Any
    constructor: Constructor

    @property
    def lr(self) -> tuple[str, Quantity] | None:
        """The learning rate's own name and quantity, if it is an input."""
        found = [(n, q) for n, q in self.constructor.symbols.items() if q.name == "lr"]
        return found[0] if found else None


class Session:
    """An optimizer over one parameter, under one run."""

    def __init__(self, subject: Subject, run: Run, generator: random.Random, lr: Quantity | None) -> None:
        self.subject, self.run, self.generator = subject, run, generator
        self.mode = SymbolicTensors(run)
        differentiable = bool(subject.constructor.fixed.get("differentiable"))
        self.parameter = torch.nn.Parameter(torch.zeros(_SHAPE), requires_grad=not differentiable)
        self.feed(THETA, G)
        arguments = subject.constructor.arguments(
            lambda name, q: self.number(lr if lr is not None and q.name == "lr" else q)
        )
        with self.mode:
            self.optimizer = self.guarded(lambda: subject.kind([self.parameter], **arguments))
        self.lr_keys = [] if lr is None else self._holding(lr)
        if hasattr(self.optimizer, "state") and not self.optimizer.state:
            self.optimizer.state.default_factory = lambda: StateOfParameter(self._note)

    def _note(self, value: Any) -> Any:
        found: Any = None
        with tolerated():
            if isinstance(value, (torch.Tensor, int, float)):
                found = self.mode.expression(value)
        return found

    def _holding(self, lr: Quantity) -> list[str]:
        (group,) = self.optimizer.param_groups
        keys = [k for k, v in group.items() if isinstance(v, Number) and v.expression == lr]
        return ["lr"] if "lr" in keys else keys

    @property
    def lr_slots(self) -> frozenset[str]:
        """The slots that a learning rate scheduler sets."""
        return frozenset(f"group.{key}" for key in self.lr_keys)

    def number(self, symbol: sp.Symbol, value: float | None = None) -> Number:
        """The symbol with its witness."""
        if symbol not in self.run.witness:
            self.run.witness[symbol] = draw(symbol, self.generator) if value is None else value
        return Number(self.run.witness[symbol], symbol, self.run)

    def feed(self, theta: sp.Symbol, gradient: sp.Symbol) -> None:
        """Let the parameter be `theta` and its gradient `gradient`."""
        self.mode.give(self.parameter, theta, float(self.number(theta)))
        self.parameter.grad = torch.zeros(_SHAPE)
        self.mode.give(self.parameter.grad, gradient, float(self.number(gradient)))

    def set_lr(self, lr: Quantity) -> None:
        """What a learning rate scheduler does."""
        (group,) = self.optimizer.param_groups
        for key in self.lr_keys:
            group[key] = self.number(lr)

    def step(self) -> None:
        """Call the optimizer's ``step``."""
        needs_closure = [
            p
            for p in list(inspect.signature(self.subject.kind.step).parameters.values())[1:]
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        with self.mode, not_swallowed():
            self.guarded(lambda: self.optimizer.step(*([lambda: torch.zeros(())] if needs_closure else [])))

    def guarded(self, call: Any) -> Any:
        """Run code of the optimizer; what it raises becomes a refusal."""
        try:
            return call()
        except (Untraceable, TraceError):
            raise
        except Exception as error:
            raise RefusedError(f"{type(error).__name__}: {error}".strip().rstrip(":")) from error

    def read(self, outcome: Outcome, kept: list[Slot]) -> None:
        """Write what is there after the step into `outcome`."""
        outcome.outputs["theta"] = self.mode.expression(self.parameter)
        outcome.values["theta"] = self._value("the parameter", self.parameter)
        for slot in kept:
            outcome.outputs[slot.name] = slot.read(self.mode)
            outcome.values[slot.name] = self._value(slot.name, slot.value)
        outcome.effects += self._effects()

    def _value(self, name: str, value: Any) -> float:
        if not isinstance(value, torch.Tensor):
            return float(value)
        with torch.no_grad():
            values = value.flatten().tolist()
        if any(v != values[0] for v in values[1:]) and values[0] == values[0]:
            raise Untraceable(
                f"after the step, the elements of {name} differ: the step is not the same for all of them"
            )
        return float(values[0])

    def _effects(self) -> list[str]:
        gradient = self.parameter.grad
        if gradient is None:
            return ["the gradient is deleted by the step"]
        held = self.mode.expression(gradient)
        return (
            []
            if held == G
            else [f"the gradient is overwritten: after the step it holds {expression_text(held, 'text')}"]
        )

    def slots(self) -> dict[str, Slot]:
        """All slots by name."""
        return {s.name: s for s in slots(self.optimizer, self.parameter)}


def first_step(subject: Subject, run: Run, generator: random.Random) -> Outcome:
    """The first step of a fresh optimizer.

    Raises
    ------
    RefusedError
        If the optimizer raised an exception.
    """
    with traced_environment():
        run.static = frozenset(subject.constructor.symbols.values())
        lr = subject.lr[1] if subject.lr else None
        session = Session(subject, run, generator, lr)
        outcome = Outcome(run)
        before = {n: s.read(session.mode) for n, s in session.slots().items() if s.is_numeric}
        session.step()
        kept = [s for s in session.slots().values() if s.is_numeric]
        session.read(outcome, kept)
        born = initial_of(session.optimizer, session.parameter, session.mode)
        outcome.initial = {n: v for n, v in {**born, **before}.items() if isinstance(v, sp.Expr)}
        return outcome


def later_step(
    subject: Subject, run: Run, generator: random.Random, rehearsals: int = 3, varying: frozenset[str] = frozenset()
) -> Outcome:
    """A step from a state that is all symbols, after `rehearsals` steps that made the state.

    Parameters
    ----------
    varying : set of str
        Slots that are states, though they look like constants or counters at first.

    Raises
    ------
    RefusedError
        If the optimizer raised an exception.
    SlotVariesError
        If another slot turns out to be one.
    """
    with traced_environment():
        constructed = None
        if subject.lr:
            constructed = state_quantity(CONSTRUCTED_LR, subject.lr[1].domain)
        run.static = frozenset(subject.constructor.symbols.values()) | ({constructed} if constructed else set())
        run.rehearsing = True
        session = Session(subject, run, generator, constructed)
        seen = [_rehearse(session, k) for k in range(1, rehearsals + 1)][-3:]
        run.rehearsing = False
        values, counts, constants = sorted_slots(seen, rehearsals, session.lr_slots, varying)
        return _last(session, seen, (values, counts, constants), constructed)


def _rehearse(session: Session, k: int) -> dict[str, Any]:
    theta, gradient = Quantity(f"theta__{k}"), Quantity(f"g__{k}")
    session.feed(theta, gradient)
    if session.subject.lr:
        session.set_lr(Quantity(f"lr__{k}", session.subject.lr[1].domain))
    session.step()
    seen = {name: slot.read(session.mode) for name, slot in session.slots().items()}
    for name, slot in session.slots().items():
        # What depends on the steps before gets a name, or the expressions would grow from step to step.
        if slot.is_numeric and not seen[name].is_Symbol and rehearsed(seen[name]):
            symbol = state_quantity(f"{name}__{k}")
            slot.overwrite(session.mode, symbol, float(session.number(symbol, slot.number())))
    return seen


def _last(session: Session, seen: list[dict[str, Any]], kinds: Kinds, constructed: Quantity | None) -> Outcome:
    outcome, mode = Outcome(session.run), session.mode
    values, counts, constants = kinds
    placed = session.slots()
    for name in values:
        outcome.state[name] = state_quantity(name, domain_of_slot(seen, name))
        number = session.number(outcome.state[name], placed[name].number())
        placed[name].overwrite(mode, outcome.state[name], float(number))
    t = float(session.number(T))
    for name, (slope, start) in counts.items():
        before = slope * (T - 1) + start
        placed[name].overwrite(mode, before, float(slope) * (t - 1) + float(start))
    session.feed(THETA, G)
    if session.subject.lr:
        session.set_lr(session.subject.lr[1])
    held = _held_lr(session)
    session.step()
    if _held_lr(session) != held:
        raise Untraceable("the step changes the learning rate of its group, which is the user's to set")
    after = session.slots()
    check_others(mode, after, placed, counts, constants)
    session.read(outcome, [after[name] for name in values])
    if constructed and constructed in set().union(*(e.free_symbols for e in outcome.outputs.values())):
        outcome.state[CONSTRUCTED_LR] = constructed
        outcome.outputs[CONSTRUCTED_LR] = constructed
        outcome.values[CONSTRUCTED_LR] = session.run.witness[constructed]
    return outcome


def _held_lr(session: Session) -> list[Any]:
    return [session.mode.expression(session.optimizer.param_groups[0].get(key)) for key in session.lr_keys]
