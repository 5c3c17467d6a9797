"""Reading a certificate strictly: every key is known, every symbol declared, both digests right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .domains import COUNT, REAL, Domain
from .expression import BadCertificateError, Expression, free_symbols, parse, replace, subexpressions

__all__ = [
    "AFTER",
    "FORMAT",
    "VERSION",
    "Certificate",
    "Obligation",
    "Rule",
    "digest_of",
    "domain_from_json",
    "load",
    "read",
    "statement_digest",
]

FORMAT, VERSION = "optproof certificate", 1
AFTER = "__after"
THETA, GRADIENT, COUNTER = "theta", "g", "t"

_KEYS = {
    *("format", "version", "rule", "rule_digest", "claim", "statement_digest", "symbols", "verdict", "method", "facts"),
    *("obligations", "witness", "tools"),
}
_CLAIM_KEYS = {
    *("name", "subject", "title", "goal", "hypotheses", "semantics", "expected", "derived", "published", "relation"),
    *("source", "seed"),
}
_RULE_KEYS = {"name", "title", "source", "hyperparameters", "state", "assignments", "gradient_at"}
_QUANTITY_KEYS = {"name", "domain", "latex", "meaning", "unit"}
_DOMAIN_KEYS = {"name", "lower", "upper", "lower_open", "upper_open", "integer"}
# The parts of a goal, by its kind; goals of other kinds may have any.
_GOAL_KEYS = {
    "Equal": {"left", "right", "label", "label_text"},
    "Holds": {"condition"},
    "Invariant": {"condition", "lemmas"},
    "EachStep": {"condition", "lemmas", "trials"},
    "LimitIs": {"expression", "symbol", "point", "value"},
    "ClosedForm": {"symbol", "initial", "following", "formula", "label", "label_text"},
    "DependsOn": {"expression", "symbols"},
}
_OBLIGATION_KEYS = {"words", "kind", "given", "shows", "smtlib"}


@dataclass(frozen=True)
class Rule:
    """What the checker needs of a rule: where its symbols live, where states start, and what one step does."""

    name: str
    hyper: Mapping[str, Domain]
    states: Mapping[str, Domain]
    initial: Mapping[str, Expression]
    step: Mapping[str, Expression]

    @property
    def domains(self) -> dict[str, Domain]:
        """The domain of every symbol of the rule, and of the values after the step."""
        kept = {THETA: REAL, **self.states}
        return {**kept, GRADIENT: REAL, COUNTER: COUNT, **self.hyper, **{s + AFTER: d for s, d in kept.items()}}


@dataclass(frozen=True)
class Obligation:
    """Wherever `given` holds, `shows` holds; `smtlib` is the same as a question to a solver, if one was asked."""

    given: tuple[Expression, ...]
    shows: Expression
    smtlib: str | None


@dataclass(frozen=True)
class Certificate:
    """A certificate whose parts fit together as far as reading can tell."""

    rule: Rule
    name: str
    claim: Mapping[str, Any]
    goal: Mapping[str, Any]
    hypotheses: tuple[Expression, ...]
    verdict: str
    method: str
    facts: tuple[Expression, ...]
    obligations: tuple[Obligation, ...]
    witness: Mapping[str, Expression]
    domains: Mapping[str, Domain]

    def expression(self, field: str) -> Expression:
        """An expression that is part of the goal."""
        return self.parse(self.goal[field], f"the goal's {field}")

    def expressions(self, field: str) -> tuple[Expression, ...]:
        """Several expressions that are part of the goal; none where the goal has no such part."""
        data = self.goal.get(field, [])
        if not isinstance(data, list):
            raise BadCertificateError(f"the goal's {field} is no list")
        return tuple(self.parse(e, f"the goal's {field}") for e in data)

    def parse(self, data: object, what: str) -> Expression:
        """Read an expression and make sure that its symbols are declared."""
        return _declared(parse(data), self.domains, what)


def digest_of(data: object) -> str:
    """The SHA-256 of data as canonical JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def statement_digest(data: Mapping[str, Any]) -> str:
    """The digest of what a certificate states: of which rule, what, under which hypotheses, true or broken by what."""
    claim = data["claim"]
    return digest_of(
        {
            "rule": data["rule_digest"],
            "name": claim["name"],
            **{key: claim[key] for key in ("goal", "derived", "published", "relation")},
            "hypotheses": [h["condition"] for h in claim["hypotheses"]],
            "symbols": data["symbols"],
            "semantics": claim["semantics"],
            "verdict": data["verdict"],
            "witness": data["witness"],
        }
    )


def load(text: str) -> dict[str, Any]:
    """The JSON object in `text`.

    Raises
    ------
    BadCertificateError
        If it is no JSON object, repeats a key, or holds a number that is not exact.
    """

    def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadCertificateError("a key occurs twice in one object")
        return found

    def no_float(number: str) -> Any:
        raise BadCertificateError(f"the number {number} is not exact")

    try:
        data = json.loads(text, object_pairs_hook=without_repetition, parse_float=no_float, parse_constant=no_float)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadCertificateError(f"it is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadCertificateError("it is no JSON object")
    return data


def read(data: Mapping[str, Any]) -> Certificate:
    """Read what a file holds.

    Raises
    ------
    BadCertificateError
        If a key is missing or unknown, an expression malformed, a symbol undeclared, or a digest wrong.
    """
    _keys(data, _KEYS, "the certificate")
    if data["format"] != FORMAT or type(data["version"]) is not int or data["version"] != VERSION:
        raise BadCertificateError(f"it is not of the format {FORMAT!r}, version {VERSION}")
    claim = data["claim"]
    _keys(claim, _CLAIM_KEYS, "the claim")
    for one in _list(claim["hypotheses"], "the hypotheses"):
        _keys(one, {"condition", "words"}, "a hypothesis")
    if digest_of(data["rule"]) != data["rule_digest"]:
        raise BadCertificateError("the rule is not the one that the certificate's digest names")
    if statement_digest(data) != data["statement_digest"]:
        raise BadCertificateError("the statement is not the one that the certificate's digest names")
    rule = _rule(data["rule"])
    domains = {**rule.domains, **_further_symbols(data["symbols"], rule)}
    return _certificate(data, rule, domains)


def _certificate(data: Mapping[str, Any], rule: Rule, domains: Mapping[str, Domain]) -> Certificate:
    claim = data["claim"]

    def expression(value: object, what: str) -> Expression:
        return _declared(parse(value), domains, what)

    goal = claim["goal"]
    if not isinstance(goal, dict) or not isinstance(goal.get("kind"), str):
        raise BadCertificateError("the goal has no kind")
    if goal["kind"] in _GOAL_KEYS:
        _keys(goal, {"kind", *_GOAL_KEYS[goal["kind"]]}, "the goal")
    if data["verdict"] not in ("PROVED", "REFUTED"):
        raise BadCertificateError(f"the verdict is {data['verdict']!r}, which no certificate can have")
    return Certificate(
        rule=rule,
        name=_text(claim["name"], "the claim's name"),
        claim=claim,
        goal=goal,
        hypotheses=tuple(expression(h["condition"], "a hypothesis") for h in claim["hypotheses"]),
        verdict=data["verdict"],
        method=_text(data["method"], "the method"),
        facts=tuple(expression(f, "a fact") for f in _list(data["facts"], "the facts")),
        obligations=tuple(
            one for item in _list(data["obligations"], "the obligations") for one in _obligation(item, domains)
        ),
        witness=_witness(data["witness"]),
        domains=domains,
    )


def _obligation(data: Any, domains: Mapping[str, Domain]) -> list[Obligation]:
    """The obligation, or nothing for a step of the proof that only explains."""
    _keys(data, _OBLIGATION_KEYS, "an obligation")
    given = _list(data["given"], "what an obligation is given")
    smtlib = data["smtlib"]
    if data["shows"] is None:
        if given or smtlib is not None:
            raise BadCertificateError("a step that shows nothing is given something")
        return []
    if smtlib is not None:
        _text(smtlib, "a question to a solver")
    read_given = tuple(_declared(parse(g), domains, "an obligation") for g in given)
    return [Obligation(read_given, _declared(parse(data["shows"]), domains, "an obligation"), smtlib)]


def _witness(data: Any) -> dict[str, Expression]:
    if not isinstance(data, dict):
        raise BadCertificateError("the witness is no object")
    found = {name: parse(value) for name, value in data.items()}
    if any(free_symbols(value) for value in found.values()):
        raise BadCertificateError("a value of the witness is no number")
    return found


def _declared(e: Expression, domains: Mapping[str, Domain], what: str) -> Expression:
    unknown = sorted(free_symbols(e) - set(domains))
    if unknown:
        raise BadCertificateError(f"{what} uses the symbol {unknown[0]!r}, which is not declared")
    for part in subexpressions(e):
        if isinstance(part, tuple) and part[0] == "sum" and part[2] in domains:
            raise BadCertificateError(f"{what} sums over {part[2]!r}, which is a symbol already")
    return e


def _further_symbols(data: Any, rule: Rule) -> dict[str, Domain]:
    """The symbols beside the rule's, with their domains."""
    if not isinstance(data, dict):
        raise BadCertificateError("the table of symbols is no object")
    for name in data:
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in rule.domains:
            raise BadCertificateError(f"the table of symbols may not hold {name!r}")
    return {name: domain_from_json(value) for name, value in data.items()}


def _rule(data: Any) -> Rule:
    _keys(data, _RULE_KEYS, "the rule")
    hyper = {
        n: d for item in _list(data["hyperparameters"], "hyperparameters") for n, d in [_quantity(item, "default")]
    }
    states = {n: d for item in _list(data["state"], "the state") for n, d in [_quantity(item, "initial")]}
    lines = _list(data["assignments"], "the assignments")
    targets = [_quantity(item, "value")[0] for item in lines]
    names = [THETA, GRADIENT, COUNTER, *hyper, *states, *(t for t in targets if t not in states and t != THETA)]
    if len(set(names)) != len(names) or len(hyper) + len(states) != len(data["hyperparameters"]) + len(data["state"]):
        raise BadCertificateError("the rule uses one name for two things")
    if any(n.endswith(AFTER) or not re.fullmatch(r"[A-Za-z_]\w*", n) for n in names):
        raise BadCertificateError("the rule uses a name that is not allowed")
    if sorted(t for t in targets if t in states or t == THETA) != sorted([THETA, *states]):
        raise BadCertificateError("the rule does not assign theta and every state exactly once")
    known = dict.fromkeys(names, REAL)
    values: dict[Expression, Expression] = {}
    for target, line in zip(targets, lines, strict=True):
        values[target] = replace(_declared(parse(line["value"]), known, "the rule"), values)
    step = {name: values[name] for name in (THETA, *states)}
    before = {THETA, GRADIENT, COUNTER, *hyper, *states}
    if any(not free_symbols(e) <= before for e in step.values()):
        raise BadCertificateError("the rule reads a value before it exists")
    constants = {
        name: _declared(parse(s["initial"]), hyper, "a start") for name, s in zip(states, data["state"], strict=True)
    }
    return Rule(_text(data["name"], "the rule's name"), hyper, states, constants, step)


def _quantity(data: Any, extra: str) -> tuple[str, Domain]:
    _keys(data, {*_QUANTITY_KEYS, extra}, "a symbol of the rule")
    return _text(data["name"], "a symbol's name"), domain_from_json(data["domain"])


def domain_from_json(data: Any) -> Domain:
    """Read a domain."""
    _keys(data, _DOMAIN_KEYS, "a domain")
    flags = [data[k] for k in ("lower_open", "upper_open", "integer")]
    if any(type(flag) is not bool for flag in flags):
        raise BadCertificateError("an end of a domain is neither open nor closed")
    ends = [None if data[k] is None else _exact(data[k]) for k in ("lower", "upper")]
    return Domain(ends[0], ends[1], *flags)


def _exact(text: Any) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d+(/[1-9]\d*)?", text):
        raise BadCertificateError(f"{text!r} is no exact number")
    return Fraction(text)


def _keys(data: Any, wanted: set[str], what: str) -> None:
    if not isinstance(data, dict):
        raise BadCertificateError(f"{what} is no object")
    for problem, names in (("lacks the key", wanted - set(data)), ("has the unknown key", set(data) - wanted)):
        if names:
            raise BadCertificateError(f"{what} {problem} {min(names)!r}")


def _list(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise BadCertificateError(f"{what} is no list")
    return data


def _text(data: Any, what: str) -> str:
    if not isinstance(data, str):
        raise BadCertificateError(f"{what} is no text")
    return data
