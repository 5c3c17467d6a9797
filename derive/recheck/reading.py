"""Reading a certificate strictly: every key is known, every symbol declared, both digests right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .domains import Domain
from .expression import BadCertificateError, Expression, free_symbols, parse
from .rules import (
    AFTER,
    COUNTER,
    GRADIENT,
    THETA,
    Rule,
    declared,
    domain_from_json,
    read_rule,
    require_keys,
    require_list,
    require_text,
)

__all__ = [
    "AFTER",
    "COUNTER",
    "FORMAT",
    "GRADIENT",
    "THETA",
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

_KEYS = {
    *("format", "version", "rule", "rule_digest", "claim", "statement_digest", "symbols", "verdict", "method", "facts"),
    *("obligations", "witness", "tools"),
}
_CLAIM_KEYS = {
    *("name", "subject", "title", "goal", "hypotheses", "semantics", "expected", "derived", "published", "relation"),
    *("source", "seed"),
}
# The parts of a goal, by its kind; goals of other kinds may have any.
_GOAL_KEYS = {
    "Equal": {"left", "right", "label", "label_text"},
    "Holds": {"condition"},
    "Invariant": {"condition", "lemmas"},
    "EachStep": {"condition", "lemmas", "trials"},
    "LimitIs": {"expression", "symbol", "point", "value"},
    "ClosedForm": {"symbol", "initial", "following", "formula", "label", "label_text"},
    "DependsOn": {"expression", "symbols"},
    "AlongRecurrence": {"symbols", "initial", "following", "condition", "lemmas", "inputs", "start"},
    "StableIff": {"polynomial", "variable", "condition"},
    "SupremumIs": {"numerator", "scale", "value", "cleared", "gradient", "along", "ratio", "shrinking"},
    "StepWithin": {
        *("bound", "keep", "rate", "direction", "scale", "above", "below", "size", "lemmas", "trials"),
    },
    "Equivalent": {"other", "states", "here", "there", "varying"},
    "AgreesOnlyFor": {"other", "unknown", "value", "here", "there"},
    "ScalesAs": {"multipliers", "fixed", "step", "over_time", "variant"},
    "Superposes": {"first", "second"},
    "KeepsTheta": {"factor", "gradient", "fixed", "variant"},
    "PositiveBeyond": {"expression", "symbol", "anchor"},
    "Computed": {"arithmetic", "inputs", "lines", "condition"},
    "ComputedRun": {"arithmetic", "states", "initial", "lines", "condition"},
    "RoundsToOneIff": {"arithmetic", "symbol", "threshold"},
    "AbsorbedIff": {"arithmetic", "one_spacing"},
}
_OBLIGATION_KEYS = {"words", "kind", "given", "shows", "smtlib"}


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

    def optional(self, field: str) -> Expression | None:
        """An expression that is part of the goal, or None where the goal leaves it out."""
        return None if self.goal[field] is None else self.expression(field)

    def name_of(self, field: str) -> str:
        """A symbol that is part of the goal."""
        found = self.expression(field)
        if not isinstance(found, str):
            raise BadCertificateError(f"the goal's {field} is no symbol")
        return found

    def names_of(self, field: str) -> tuple[str, ...]:
        """Several different symbols that are part of the goal."""
        found = self.expressions(field)
        if not all(isinstance(e, str) for e in found) or len(set(found)) != len(found):
            raise BadCertificateError(f"the goal's {field} are not different symbols")
        return found

    def flag(self, field: str) -> bool:
        """A part of the goal that is true or false."""
        if not isinstance(self.goal[field], bool):
            raise BadCertificateError(f"the goal's {field} is neither true nor false")
        return self.goal[field]

    def pairs(self, field: str) -> dict[Expression, Expression]:
        """Symbols of a rule with what the goal says of each."""
        found: dict[Expression, Expression] = {}
        for item in require_list(self.goal[field], f"the goal's {field}"):
            if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], str) or item[0] in found:
                raise BadCertificateError(f"the goal's {field} are not different symbols with one value each")
            found[item[0]] = self.parse(item[1], f"the goal's {field}")
        return found

    def rule_in(self, field: str) -> Rule:
        """A rule that is part of the goal; the certificate's own where the goal leaves it out."""
        return self.rule if self.goal[field] is None else read_rule(self.goal[field])

    def parse(self, data: object, what: str) -> Expression:
        """Read an expression and make sure that its symbols are declared."""
        return declared(parse(data), self.domains, what)


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
    require_keys(data, _KEYS, "the certificate")
    if data["format"] != FORMAT or type(data["version"]) is not int or data["version"] != VERSION:
        raise BadCertificateError(f"it is not of the format {FORMAT!r}, version {VERSION}")
    claim = data["claim"]
    require_keys(claim, _CLAIM_KEYS, "the claim")
    for one in require_list(claim["hypotheses"], "the hypotheses"):
        require_keys(one, {"condition", "words"}, "a hypothesis")
    if digest_of(data["rule"]) != data["rule_digest"]:
        raise BadCertificateError("the rule is not the one that the certificate's digest names")
    if statement_digest(data) != data["statement_digest"]:
        raise BadCertificateError("the statement is not the one that the certificate's digest names")
    rule = read_rule(data["rule"])
    domains = {**rule.domains, **_further_symbols(data["symbols"], rule)}
    return _certificate(data, rule, domains)


def _certificate(data: Mapping[str, Any], rule: Rule, domains: Mapping[str, Domain]) -> Certificate:
    claim = data["claim"]

    def expression(value: object, what: str) -> Expression:
        return declared(parse(value), domains, what)

    goal = claim["goal"]
    if not isinstance(goal, dict) or not isinstance(goal.get("kind"), str):
        raise BadCertificateError("the goal has no kind")
    if goal["kind"] in _GOAL_KEYS:
        require_keys(goal, {"kind", *_GOAL_KEYS[goal["kind"]]}, "the goal")
    if data["verdict"] not in ("PROVED", "REFUTED"):
        raise BadCertificateError(f"the verdict is {data['verdict']!r}, which no certificate can have")
    return Certificate(
        rule=rule,
        name=require_text(claim["name"], "the claim's name"),
        claim=claim,
        goal=goal,
        hypotheses=tuple(expression(h["condition"], "a hypothesis") for h in claim["hypotheses"]),
        verdict=data["verdict"],
        method=require_text(data["method"], "the method"),
        facts=tuple(expression(f, "a fact") for f in require_list(data["facts"], "the facts")),
        obligations=tuple(
            one for item in require_list(data["obligations"], "the obligations") for one in _obligation(item, domains)
        ),
        witness=_witness(data["witness"]),
        domains=domains,
    )


def _obligation(data: Any, domains: Mapping[str, Domain]) -> list[Obligation]:
    """The obligation, or nothing for a step of the proof that only explains."""
    require_keys(data, _OBLIGATION_KEYS, "an obligation")
    given = require_list(data["given"], "what an obligation is given")
    smtlib = data["smtlib"]
    if data["shows"] is None:
        if given or smtlib is not None:
            raise BadCertificateError("a step that shows nothing is given something")
        return []
    if smtlib is not None:
        require_text(smtlib, "a question to a solver")
    read_given = tuple(declared(parse(g), domains, "an obligation") for g in given)
    return [Obligation(read_given, declared(parse(data["shows"]), domains, "an obligation"), smtlib)]


def _witness(data: Any) -> dict[str, Expression]:
    if not isinstance(data, dict):
        raise BadCertificateError("the witness is no object")
    found = {name: parse(value) for name, value in data.items()}
    if any(free_symbols(value) for value in found.values()):
        raise BadCertificateError("a value of the witness is no number")
    return found


def _further_symbols(data: Any, rule: Rule) -> dict[str, Domain]:
    """The symbols beside the rule's, with their domains."""
    if not isinstance(data, dict):
        raise BadCertificateError("the table of symbols is no object")
    for name in data:
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in rule.domains:
            raise BadCertificateError(f"the table of symbols may not hold {name!r}")
    return {name: domain_from_json(value) for name, value in data.items()}
