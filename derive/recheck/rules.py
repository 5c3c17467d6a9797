"""Reading an update rule strictly: where its symbols live, where states start, and what one step does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .domains import COUNT, REAL, Domain
from .expression import BadCertificateError, Expression, free_symbols, parse, replace, subexpressions

__all__ = [
    "AFTER",
    "COUNTER",
    "GRADIENT",
    "THETA",
    "Rule",
    "declared",
    "domain_from_json",
    "read_rule",
    "require_keys",
    "require_list",
    "require_text",
]

AFTER = "__after"
THETA, GRADIENT, COUNTER = "theta", "g", "t"
_RULE_KEYS = {"name", "title", "source", "hyperparameters", "state", "assignments", "gradient_at"}
_QUANTITY_KEYS = {"name", "domain", "latex", "meaning", "unit"}
_DOMAIN_KEYS = {"name", "lower", "upper", "lower_open", "upper_open", "integer"}


@dataclass(frozen=True)
class Rule:
    """What the checker needs of a rule.

    Attributes
    ----------
    name : str
    hyper, states : mapping
        The domains of hyperparameters and of states.
    initial : mapping
        Where states start.
    step : mapping
        Theta and the states after one step, in the values before it.
    late : mapping
        The same, where states that the step updated earlier stand as ``state__after``.
    gradient_at : expression
        The point at which the gradient is asked for, in the values before the step.
    """

    name: str
    hyper: Mapping[str, Domain]
    states: Mapping[str, Domain]
    initial: Mapping[str, Expression]
    step: Mapping[str, Expression]
    late: Mapping[str, Expression]
    gradient_at: Expression

    @property
    def kept(self) -> tuple[str, ...]:
        """Theta and the states."""
        return (THETA, *self.states)

    @property
    def domains(self) -> dict[str, Domain]:
        """The domain of every symbol of the rule, and of the values after the step."""
        kept = {THETA: REAL, **self.states}
        return {**kept, GRADIENT: REAL, COUNTER: COUNT, **self.hyper, **{s + AFTER: d for s, d in kept.items()}}


def read_rule(data: Any) -> Rule:
    """Read a rule.

    Raises
    ------
    BadCertificateError
        If it is no rule: a key is missing, a name used twice, a value read before it exists.
    """
    require_keys(data, _RULE_KEYS, "the rule")
    hyper = {
        n: d
        for item in require_list(data["hyperparameters"], "hyperparameters")
        for n, d in [_quantity(item, "default")]
    }
    states = {n: d for item in require_list(data["state"], "the state") for n, d in [_quantity(item, "initial")]}
    lines = require_list(data["assignments"], "the assignments")
    targets = [_quantity(item, "value")[0] for item in lines]
    names = [THETA, GRADIENT, COUNTER, *hyper, *states, *(t for t in targets if t not in states and t != THETA)]
    if len(set(names)) != len(names) or len(hyper) + len(states) != len(data["hyperparameters"]) + len(data["state"]):
        raise BadCertificateError("the rule uses one name for two things")
    if any(n.endswith(AFTER) or not re.fullmatch(r"[A-Za-z_]\w*", n) for n in names):
        raise BadCertificateError("the rule uses a name that is not allowed")
    if sorted(t for t in targets if t in states or t == THETA) != sorted([THETA, *states]):
        raise BadCertificateError("the rule does not assign theta and every state exactly once")
    known = dict.fromkeys(names, REAL)
    values = [declared(parse(line["value"]), known, "the rule") for line in lines]
    step, late = _composed(targets, values, states)
    before = {THETA, GRADIENT, COUNTER, *hyper, *states}
    if any(not free_symbols(e) <= before for e in step.values()):
        raise BadCertificateError("the rule reads a value before it exists")
    constants = {
        name: declared(parse(s["initial"]), hyper, "a start") for name, s in zip(states, data["state"], strict=True)
    }
    point = declared(parse(data["gradient_at"]), known, "the point of the gradient")
    if not free_symbols(point) <= before - {GRADIENT}:
        raise BadCertificateError("the gradient is asked for at a point that does not exist before the step")
    return Rule(require_text(data["name"], "the rule's name"), hyper, states, constants, step, late, point)


def _composed(
    targets: list[str], values: list[Expression], states: Mapping[str, Domain]
) -> tuple[dict[str, Expression], dict[str, Expression]]:
    """The lines put into each other: in values before the step, and in values after it where they exist already."""
    before: dict[Expression, Expression] = {}
    known: dict[Expression, Expression] = {}
    late: dict[str, Expression] = {}
    for target, value in zip(targets, values, strict=True):
        before[target] = replace(value, before)
        written = replace(value, known)
        if target in states or target == THETA:
            late[target], written = written, target + AFTER
        known[target] = written
    return {name: before[name] for name in (THETA, *states)}, late


def _quantity(data: Any, extra: str) -> tuple[str, Domain]:
    require_keys(data, {*_QUANTITY_KEYS, extra}, "a symbol of the rule")
    return require_text(data["name"], "a symbol's name"), domain_from_json(data["domain"])


def domain_from_json(data: Any) -> Domain:
    """Read a domain."""
    require_keys(data, _DOMAIN_KEYS, "a domain")
    flags = [data[k] for k in ("lower_open", "upper_open", "integer")]
    if any(type(flag) is not bool for flag in flags):
        raise BadCertificateError("an end of a domain is neither open nor closed")
    ends = [None if data[k] is None else _exact(data[k]) for k in ("lower", "upper")]
    return Domain(ends[0], ends[1], *flags)


def _exact(text: Any) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d+(/[1-9]\d*)?", text):
        raise BadCertificateError(f"{text!r} is no exact number")
    return Fraction(text)


def require_keys(data: Any, wanted: set[str], what: str) -> None:
    """Raise BadCertificateError unless `data` is an object with exactly these keys."""
    if not isinstance(data, dict):
        raise BadCertificateError(f"{what} is no object")
    for problem, names in (("lacks the key", wanted - set(data)), ("has the unknown key", set(data) - wanted)):
        if names:
            raise BadCertificateError(f"{what} {problem} {min(names)!r}")


def require_list(data: Any, what: str) -> list[Any]:
    """`data`, which must be a list."""
    if not isinstance(data, list):
        raise BadCertificateError(f"{what} is no list")
    return data


def require_text(data: Any, what: str) -> str:
    """`data`, which must be text."""
    if not isinstance(data, str):
        raise BadCertificateError(f"{what} is no text")
    return data


def declared(e: Expression, domains: Mapping[str, Domain], what: str) -> Expression:
    """`e`, all of whose symbols must be declared."""
    unknown = sorted(free_symbols(e) - set(domains))
    if unknown:
        raise BadCertificateError(f"{what} uses the symbol {unknown[0]!r}, which is not declared")
    for part in subexpressions(e):
        if isinstance(part, tuple) and part[0] == "sum" and part[2] in domains:
            raise BadCertificateError(f"{what} sums over {part[2]!r}, which is a symbol already")
    return e
