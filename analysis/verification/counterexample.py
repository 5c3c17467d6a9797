"""The smallest run in exact numbers on which two systems part, and how far they part in float32."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ...derive.prove.side_by_side import GRADIENTS, constants_for
from ...derive.symbols import Quantity
from .boundaries import at_boundaries
from .exact_run import SCHEDULE, THETA_BEFORE, ExactRunner, exact_run
from .numeric import Sample, advanced, compiled, simulate
from .record import Counterexample
from .system import System

__all__ = ["dividing_run", "effect_in_float32", "parting_run"]

_LENGTH, _LONG = 4, 8
_VISIBLE, _BARELY = 1e-3, 1e-10


def parting_run(
    rule: System, implementation: System, *, varying: Sequence[Quantity] = (), barely: bool = True
) -> Counterexample | None:
    """A run of both in which theta differs, short and with small numbers; `varying` change from step to step.

    Only if `barely` are runs looked at in which floats differ by less than a thousandth of the distance moved.

    Looked at are the insides of the domains, their ends, and the values that the implementation compares with; runs of
    more than four steps only if none of the short ones differs.  A run goes last in which the formulas give theta, and
    it is no number only because of what is computed on the way.  Where the formulas choose between values, what is not
    chosen need not be a number: the run is then taken further, and shows a difference in any case.
    """
    runners = ExactRunner(rule), ExactRunner(implementation)
    settings = [*_settings(rule), *at_boundaries(rule, implementation)]
    tried = [*_sequences(), *_near_branches(implementation)]
    last: Counterexample | None = None
    for length in (_LENGTH, _LONG):
        sequences = [(*s, *[sp.Integer(0)] * (length - len(s)))[:length] for s in tried]
        if length == _LONG:
            sequences += [(sp.Integer(1),) * length]
        for i, j, step, finite in _candidates(rule, implementation, settings, sequences, varying, barely):
            found = exact_run(*runners, settings[i], sequences[j][:step], varying)
            if found is not None and not (finite and found.implementation is sp.nan):
                return found
            if found is not None and last is None:
                further = exact_run(*runners, settings[i], sequences[j][:step], varying, chosen=True)
                last = further if further is not None and _chooses(implementation) else found
        if last is not None:
            return last
    return None


def _chooses(system: System) -> bool:
    """Whether theta or a state is a choice between values that are both computed."""
    return any(e.has(sp.Piecewise) for case in (*system.first, *system.cases) for e in case.after.values())


def dividing_run(rule: System, implementation: System) -> Counterexample | None:
    """A run in which the implementation divides by zero, and the rule does not."""
    runners = ExactRunner(rule), ExactRunner(implementation)
    settings = [next(_settings(rule)), *at_boundaries(rule, implementation)]
    # With gradients of zero a division by zero gives no number in floats either.
    short = sorted((s for s in _sequences() if len(s) < _LENGTH), key=lambda s: (any(s), len(s)))
    for gradients, setting in itertools.product(short, settings):
        found = exact_run(*runners, setting, gradients, ())
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
    barely: bool,
) -> list[tuple[int, int, int, bool]]:
    """Settings, sequences and steps at which floats differ, and whether the implementation's theta is a number there.

    Visible differences go first, then short runs.
    """
    shape, length = (len(settings), len(sequences)), len(sequences[0])
    gradients = np.array([[[float(s[t]) for s in sequences] for _ in settings] for t in range(length)])
    names = [h.name for h in rule.hyper]
    plain = {n: np.array([[float(s[n])] for s in settings]) for n in names}
    runs = []
    for system in (rule, implementation):
        if not varying:
            found = simulate(system, Sample(plain, np.full(shape, float(THETA_BEFORE)), gradients), length)
            runs.append([found.theta(t) for t in range(1, length + 1)])
        else:
            runs.append(_varied(system, plain, gradients, shape, varying))
    weights = [np.cumsum([_weight(g) for g in s]) for s in sequences]
    found_at: list[tuple[bool, int, int, int, int]] = []
    seen: set[tuple[int, int, tuple[sp.Rational, ...]]] = set()
    for t in range(1, length + 1):
        size = _parted(runs[0][t - 1], runs[1][t - 1])
        for i, j in np.argwhere(size > (_BARELY if barely else _VISIBLE)).tolist():
            key = (i, t, tuple(sequences[j][:t]))
            if key not in seen:
                seen.add(key)
                found_at.append((bool(size[i, j] <= _VISIBLE), t, int(weights[j][t - 1]), i, j))
    return [(i, j, t, bool(np.isfinite(runs[1][t - 1][i, j]))) for _, t, _, i, j in sorted(found_at)[:40]]


def _weight(g: sp.Rational) -> int:
    return int(abs(g.p) + g.q) + (1 if g <= 0 else 0)


def _parted(a: Any, b: Any) -> Any:
    """How far values of theta are apart, as a part of how far they moved; 1 where only one of two is a number."""
    finite = np.isfinite(a) & np.isfinite(b)
    x, y = np.where(finite, a, 0.0), np.where(finite, b, 0.0)
    start, gap = float(THETA_BEFORE), np.abs(x - y)
    moved = np.maximum(np.maximum(np.abs(x - start), np.abs(y - start)), 1e-12)
    visible = gap > 1e-13 * np.maximum(np.abs(x), np.abs(y))
    return np.where(finite, np.where(visible, gap / moved, 0.0), np.isfinite(a) != np.isfinite(b))


def _varied(
    system: System, plain: Mapping[str, Any], gradients: Any, shape: tuple[int, int], varying: Sequence[Quantity]
) -> list[Any]:
    first, later = compiled(system, system.first), compiled(system, system.cases)
    values: dict[str, Any] = {"theta": np.full(shape, float(THETA_BEFORE))}
    found = []
    for t in range(1, len(gradients) + 1):
        hyper = {**plain, **{q.name: plain[q.name] * float(SCHEDULE[t - 1]) for q in varying}}
        known = {**hyper, **values, "g": gradients[t - 1], "t": np.full(shape, float(t))}
        values = advanced(first if t == 1 else later, known, shape)
        found.append(values["theta"])
    return found


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
