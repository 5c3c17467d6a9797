"""Compute what occurs more than once a single time (common subexpressions)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import sympy as sp

from ..derive import Quantity
from ..derive.rule import Assignment
from .naming import Namer
from .operations import is_negated
from .program import StepProgram, symbols_of

__all__ = ["drop_copies", "share"]


def share(program: StepProgram) -> StepProgram:
    """Give a name to every subexpression that occurs twice; a power of a longer expression counts as twice."""
    program = drop_copies(program)
    namer = Namer(program.names)
    while True:
        shared = drop_copies(program.with_lines(_shared(program.prologue, namer), _shared(program.body, namer)))
        if shared == program:
            return program
        # A result that turned out to be a copy of a shared part may make further parts the same.
        program = shared


def _shared(lines: tuple[Assignment, ...], namer: Namer) -> tuple[Assignment, ...]:
    while True:
        repeated = _largest_repeated(lines)
        if repeated is None:
            return lines
        target = namer.quantity(repeated)
        replacement = {repeated: target, -repeated: -target}
        first = next(i for i, line in enumerate(lines) if _uses(line.value, repeated))
        after = tuple(Assignment(line.target, line.value.xreplace(replacement)) for line in lines[first:])
        lines = (*lines[:first], Assignment(target, repeated), *after)


def _uses(e: sp.Expr, part: sp.Expr) -> bool:
    return any(unsigned == part for unsigned, _ in _parts(e, 1))


def _largest_repeated(lines: Iterable[Assignment]) -> sp.Expr | None:
    seen: Counter[sp.Expr] = Counter()
    for line in lines:
        for part, times in _parts(line.value, 1):
            seen[part] += times
    repeated = [e for e, times in seen.items() if times > 1]
    return min(repeated, key=lambda e: (-sp.count_ops(e), sp.default_sort_key(e)), default=None)


def _parts(e: sp.Basic, times: int) -> Iterator[tuple[sp.Expr, int]]:
    """Every subexpression worth a name, without its sign, with how often it is evaluated."""
    if isinstance(e, sp.Expr) and e.args:
        if is_negated(e):
            yield from _parts(-e, times)
            return
        if not (isinstance(e, sp.Pow) and is_negated(e.exp)):
            yield e, times
    power = isinstance(e, sp.Pow) and e.exp.is_Integer and abs(e.exp) >= 2
    for argument in e.args:
        yield from _parts(argument, 2 * times if power else times)


def drop_copies(program: StepProgram) -> StepProgram:
    """Read what a line only copies from where it was copied, and remove lines that nothing reads."""
    outputs = {result for _, result in program.outputs}
    copies: dict[Quantity, sp.Expr] = {}
    parts: list[list[Assignment]] = []
    for lines in (program.prologue, program.body):
        kept: list[Assignment] = []
        for line in lines:
            value = line.value.xreplace(copies)
            if isinstance(value, sp.Symbol):
                copies[line.target] = value
            if not isinstance(value, sp.Symbol) or line.target in outputs:
                kept.append(Assignment(line.target, value))
        parts.append(kept)
    needed = set(outputs)
    for kept in reversed(parts):
        for line in reversed(list(kept)):
            if line.target in needed:
                needed |= symbols_of(line.value)
            else:
                kept.remove(line)
    return program.with_lines(parts[0], parts[1])
