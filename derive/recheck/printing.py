"""Checked expressions as plain text, for people."""

from __future__ import annotations

from fractions import Fraction

from .expression import Expression, make

__all__ = ["text"]

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_WORDS = {"and": " and ", "or": " or ", "implies": " => ", "iff": " <=> "}
_CONTRARY = {"==": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def text(e: Expression) -> str:
    """`e` as one writes it.

    Examples
    --------
    >>> text(("*", "lr", ("**", ("+", ("**", "v", Fraction(1, 2)), "eps"), Fraction(-1))))
    'lr/(sqrt(v) + eps)'
    """
    return _write(e)[0]


def _write(e: Expression) -> tuple[str, int]:
    if isinstance(e, bool):
        return ("true" if e else "false"), _ATOM
    if isinstance(e, Fraction):
        return str(e), _ATOM if e >= 0 and e.denominator == 1 else _PRODUCT if e >= 0 else _SUM
    if isinstance(e, str):
        return e.replace("__after", "'"), _ATOM
    writer = {"+": _sum, "*": _product, "**": _power}.get(e[0])
    if writer is not None:
        return writer(e)
    if e[0] in ("==", "!=", "<", "<=", ">", ">="):
        return f"{text(e[1])} {'=' if e[0] == '==' else e[0]} {text(e[2])}", _SUM
    if e[0] in _WORDS:
        return _WORDS[e[0]].join(_wrap(a, _PRODUCT) if _is_joined(a) else text(a) for a in e[1:]), _SUM
    return _call(e), _ATOM


def _is_joined(e: Expression) -> bool:
    return isinstance(e, tuple) and e[0] in _WORDS


def _call(e: Expression) -> str:
    if e[0] == "not" and isinstance(e[1], tuple) and e[1][0] in _CONTRARY:
        return f"{text(e[1][1])} {_CONTRARY[e[1][0]]} {text(e[1][2])}"
    if e[0] == "at":
        return f"{e[1]}[{text(e[2])}]"
    if e[0] == "sum":
        return f"sum({e[2]}={text(e[3])}..{text(e[4])}: {text(e[1])})"
    if e[0] == "case":
        return f"{text(e[1])} if {text(e[2])}"
    if e[0] == "oo":
        return "infinity"
    return f"{e[0]}({', '.join(text(a) for a in e[1:])})"


def _wrap(e: Expression, at_least: int) -> str:
    written, level = _write(e)
    return written if level >= at_least else f"({written})"


def _sum(e: Expression) -> tuple[str, int]:
    result = ""
    # A number that the fold put first reads better at the end, as in sqrt(v) - 1.
    for term in e[1:]:
        negative = _negative(term)
        shown = _wrap(make("*", (Fraction(-1), term)) if negative else term, _PRODUCT)
        result += (f" - {shown}" if negative else f" + {shown}") if result else (f"-{shown}" if negative else shown)
    return result, _SUM


def _negative(e: Expression) -> bool:
    if isinstance(e, Fraction):
        return e < 0
    return isinstance(e, tuple) and e[0] == "*" and isinstance(e[1], Fraction) and e[1] < 0


def _product(e: Expression) -> tuple[str, int]:
    if _negative(e):
        return f"-{_wrap(make('*', (Fraction(-1), e)), _PRODUCT)}", _SUM
    above: list[str] = []
    below: list[str] = []
    for factor in e[1:]:
        if isinstance(factor, tuple) and factor[0] == "**" and isinstance(factor[2], Fraction) and factor[2] < 0:
            below.append(_wrap(make("**", (factor[1], -factor[2])), _POWER))
        elif isinstance(factor, Fraction) and factor.numerator == 1 and factor.denominator > 1:
            below.append(str(factor.denominator))
        else:
            above.append(_wrap(factor, _POWER))
    top = " ".join(above) or "1"
    bottom = below[0] if len(below) == 1 else f"({' '.join(below)})"
    return (f"{top}/{bottom}" if below else top), _PRODUCT


def _power(e: Expression) -> tuple[str, int]:
    base, exponent = e[1], e[2]
    if exponent == Fraction(1, 2):
        return f"sqrt({text(base)})", _ATOM
    if isinstance(exponent, Fraction) and exponent < 0:
        return f"1/{_wrap(make('**', (base, -exponent)), _POWER)}", _PRODUCT
    return f"{_wrap(base, _ATOM)}^{_wrap(exponent, _ATOM)}", _POWER
