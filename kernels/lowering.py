"""The first pass: from a rule's algorithm box to single-assignment lines."""

from __future__ import annotations

from ..derive import Quantity, UpdateRule
from ..derive.rule import Assignment
from .naming import Namer
from .program import StepProgram

__all__ = ["lower"]


def lower(rule: UpdateRule) -> StepProgram:
    """The program that does what `rule` says, line by line, and nothing else.

    A state ``m`` keeps its name for the value before the step; the value after it becomes ``m_new``.
    """
    namer = Namer(rule.quantities)
    kept = (rule.theta, *(s.symbol for s in rule.state))
    now: dict[Quantity, Quantity] = {}
    body: list[Assignment] = []
    for line in rule.assignments:
        target = line.target
        if target in kept:
            target = Quantity(namer.unused(f"{target.name}_new"), target.domain, meaning=target.meaning)
        body.append(Assignment(target, line.value.xreplace(now)))
        now[line.target] = target
    return StepProgram(rule, (), tuple(body), tuple((q, now[q]) for q in kept))
