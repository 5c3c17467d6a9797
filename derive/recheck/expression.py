"""Expressions as nested tuples, read from the prefix lists of a certificate.

A number is a Fraction, a symbol a string, everything else a tuple ``(operator, argument, ...)``: ``("+", "m", ("*",
Fraction(2), "g"))``.  A value of a sequence is ``("at", "g", index)``, a finite sum ``("sum", term, "i", low, high)``.
Nothing is simplified beyond folding numbers, flattening sums and products, and the powers 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

__all__ = [
    "INFINITY",
    "RELATIONS",
    "BadCertificateError",
    "Expression",
    "UndefinedError",
    "compare",
    "contains",
    "free_symbols",
    "is_relation",
    "linear",
    "make",
    "parse",
    "replace",
    "subexpressions",
]

Expression: TypeAlias = Any
"""A Fraction, a bool, a string or a tuple whose first item is an operator."""

RELATIONS = ("==", "!=", "<", "<=", ">", ">=")
INFINITY: Expression = ("oo",)
# How many arguments an operator takes: at least and, where there is a limit, at most.
_ARITY: dict[str, tuple[int, int | None]] = {
    "+": (1, None), "*": (1, None), "**": (2, 2), "abs": (1, 1), "sign": (1, 1), "max": (1, None), "min": (1, None),
    "exp": (1, 1), "log": (1, 1), "piecewise": (1, None), "case": (2, 2), "and": (1, None), "or": (1, None),
    "not": (1, 1), "implies": (2, 2), "iff": (2, 2), "at": (2, 2), "sum": (4, 4), "oo": (0, 0),
    **dict.fromkeys(RELATIONS, (2, 2)),
}  # fmt: skip
_CONDITIONS = (*RELATIONS, "and", "or", "not", "implies", "iff")
_MAX_DEPTH = 200
_LARGEST_POWER = 64


class BadCertificateError(ValueError):
    """A certificate that is malformed, or whose parts do not fit together; the message says how."""


class UndefinedError(ValueError):
    """An expression that divides by zero."""


def parse(data: object, depth: int = 0) -> Expression:
    """Read the prefix form.

    Raises
    ------
    BadCertificateError
        If `data` is not a prefix form.

    Examples
    --------
    >>> parse(["+", "m", ["*", 2, ["/", 1, 2], "g"]])
    ('+', 'm', 'g')
    """
    if depth > _MAX_DEPTH:
        raise BadCertificateError(f"an expression is nested more than {_MAX_DEPTH} levels deep")
    if isinstance(data, bool):
        return data
    if isinstance(data, int):
        return Fraction(data)
    if isinstance(data, str):
        return data
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise BadCertificateError(f"{data!r} is no expression")
    head, *rest = data
    if head == "/":
        return _fraction(rest)
    if head not in _ARITY:
        raise BadCertificateError(f"the operator {head!r} is unknown")
    least, most = _ARITY[head]
    if len(rest) < least or (most is not None and len(rest) > most):
        raise BadCertificateError(f"the operator {head!r} does not take {len(rest)} arguments")
    arguments = tuple(parse(a, depth + 1) for a in rest)
    _require_kinds(head, arguments)
    return make(head, arguments)


def _fraction(parts: list[Any]) -> Fraction:
    if len(parts) == 2 and all(type(n) is int for n in parts) and parts[1] != 0:
        return Fraction(parts[0], parts[1])
    raise BadCertificateError(f"{['/', *parts]!r} is no fraction")


def _require_kinds(head: str, arguments: tuple[Expression, ...]) -> None:
    """Conditions stand where conditions belong, numbers where numbers do."""
    kinds = [_is_condition(a) for a in arguments]
    if head in ("and", "or", "not", "implies", "iff"):
        wanted = [True] * len(kinds)
    elif head == "case":
        wanted = [False, True]
    elif head == "piecewise":
        if not all(isinstance(a, tuple) and a[0] == "case" for a in arguments):
            raise BadCertificateError("a piecewise expression is made of cases")
        return
    else:
        wanted = [False] * len(kinds)
    if kinds != wanted or any(isinstance(a, tuple) and a[0] == "case" for a in arguments):
        raise BadCertificateError(
            f"the operator {head!r} is given a condition for a number, or a number for a condition"
        )
    if head == "at" and not isinstance(arguments[0], str):
        raise BadCertificateError("a sequence has a name")
    if head == "sum" and not isinstance(arguments[1], str):
        raise BadCertificateError("the index of a sum is a symbol")


def _is_condition(e: Expression) -> bool:
    return isinstance(e, bool) or (isinstance(e, tuple) and e[0] in _CONDITIONS)


def is_relation(e: Expression) -> bool:
    """Whether `e` compares two numbers."""
    return isinstance(e, tuple) and e[0] in RELATIONS


def make(head: str, arguments: tuple[Expression, ...]) -> Expression:
    """The expression ``head(arguments)`` with numbers folded.

    Raises
    ------
    UndefinedError
        If it divides by the number zero.
    """
    folding = _FOLDING.get(head)
    return (head, *arguments) if folding is None else folding(arguments)


def _add(arguments: tuple[Expression, ...]) -> Expression:
    total, rest = Fraction(0), []
    for a in arguments:
        for term in a[1:] if isinstance(a, tuple) and a[0] == "+" else (a,):
            if isinstance(term, Fraction):
                total += term
            else:
                rest.append(term)
    kept = ([total] if total else []) + rest
    return ("+", *kept) if len(kept) > 1 else kept[0] if kept else Fraction(0)


def _multiply(arguments: tuple[Expression, ...]) -> Expression:
    total, rest = Fraction(1), []
    for a in arguments:
        for factor in a[1:] if isinstance(a, tuple) and a[0] == "*" else (a,):
            if isinstance(factor, Fraction):
                total *= factor
            else:
                rest.append(factor)
    if total == 0:
        return total
    kept = ([total] if total != 1 else []) + rest
    return ("*", *kept) if len(kept) > 1 else kept[0] if kept else Fraction(1)


def _power(arguments: tuple[Expression, ...]) -> Expression:
    base, exponent = arguments
    if isinstance(exponent, tuple):
        exponent = _collected(exponent)
    if exponent == 0 or base == 1:
        return Fraction(1)
    if exponent == 1:
        return base
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        if base == 0 and exponent < 0:
            raise UndefinedError("0 is divided by")
        if base == 0:
            return base
        if exponent.denominator == 1 and abs(exponent) <= _LARGEST_POWER:
            return base ** int(exponent)
    return ("**", base, exponent)


def _collected(e: Expression) -> Expression:
    """A linear expression with one term for each symbol, as ``t - (t - a)`` becomes a; others stay as they are."""
    found = linear(e)
    if found is None:
        return e
    terms = [_multiply((factor, symbol)) for symbol, factor in sorted(found.items()) if symbol and factor]
    return _add((found.get("", Fraction(0)), *terms))


def linear(e: Expression) -> dict[str, Fraction] | None:
    """The factor of each symbol in a linear expression, and under ``""`` the number beside them.

    None if it is not linear.

    Examples
    --------
    >>> linear(("+", "t", ("*", Fraction(-1), ("+", "t", "a"))))
    {'t': Fraction(0, 1), 'a': Fraction(-1, 1)}
    """
    if isinstance(e, Fraction):
        return {"": e}
    if isinstance(e, str):
        return {e: Fraction(1)}
    if isinstance(e, tuple) and e[0] == "+":
        total: dict[str, Fraction] = {}
        for a in e[1:]:
            part = linear(a)
            if part is None:
                return None
            for symbol, factor in part.items():
                total[symbol] = total.get(symbol, Fraction(0)) + factor
        return total
    if isinstance(e, tuple) and e[0] == "*" and len(e) == 3 and isinstance(e[1], Fraction):
        part = linear(e[2])
        return None if part is None else {symbol: factor * e[1] for symbol, factor in part.items()}
    return None


def _absolute(arguments: tuple[Expression, ...]) -> Expression:
    (inner,) = arguments
    return abs(inner) if isinstance(inner, Fraction) else ("abs", inner)


def _sign(arguments: tuple[Expression, ...]) -> Expression:
    (inner,) = arguments
    return Fraction((inner > 0) - (inner < 0)) if isinstance(inner, Fraction) else ("sign", inner)


def _joined(name: str) -> Callable[[tuple[Expression, ...]], Expression]:
    """A condition that is said twice is said once."""

    def fold(arguments: tuple[Expression, ...]) -> Expression:
        kept = tuple(dict.fromkeys(arguments))
        return kept[0] if len(kept) == 1 else (name, *kept)

    return fold


def _logarithm(arguments: tuple[Expression, ...]) -> Expression:
    (inner,) = arguments
    return Fraction(0) if inner == 1 else ("log", inner)


def _exponential(arguments: tuple[Expression, ...]) -> Expression:
    (inner,) = arguments
    return Fraction(1) if inner == 0 else ("exp", inner)


def _extremum(name: str, choose: Callable[..., Fraction]) -> Callable[[tuple[Expression, ...]], Expression]:
    def fold(arguments: tuple[Expression, ...]) -> Expression:
        if all(isinstance(a, Fraction) for a in arguments):
            return choose(arguments)
        return (name, *arguments)

    return fold


def _piecewise(arguments: tuple[Expression, ...]) -> Expression:
    kept: list[Expression] = []
    for _, value, condition in arguments:
        decided = _decided(condition)
        if decided is False:
            continue
        kept.append(("case", value, condition if decided is None else True))
        if decided:
            break
    if kept and kept[-1][2] is True and all(value == kept[0][1] for _, value, _ in kept):
        return kept[0][1]
    return ("piecewise", *kept)


def _decided(condition: Expression) -> bool | None:
    """Whether a condition between numbers holds; None if it is not between numbers."""
    if isinstance(condition, bool):
        return condition
    if is_relation(condition) and all(isinstance(a, Fraction) for a in condition[1:]):
        return compare(condition[0], (condition[1] > condition[2]) - (condition[1] < condition[2]))
    return None


def compare(relation: str, sign: int) -> bool:
    """Whether a relation holds between two numbers whose difference has this sign."""
    return {
        "==": sign == 0, "!=": sign != 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0,
    }[relation]  # fmt: skip


def _value_of_sequence(arguments: tuple[Expression, ...]) -> Expression:
    name, index = arguments
    return ("at", name, _collected(index))


_FOLDING: dict[str, Callable[[tuple[Expression, ...]], Expression]] = {
    "at": _value_of_sequence,
    "+": _add,
    "*": _multiply,
    "**": _power,
    "abs": _absolute,
    "sign": _sign,
    "log": _logarithm,
    "exp": _exponential,
    "and": _joined("and"),
    "or": _joined("or"),
    "max": _extremum("max", max),
    "min": _extremum("min", min),
    "piecewise": _piecewise,
}


def replace(e: Expression, values: Mapping[Expression, Expression]) -> Expression:
    """`e` with symbols, or values of sequences, replaced at once.

    Examples
    --------
    >>> replace(("+", "v", "w"), {"v": Fraction(1), "w": "v"})
    ('+', Fraction(1, 1), 'v')
    """
    if isinstance(e, (Fraction, bool)):
        return e
    if e in values:
        return values[e]
    if isinstance(e, str):
        return e
    if e[0] == "sum":
        inner = {k: v for k, v in values.items() if k != e[2]}
        return ("sum", replace(e[1], inner), e[2], replace(e[3], values), replace(e[4], values))
    if e[0] == "at":
        return make("at", (e[1], replace(e[2], values)))
    if e[0] == "case":
        return ("case", replace(e[1], values), replace(e[2], values))
    return make(e[0], tuple(replace(a, values) for a in e[1:]))


def free_symbols(e: Expression) -> frozenset[str]:
    """The symbols that occur in `e`; the index of a sum and the names of sequences are none.

    Examples
    --------
    >>> sorted(free_symbols(("sum", ("*", "b", ("at", "g", "i")), "i", Fraction(1), "t")))
    ['b', 't']
    """
    if isinstance(e, (Fraction, bool)):
        return frozenset()
    if isinstance(e, str):
        return frozenset((e,))
    if e[0] == "sum":
        return (free_symbols(e[1]) - {e[2]}) | free_symbols(e[3]) | free_symbols(e[4])
    parts = e[2:] if e[0] == "at" else e[1:]
    return frozenset().union(*(free_symbols(a) for a in parts))


def subexpressions(e: Expression) -> Iterator[Expression]:
    """Every part of `e`, the innermost first, and `e` itself."""
    if isinstance(e, tuple):
        for a in e[2:] if e[0] == "at" else e[1:]:
            yield from subexpressions(a)
    yield e


def contains(e: Expression, *heads: str) -> bool:
    """Whether an operator among `heads` occurs in `e`."""
    return any(isinstance(part, tuple) and part[0] in heads for part in subexpressions(e))
