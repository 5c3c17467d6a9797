"""Nodes as cases: under which conditions which expressions hold, without any choice inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy as sp

from ..trace.branches import settled
from .nodes import Condition, Node, condition_expression, expressions

__all__ = ["Case", "cases"]

_BOUND = 64


@dataclass(frozen=True)
class Case:
    """Where `conditions` hold, the outputs are these; `divisors` are divided by on the way."""

    conditions: tuple[sp.Basic, ...]
    outputs: Mapping[str, sp.Expr]
    divisors: tuple[sp.Expr, ...]


def cases(
    outputs: Mapping[str, Node], leaves: Callable[[str, str], sp.Expr], given: Iterable[Condition] = ()
) -> list[Case]:
    """The cases of some outputs, which together cover all numbers for which `given` holds.

    Raises
    ------
    NotUnderstood
        If a value is used that was never set.
    """
    start = {c.node: c.holds for c in given}
    found: list[Case] = []
    waiting = [start]
    while waiting:
        decided = waiting.pop()
        open_one = None if len(found) + len(waiting) >= _BOUND else next(_open(outputs.values(), decided), None)
        if open_one is None:
            found.append(_case(outputs, leaves, decided))
            continue
        values, _ = expressions((open_one,), leaves, decided)
        known = settled(values[open_one])
        waiting += [{**decided, open_one: holds} for holds in (False, True) if known in (None, holds)]
    return found


def _case(outputs: Mapping[str, Node], leaves: Callable[[str, str], sp.Expr], decided: Mapping[Node, bool]) -> Case:
    values, divisors = expressions(tuple(outputs.values()), leaves, decided)
    asked, _ = expressions(tuple(decided), leaves, decided)
    conditions = [condition_expression(asked[node], holds) for node, holds in decided.items()]
    return Case(
        tuple(c for c in dict.fromkeys(conditions) if settled(c) is not True),
        {name: values[node] for name, node in outputs.items()},
        tuple(divisors),
    )


def _open(outputs: Iterable[Node], decided: Mapping[Node, bool]) -> Iterator[Node]:
    """Conditions that are still to be decided, those first on which no other choice bears."""
    seen: set[Node] = set()
    waiting = [(node, False) for node in outputs]
    while waiting:
        node, below = waiting.pop()
        if below:
            yield node
            continue
        if node in seen:
            continue
        seen.add(node)
        parts = [a for a in node.arguments if isinstance(a, Node)]
        if node.operation == "if":
            condition, yes, no = parts
            if condition in decided:
                parts = [yes if decided[condition] else no]
            else:
                waiting.append((condition, True))
        waiting += [(part, False) for part in parts]
