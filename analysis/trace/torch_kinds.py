"""What the slots of an optimizer are, seen from a few steps: values, counters of steps, or constants."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, TypeAlias

import sympy as sp

from ...derive.catalogue.vocabulary import T
from ...derive.symbols import REAL, Domain
from .record import STEPS_SO_FAR, Untraceable
from .torch_mode import SymbolicTensors
from .torch_slots import Slot

__all__ = ["Kinds", "SlotVariesError", "check_others", "domain_of_slot", "rehearsed", "sorted_slots"]

Kinds: TypeAlias = tuple[list[str], dict[str, tuple[sp.Rational, sp.Rational]], dict[str, Any]]
"""Slots that hold values, those that count (slope and value before the first step), and those that stay as they are."""


class SlotVariesError(Exception):
    """What looked like a constant or a counter of steps is none; the argument is its name."""


def domain_of_slot(seen: list[dict[str, Any]], name: str) -> Domain:
    """The domain of a slot that was `seen` after each of a few steps."""
    series = [s[name] for s in seen]
    return STEPS_SO_FAR if _counts(series) and all(isinstance(s, sp.Integer) and s >= 0 for s in series) else REAL


def sorted_slots(
    seen: list[dict[str, Any]], rehearsals: int, skipped: frozenset[str], varying: frozenset[str]
) -> Kinds:
    """The slots that hold values, those that count (slope and start), and those that stay as they are."""
    values: list[str] = []
    counts: dict[str, tuple[sp.Rational, sp.Rational]] = {}
    constants: dict[str, Any] = {}
    for name, last in seen[-1].items():
        series = [s.get(name) for s in seen]
        if name in skipped:
            continue
        if any(name not in s for s in seen[1:]) or (name not in seen[0] and len(seen) > 2):
            raise Untraceable(f"the state {name!r} does not exist before the second step; that is not followed")
        if not isinstance(last, sp.Basic):
            if any(s != last for s in series[1:]):
                raise Untraceable(f"{name} changes from step to step and is no number: {series}")
            constants[name] = last
        elif name in varying:
            values.append(name)
        elif all(s == last for s in series) and not rehearsed(last):
            constants[name] = last
        elif _counts(series):
            slope = last - seen[-2][name]
            counts[name] = (slope, last - slope * rehearsals)
        else:
            values.append(name)
    return values, counts, constants


def _counts(series: list[Any]) -> bool:
    if not all(isinstance(s, sp.Rational) for s in series):
        return False
    steps = {b - a for a, b in pairwise(series)}
    return len(steps) == 1 and steps != {sp.Integer(0)}


def rehearsed(expression: sp.Basic) -> bool:
    """Whether it holds symbols of the rehearsal, so that it would hold others after another one."""
    return any("__" in s.name and s.name.rpartition("__")[2].isdigit() for s in expression.free_symbols)


def check_others(
    mode: SymbolicTensors,
    after: Mapping[str, Slot],
    before: Mapping[str, Slot],
    counts: Mapping[str, tuple[sp.Rational, sp.Rational]],
    constants: Mapping[str, Any],
) -> None:
    """Hold the slots that are no values against what they should be after the step.

    Raises
    ------
    SlotVariesError
        If a counter or a constant is none.
    Untraceable
        If slots appeared or vanished, or a flag changed.
    """
    if set(after) != set(before):
        strange = sorted(set(after) ^ set(before))[0]
        raise Untraceable(f"the state {strange!r} appears or vanishes in a later step; that is not followed")
    for name, (slope, start) in counts.items():
        if sp.expand(after[name].read(mode) - (slope * T + start)) != 0:
            raise SlotVariesError(name)
    for name, value in constants.items():
        if after[name].read(mode) != value:
            if not isinstance(value, sp.Basic):
                raise Untraceable(f"{name} stays {value} at first and then changes; that is not followed")
            raise SlotVariesError(name)
