"""How many operations of each kind a program does, once for each step and once for each element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from .program import StepProgram

__all__ = ["OPERATIONS", "OperationCounts", "count_operations", "fraction_parts", "is_negated"]

OPERATIONS = ("add", "mul", "div", "sqrt", "pow", "max", "abs", "sign", "select", "exp", "log")

_HALF = sp.Rational(1, 2)
_FUNCTIONS: dict[type[sp.Basic], str] = {sp.Abs: "abs", sp.sign: "sign", sp.exp: "exp", sp.log: "log"}
_LARGEST_PRODUCT = 4  # x**4 is printed as a product; higher powers call pow


@dataclass(frozen=True)
class OperationCounts:
    """Operations by kind: `prologue` once for each step, `body` once for each element.

    Examples
    --------
    >>> print(OperationCounts({}, {"add": 1, "mul": 2}))
    1 add, 2 mul
    """

    prologue: dict[str, int] = field(default_factory=dict)
    body: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        body = _listed(self.body) or "none"
        return f"{body}; once for each step {_listed(self.prologue)}" if self.prologue else body

    @property
    def body_text(self) -> str:
        """The operations for each element in words."""
        return _listed(self.body) or "none"

    @property
    def prologue_text(self) -> str:
        """The operations for each step in words."""
        return _listed(self.prologue) or "none"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in OPERATIONS if counts.get(kind))


def count_operations(program: StepProgram) -> OperationCounts:
    """Count what `program` computes, as the printer writes it: ``x**2`` is one mul, ``a - b`` one add."""
    return OperationCounts(
        _in_order(_total(line.value for line in program.prologue)),
        _in_order(_total(line.value for line in program.body)),
    )


def _in_order(counts: Counter[str]) -> dict[str, int]:
    return {kind: counts[kind] for kind in OPERATIONS if counts[kind]}


def _total(expressions: Iterable[sp.Basic]) -> Counter[str]:
    total: Counter[str] = Counter()
    for expression in expressions:
        total += _count(expression)
    return total


def _count(e: sp.Basic) -> Counter[str]:
    if isinstance(e, sp.Add):
        return _total(e.args) + Counter(add=len(e.args) - 1)
    if isinstance(e, (sp.Mul, sp.Pow)):
        return _count_product(e)
    if isinstance(e, (sp.Max, sp.Min)):
        return _total(e.args) + Counter(max=len(e.args) - 1)
    if isinstance(e, sp.Piecewise):
        return _total(part for pair in e.args for part in pair.args) + Counter(select=len(e.args) - 1)
    own = _FUNCTIONS.get(type(e))
    return _total(e.args) + (Counter({own: 1}) if own else Counter())


def _count_product(e: sp.Expr) -> Counter[str]:
    above, below = fraction_parts(-e if is_negated(e) else e)
    found: Counter[str] = Counter()
    for factor in (*above, *below):
        found += _count_factor(factor)
    return found + Counter(mul=max(len(above) - 1, 0) + max(len(below) - 1, 0), div=1 if below else 0)


def _count_factor(e: sp.Expr) -> Counter[str]:
    if not isinstance(e, sp.Pow):
        return _count(e)
    inner = _count(e.base)
    if e.exp == _HALF:
        return inner + Counter(sqrt=1)
    if e.exp.is_Integer and 2 <= e.exp <= _LARGEST_PRODUCT:
        return inner + Counter(mul=int(e.exp) - 1)
    return inner + _count(e.exp) + Counter(pow=1)


def is_negated(e: sp.Basic) -> bool:
    """Whether `e` is written with a minus sign in front: a negative number, or a product that begins with one."""
    return isinstance(e, (sp.Mul, sp.Number)) and bool(e.as_coeff_Mul()[0] < 0)


def fraction_parts(e: sp.Expr) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """The factors above and below the fraction bar of a product or power, both with positive exponents.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> fraction_parts(3 * x / (4 * sp.sqrt(y)))
    ([3, x], [4, sqrt(y)])
    """
    above: list[sp.Expr] = []
    below: list[sp.Expr] = []
    for factor in sp.Mul.make_args(e):
        if isinstance(factor, sp.Rational) and not isinstance(factor, sp.Integer):
            above += [sp.Integer(factor.p)] if factor.p != 1 else []
            below.append(sp.Integer(factor.q))
        elif isinstance(factor, sp.Pow) and is_negated(factor.exp):
            below.append(factor.base**-factor.exp)
        elif factor != 1:
            above.append(factor)
    return above, below
