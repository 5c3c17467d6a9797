"""Questions about rounded computations as SMT-LIB 2 text, in the theory of floating-point numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .expression import Expression, is_relation
from .formats import Format
from .plan import NotRederivableError
from .rounded import Line

__all__ = ["rounded_question"]

_OPERATORS = {"+": "fp.add", "-": "fp.sub", "*": "fp.mul"}
_RELATIONS = {"<": "fp.lt", "<=": "fp.leq", ">": "fp.gt", ">=": "fp.geq", "==": "fp.eq"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_WORDS = {"and": "and", "or": "or", "not": "not", "iff": "=", "implies": "=>"}


def rounded_question(
    form: Format, inputs: Sequence[str], lines: Sequence[Line], given: Sequence[Expression], shows: Expression
) -> str:
    """The script that asks whether finite inputs satisfy `given` and break `shows`, after the lines were computed.

    Raises
    ------
    NotRederivableError
        If a line uses a number of no use to the theory, or a condition is more than comparisons.
    """
    sort = f"(_ FloatingPoint {form.exponent_bits} {form.digits})"
    text = ["(set-logic QF_FP)"]
    for name in inputs:
        text.append(f"(declare-const |{name}| {sort})")
        text.append(f"(assert (not (or (fp.isNaN |{name}|) (fp.isInfinite |{name}|))))")
    for line in lines:
        operands = [_operand(e, form, rounded=not line.operator) for e in line.operands]
        value = f"({_OPERATORS[line.operator]} RNE {' '.join(operands)})" if line.operator else operands[0]
        text.append(f"(define-fun |{line.target}| () {sort} {value})")
    text += [f"(assert {_condition(g, form)})" for g in given]
    return "\n".join([*text, f"(assert (not {_condition(shows, form)}))", "(check-sat)", ""])


def _operand(e: str | Fraction, form: Format, *, rounded: bool) -> str:
    if isinstance(e, str):
        return f"|{e}|"
    units = form.units(e)
    nearest = form.nearest(units.numerator, units.denominator)
    if isinstance(nearest, float) or (nearest != units and not rounded):
        raise NotRederivableError(f"a line computes with {e}, which is no {form.name} number")
    return _literal(nearest, form)


def _literal(number: int, form: Format) -> str:
    digits = (form.exponent_bits + form.digits) // 4
    return f"((_ to_fp {form.exponent_bits} {form.digits}) #x{form.pattern(number):0{digits}x})"


def _condition(condition: Expression, form: Format) -> str:
    if isinstance(condition, bool):
        return "true" if condition else "false"
    if is_relation(condition):
        relation, left, right = condition
        return _relation(relation, left, right, form)
    if isinstance(condition, tuple) and condition[0] in _WORDS:
        return f"({_WORDS[condition[0]]} {' '.join(_condition(a, form) for a in condition[1:])})"
    raise NotRederivableError("a condition on rounded numbers that is no comparison is not re-derived")


def _relation(relation: str, left: Expression, right: Expression, form: Format) -> str:
    if isinstance(left, Fraction):
        relation, left, right = _TURNED[relation], right, left
    if relation == "!=":
        return f"(not {_relation('==', left, right, form)})"
    if not isinstance(right, Fraction):
        return f"({_RELATIONS[relation]} {_term(left)} {_term(right)})"
    units = form.units(right)
    if abs(units) > form.largest:
        raise NotRederivableError(f"a result is compared with {right}, beyond the finite {form.name} numbers")
    number = form.nearest(units.numerator, units.denominator)
    if number != units:
        # No number of the format lies between its neighbours, so strict and not strict are the same.
        if relation == "==":
            return "false"
        down = relation in ("<", "<=")
        relation, number = ("<=", _floor(units, form)) if down else (">=", -_floor(-units, form))
    return f"({_RELATIONS[relation]} {_term(left)} {_literal(int(number), form)})"


def _floor(units: Fraction, form: Format) -> int:
    """The largest number of the format that is at most a finite number of units."""
    number = int(form.nearest(units.numerator, units.denominator))
    if number <= units:
        return number
    return form.below(number) if number > 0 else -form.above(-number)


def _term(e: Expression) -> str:
    if isinstance(e, str):
        return f"|{e}|"
    if isinstance(e, tuple) and e[0] == "abs":
        return f"(fp.abs {_term(e[1])})"
    raise NotRederivableError("a condition on more than rounded numbers and their sizes is not re-derived")
