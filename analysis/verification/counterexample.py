"""The smallest run in exact numbers on which two systems part, and how far they part in float32."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ...derive.prove.exact import exact_sign, holds_at
from ...derive.prove.side_by_side import GRADIENTS, constants_for
from ...derive.symbols import Quantity, gradient, parameter, step_counter
from .numeric import Sample, simulate
from .record import Counterexample
from .system import Case, System

__all__ = ["dividing_run", "effect_in_float32", "parting_run"]

_THETA = sp.Integer(1)
_LENGTH = 4
_SCHEDULE = tuple(sp.Rational(n) for n in ("1", "1/2", "2", "1/4"))
_VISIBLE, _BARELY = 1e-3, 1e-10


def parting_run(rule: System, implementation: System, *, varying: Sequence[Quantity] = ()) -> Counterexample | None:
    """A run of both in which theta differs, short and with small numbers; `varying` change from step to step."""
    settings = list(_settings(rule))
    tried = [*_sequences(), *_near_branches(implementation)]
    sequences = [(*s, *[sp.Integer(0)] * (_LENGTH - len(s))) for s in tried]
    for settings_index, sequence_index, step in _candidates(rule, implementation, settings, sequences, varying):
        found = _exactly(rule, implementation, settings[settings_index], sequences[sequence_index][:step], varying)
        if found is not None:
            return found
    return None


def dividing_run(rule: System, implementation: System) -> Counterexample | None:
    """A run in which the implementation divides by zero, and the rule does not."""
    settings = next(_settings(rule))
    for gradients in _sequences():
        found = _exactly(rule, implementation, settings, gradients, ())
        if found is not None and found.implementation is sp.nan:
            return found
    return None


def _settings(rule: System) -> Iterator[dict[str, sp.Rational]]:
    for found in constants_for(rule.hyper, ()):
        yield {str(s): sp.Rational(v) for s, v in found.items()}
    defaults = {h.name: rule.defaults.get(h.name) for h in rule.hyper}
    if None not in defaults.values():
        yield {name: sp.Rational(value) for name, value in defaults.items()}


def _sequences() -> list[tuple[sp.Rational, ...]]:
    more = ("-1", "2", "2 -3 1", "1 1 1 1", "1/2 0 3 -1", "3 1/2 -2 1", "-1 1 1/10 -2")
    return [*GRADIENTS, *(tuple(sp.Rational(n) for n in s.split()) for s in more)]


def _near_branches(system: System) -> list[tuple[sp.Rational, ...]]:
    """Gradients at and around the numbers that the implementation compares with."""
    conditions = [c for case in (*system.first, *system.cases) for c in case.conditions]
    compared = [
        node
        for e in (*conditions, *(e for case in (*system.first, *system.cases) for e in case.after.values()))
        for node in sp.preorder_traversal(e)
        if isinstance(node, (sp.core.relational.Relational, sp.Max, sp.Min))
    ]
    numbers = sorted({n for node in compared for n in node.args if isinstance(n, sp.Rational) and n != 0})[:6]
    return [(x,) for n in numbers for x in (n, 2 * n, n / 2, -n)]


def _candidates(
    rule: System,
    implementation: System,
    settings: Sequence[Mapping[str, sp.Rational]],
    sequences: Sequence[Sequence[sp.Rational]],
    varying: Sequence[Quantity],
) -> list[tuple[int, int, int]]:
    """Settings, sequences and steps at which floats differ: visible differences first, then short runs."""
    shape = (len(settings), len(sequences))
    gradients = np.array([[[float(s[t]) for s in sequences] for _ in settings] for t in range(_LENGTH)])
    names = [h.name for h in rule.hyper]
    plain = {n: np.array([[float(s[n])] for s in settings]) for n in names}
    runs = []
    for system in (rule, implementation):
        if not varying:
            found = simulate(system, Sample(plain, np.full(shape, float(_THETA)), gradients), _LENGTH)
            runs.append([found.theta(t) for t in range(1, _LENGTH + 1)])
        else:
            runs.append(_varied(system, plain, gradients, shape, varying))
    found_at: list[tuple[bool, int, int, int, int]] = []
    seen: set[tuple[int, int, tuple[sp.Rational, ...]]] = set()
    for t in range(1, _LENGTH + 1):
        a, b = runs[0][t - 1], runs[1][t - 1]
        for i in range(shape[0]):
            for j in range(shape[1]):
                key = (i, t, tuple(sequences[j][:t]))
                size = _parted(float(a[i, j]), float(b[i, j]))
                if size > _BARELY and key not in seen:
                    seen.add(key)
                    found_at.append((size <= _VISIBLE, t, sum(_weight(g) for g in sequences[j][:t]), i, j))
    return [(i, j, t) for _, t, _, i, j in sorted(found_at)[:40]]


def _weight(g: sp.Rational) -> int:
    return int(abs(g.p) + g.q) + (1 if g <= 0 else 0)


def _parted(a: float, b: float) -> float:
    """How far two values of theta are apart, as a part of how far they moved."""
    if math.isfinite(a) != math.isfinite(b):
        return 1.0
    if not math.isfinite(a):
        return 0.0
    moved = max(abs(a - float(_THETA)), abs(b - float(_THETA)), 1e-12)
    return abs(a - b) / moved if abs(a - b) > 1e-13 * max(abs(a), abs(b)) else 0.0


def _varied(
    system: System, plain: Mapping[str, Any], gradients: Any, shape: tuple[int, int], varying: Sequence[Quantity]
) -> list[Any]:
    from .numeric import _advanced, _compiled

    first, later = _compiled(system.first), _compiled(system.cases)
    values: dict[str, Any] = {"theta": np.full(shape, float(_THETA))}
    found = []
    for t in range(1, _LENGTH + 1):
        hyper = {**plain, **{q.name: plain[q.name] * float(_SCHEDULE[t - 1]) for q in varying}}
        known = {**hyper, **values, "g": gradients[t - 1], "t": np.full(shape, float(t))}
        values = _advanced(first if t == 1 else later, known, shape)
        found.append(values["theta"])
    return found


def _exactly(
    rule: System,
    implementation: System,
    hyper: Mapping[str, sp.Rational],
    gradients: Sequence[sp.Rational],
    varying: Sequence[Quantity],
) -> Counterexample | None:
    """The run in exact numbers, if theta differs at its last step and not before."""
    sides = [_Exact(rule), _Exact(implementation)]
    for t, g in enumerate(gradients, start=1):
        now = {**hyper, **{q.name: hyper[q.name] * _SCHEDULE[t - 1] for q in varying}}
        values = [side.advance(now, g, t) for side in sides]
        if values[0] is None or values[1] is None:
            return None
        if _different(values[0], values[1]):
            lr = tuple(hyper["lr"] * x for x in _SCHEDULE[:t]) if varying else ()
            return Counterexample(dict(hyper), _THETA, tuple(gradients[:t]), t, values[0], values[1], lr)
    return None


def _different(a: sp.Expr, b: sp.Expr) -> bool:
    undefined = [v.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or v.is_real is False for v in (a, b)]
    if any(undefined):
        return undefined[0] != undefined[1]
    return exact_sign(a - b) in (1, -1)


class _Exact:
    """A system run in exact numbers."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._state: dict[sp.Basic, sp.Basic] = {parameter(): _THETA}

    def advance(self, hyper: Mapping[str, sp.Rational], g: sp.Rational, t: int) -> sp.Expr | None:
        cases = self._system.first if t == 1 else self._system.cases
        named: dict[sp.Basic, sp.Basic] = {h: hyper[h.name] for h in self._system.hyper if h.name in hyper}
        inputs = {**named, **self._state, gradient(): g, step_counter(): sp.Integer(t)}
        case = self._taken(cases, inputs)
        if case is None:
            return None
        if any(d.xreplace(inputs) == 0 for d in case.divisors):
            return sp.nan
        live = {parameter(), *self._system.live}
        self._state = {q: e.xreplace(inputs) for q, e in case.after.items() if q in live}
        return self._state[parameter()]

    @staticmethod
    def _taken(cases: Sequence[Case], inputs: Mapping[sp.Basic, sp.Basic]) -> Case | None:
        numbers = {s: v for s, v in inputs.items() if isinstance(s, sp.Symbol)}
        return next((c for c in cases if all(holds_at(k, numbers) for k in c.conditions)), None)


def effect_in_float32(rule: System, implementation: System, *, steps: int = 100) -> str:
    """How far theta parts at the default hyperparameters in float32, in a sentence; empty without defaults."""
    defaults = {h.name: rule.defaults.get(h.name) for h in rule.hyper}
    if None in defaults.values():
        return ""
    shape = (1, 64)
    rng = np.random.default_rng(3)
    gradients = rng.normal(size=(steps, *shape)).astype(np.float32) * np.float32(0.1)
    hyper = {n: np.array([[float(v)]], dtype=np.float32) for n, v in defaults.items() if v is not None}
    theta = np.ones(shape, dtype=np.float32)
    runs = [simulate(s, Sample(hyper, theta, gradients), steps) for s in (rule, implementation)]
    ends = [np.asarray(r.theta(steps), dtype=np.float64) for r in runs]
    if not np.isfinite(ends[1]).all():
        return (
            f"at the default hyperparameters in float32 the implementation gives no finite theta within {steps} steps"
        )
    moved = float(np.max(np.abs(ends[0] - 1)))
    gap = float(np.max(np.abs(ends[0] - ends[1])))
    if gap == 0:
        return (
            f"at the default hyperparameters in float32 no difference shows within {steps} steps of gradients near 0.1"
        )
    share = f", {_percent(gap / moved)} % of the distance moved" if moved > 0 else ""
    words = f"theta differs by up to {gap:.2g} after {steps} steps of gradients near 0.1{share}"
    return f"at the default hyperparameters in float32, {words}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 1 else f"{100 * share:.2g}"
