"""Strength reduction: the fewest divisions, roots and powers for each element.

Every rewrite is a value with a name and a reason why it is safe in floating point.  None of them is trusted: the
proof after the pass decides whether the program is still the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp

from ..derive import Quantity
from ..derive.rule import Assignment
from .hoisting import hoist
from .naming import rename_introduced
from .positive import is_nonnegative, is_positive
from .program import StepProgram, symbols_of
from .sharing import share

__all__ = ["REWRITES", "Rewrite", "reduce_strength"]

_HALF = sp.Rational(1, 2)


@dataclass(frozen=True)
class Rewrite:
    """A change of one program into an equal one.

    Attributes
    ----------
    name : str
    why_safe : str
        Why it brings no overflow or underflow that the plain form has not.
    apply : callable
        From program to program.
    """

    name: str
    why_safe: str
    apply: Callable[[StepProgram], StepProgram]


def reduce_strength(program: StepProgram) -> StepProgram:
    """Apply every rewrite of :data:`REWRITES` in order."""
    for rewrite in REWRITES:
        program = rewrite.apply(program)
    return program


def inline_once(program: StepProgram) -> StepProgram:
    """Put a temporary that is read once where it is read, so that factors can meet."""
    outputs = {result for _, result in program.outputs}
    uses: Counter[Quantity] = Counter()
    for line in (*program.prologue, *program.body):
        _count_uses(line.value, 1, uses)
    read_by_body: set[Quantity] = set().union(*(symbols_of(line.value) for line in program.body))
    values: dict[Quantity, sp.Expr] = {}

    def merged(lines: tuple[Assignment, ...], stays: set[Quantity]) -> list[Assignment]:
        kept: list[Assignment] = []
        for line in lines:
            value = line.value.xreplace(values)
            if uses[line.target] == 1 and line.target not in stays:
                values[line.target] = value
            else:
                kept.append(Assignment(line.target, value))
        return kept

    return program.with_lines(merged(program.prologue, read_by_body), merged(program.body, outputs))


def _count_uses(e: sp.Basic, times: int, uses: Counter[Quantity]) -> None:
    if isinstance(e, sp.Symbol):
        uses[e] += times
    power = isinstance(e, sp.Pow) and e.exp.is_Integer and abs(e.exp) >= 2
    for argument in e.args:
        _count_uses(argument, 2 * times if power else times, uses)


def split_roots(program: StepProgram) -> StepProgram:
    """Take positive factors that no element changes out of square roots."""
    definitions = program.definitions()
    uniform = program.uniform
    body = [Assignment(a.target, _split_roots(a.value, uniform, definitions)) for a in program.body]
    return program.with_lines(body=body)


def _split_roots(e: sp.Basic, uniform: frozenset[Quantity], definitions: Mapping[Quantity, sp.Expr]) -> sp.Expr:
    if not e.args:
        return e
    e = e.func(*(_split_roots(a, uniform, definitions) for a in e.args))
    if not (isinstance(e, sp.Pow) and abs(e.exp) == _HALF):
        return e
    if e.base in uniform and is_positive(e.base, definitions):
        return _root(e.base, e.exp, definitions)
    if not isinstance(e.base, sp.Mul):
        return e
    out = [f for f in e.base.args if symbols_of(f) <= uniform and is_positive(f, definitions)]
    rest = sp.Mul(*(f for f in e.base.args if f not in out))
    if not out or not (is_nonnegative(rest, definitions) or rest.is_Symbol):
        return e
    return sp.Mul(*(_root(f, e.exp, definitions) for f in out)) * rest**e.exp


def _root(factor: sp.Expr, exponent: sp.Rational, definitions: Mapping[Quantity, sp.Expr]) -> sp.Expr:
    if isinstance(factor, sp.Symbol) and factor in definitions:
        factor = definitions[factor]
    if isinstance(factor, sp.Pow) and is_positive(factor.base, definitions):
        return factor.base ** (factor.exp * exponent)
    return factor**exponent


REWRITES = (
    Rewrite(
        "inline what is read once",
        "the same operations in the same order; only names disappear",
        inline_once,
    ),
    Rewrite(
        "sqrt(c x) = sqrt(c) sqrt(x) for c > 0 that no element changes",
        "sqrt(x) is nearer to 1 than x and c x, so the split form overflows and underflows only where the other does",
        split_roots,
    ),
    Rewrite(
        "hoist what no element changes",
        "it is computed in float64; the kernel refuses values that its dtype cannot hold",
        hoist,
    ),
    Rewrite("inline what is read once, again", "as above", inline_once),
    Rewrite("share what occurs twice", "the same operation on the same operands", share),
    Rewrite("rename", "only names change", rename_introduced),
)
