"""Proofs as files: one JSON file for each settled claim, with everything that a checker needs.

``optproof.derive.recheck`` re-verifies these files and imports nothing of what found the proofs.  The format is its
:mod:`~optproof.derive.recheck.reading`.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sympy as sp

from .prove.verdict import ProofStep, Result, Verdict
from .recheck.reading import FORMAT, VERSION, domain_from_json, statement_digest
from .recheck.writing import rounded_smtlib, smtlib
from .rule import UpdateRule
from .serialise import domain_to_json, expression_to_json, rule_to_json, source_to_json
from .symbols import AFTER, REAL, Domain, Quantity

if TYPE_CHECKING:
    from .claim import Claim

__all__ = ["certificate", "goal_to_json", "is_settled", "write_certificates"]

_TOOLS = {"optproof": "optproof", "sympy": "sympy", "z3": "z3-solver"}


def is_settled(result: Result) -> bool:
    """Whether there is something to certify: the claim is proved or refuted."""
    return result.verdict is not Verdict.UNKNOWN


def certificate(result: Result) -> dict[str, Any]:
    """The record of a settled `result`.

    Nothing in it depends on the run: the same claim gives the same certificate.

    Raises
    ------
    ValueError
        If the claim is not settled, or speaks of two symbols that have one name.
    """
    claim = result.claim
    if not is_settled(result):
        raise ValueError(f"{claim.rule.name} {claim.name} is {result.verdict.name}: there is nothing to certify")
    symbols = _symbols(result)
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "rule": rule_to_json(claim.rule),
        "rule_digest": claim.rule.digest,
        "claim": _claim_to_json(claim),
        "symbols": symbols,
        "verdict": result.verdict.name,
        "method": result.method,
        "facts": [expression_to_json(f) for f in result.facts],
        "obligations": [_step_to_json(step, claim, symbols) for step in result.steps],
        "witness": {name: expression_to_json(sp.sympify(value)) for name, value in result.witness.items()},
        "tools": _tools(),
    }
    return {**record, "statement_digest": statement_digest(record)}


def write_certificates(results: Iterable[Result], directory: Path | str) -> list[Path]:
    """Write the certificate of each settled result to ``directory/RULE/CLAIM.json``.

    Returns
    -------
    list of Path
        The files in the order of the settled results.

    Raises
    ------
    OSError
        If a file cannot be written.
    ValueError
        If two results would be written to one file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from optproof.derive import derive
    >>> with TemporaryDirectory() as folder:
    ...     written = write_certificates(derive("sgd", claim="first-step"), folder)
    ...     [path.relative_to(folder).as_posix() for path in written]
    ['sgd/first-step.json']
    """
    written: dict[Path, str] = {}
    for result in filter(is_settled, results):
        claim = result.claim
        path = Path(directory, _folder(claim.rule.name), f"{claim.name}.json")
        if path in written:
            raise ValueError(f"the claims {claim.name} of {written[path]} and {claim.rule.name} have one file, {path}")
        written[path] = claim.rule.name
        _write(path, json.dumps(certificate(result), indent=1, ensure_ascii=False) + "\n")
    return list(written)


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _folder(rule: str) -> str:
    """A rule's name as a folder: ``adam[amsgrad,l2]`` becomes ``adam-amsgrad-l2``."""
    return "".join(c if c.isalnum() or c == "_" else "-" for c in rule).strip("-")


@lru_cache(maxsize=1)
def _tools() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, distribution in _TOOLS.items():
        try:
            found[name] = version(distribution)
        except PackageNotFoundError:
            found[name] = None
    return found


def _claim_to_json(claim: Claim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "subject": claim.subject,
        "title": claim.title,
        "goal": goal_to_json(claim.goal),
        "hypotheses": [{"condition": expression_to_json(h.condition), "words": h.words} for h in claim.hypotheses],
        "semantics": claim.semantics,
        "expected": claim.expected.name,
        "derived": _optional(claim.derived),
        "published": _optional(claim.published),
        "relation": claim.relation,
        "source": None if claim.source is None else source_to_json(claim.source),
        "seed": list(claim.seed),
    }


def _optional(expression: sp.Basic | None) -> Any:
    return None if expression is None else expression_to_json(expression)


def goal_to_json(goal: Any) -> dict[str, Any]:
    """A goal of any kind: its kind, and its parts by name, expressions in prefix form.

    Examples
    --------
    >>> from .goal import Equal
    >>> x = Quantity("x")
    >>> goal_to_json(Equal(x + x, 2 * x))
    {'kind': 'Equal', 'left': ['*', 2, 'x'], 'right': ['*', 2, 'x'], 'label': '', 'label_text': ''}
    """
    return {"kind": type(goal).__name__, **_parts(goal)}


def _parts(record: Any) -> dict[str, Any]:
    return {field.name: _part(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _part(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, UpdateRule):
        return rule_to_json(value)
    if isinstance(value, sp.Basic):
        return expression_to_json(value)
    if isinstance(value, (tuple, list)):
        return [_part(item) for item in value]
    if isinstance(value, Mapping):
        return [[_part(key), _part(item)] for key, item in value.items()]
    if dataclasses.is_dataclass(value):
        return _parts(value)
    raise ValueError(f"{value!r}, a part of a goal, has no JSON form")


def _step_to_json(step: ProofStep, claim: Claim, symbols: Mapping[str, Any]) -> dict[str, Any]:
    shows = None if step.shows is None else expression_to_json(step.shows)
    given = [] if shows is None else [expression_to_json(g) for g in step.given]
    text = None
    if shows is not None and step.kind == "smt":
        if claim.semantics == "real":
            text = smtlib(given, shows, {name: domain_from_json(d) for name, d in _all_domains(claim.rule, symbols)})
        else:
            text = rounded_smtlib(goal_to_json(claim.goal), given, shows)
    return {"words": step.words, "kind": step.kind, "given": given, "shows": shows, "smtlib": text}


def _all_domains(rule: UpdateRule, symbols: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, domain_to_json(domain)) for name, domain in _rule_domains(rule).items())
    yield from symbols.items()


def _rule_domains(rule: UpdateRule) -> dict[str, Domain]:
    """The domain of every symbol of a rule that a claim may speak of, by name."""
    kept = (rule.theta, *(s.symbol for s in rule.state))
    found = {q.name: q.domain for q in (*kept, rule.gradient, rule.step_counter, *(h.symbol for h in rule.hyper))}
    return found | {f"{q.name}{AFTER}": q.domain for q in kept}


def _symbols(result: Result) -> dict[str, Any]:
    """The domains of all symbols that are not the rule's own."""
    own, found = _rule_domains(result.claim.rule), dict[str, Domain]()
    for symbol in sorted(_occurring(result), key=lambda s: s.name):
        domain = symbol.domain if isinstance(symbol, Quantity) else REAL
        known = own.get(symbol.name, found.get(symbol.name, domain))
        if known != domain:
            claim = result.claim
            raise ValueError(
                f"{claim.rule.name} {claim.name} speaks of two symbols called {symbol.name!r}, "
                f"'{known.describe(symbol.name)}' and '{domain.describe(symbol.name)}'; rename one"
            )
        if symbol.name not in own:
            found[symbol.name] = domain
    return {name: domain_to_json(domain) for name, domain in found.items()}


def _occurring(result: Result) -> set[sp.Symbol]:
    claim = result.claim
    expressions: list[sp.Basic] = [h.condition for h in claim.hypotheses] + list(result.facts)
    expressions += [e for s in result.steps if s.shows is not None for e in (s.shows, *s.given)]
    expressions += _expressions_of(claim.goal)
    expressions += [e for e in (claim.derived, claim.published) if e is not None]
    return set().union(*(e.free_symbols for e in expressions))


def _expressions_of(value: Any) -> Iterator[sp.Basic]:
    """All expressions in a goal, except in other rules that it names."""
    if isinstance(value, sp.Basic):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _expressions_of(item)
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _expressions_of(pair)
    elif dataclasses.is_dataclass(value) and not isinstance(value, UpdateRule):
        for field in dataclasses.fields(value):
            yield from _expressions_of(getattr(value, field.name))
