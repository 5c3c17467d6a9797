"""Tracing a NumPy step: the first step from the initial state, then one step from any state.

Arrays have two elements with symbols of their own, the *lanes*.  What comes out for the first must not know the second,
and must be the same up to names: then the code works coordinate by coordinate, on every way through it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from numpy import array as plain_array, asarray as plain_asarray, empty as plain_empty  # not those of traced code

from ...derive.relations import replaced
from ...derive.symbols import Quantity, gradient, parameter, step_counter
from .branches import Decisions, Explored, explore
from .layout import leaves, rebuilt
from .numpy_array import SymbolicArray, as_array, exprs_of, values_of
from .numpy_step import StepFunction, where_it_raised
from .numpy_values import Scalar, Tracing, as_number
from .record import STEPS_SO_FAR, THETA, Path, TraceError, Untraceable, not_swallowed, state_quantity

__all__ = ["NewHyperparameter", "Outcome", "Runner", "counting_slots", "one_lane", "slot_exprs"]

_LANES = 2
_LATER = (7, 2503)
_RANGES = ((0.05, 0.95), (0.0002, 0.02))
_SIZES = ((1e8, 1e-7), (1.0, 1.0))
"""Witnesses of the step counter and of hyperparameters, for even and odd seeds: far apart, so that what leaks shows."""


@dataclass(frozen=True)
class Outcome:
    """What one way through the step left behind; `raised` is a sentence if it raised instead."""

    theta: Any = None
    state: Any = None
    initial: Mapping[str, Any] = field(default_factory=dict)
    divisors: tuple[sp.Expr, ...] = ()
    effects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    raised: str = ""


@dataclass
class Runner:
    """Traces one step function.

    Parameters
    ----------
    step : StepFunction
    path : str or None
        The user's file, for error messages.
    hyper : mapping
        Quantities by the implementation's names; filled as the code asks for them.
    """

    step: StepFunction
    path: str | None
    hyper: dict[str, Quantity]
    running: Tracing | None = None

    def first_step(self, seed: int) -> Explored[Outcome]:
        """The first step, from what ``init`` makes, with t = 1."""

        def run(decisions: Decisions) -> Outcome:
            with _Session(self, decisions, seed) as session:
                theta, g = session.array(parameter()), session.array(gradient())
                state = self.step.start(theta, session.make)
                before = {name: _frozen(leaf, session.tracing) for name, leaf in leaves(state)}
                return session.finish(theta, g, state, 1, before)

        return self._explored(run)

    def any_step(self, seed: int, like: Outcome, counting: frozenset[str]) -> Explored[Outcome]:
        """A later step, from symbols in the layout of `like`."""

        def run(decisions: Decisions) -> Outcome:
            with _Session(self, decisions, seed) as session:
                theta, g = session.array(parameter()), session.array(gradient())
                state = session.state_like(like, theta, counting)
                t = session.tracing.scalar(float(_LATER[seed % len(_LATER)]), step_counter(), whole=True)
                return session.finish(theta, g, state, t, {})

        return self._explored(run)

    def _explored(self, run: Any) -> Explored[Outcome]:
        explored = explore(run)
        if explored.ways[0][1].raised:
            # It ran on numbers, so what raised is what the tracer does not imitate.
            raise Untraceable(f"it runs on numbers, but {explored.ways[0][1].raised} on traced values")
        return explored


class _Session:
    """One run: its witnesses, its symbols, and what it may not touch."""

    def __init__(self, runner: Runner, decisions: Decisions, seed: int) -> None:
        self.runner, self.seed, self.tracing = runner, seed, Tracing(decisions)
        self.generator = random.Random(seed)

    def __enter__(self) -> _Session:
        self.runner.running = self.tracing
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.running = None

    def make(self, name: str) -> Scalar:
        quantity = self.runner.hyper.get(name)
        if quantity is None:
            raise NewHyperparameter(name)
        return self.tracing.scalar(
            random.Random(f"{self.seed} {name}").uniform(*_RANGES[self.seed % len(_RANGES)]), quantity
        )

    def array(self, quantity: Quantity, *, positive: bool = False) -> SymbolicArray:
        sizes = _SIZES[self.seed % len(_SIZES)]
        values = plain_array([self.generator.uniform(0.1, 1.9) * sizes[lane] for lane in range(_LANES)])
        if not positive:
            values[1] = -values[1]
        exprs = plain_empty(_LANES, dtype=object)
        for lane in range(_LANES):
            exprs[lane] = in_lane(quantity, lane)
            self.tracing.known[float(values[lane])] = exprs[lane]
        return SymbolicArray(values, exprs, self.tracing)

    def state_like(self, like: Outcome, theta: SymbolicArray, counting: frozenset[str]) -> Any:
        """Symbols in the layout of a state; what was one array stays one array."""
        met: list[tuple[Any, Any]] = [(like.theta, theta)]

        def replace(name: str, leaf: Any) -> Any:
            if isinstance(leaf, np.ndarray) and np.shape(leaf) == (_LANES,):
                for old, new in met:
                    if old is leaf or _memory(old) == _memory(leaf):
                        return new
                    if np.shares_memory(values_of(old), values_of(leaf)):
                        raise Untraceable(f"the slot {name} of the state shares a part of its memory with another")
                made = self.array(state_quantity(name), positive=True)
                met.append((leaf, made))
                return made
            if isinstance(leaf, np.ndarray) and leaf.ndim == 0:
                return as_array(self._scalar(name, counting), self.tracing)
            if isinstance(leaf, np.ndarray):
                raise Untraceable(f"the slot {name} of the state has the shape {leaf.shape}, theta {(_LANES,)}")
            return self._scalar(name, counting) if _is_number(leaf) else leaf

        return rebuilt(like.state, replace)

    def _scalar(self, name: str, counting: frozenset[str]) -> Scalar:
        if name in counting:
            return self.tracing.scalar(
                float(self.generator.randint(3, 8)), state_quantity(name, STEPS_SO_FAR), whole=True
            )
        return self.tracing.scalar(self.generator.uniform(0.1, 1.9), state_quantity(name))

    def finish(self, theta: SymbolicArray, g: SymbolicArray, state: Any, t: Any, initial: dict[str, Any]) -> Outcome:
        given, at = g.exprs.copy(), theta.exprs.copy()
        try:
            with not_swallowed():
                after, kept = self.runner.step(theta, g, state, t, self.make)
            if not isinstance(after, SymbolicArray) or after.exprs is None or after.shape != (_LANES,):
                after = as_array(after, self.tracing)
        except (TraceError, Untraceable, NewHyperparameter):
            raise
        except (Exception, SystemExit) as error:
            return Outcome(raised=where_it_raised(error, self.runner.path))
        effects = [] if _same(g.exprs, given) else ["the caller's gradient is overwritten"]
        if (
            not _same(theta.exprs, at)
            and after is not theta
            and not np.shares_memory(values_of(after), values_of(theta))
        ):
            effects.append("the caller's theta is overwritten, and another array is returned")
        arrays = [leaf for _, leaf in leaves(kept) if isinstance(leaf, SymbolicArray)]
        if any(np.shares_memory(values_of(a), values_of(g)) for a in arrays):
            effects.append("the state keeps the caller's gradient array itself: it changes when the caller reuses it")
        tracing = self.tracing
        divisors, notes, doubts = tuple(tracing.divisors), tuple(tracing.notes), tuple(tracing.doubts)
        return Outcome(after, kept, initial, divisors, tuple(effects), notes, doubts)


class NewHyperparameter(Exception):
    """The code asks for a hyperparameter that was not met before."""


def in_lane(quantity: Quantity, lane: int) -> Quantity:
    """The symbol of a quantity in a lane; the first lane has the quantity itself."""
    return quantity if lane == 0 else Quantity(f"{quantity.name}__lane{lane}", quantity.domain)


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, (int, float, np.number, Scalar)) and not isinstance(leaf, (bool, np.bool_))


def _memory(x: Any) -> tuple[int, tuple[int, ...]]:
    plain = values_of(x)
    return plain.__array_interface__["data"][0], plain.strides


def _frozen(leaf: Any, tracing: Tracing) -> Any:
    """The expressions of a leaf as they are now: it may be changed in place later."""
    if isinstance(leaf, np.ndarray):
        return plain_array(exprs_of(leaf, tracing), dtype=object, copy=True)
    return tracing.lift(leaf) if _is_number(leaf) else leaf


def _same(a: Any, b: Any) -> bool:
    return all(x == y for x, y in zip(a.ravel(), b.ravel(), strict=True))


def slot_exprs(outcome: Outcome, tracing: Tracing) -> dict[str, Any]:
    """The expressions of every slot after the step: a pair of lanes, or one that they share."""
    found: dict[str, Any] = {THETA: list(exprs_of(outcome.theta, tracing))}
    for name, leaf in leaves(outcome.state):
        if isinstance(leaf, np.ndarray):
            exprs = exprs_of(leaf, tracing)
            if np.shape(leaf) not in ((_LANES,), ()):
                raise Untraceable(f"the slot {name} of the state has the shape {np.shape(leaf)}, theta {(_LANES,)}")
            found[name] = [as_number(e) for e in exprs] if np.shape(leaf) else as_number(plain_asarray(exprs)[()])
        elif _is_number(leaf):
            found[name] = as_number(tracing.lift(leaf))
    return found


def one_lane(
    ways: Sequence[tuple[tuple[sp.Basic, ...], dict[str, Any], tuple[sp.Expr, ...]]], names: Sequence[Quantity]
) -> tuple[tuple[Path, ...], str]:
    """The ways of the first lane, and why the lanes are not independent and alike; empty if they are."""
    other = {in_lane(q, 1): q for q in names}
    own = set(names)
    lanes: list[dict[frozenset[sp.Basic], Path]] = [{}, {}]
    for conditions, outputs, divisors in ways:
        sides: list[list[sp.Basic]] = [[], []]
        for c in conditions:
            first, second = bool(c.free_symbols & own), bool(c.free_symbols & set(other))
            if first and second:
                return (), f"a branch depends on more than one coordinate: {c}"
            if not second:
                sides[0].append(c)
            if not first:
                sides[1].append(c)
        for lane in range(_LANES):
            picked = {name: e[lane] if isinstance(e, list) else e for name, e in outputs.items()}
            rename = {} if lane == 0 else other
            foreign = set(other) if lane == 0 else own
            for name, e in picked.items():
                shared = not isinstance(outputs[name], list)
                if e.free_symbols & foreign or (shared and e.free_symbols & (own | set(other))):
                    return (), f"{name} of one coordinate depends on another coordinate"
            held = [d.xreplace(rename) for d in divisors if not d.free_symbols & foreign]
            way = Path(
                tuple(replaced(c, rename) if rename else c for c in sides[lane]),
                {name: e.xreplace(rename) for name, e in picked.items()},
                tuple(dict.fromkeys(held)),
            )
            earlier = lanes[lane].setdefault(frozenset(way.conditions), way)
            if dict(earlier.outputs) != dict(way.outputs):
                return (), "what happens to one coordinate depends on a branch taken for another"
    if {k: dict(w.outputs) for k, w in lanes[0].items()} != {k: dict(w.outputs) for k, w in lanes[1].items()}:
        return (), "the coordinates are not treated alike"
    return tuple(lanes[0].values()), ""


def counting_slots(first: Mapping[str, Any], initial: Mapping[str, Any]) -> frozenset[str]:
    """Slots that hold a whole number before and after the first step."""
    whole = {n for n, e in first.items() if isinstance(e, sp.Integer)}
    return frozenset(
        n
        for n in whole
        if not isinstance(initial.get(n, sp.Integer(0)), np.ndarray) and sp.sympify(initial.get(n, 0)).is_Integer
    )
