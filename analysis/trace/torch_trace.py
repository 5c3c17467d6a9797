"""Tracing ``torch.optim`` optimizers and subclasses of ``torch.optim.Optimizer``."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import sympy as sp
import torch

from ...derive.catalogue.vocabulary import THETA, G, T
from ...derive.printing import expression_text
from ...derive.relations import replaced
from ...derive.symbols import Quantity
from .branches import settled
from .record import Path, Traced, TraceError, Untraceable
from .torch_explore import MOST_WAYS, every_way
from .torch_kinds import SlotVariesError
from .torch_merge import equal, merged
from .torch_neighbours import Neighbours, look_at_neighbours
from .torch_options import read_constructor
from .torch_plain import doubt_about
from .torch_run import Run
from .torch_session import CONSTRUCTED_LR, Outcome, Subject, first_step, later_step

__all__ = ["trace_torch"]


def trace_torch(
    target: str,
    kind: Any,
    *,
    mapped: Mapping[str, str] | None = None,
    given: Mapping[str, object] | None = None,
) -> Traced:
    """Trace one step of an optimizer class as exact expressions.

    Parameters
    ----------
    target : str
        What the user called it.
    kind : type
        A subclass of ``torch.optim.Optimizer``.
    mapped : mapping, optional
        Hyperparameters by their own names to the catalogue's.
    given : mapping, optional
        Constructor arguments that are fixed, as values or as text.

    Raises
    ------
    TraceError
        If it is no optimizer class, an option is unknown, or it raises an exception whatever its hyperparameters.
    Untraceable
        If its step cannot be read as expressions.
    """
    if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)):
        raise TraceError(f"{target} is no subclass of torch.optim.Optimizer")
    subject = Subject(target, kind, read_constructor(target, kind, given, mapped))
    later, complete = _later_steps(subject)
    firsts, _ = every_way(target, lambda run, generator, turn: first_step(subject, run, generator))
    traced = _assembled(subject, later, firsts, complete, look_at_neighbours(subject))
    if not traced.element_wise:
        return traced
    return replace(traced, doubt=traced.doubt or doubt_about(subject, traced))


def _later_steps(subject: Subject) -> tuple[list[Outcome], bool]:
    """A step from any state; what turns out to be a state after all is made one, and the trace begins again."""
    varying: frozenset[str] = frozenset()
    while True:
        try:
            return every_way(subject.target, partial(_later, subject, varying))
        except SlotVariesError as found:
            if str(found) in varying:
                raise Untraceable(f"{found} cannot be told to be a state or a constant") from None
            varying |= {str(found)}


def _later(subject: Subject, varying: frozenset[str], run: Run, generator: random.Random, turn: int) -> Outcome:
    # The second trace rehearses one step more: a count that is kept out of sight would show.
    return later_step(subject, run, generator, 3 + turn, varying)


def _assembled(
    subject: Subject, later: list[Outcome], firsts: list[Outcome], complete: bool, neighbours: Neighbours
) -> Traced:
    state: dict[str, Quantity] = {}
    for outcome in later:
        state |= outcome.state
    initial = _initial(subject, state, firsts)
    ways = _paths(later, state)
    general = [path for path, _ in ways]
    paths = merged(ways, general, state)
    first = merged(_paths(firsts, state), general, state)
    allowed = {*subject.constructor.symbols.values(), *state.values(), *_INPUTS}
    _refuse_foreign([*paths, *first], allowed)
    begun = _begins_like_others(first, paths, state, initial)
    outcomes = [*later, *firsts]
    raises = {f"{o.refused}, if {_listed(o.run.conditions)}" for o in outcomes if o.refused}
    notes = [*subject.constructor.notes, *dict.fromkeys(n for o in outcomes for n in o.run.notes)]
    if CONSTRUCTED_LR in state:
        notes.append("it reads the learning rate given to its constructor, so that a scheduler has no effect on it")
    if not complete:
        notes.append(f"only {MOST_WAYS} ways through the code were looked at")
    if neighbours.mixed:
        notes.append(neighbours.mixed)
    return Traced(
        target=subject.target,
        hyper=dict(subject.constructor.symbols),
        defaults=dict(subject.constructor.defaults),
        state=state,
        initial=initial,
        paths=tuple(paths),
        side_effects=tuple(dict.fromkeys([*(e for o in outcomes for e in o.effects), *neighbours.effects])),
        notes=tuple(notes),
        complete=complete,
        fixed={k: str(v) for k, v in subject.constructor.fixed.items()},
        element_wise=not neighbours.mixed,
        first=() if begun else tuple(first),
        raises=tuple(sorted(raises)),
        doubt=next((d for o in outcomes if not o.refused for d in o.run.doubts), ""),
    )


_INPUTS = frozenset([THETA, G, T])


def _listed(conditions: tuple[sp.Basic, ...]) -> str:
    return " and ".join(expression_text(c, "text") for c in conditions) or "always"


def _paths(outcomes: list[Outcome], state: Mapping[str, Quantity]) -> list[tuple[Path, Mapping[sp.Symbol, sp.Expr]]]:
    """The ways that raise nothing, with a value for every slot, and with the symbols they leave a single value."""
    done = [o for o in outcomes if not o.refused]
    return [(_path(o, done, state), o.run.pinned()) for o in done]


def _path(outcome: Outcome, others: list[Outcome], state: Mapping[str, Quantity]) -> Path:
    """A way with a value for every slot.

    A slot that does not exist on the way is read by nothing there, so that it may hold anything: it is given what the
    other ways make of it, at the values that this one leaves to the hyperparameters.
    """
    outputs = {"theta": outcome.outputs["theta"]}
    for slot in state:
        made = [o.outputs[slot].xreplace(outcome.run.pinned()) for o in (outcome, *others) if slot in o.outputs]
        defined = [e for e in made if not e.has(sp.nan, sp.zoo, sp.oo)]
        outputs[slot] = defined[0] if defined else sp.Integer(0)
    return Path(outcome.run.conditions, outputs, tuple(outcome.run.divisors))


def _initial(subject: Subject, state: Mapping[str, Quantity], firsts: list[Outcome]) -> dict[str, sp.Expr]:
    """What each slot was first given; zero where that was not seen."""
    allowed = {*subject.constructor.symbols.values(), THETA}
    found: dict[str, sp.Expr] = {slot: sp.Integer(0) for slot in state}
    for slot in state:
        seen = [o.initial[slot] for o in firsts if slot in o.initial and o.initial[slot].free_symbols <= allowed]
        if seen:
            found[slot] = seen[0]
    if CONSTRUCTED_LR in state and subject.lr:
        found[CONSTRUCTED_LR] = subject.lr[1]
        for outcome in firsts:
            outcome.outputs[CONSTRUCTED_LR] = subject.lr[1]
    return found


def _refuse_foreign(paths: list[Path], allowed: set[sp.Symbol]) -> None:
    for path in paths:
        for expression in (*path.conditions, *path.outputs.values(), *path.divisors):
            strange = sorted(map(str, expression.free_symbols - allowed))
            if strange:
                raise Untraceable(
                    f"the step uses a value of an earlier step ({strange[0].partition('__')[0]}) that it keeps outside "
                    f"of the optimizer's state, groups and attributes"
                )


def _begins_like_others(
    first: list[Path], paths: list[Path], state: Mapping[str, Quantity], initial: Mapping[str, sp.Expr]
) -> bool:
    """Whether the first step is the general one at t = 1 from the initial values."""
    start: dict[sp.Basic, sp.Basic] = {T: sp.Integer(1), **{q: initial[slot] for slot, q in state.items()}}
    general = []
    for path in paths:
        conditions = [replaced(c, start) for c in path.conditions]
        answers = [settled(c) for c in conditions]
        if False not in answers:
            open_ones = {c for c, answer in zip(conditions, answers, strict=True) if answer is None}
            general.append((open_ones, {n: e.xreplace(start) for n, e in path.outputs.items()}))
    if len(general) != len(first):
        return False
    for path in first:
        same = [outputs for conditions, outputs in general if conditions == set(path.conditions)]
        if len(same) != 1 or not all(equal(path.outputs[n], e) for n, e in same[0].items()):
            return False
    return True
