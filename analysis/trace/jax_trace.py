"""Optimizers written in JAX as exact expressions: optax, Keras on JAX, and step functions of one's own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import jax
import sympy as sp

from ...derive.catalogue.vocabulary import THETA, G, T
from ...derive.printing import expression_text
from ...derive.symbols import Quantity
from .jax_interpreter import reason_not_followed
from .jax_plain import contradicted
from .jax_session import Counts, SlotVariesError, first_step, later_step
from .jax_steps import SCALAR, Subject
from .outcome import Outcome
from .record import Path, Traced, TraceError, Untraceable
from .torch_explore import MOST_WAYS, every_way
from .torch_merge import merged
from .torch_run import Run

__all__ = ["trace_steps"]


def trace_steps(subject: Subject) -> Traced:
    """Trace the first step and any later one, along every way, and hold them against what the code computes.

    Raises
    ------
    TraceError
        If it raises an exception whatever its hyperparameters are.
    Untraceable
        If it cannot be read as expressions.
    """
    jax.config.update("jax_enable_x64", True)
    try:
        return _traced(subject)
    except TraceError:
        if SCALAR not in subject.names:
            raise
    # Some optimizers do not take a parameter that is a single number.
    traced = _traced(replace(subject, names=tuple(n for n in subject.names if n != SCALAR)))
    words = "it raises an exception for a parameter that is a single number and no array"
    return replace(traced, side_effects=(*traced.side_effects, words))


def _traced(subject: Subject) -> Traced:
    firsts, complete = every_way(subject.target, lambda run, generator, turn: first_step(subject, run, generator))
    later, all_later = _later_steps(subject, _counts(firsts))
    traced = _assembled(subject, firsts, later, complete and all_later)
    trouble = contradicted(subject, traced)
    if trouble:
        raise Untraceable(trouble)
    return traced


def _counts(firsts: list[Outcome]) -> Counts:
    """Slots that may count, or stay: they hold a known number before and after the first step, on every way."""
    done = [o for o in firsts if not o.refused]
    found: dict[str, tuple[sp.Rational, sp.Rational]] = {}
    for outcome in done:
        for name, before in outcome.initial.items():
            after = outcome.outputs.get(name)
            if isinstance(before, sp.Rational) and isinstance(after, sp.Rational):
                found[name] = (after - before, before)
    return {
        n: (slope, start)
        for n, (slope, start) in found.items()
        if all(n not in o.initial or (o.initial[n], o.outputs.get(n)) == (start, start + slope) for o in done)
    }


def _later_steps(subject: Subject, counts: Counts) -> tuple[list[Outcome], bool]:
    """A step from any state; what turns out to be a value after all is made one, and the trace begins again."""
    varying: frozenset[str] = frozenset()
    while True:
        try:
            return every_way(subject.target, partial(_later, subject, counts, varying))
        except SlotVariesError as found:
            varying |= {str(found)}


def _later(
    subject: Subject, counts: Counts, varying: frozenset[str], run: Run, generator: random.Random, turn: int
) -> Outcome:
    return later_step(subject, run, generator, counts, varying)


def _assembled(subject: Subject, firsts: list[Outcome], later: list[Outcome], complete: bool) -> Traced:
    state: dict[str, Quantity] = {}
    for outcome in later:
        state |= outcome.state
    ways = _paths(later, state)
    general = [path for path, _ in ways]
    paths = merged(ways, general, state)
    first = merged(_paths(firsts, state), general, state)
    hyper = subject.constructor.symbols
    _refuse_foreign([*paths, *first], {*hyper.values(), *state.values(), THETA, G, T})
    outcomes = [*firsts, *later]
    notes = [*subject.constructor.notes, *dict.fromkeys(n for o in outcomes for n in o.run.notes)]
    if not complete:
        notes.append(f"only {MOST_WAYS} ways through the code were looked at")
    start = {n: e for o in reversed(firsts) for n, e in o.initial.items()}
    known = {*hyper.values(), THETA}
    raises = {f"{o.refused}, if {_listed(o.run.conditions)}" for o in outcomes if o.refused}
    return Traced(
        target=subject.target,
        hyper=dict(hyper),
        defaults=dict(subject.constructor.defaults),
        state=state,
        initial={n: start[n] for n in state if n in start and start[n].free_symbols <= known},
        paths=tuple(paths),
        side_effects=tuple(subject.effects),
        notes=tuple(notes),
        complete=complete,
        fixed={k: str(v) for k, v in subject.constructor.fixed.items()},
        first=tuple(first),
        raises=tuple(sorted(raises)),
        limits=tuple(dict.fromkeys(limit for o in outcomes for limit in o.limits)),
    )


def _listed(conditions: tuple[sp.Basic, ...]) -> str:
    return " and ".join(expression_text(c, "text") for c in conditions) or "always"


def _paths(outcomes: list[Outcome], state: Mapping[str, Quantity]) -> list[tuple[Path, Mapping[sp.Symbol, sp.Expr]]]:
    """The ways that raise nothing, with the symbols that they leave a single value."""
    done = [o for o in outcomes if not o.refused]
    found: list[tuple[Path, Mapping[sp.Symbol, sp.Expr]]] = []
    for outcome in done:
        outputs = {"theta": outcome.outputs["theta"]}
        for slot in state:
            outputs[slot] = outcome.outputs[slot] if slot in outcome.outputs else _elsewhere(slot, outcome, done)
        for expression in outputs.values():
            if reason_not_followed(expression):
                raise Untraceable(reason_not_followed(expression))
        divisors = tuple(d for d in outcome.run.divisors if d.free_symbols <= _allowed(outcome, state))
        found.append((Path(outcome.run.conditions, outputs, divisors), outcome.run.pinned()))
    return found


def _elsewhere(slot: str, outcome: Outcome, others: list[Outcome]) -> sp.Expr:
    """What the other ways make of a slot that does not exist on this one: as nothing reads it, it may hold anything.

    That a way is taken must not change from step to step, or the slot would come into being later.
    """
    asked = set().union(*(c.free_symbols for c in outcome.run.conditions))
    if T in asked or any(s.name == "lr" for s in asked):
        raise Untraceable(f"whether there is a state {slot} depends on the step; that is not followed")
    made = [o.outputs[slot].xreplace(outcome.run.pinned()) for o in others if slot in o.outputs]
    return next((e for e in made if not e.has(sp.nan, sp.zoo, sp.oo)), sp.Integer(0))


def _allowed(outcome: Outcome, state: Mapping[str, Quantity]) -> set[sp.Symbol]:
    """Everything but the symbols of the other parameters: only those have two underscores and no slot of the record."""
    own = {THETA, G, T, *state.values()}
    symbols = set().union(*(d.free_symbols for d in outcome.run.divisors))
    return own | {s for s in symbols if "__" not in s.name}


def _refuse_foreign(paths: list[Path], allowed: set[sp.Symbol]) -> None:
    for path in paths:
        for expression in (*path.conditions, *path.outputs.values(), *path.divisors):
            strange = sorted(map(str, expression.free_symbols - allowed))
            if strange:
                raise Untraceable(f"the step uses {strange[0].partition('__')[0]} of another parameter or step")
