"""A NumPy step function, traced: the record that the verifier reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from ...derive.printing import expression_text
from ...derive.symbols import Quantity, exact, gradient, parameter
from .branches import BOUND, Explored
from .hyperparameters import quantities_for
from .numpy_functions import followed, following_builtins
from .numpy_plain import OTHERS, checked_run, run_on
from .numpy_replay import Replay
from .numpy_run import NewHyperparameter, Outcome, Runner, counting_slots, one_lane, slot_exprs
from .numpy_step import StepFunction
from .numpy_values import Tracing
from .record import THETA, Path, Traced, Untraceable, state_quantity

__all__ = ["trace_numpy"]

_SEEDS = (11, 30)
_TOLERANCES = {"float64": 1e-7, "float32": 1e-2}


def trace_numpy(
    target: str,
    function: Any,
    module: ModuleType,
    *,
    mapped: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    known: tuple[str, ...] = (),
) -> Traced:
    """Trace ``step(theta, g, state, t, hyper)``, or a step with keyword hyperparameters.

    Parameters
    ----------
    target : str
        What the user called it.
    function : callable
    module : module
        Where it was defined; ``init`` is looked up there.
    mapped : mapping, optional
        Hyperparameters' names, theirs to ours.
    given : mapping, optional
        Hyperparameters and options with fixed values.
    known : tuple of str, optional
        Names of hyperparameters, for code that asks for all there are.

    Raises
    ------
    TraceError
        If the function has another signature, raises, or returns other shapes.
    Untraceable
        If it cannot be read as expressions.
    """
    path = getattr(module, "__file__", None)
    step = StepFunction.of(target, function, module, given or {}, known)
    with redirect_stdout(sys.stderr):
        plain = checked_run(step, path)
        runner = Runner(step, path, quantities_for(step.record.names, mapped))
        with followed(lambda: runner.running), following_builtins(module):
            first, later = _twice(runner, mapped)
    traced = _record(target, runner, first, later)
    if not traced.element_wise:
        return traced
    replay = Replay(traced)
    trouble = replay.contradiction(plain)
    if trouble:
        raise Untraceable(trouble)
    with redirect_stdout(sys.stderr):
        doubts, limits = _elsewhere(step, replay, plain.hyper)
    return replace(traced, doubt=next(filter(None, (traced.doubt, *doubts)), ""), limits=tuple(limits))


def _elsewhere(step: StepFunction, replay: Replay, hyper: dict[str, float]) -> tuple[list[str], list[str]]:
    """On which other arrays the code computes something else than its trace, and on which it raises."""
    doubts, limits = [], []
    for layout in OTHERS:
        try:
            plain = run_on(step, layout, hyper)
        except (Exception, SystemExit) as error:
            limits.append(f"but not on {layout}, where it raises {type(error).__name__}: {error}")
            continue
        if replay.contradiction(plain, _TOLERANCES[layout.dtype]):
            doubts.append(f"it depends on the array, not only on its values: on {layout} it computes something else")
    return doubts, limits


def _twice(runner: Runner, mapped: Mapping[str, str] | None) -> tuple[_Part, _Part]:
    """Both parts, traced with two sets of witnesses: what differs between them is a number that lost its expression."""
    found: list[tuple[_Part, _Part]] = []
    for seed in _SEEDS:
        while True:
            try:
                found.append(_once(runner, seed))
                break
            except NewHyperparameter as news:
                runner.step.record.names.setdefault(str(news))
                runner.hyper = quantities_for(runner.step.record.names, mapped)
    for one, other in zip(*found, strict=True):
        if not one.same_as(other):
            raise Untraceable(
                "a traced number was turned into a plain float on the way (two traces with different numbers disagree)"
            )
    return found[0]


class _Part:
    """One part of the trace (the first step, or any later one) reduced to one coordinate."""

    def __init__(self, explored: Explored[Outcome], names: list[Quantity]) -> None:
        self.explored = explored
        tracing = Tracing()
        done = [(c, o) for c, o in explored.ways if not o.raised]
        self.slots = [slot_exprs(o, tracing) for _, o in done]
        ways = [(c, e, o.divisors) for (c, o), e in zip(done, self.slots, strict=True)]
        if len({tuple(sorted(e)) for e in self.slots}) > 1:
            raise Untraceable("the layout of the state depends on a branch")
        found, self.mixed = one_lane(ways, names)
        self.paths = tuple(map(_in_numbers, found))
        self.raises = tuple(f"{o.raised} if {_listed(c)}" for c, o in explored.ways if o.raised)
        self.effects = tuple(dict.fromkeys(e for _, o in done for e in o.effects))
        self.notes = tuple(dict.fromkeys(n for _, o in done for n in o.notes))
        self.doubts = tuple(d for _, o in done for d in o.doubts)

    def same_as(self, other: _Part) -> bool:
        """Whether both say the same, whatever the order in which ways were found."""
        mine, others = ({frozenset(p.conditions): dict(p.outputs) for p in part.paths} for part in (self, other))
        return mine == others and self.mixed == other.mixed


def _in_numbers(path: Path) -> Path:
    """The path without what is no number: where theta is none on all of it, the divisor zero says so, not theta."""
    if not any(map(_is_none, path.outputs.values())):
        # A quotient by zero that `where` threw away does no harm, nor one that was divided by.
        return replace(path, divisors=tuple(d for d in path.divisors if d != 0))
    theta, zero = path.outputs[THETA], sp.Integer(0)
    if not _is_never_finite(theta) or (zero not in path.divisors and theta.has(sp.nan)):
        raise Untraceable("it computes with memory that was never set, or with a number that is none")
    outputs = {n: zero if _is_none(e) else e for n, e in path.outputs.items()}
    return replace(path, outputs=outputs, divisors=tuple(dict.fromkeys((*path.divisors, zero))))


def _is_never_finite(e: sp.Expr) -> bool:
    """Whether a sum has a summand with an infinite factor, or one that is no number: nothing makes that finite."""
    return any({sp.nan, sp.oo, -sp.oo} & set(sp.Mul.make_args(term)) for term in sp.Add.make_args(e))


def _is_none(e: sp.Expr) -> bool:
    return bool(e.has(sp.nan, sp.zoo, sp.oo, -sp.oo))


def _once(runner: Runner, seed: int) -> tuple[_Part, _Part]:
    explored = runner.first_step(seed)
    outcome = explored.ways[0][1]
    own = [parameter(), gradient()]
    first = _Part(explored, own)
    counting = counting_slots(first.slots[0], outcome.initial)
    while True:
        later = _Part(
            runner.any_step(seed, outcome, counting),
            own + [state_quantity(n) for n, e in first.slots[0].items() if isinstance(e, list)],
        )
        if set(later.slots[0]) != set(first.slots[0]):
            raise Untraceable("the state changes its layout after the first step")
        stray = {n for n in counting for p in later.paths if not _counts(p.outputs[n])}
        if not stray:
            return first, later
        counting -= stray


def _counts(e: sp.Expr) -> bool:
    """Whether a slot is a whole number after the step if it was one before."""
    return all(
        isinstance(x, (sp.Integer, sp.Symbol, sp.Add, sp.Mul)) and x.is_integer for x in sp.preorder_traversal(e)
    )


def _record(target: str, runner: Runner, first: _Part, later: _Part) -> Traced:
    slots = [n for n in first.slots[0] if n != THETA]
    symbols = {s.name: s for p in later.paths for e in p.outputs.values() for s in e.free_symbols}
    state = {n: symbols.get(state_quantity(n).name, state_quantity(n)) for n in slots}
    outcome = first.explored.ways[0][1]
    initial = {n: _initial(e) for n, e in outcome.initial.items() if n in state and _initial(e) is not None}
    complete = first.explored.complete and later.explored.complete
    notes = [*dict.fromkeys((*first.notes, *later.notes))]
    if not complete:
        notes.append(f"only {BOUND} ways through the code were looked at")
    mixed = first.mixed or later.mixed
    if mixed:
        notes.append(mixed)
    record = runner.step.record
    names = [n for n in record.names if n in runner.hyper]
    fixed = {**{k: str(v) for k, v in record.fixed.items()}, **{k: str(v) for k, v in runner.step.given.items()}}
    return Traced(
        target=target,
        hyper={n: runner.hyper[n] for n in names},
        defaults={n: exact(repr(v), n) for n, v in record.defaults.items() if n in names},
        state=state,
        initial=initial,
        paths=later.paths,
        side_effects=tuple(dict.fromkeys((*first.effects, *later.effects, *record.effects))),
        notes=tuple(notes),
        complete=complete,
        fixed=fixed,
        element_wise=not mixed,
        first=first.paths,
        raises=tuple(dict.fromkeys((*first.raises, *later.raises))),
        doubt=next(iter((*first.doubts, *later.doubts)), ""),
    )


def _initial(e: Any) -> sp.Expr | None:
    if isinstance(e, np.ndarray):
        return e.ravel()[0] if e.size else None
    return e if isinstance(e, sp.Expr) else None


def _listed(conditions: tuple[sp.Basic, ...]) -> str:
    return " and ".join(expression_text(c, "text") for c in conditions) or "always"
