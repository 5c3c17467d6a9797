"""Prefix lists evaluated in floating point, and values drawn from domains."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath

__all__ = ["drawn", "evaluate", "fails"]


def drawn(domain: dict[str, Any], chance: random.Random) -> float:
    low = None if domain["lower"] is None else float(domain["lower"])
    high = None if domain["upper"] is None else float(domain["upper"])
    if domain["integer"]:
        first = math.ceil(1.0 if low is None else low) + (domain["lower_open"] and low == int(low or 0))
        last = first + 5 if high is None else math.floor(high) - (domain["upper_open"] and high == int(high))
        return float(chance.randint(first, max(first, last)))
    if low is not None and high is not None:
        return chance.uniform(low, high)
    if low is not None:
        return low + chance.uniform(0.01, 3)
    return chance.uniform(-3, 3) if high is None else high - chance.uniform(0.01, 3)


def fails(condition: Any, values: dict[str, Any]) -> bool:
    """Whether a condition fails by more than rounding explains."""
    head, *rest = condition
    if head == "not" and rest[0][0] == "==":
        left, right = (evaluate(e, values) for e in rest[0][1:])
        return left == right
    if head == "and":
        return any(fails(c, values) for c in rest)
    if head == "or":
        return all(fails(c, values) for c in rest)
    if head == "not":
        return not fails(rest[0], values)
    left, right = (evaluate(e, values) for e in rest)
    gap, clear = (
        left - right,
        (1e-9 if isinstance(left, float) else mpmath.mpf(10) ** -40) * (1 + abs(left) + abs(right)),
    )
    return {
        "==": abs(gap) > clear,
        "<=": gap > clear,
        ">=": gap < -clear,
        "<": gap > clear,
        ">": gap < -clear,
        "!=": gap == 0,
    }[head]


def evaluate(e: Any, values: dict[str, Any]) -> Any:
    """The value of a prefix list in floating point."""
    if isinstance(e, int):
        # In a counterexample small differences count: mpmath's numbers spread through everything they touch.
        return mpmath.mpf(e) if mpmath.mp.dps > 15 else float(e)
    if isinstance(e, float):
        return e
    if isinstance(e, str):
        return values[e]
    head, *rest = e
    if head == "at":
        return float(values["g at"][round(evaluate(rest[1], values)) - 1])
    if head == "sum":
        term, index, low, high = rest
        span = range(round(evaluate(low, values)), round(evaluate(high, values)) + 1)
        return sum(evaluate(term, {**values, index: float(i)}) for i in span)
    parts = [evaluate(a, values) for a in rest]
    if head == "**" and parts[0] < 0 and parts[1] != int(parts[1]):
        raise ValueError("the root of a negative number")
    operations: dict[str, Callable[[list[float]], float]] = {
        "+": sum,
        "*": math.prod,
        "/": lambda p: p[0] / p[1],
        "**": lambda p: p[0] ** p[1],
        "abs": lambda p: abs(p[0]),
        "sign": lambda p: float((p[0] > 0) - (p[0] < 0)),
        "max": max,
        "min": min,
    }
    return operations[head](parts)
