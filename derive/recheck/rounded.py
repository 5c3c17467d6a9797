"""Rounded computations, lines ``target = fl(a operator b)``, and conditions on their results, as functions."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from .expression import BadCertificateError, Expression, is_relation, parse
from .formats import FORMATS, Format, Number
from .plan import NotRederivableError
from .reading import Certificate
from .rules import require_keys, require_list, require_text

__all__ = ["Line", "Values", "compute", "exact_number", "format_of", "is_finite", "predicate", "read_lines"]

Values: TypeAlias = dict[str, Number]

_LINE_KEYS = {"target", "operator", "operands"}
_OPERANDS = {"": 1, "+": 2, "-": 2, "*": 2}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """``target = fl(left operator right)``, or ``fl(left)``; an operand is a symbol or an exact number."""

    target: str
    operator: str
    operands: tuple[str | Fraction, ...]


def format_of(c: Certificate) -> Format:
    """The format that the goal is about, which must be the one that the claim is made in."""
    name = require_text(c.goal["arithmetic"], "the arithmetic of the goal")
    if name != c.claim["semantics"]:
        raise BadCertificateError(f"a goal about {name} arithmetic stands in a claim made in another one")
    if name not in FORMATS:
        raise NotRederivableError(f"the format {name} is not known here")
    return FORMATS[name]


def read_lines(listed: Any, known: Iterable[str]) -> tuple[Line, ...]:
    """The lines of a goal, each of which uses symbols in `known` and targets of the lines before it.

    Raises
    ------
    BadCertificateError
        If a line is none, or uses what is not known.
    """
    defined, found = set(known), list[Line]()
    for data in require_list(listed, "the lines of the goal"):
        require_keys(data, _LINE_KEYS, "a line")
        operands = tuple(parse(e) for e in require_list(data["operands"], "the operands of a line"))
        target, sign = require_text(data["target"], "a target"), require_text(data["operator"], "an operator")
        if _OPERANDS.get(sign) != len(operands):
            raise BadCertificateError(f"a line has the operator {sign!r} with {len(operands)} operands")
        if not all(isinstance(e, Fraction) or e in defined for e in operands) or target in defined:
            raise BadCertificateError("a line uses what is not computed before it, or computes what is known")
        defined.add(target)
        found.append(Line(target, sign, operands))
    return tuple(found)


def compute(lines: Iterable[Line], form: Format) -> Callable[[Values], None]:
    """A function that puts the results of `lines` beside the values that they use: each exact, then rounded once."""
    steps = [(line.target, _operation(line, form)) for line in lines]

    def run(values: Values) -> None:
        for target, operation in steps:
            values[target] = operation(values)

    return run


def _operation(line: Line, form: Format) -> Callable[[Values], Number]:
    first, last = (_operand(e, form) for e in (line.operands[0], line.operands[-1]))
    scale, sign = form.scale, line.operator

    def result(values: Values) -> Number:
        (a, p), (b, q) = first(values), last(values)
        if isinstance(a, float) or isinstance(b, float):
            return _beyond(sign, a, b)
        if sign == "":
            return form.nearest(a, p)
        if sign == "*":
            return form.nearest(a * b, p * q * scale)
        return form.nearest(a * q + b * p if sign == "+" else a * q - b * p, p * q)

    return result


def _operand(e: str | Fraction, form: Format) -> Callable[[Values], tuple[Number, int]]:
    """An operand in units, as numerator and denominator."""
    if isinstance(e, str):
        return lambda values: (values[e], 1)
    units = form.units(e)
    constant = (units.numerator, units.denominator)
    return lambda values: constant


def _beyond(sign: str, a: Number, b: Number) -> float:
    """The result where an operand is infinite or undefined: of finite ones only the sign matters."""
    x, y = (v if isinstance(v, float) else math.copysign(1.0, v) if v else 0.0 for v in (a, b))
    return {"": x, "+": x + y, "-": x - y, "*": x * y}[sign]


def predicate(condition: Expression, form: Format) -> Callable[[Values], bool]:
    """A condition on symbols, their absolute values and numbers; with an undefined value only ``!=`` holds.

    Raises
    ------
    NotRederivableError
        If it is another one.
    """
    if is_relation(condition):
        left, right = (_term(e, form) for e in condition[1:])
        compare = _COMPARE[condition[0]]
        return lambda values: compare(left(values), right(values))
    if isinstance(condition, tuple) and condition[0] in ("and", "or", "not", "iff", "implies"):
        parts = [predicate(a, form) for a in condition[1:]]
        joined = _JOINED[condition[0]]
        return lambda values: joined([part(values) for part in parts])
    raise NotRederivableError("a condition on rounded numbers that is no comparison is not re-derived")


_JOINED: dict[str, Callable[[list[bool]], bool]] = {
    "and": all,
    "or": any,
    "not": lambda parts: not parts[0],
    "iff": lambda parts: parts[0] == parts[1],
    "implies": lambda parts: parts[1] or not parts[0],
}


def _term(e: Expression, form: Format) -> Callable[[Values], Any]:
    if isinstance(e, str):
        return lambda values: values[e]
    if isinstance(e, Fraction):
        constant = form.units(e)
        return lambda values: constant
    if isinstance(e, tuple) and e[0] == "abs":
        inner = _term(e[1], form)
        return lambda values: abs(inner(values))
    raise NotRederivableError("a condition on more than rounded numbers and their sizes is not re-derived")


def exact_number(value: Fraction, form: Format, what: str) -> int:
    """A number of the format, in units.

    Raises
    ------
    BadCertificateError
        If it is none.
    """
    found = form.exactly(value)
    if found is None:
        raise BadCertificateError(f"{what} is no {form.name} number")
    return found


def is_finite(values: Mapping[str, Number]) -> bool:
    """Whether none of `values` is infinite or undefined."""
    return all(isinstance(v, int) for v in values.values())
