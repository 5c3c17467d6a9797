"""Move what no element changes from the body into the prologue."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from ..derive import Quantity
from ..derive.rule import Assignment
from .naming import Namer
from .operations import is_negated
from .positive import is_positive
from .program import StepProgram, symbols_of

__all__ = ["hoist"]


def hoist(program: StepProgram) -> StepProgram:
    """Compute once for each step whatever depends on hyperparameters and the step counter only.

    Whole lines move; inside the lines that stay, the largest subexpressions that no element changes get a name in
    the prologue.  A division by such a value becomes a multiplication by its reciprocal, which the prologue takes in
    float64; that is intended, and costs at most one rounding of the kernel's dtype.
    """
    work = _Hoisting(program, list(program.prologue), Namer(program.names), set(program.uniform))
    body: list[Assignment] = []
    outputs = {result for _, result in program.outputs}
    for line in program.body:
        if symbols_of(line.value) <= work.uniform and line.target not in outputs:
            work.prologue.append(line)
            work.uniform.add(line.target)
        else:
            body.append(Assignment(line.target, work.visit(line.value)))
    return program.with_lines(work.prologue, body)


@dataclass
class _Hoisting:
    program: StepProgram
    prologue: list[Assignment]
    namer: Namer
    uniform: set[Quantity]
    known: dict[sp.Expr, Quantity] = field(default_factory=dict)

    def visit(self, e: sp.Basic) -> sp.Basic:
        """`e` with every part that is uniform replaced by a name."""
        if not isinstance(e, sp.Expr):
            return e.func(*(self.visit(a) for a in e.args)) if e.args else e
        if _stays(e):
            return e
        if symbols_of(e) <= self.uniform:
            return self.name(e)
        if isinstance(e, (sp.Mul, sp.Add)):
            return self.grouped(e)
        if isinstance(e, sp.Pow):
            # An exponent that is a number is part of the operation, not a value.
            return self.visit(e.base) ** (e.exp if e.exp.is_Number else self.visit(e.exp))
        return e.func(*(self.visit(a) for a in e.args))

    def grouped(self, e: sp.Mul | sp.Add) -> sp.Expr:
        """A sum or product with its uniform part under one name."""
        same = [a for a in e.args if symbols_of(a) <= self.uniform]
        rest = e.func(*(self.visit(a) for a in e.args if a not in same))
        group = e.func(*same)
        return e.func(group if _stays(group) else self.name(group), rest)

    def name(self, value: sp.Expr) -> sp.Expr:
        """The name of `value` in the prologue; a sign in front of it stays outside."""
        if is_negated(value):
            return value if _stays(-value) else -self.name(-value)
        if value not in self.known:
            for line in self.prologue:
                if line.value == value:
                    self.known[value] = line.target
        if value not in self.known:
            positive = is_positive(value, {line.target: line.value for line in self.prologue})
            target = self.namer.quantity(value, positive=positive)
            self.prologue.append(Assignment(target, value))
            self.uniform.add(target)
            self.known[value] = target
        return self.known[value]


def _stays(e: sp.Expr) -> bool:
    """Whether `e` is best left where it is: a symbol, or an integer that every dtype holds exactly."""
    return isinstance(e, sp.Symbol) or (isinstance(e, sp.Integer) and abs(e) <= 1024)
