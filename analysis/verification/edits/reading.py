"""A state's value from before the step where the one after it is meant, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from ....derive.symbols import Quantity, parameter
from ..drafts import Draft, Edit, Line

__all__ = ["old_and_new"]


def old_and_new(draft: Draft) -> Iterator[Edit]:
    """A state's old value where the new one is meant, and the other way round."""
    for index, (q, e) in enumerate(draft.lines):
        if q in draft.states:
            readers = [i for i, (_, later) in enumerate(draft.lines) if i > index and q in later.free_symbols]
            if readers:
                old = Quantity(f"{q.name}_old", q.domain)
                lines: list[Line] = [(old, q)]
                for i, (target, value) in enumerate(draft.lines):
                    lines.append((target, value.xreplace({q: old}) if i in readers else value))
                yield Edit(f"the update uses the old {q}, from before the step", draft.with_lines(lines))
            if e.has(parameter()):
                continue
            for j in range(index):
                target, value = draft.lines[j]
                if q in value.free_symbols and target != q:
                    moved = [*draft.lines[:j], draft.lines[index], *draft.lines[j:index], *draft.lines[index + 1 :]]
                    yield Edit(f"{q} is updated before it is used", draft.with_lines(moved))
