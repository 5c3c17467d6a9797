"""Rules and expressions as JSON, and back, without evaluating any text.

An expression is a nested list in prefix form: ``["+", "m", ["*", 2, "g"]]``.  A string is the name of a symbol,
an integer is itself, and ``["/", 1, 3]`` is one third.  ``["at", "g", "t"]`` is the value of a sequence at an index,
``["sum", TERM, "i", 1, "t"]`` a sum over i, and ``["oo"]`` infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from .rule import RuleError, Source, UpdateRule
from .symbols import Domain, Quantity, Unit, exact, gradient, parameter, step_counter

__all__ = [
    "canonical",
    "domain_to_json",
    "expression_from_json",
    "expression_to_json",
    "rule_from_json",
    "rule_to_json",
    "source_to_json",
]

_HEADS: dict[str, Callable[..., Any]] = {
    "+": sp.Add,
    "*": sp.Mul,
    "**": sp.Pow,
    "abs": sp.Abs,
    "sign": sp.sign,
    "max": sp.Max,
    "min": sp.Min,
    "exp": sp.exp,
    "log": sp.log,
    "piecewise": sp.Piecewise,
    "case": sp.functions.elementary.piecewise.ExprCondPair,
    "==": sp.Eq,
    "!=": sp.Ne,
    "<": sp.StrictLessThan,
    "<=": sp.LessThan,
    ">": sp.StrictGreaterThan,
    ">=": sp.GreaterThan,
    "and": sp.And,
    "or": sp.Or,
    "not": sp.Not,
    "implies": sp.Implies,
    "iff": sp.Equivalent,
}
_NAMES: dict[Any, str] = {head: name for name, head in _HEADS.items()}
_MAX_DEPTH = 200


def expression_to_json(expression: sp.Basic) -> Any:
    """The prefix form of `expression`.

    Examples
    --------
    >>> x = Quantity("x")
    >>> expression_to_json(x / 3 + 1)
    ['+', 1, ['*', ['/', 1, 3], 'x']]
    """
    if isinstance(expression, sp.Integer):
        return int(expression)
    if isinstance(expression, sp.Rational):
        return ["/", int(expression.p), int(expression.q)]
    if isinstance(expression, sp.Symbol):
        return expression.name
    if isinstance(expression, sp.logic.boolalg.BooleanAtom):
        return bool(expression)
    if isinstance(expression, (sp.Sum, sp.core.function.AppliedUndef)) or expression in (sp.oo, -sp.oo):
        return _beyond_operators(expression)
    if expression is sp.I:
        # SymPy's form of a root of -1, which a program takes without noticing.
        return ["**", -1, ["/", 1, 2]]
    name = _NAMES.get(expression.func)
    if name is None:
        raise ValueError(f"{expression} ({type(expression).__name__}) has no JSON form")
    arguments = expression.args
    if isinstance(expression, (sp.Add, sp.Mul, sp.Max, sp.Min, sp.And, sp.Or)):
        # SymPy keeps these arguments in sets or in an order that may depend on the hash seed.
        arguments = tuple(sorted(arguments, key=sp.default_sort_key))
    return [name, *(expression_to_json(a) for a in arguments)]


def _beyond_operators(expression: sp.Basic) -> Any:
    """The prefix form of a sum, of the value of a sequence, or of infinity."""
    if expression == sp.oo:
        return ["oo"]
    if expression == -sp.oo:
        return ["*", -1, ["oo"]]
    if isinstance(expression, sp.Sum) and len(expression.limits) == 1 and len(expression.limits[0]) == 3:
        return ["sum", *(expression_to_json(e) for e in (expression.function, *expression.limits[0]))]
    if isinstance(expression, sp.core.function.AppliedUndef) and len(expression.args) == 1:
        return ["at", str(expression.func), expression_to_json(expression.args[0])]
    raise ValueError(f"{expression} ({type(expression).__name__}) has no JSON form")


def expression_from_json(data: object, symbols: Mapping[str, sp.Symbol], depth: int = 0) -> Any:
    """Read the prefix form back; names are looked up in `symbols`.

    Raises
    ------
    ValueError
        If `data` is not a prefix form or names an unknown symbol.
    """
    if depth > _MAX_DEPTH:
        raise ValueError(f"the expression is nested more than {_MAX_DEPTH} levels deep")
    if isinstance(data, bool):
        return sp.true if data else sp.false
    if isinstance(data, int):
        return sp.Integer(data)
    if isinstance(data, str):
        if data not in symbols:
            raise ValueError(f"the expression uses the unknown symbol {data!r}; known are {', '.join(sorted(symbols))}")
        return symbols[data]
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise ValueError(f"{data!r} is no expression; one is an integer, a name or a list that begins with an operator")
    if data[0] == "/":
        return _fraction(data)
    if data[0] in ("sum", "at", "oo"):
        return _read_beyond_operators(data, symbols, depth)
    if data[0] not in _HEADS:
        raise ValueError(f"the operator {data[0]!r} is unknown; known are {', '.join(_HEADS)} and /")
    arguments = [expression_from_json(a, symbols, depth + 1) for a in data[1:]]
    try:
        return _HEADS[data[0]](*arguments)
    except TypeError:
        raise ValueError(f"the operator {data[0]!r} does not take the {len(arguments)} arguments of {data!r}") from None


def _read_beyond_operators(data: list[Any], symbols: Mapping[str, sp.Symbol], depth: int) -> sp.Expr:
    if data == ["oo"]:
        return sp.oo
    if data[0] == "at" and len(data) == 3 and isinstance(data[1], str):
        return sp.Function(data[1])(expression_from_json(data[2], symbols, depth + 1))
    if data[0] == "sum" and len(data) == 5 and isinstance(data[2], str):
        index = sp.Symbol(data[2], integer=True, positive=True)
        term = expression_from_json(data[1], {**symbols, data[2]: index}, depth + 1)
        return sp.Sum(term, (index, *(expression_from_json(end, symbols, depth + 1) for end in data[3:])))
    raise ValueError(f"{data!r} is no sum, no value of a sequence and not infinity")


def _fraction(data: list[Any]) -> sp.Rational:
    if len(data) == 3 and all(isinstance(n, int) and not isinstance(n, bool) for n in data[1:]) and data[2] != 0:
        return sp.Rational(data[1], data[2])
    raise ValueError(f"{data!r} is no fraction; one is ['/', numerator, denominator]")


def canonical(expression: sp.Expr) -> sp.Expr:
    """The same expression as SymPy's constructors build it, whatever ``evaluate=False`` made of it before."""
    if not expression.args:
        return expression
    return expression.func(*(canonical(a) for a in expression.args))


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """A domain as JSON-ready data."""
    return {
        "name": domain.name,
        "lower": None if domain.lower is None else str(domain.lower),
        "upper": None if domain.upper is None else str(domain.upper),
        "lower_open": domain.lower_open,
        "upper_open": domain.upper_open,
        "integer": domain.integer,
    }


def _domain_from_json(data: Mapping[str, Any]) -> Domain:
    ends = {
        end: None if data[end] is None else exact(data[end], f"the {end} end of a domain") for end in ("lower", "upper")
    }
    return Domain(
        str(data["name"]),
        ends["lower"],
        ends["upper"],
        bool(data["lower_open"]),
        bool(data["upper_open"]),
        bool(data["integer"]),
    )


def _quantity_to_json(quantity: Quantity) -> dict[str, Any]:
    return {
        "name": quantity.name,
        "domain": domain_to_json(quantity.domain),
        "latex": quantity.latex_form,
        "meaning": quantity.meaning,
        "unit": None if quantity.unit is None else [str(quantity.unit.parameter), str(quantity.unit.objective)],
    }


def _quantity_from_json(data: Mapping[str, Any]) -> Quantity:
    return Quantity(
        str(data["name"]),
        _domain_from_json(data["domain"]),
        latex=str(data["latex"]),
        unit=_unit_from_json(data["unit"]),
        meaning=str(data["meaning"]),
    )


def _unit_from_json(data: object) -> Unit | None:
    if data is None:
        return None
    if isinstance(data, list) and len(data) == 2:
        parameter_power, objective_power = (exact(n, "an exponent of a unit") for n in data)
        return Unit(
            Fraction(int(parameter_power.p), int(parameter_power.q)),
            Fraction(int(objective_power.p), int(objective_power.q)),
        )
    raise ValueError(f"{data!r} is no unit; one is null or the exponents of T and F, such as ['-1', '1']")


def source_to_json(source: Source) -> dict[str, Any]:
    """Where something was published, as JSON-ready data."""
    return {
        "authors": source.authors,
        "year": source.year,
        "title": source.title,
        "where": source.where,
        "link": source.link,
    }


def rule_to_json(rule: UpdateRule) -> dict[str, Any]:
    """The whole rule as JSON-ready data with stable keys."""
    return {
        "name": rule.name,
        "title": rule.title,
        "source": None if rule.source is None else source_to_json(rule.source),
        "hyperparameters": [
            {**_quantity_to_json(h.symbol), "default": None if h.default is None else str(h.default)}
            for h in rule.hyper
        ],
        "state": [{**_quantity_to_json(s.symbol), "initial": expression_to_json(s.initial)} for s in rule.state],
        "assignments": [
            {**_quantity_to_json(a.target), "value": expression_to_json(a.value)} for a in rule.assignments
        ],
        "gradient_at": expression_to_json(rule.gradient_at),
    }


def rule_from_json(data: Mapping[str, Any]) -> UpdateRule:
    """Read a rule back; the result equals the rule that was written.

    Raises
    ------
    RuleError
        If a key is missing, an expression is malformed, or the rule does not validate.
    """
    try:
        return _rule_from_json(data)
    except KeyError as error:
        raise RuleError(f"the JSON of a rule lacks the key {error}") from None
    except (TypeError, AttributeError) as error:
        raise RuleError(f"the JSON of a rule has the wrong shape: {error}") from None
    except RuleError:
        raise
    except ValueError as error:
        raise RuleError(f"the JSON of a rule is malformed: {error}") from None


def _rule_from_json(data: Mapping[str, Any]) -> UpdateRule:
    hyper = {_quantity_from_json(h): h["default"] for h in data["hyperparameters"]}
    state = {_quantity_from_json(s): s["initial"] for s in data["state"]}
    targets = [_quantity_from_json(a) for a in data["assignments"]]
    known: dict[str, sp.Symbol] = {
        q.name: q for q in (parameter(), gradient(), step_counter(), *hyper, *state, *targets)
    }
    source = None if data["source"] is None else Source(**data["source"])
    return UpdateRule(
        str(data["name"]),
        title=str(data["title"]),
        source=source,
        hyper=hyper,
        state={symbol: expression_from_json(value, known) for symbol, value in state.items()},
        steps=[
            (target, expression_from_json(a["value"], known))
            for target, a in zip(targets, data["assignments"], strict=True)
        ],
        gradient_at=expression_from_json(data["gradient_at"], known),
    )
