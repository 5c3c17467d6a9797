"""Finding how the state of one system is made of the state of another.

The relation is read off simulated runs and is a proposal: the proof is elsewhere.  A slot is looked for as a sum of the
other's states with coefficients that are monomials in the hyperparameters, their complements and their powers, or as a
monomial in the states themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import sympy as sp

from ...derive.symbols import Quantity, parameter, step_counter
from .numeric import Sample, Trajectory
from .system import System

__all__ = ["Relation", "propose"]

Array: TypeAlias = Any

_FROM, _SMALL, _SAME = 3, 1e-7, 1e-6


@dataclass(frozen=True)
class Relation:
    """Each state of one system in terms of the other's, after step t; hyperparameters are as they were in that step."""

    of: Mapping[Quantity, sp.Expr]


def propose(
    source: System, source_run: Trajectory, target: System, target_run: Trajectory, inputs: Sample
) -> Relation | None:
    """The live states of `target` in terms of those of `source`; None if one is not found."""
    found: dict[Quantity, sp.Expr] = {}
    basis = list(source.live)
    for slot in target.live:
        # The same state, or a multiple of one, is likelier than a sum.
        e = _combination(slot, basis, source_run, target_run, inputs, source.hyper)
        if e is None:
            e = _monomial(slot, basis, source_run, target_run, inputs, source.hyper)
        if e is None:
            return None
        found[slot] = e
    return Relation(found)


def _combination(
    slot: Quantity,
    basis: Sequence[Quantity],
    source: Trajectory,
    target: Trajectory,
    inputs: Sample,
    hyper: Sequence[Quantity],
) -> sp.Expr | None:
    """A sum with coefficients that depend on hyperparameters and t: of states, theta, or products of states."""
    one, steps = sp.Integer(1), list(range(_FROM, len(source.after) + 1))
    products = [a * b for a, b in itertools.combinations_with_replacement(basis, 2)]
    # One state alone goes first: where two states are always equal, a sum of both would fit as well.
    single: list[list[sp.Expr]] = [[q] for q in basis]
    for columns in (*single, [one], [*basis, one], [*basis, parameter(), one], [*basis, *products, one]):
        coefficients = _solved(slot, columns, source, target, steps)
        if coefficients is not None:
            break
    else:
        return None
    settings = np.concatenate([np.arange(len(inputs.theta)) for _ in steps])
    times = np.repeat(np.array(steps, dtype=float), len(inputs.theta))
    total: sp.Expr = sp.Integer(0)
    for index, column in enumerate(columns):
        values = coefficients[:, index]
        if np.max(np.abs(values)) < _SMALL:
            continue
        factor = _coefficient(values, times, settings, inputs, hyper)
        if factor is None:
            return None
        total += factor * column
    return total


def _solved(
    slot: Quantity, columns: Sequence[sp.Expr], source: Trajectory, target: Trajectory, steps: Sequence[int]
) -> Array | None:
    """The coefficients at every setting, by least squares over the gradient sequences."""
    rows: list[Array] = []
    for t in steps:
        held, y = source.after[t - 1], target.after[t - 1].get(slot.name)
        x = [
            np.prod(
                [held[s.name] ** int(p) for s, p in c.as_powers_dict().items() if s != 1]
                or [np.ones_like(held["theta"])],
                axis=0,
            )
            for c in columns
        ]
        if y is None or not np.isfinite(y).all() or not all(np.isfinite(c).all() for c in x):
            return None
        for setting in range(y.shape[0]):
            matrix = np.stack([c[setting] for c in x], axis=1)
            if matrix.shape[0] < matrix.shape[1] + 2:
                return None
            scale = np.maximum(np.max(np.abs(matrix), axis=0), 1e-30)
            solution, *_ = np.linalg.lstsq(matrix / scale, y[setting], rcond=None)
            gap = np.max(np.abs((matrix / scale) @ solution - y[setting]))
            if gap > _SMALL * max(1.0, float(np.max(np.abs(y[setting])))):
                return None
            rows.append(solution / scale)
    return np.array(rows)


def _coefficient(
    values: Array, times: Array, settings: Array, inputs: Sample, hyper: Sequence[Quantity]
) -> sp.Expr | None:
    t = step_counter()
    # Affine in t: counters.
    matrix = np.stack([times, np.ones_like(times)], axis=1)
    line, *_ = np.linalg.lstsq(matrix, values, rcond=None)
    if np.max(np.abs(matrix @ line - values)) < _SMALL:
        slope, shift = (_rational(x) for x in line)
        return None if slope is None or shift is None else slope * t + shift
    factors = _factors(hyper, inputs, settings, times)
    return _fitted(values, factors)


def _factors(hyper: Sequence[Quantity], inputs: Sample, settings: Array, times: Array) -> list[tuple[sp.Expr, Array]]:
    t = step_counter()
    found: list[tuple[sp.Expr, Array]] = []
    for q in hyper:
        x = inputs.hyper[q.name][settings, 0]
        found.append((q, x))
        if q.domain.upper is not None:
            found += [(1 - q, 1 - x), (q**t, x**times), (1 - q**t, 1 - x**times), (1 + q, 1 + x)]
    return found


def _fitted(values: Array, factors: Sequence[tuple[sp.Expr, Array]]) -> sp.Expr | None:
    """A monomial in the factors, with exponents that are multiples of one half."""
    sign = np.sign(values)
    if not (np.all(sign == 1) or np.all(sign == -1)):
        return None
    matrix = np.stack([np.ones_like(values), *(np.log(np.abs(x)) for _, x in factors)], axis=1)
    if matrix.shape[0] < matrix.shape[1] + 4:
        return None
    logs = np.log(np.abs(values))
    solution, *_ = np.linalg.lstsq(matrix, logs, rcond=None)
    exponents = np.round(2 * solution[1:]) / 2
    rest = logs - matrix[:, 1:] @ exponents
    number = _rational(float(np.exp(np.mean(rest))))
    if number is None or np.max(np.abs(rest - np.mean(rest))) > _SAME:
        return None
    product: sp.Expr = number * int(sign.flat[0])
    for (factor, _), exponent in zip(factors, exponents, strict=True):
        product *= factor ** sp.Rational(round(2 * float(exponent)), 2)
    return product


def _monomial(
    slot: Quantity,
    basis: Sequence[Quantity],
    source: Trajectory,
    target: Trajectory,
    inputs: Sample,
    hyper: Sequence[Quantity],
) -> sp.Expr | None:
    """A product of powers of states, as the root of a second moment."""
    steps = range(_FROM, len(source.after) + 1)
    shape = inputs.theta.shape
    settings = np.tile(np.repeat(np.arange(shape[0]), shape[1]), len(steps))
    times = np.repeat(np.array(list(steps), dtype=float), shape[0] * shape[1])
    values = np.concatenate([target.after[t - 1][slot.name].ravel() for t in steps])
    if not np.isfinite(values).all() or np.any(values == 0):
        return None
    factors = _factors(hyper, inputs, settings, times)
    for q in basis:
        x = np.concatenate([source.after[t - 1][q.name].ravel() for t in steps])
        if np.all(x > 0):
            factors.append((q, x))
    return _fitted(values, factors)


def _rational(value: float) -> sp.Rational | None:
    found = Fraction(float(value)).limit_denominator(64)
    if abs(float(found) - value) > _SAME * max(1.0, abs(value)):
        return None
    return sp.Rational(found.numerator, found.denominator)
