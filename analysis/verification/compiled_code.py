"""A function that was proved by its source, and what its compiled code adds to that."""

from __future__ import annotations

from dataclasses import replace

from ...derive.prove.verdict import Verdict
from ...derive.user_file import find_rule
from ..llvm.execution import ASSUMPTIONS
from ..trace.record import Traced
from .deciding import against
from .record import Verification
from .workbench import Workbench

__all__ = ["with_compiled_code"]

_BY_SOURCE = "proved the same by its Python source"


def with_compiled_code(found: Verification, traced: Traced, bench: Workbench) -> Verification:
    """The verdict on source and compiled code together: the worse of both.

    Parameters
    ----------
    found : Verification
        Of the source.
    traced : Traced
        With the compiled code's traces.
    bench : Workbench
    """
    if found.verdict is not Verdict.PROVED:
        return found
    if traced.compiled_trouble:
        return _undecided(found, traced.compiled_trouble)
    notes = dict.fromkeys(found.notes)
    for compiled in traced.compiled:
        one = against(compiled, find_rule(found.rule), bench)
        notes |= dict.fromkeys(one.notes)
        if one.verdict is Verdict.REFUTED:
            words = f"the Python source is the rule, but the compiled code is not: {compiled.target}"
            return replace(one, target=found.target, notes=(*notes, words))
        if one.verdict is not Verdict.PROVED:
            return _undecided(found, one.reason)
        # Elements may be handled by one form of the loop in one step and by another in the next.
        if one.state_map != found.state_map:
            return _undecided(found, "it is shown for another relation of the states than the source")
        found = replace(found, scope=max(found.scope, one.scope, key=len), side_effects=_joined(found, one))
    scope = f"{found.scope}; by its Python source and its compiled code (LLVM IR: {ASSUMPTIONS})"
    return replace(found, scope=scope, notes=tuple(notes))


def _joined(a: Verification, b: Verification) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*a.side_effects, *b.side_effects)))


def _undecided(found: Verification, reason: str) -> Verification:
    return replace(
        found, verdict=Verdict.UNKNOWN, reason=f"compiled code: {reason}", weaker=(*found.weaker, _BY_SOURCE)
    )
