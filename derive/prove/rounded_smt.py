"""Questions about rounded arithmetic as SMT-LIB 2 text, in the theory of floating-point numbers, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from ..floating import FORMATS, Format
from ..relations import negation
from ..rounding_goals import Computed
from ..symbols import Quantity
from .rounded_values import to_fraction
from .smt import NotEncodableError, Query

__all__ = ["encode_computed"]

_OPERATORS = {"+": "fp.add", "-": "fp.sub", "*": "fp.mul"}
_RELATIONS = {"<": "fp.lt", "<=": "fp.leq", ">": "fp.gt", ">=": "fp.geq", "==": "fp.eq"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def encode_computed(goal: Computed, hypotheses: Sequence[sp.Basic]) -> Query:
    """The question whether some finite inputs satisfy the hypotheses and break the goal.

    A number that a symbol is compared with need not be in the format: a number of the format is at most c exactly if it
    is at most the largest one that is at most c.

    Raises
    ------
    NotEncodableError
        If a line uses a number that is not in the format, or a condition goes beyond comparisons with numbers.
    """
    form = FORMATS[goal.arithmetic]
    names: dict[sp.Symbol, str] = {q: f"|{q.name}|" for q in goal.inputs}
    sort = f"(_ FloatingPoint {form.exponent_bits} {form.precision})"
    lines = ["(set-logic QF_FP)"]
    for name in names.values():
        lines.append(f"(declare-const {name} {sort})")
        lines.append(f"(assert (not (or (fp.isNaN {name}) (fp.isInfinite {name}))))")
    for line in goal.lines:
        operands = [_operand(e, names, form, rounded=not line.operator) for e in line.operands]
        value = f"({_OPERATORS[line.operator]} RNE {' '.join(operands)})" if line.operator else operands[0]
        names[line.target] = f"|{line.target.name}|"
        lines.append(f"(define-fun {names[line.target]} () {sort} {value})")
    lines += [f"(assert {_condition(c, names, form)})" for c in (*hypotheses, negation(goal.condition))]
    return Query("\n".join([*lines, "(check-sat)", ""]), {})


def _operand(e: sp.Expr, names: Mapping[sp.Symbol, str], form: Format, *, rounded: bool) -> str:
    if isinstance(e, Quantity):
        return names[e]
    value = to_fraction(e)
    nearest = form.round(value)
    if isinstance(nearest, float) or (nearest != value and not rounded):
        raise NotEncodableError(f"{e} is not a {form.name} number, and the claim does not round it first")
    return _literal(form.ordinal(nearest), form)


def _literal(ordinal: int, form: Format) -> str:
    digits = (form.exponent_bits + form.precision) // 4
    bits = form.pattern(form.number(ordinal))
    return f"((_ to_fp {form.exponent_bits} {form.precision}) #x{bits:0{digits}x})"


def _condition(c: sp.Basic, names: Mapping[sp.Symbol, str], form: Format) -> str:
    if isinstance(c, sp.core.relational.Relational):
        return _relation(c.rel_op, c.lhs, c.rhs, names, form)
    words = {sp.And: "and", sp.Or: "or", sp.Not: "not", sp.Equivalent: "="}
    for kind, word in words.items():
        if isinstance(c, kind):
            return f"({word} {' '.join(_condition(a, names, form) for a in c.args)})"
    raise NotEncodableError(f"{c} is not a condition on rounded numbers")


def _relation(relation: str, left: sp.Expr, right: sp.Expr, names: Mapping[sp.Symbol, str], form: Format) -> str:
    if isinstance(left, sp.Rational):
        relation, left, right = _TURNED[relation], right, left
    if relation == "!=":
        return f"(not {_relation('==', left, right, names, form)})"
    if not isinstance(right, sp.Rational):
        return f"({_RELATIONS[relation]} {_term(left, names)} {_term(right, names)})"
    value = to_fraction(right)
    largest = form.number(form.largest)
    if abs(value) > largest:
        raise NotEncodableError(f"{right} is beyond the finite {form.name} numbers")
    if form.round(value) != value:
        if relation == "==":
            return "false"
        # No number of the format lies between the two neighbours, so strict and not strict are the same.
        down = relation in ("<", "<=")
        relation, value = ("<=", form.below(value)) if down else (">=", form.above(value))
    return f"({_RELATIONS[relation]} {_term(left, names)} {_literal(form.ordinal(value), form)})"


def _term(e: sp.Basic, names: Mapping[sp.Symbol, str]) -> str:
    if isinstance(e, sp.Abs):
        return f"(fp.abs {_term(e.args[0], names)})"
    if isinstance(e, Quantity) and e in names:
        return names[e]
    raise NotEncodableError(f"{e} is not a rounded number, nor its absolute value")
