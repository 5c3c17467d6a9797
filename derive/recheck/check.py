"""Checking one certificate."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .algebra import Algebra
from .decide import ALGEBRA, EVALUATION, Decider
from .expression import BadCertificateError, Expression, UndefinedError, parse, subexpressions
from .listing import Listing
from .obligations import plan_for
from .plan import NotRederivableError, Plan
from .printing import text
from .reading import Certificate, load, read
from .replay import replay
from .rounded_claims import NOTE, ROUNDED, prove as prove_rounded
from .rounded_replay import replay_rounded
from .smtlib import NotRealArithmeticError, question
from .solver import FINDER, Solver
from .statements import goal_text

__all__ = [
    "CONFIRMED",
    "FINDER_ONLY",
    "NOT_CONFIRMED",
    "OBLIGATIONS",
    "REJECTED",
    "STATUSES",
    "Finding",
    "check",
]

CONFIRMED = "confirmed"
FINDER_ONLY = "confirmed only by z3 (the finder's solver)"
OBLIGATIONS = "obligations confirmed; that they suffice is not re-derived"
NOT_CONFIRMED = "not confirmed"
REJECTED = "rejected"
STATUSES = (CONFIRMED, FINDER_ONLY, OBLIGATIONS, NOT_CONFIRMED, REJECTED)


@dataclass(frozen=True)
class Finding:
    """What became of a certificate.

    Attributes
    ----------
    status : str
        One of :data:`STATUSES`.
    reason : str
        Why it was not simply confirmed, or what its confirmation does not say.
    confirmed_by : tuple of str
        What decided the parts: exact algebra, exact evaluation, or a solver by name.
    obligations : int
        How many obligations were decided.
    record : mapping
        The stable keys of the command line's ``--json``.
    """

    status: str
    reason: str = ""
    confirmed_by: tuple[str, ...] = ()
    obligations: int = 0
    seconds: float = 0.0
    record: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it, JSON-ready."""
        return asdict(self)


def check(content: str, solver: Solver) -> Finding:
    """Check the text of a certificate.

    Whatever is wrong with it, the answer is a finding, never an exception.
    """
    start, record = time.perf_counter(), dict[str, Any]()
    try:
        certificate = read(load(content))
        record = _record(certificate)
        found = _found(certificate, solver)
    except (BadCertificateError, UndefinedError) as error:
        found = Finding(REJECTED, str(error))
    except RecursionError:
        found = Finding(REJECTED, "an expression is nested too deeply")
    # A verdict is repeated only where it was confirmed; what the file says stands beside it.
    record["stated"] = record.get("verdict")
    record["verdict"] = record["stated"] if found.status == CONFIRMED else "UNKNOWN"
    return Finding(
        found.status, found.reason, found.confirmed_by, found.obligations, time.perf_counter() - start, record
    )


def _found(certificate: Certificate, solver: Solver) -> Finding:
    rounded = certificate.goal["kind"] in ROUNDED or certificate.claim["semantics"] != "real"
    if certificate.verdict == "REFUTED":
        return _refuted(certificate, replay_rounded if rounded else replay, NOTE if rounded else "")
    return _rounded(certificate, solver) if rounded else _Proof(certificate, solver).check()


def _rounded(certificate: Certificate, solver: Solver) -> Finding:
    """The check of a proved claim about rounded arithmetic, which obeys no law of the real numbers."""
    if certificate.witness:
        raise BadCertificateError("a proved claim has no counterexample")
    try:
        by = prove_rounded(certificate, solver)
    except NotRederivableError as error:
        return Finding(NOT_CONFIRMED, str(error))
    return Finding(FINDER_ONLY if by == FINDER else CONFIRMED, NOTE, (by,), len(certificate.obligations))


def _refuted(certificate: Certificate, play: Callable[[Certificate], None], note: str) -> Finding:
    if certificate.obligations or certificate.facts:
        raise BadCertificateError("a refuted claim has nothing to show but its counterexample")
    try:
        play(certificate)
    except NotRederivableError as error:
        return Finding(NOT_CONFIRMED, str(error))
    return Finding(CONFIRMED, note, confirmed_by=(EVALUATION,))


class _Proof:
    """The check of a certificate with the verdict PROVED."""

    def __init__(self, certificate: Certificate, solver: Solver) -> None:
        self.certificate = certificate
        self.decider = Decider(certificate.domains, solver)
        self.by: set[str] = set()

    def check(self) -> Finding:
        c = self.certificate
        if c.witness:
            raise BadCertificateError("a proved claim has no counterexample")
        if c.hypotheses and self.decider.contradictory(c.hypotheses):
            raise BadCertificateError("no values satisfy the hypotheses together: anything would follow from them")
        try:
            plan, unknown = plan_for(c), ""
        except NotRederivableError as error:
            plan, unknown = Plan(()), str(error)
        self._require_listed(plan)
        self._require_questions()
        decided = [(o.given, o.shows) for o in c.obligations] + [(n.allowed, n.shows) for n in plan.checks]
        for given, shows in decided:
            decision = self.decider.decide(given, shows)
            if decision.outcome == "no":
                raise BadCertificateError(f"an obligation does not hold: {text(shows)}; {decision.reason}")
            if decision.outcome == "unknown":
                return Finding(NOT_CONFIRMED, f"{text(shows)}: {decision.reason}")
            self.by |= decision.by
        return self._finding(plan, unknown)

    def _finding(self, plan: Plan, unknown: str) -> Finding:
        by, count = tuple(sorted(self.by)), len(self.certificate.obligations)
        if unknown and not count:
            return Finding(NOT_CONFIRMED, f"{unknown}, and it lists no obligations")
        status = OBLIGATIONS if unknown else FINDER_ONLY if FINDER in by else CONFIRMED
        return Finding(status, unknown or plan.note, by or (ALGEBRA,), count)

    def _require_listed(self, plan: Plan) -> None:
        """Every need is met by an obligation of the certificate that uses no more than it may."""
        listing = Listing(self.certificate, plan.needs)
        for need in plan.needs:
            problem = listing.problem(need)
            if problem is not None:
                raise BadCertificateError(f"{need.words}: {problem}: {text(need.shows)}")

    def _require_questions(self) -> None:
        """The SMT-LIB text of an obligation says what the obligation says."""
        for o in self.certificate.obligations:
            if o.smtlib is None:
                continue
            try:
                asked = question(o.given, o.shows, self.certificate.domains)
            except NotRealArithmeticError:
                asked = ""
            if o.smtlib != asked:
                raise BadCertificateError(f"the SMT-LIB text is not the question whether {text(o.shows)}")


def _record(c: Certificate) -> dict[str, Any]:
    """What was checked, written from the checked data and not from words in the file."""
    claim = c.claim
    return {
        "rule": c.rule.name,
        "claim": c.name,
        "statement": goal_text(c.goal),
        "hypotheses": [text(h) for h in c.hypotheses],
        "semantics": claim["semantics"],
        "verdict": c.verdict,
        "expected": claim["expected"],
        "method": c.method,
        **_formulas(c),
        "source": _source(claim["source"]),
        "witness": {name: text(value) for name, value in c.witness.items()} or None,
    }


def _formulas(c: Certificate) -> dict[str, str | None]:
    """The derived formula, if it is a part of what was claimed, and the published one, if it is equal as said."""
    derived, published = (
        None if c.claim[name] is None else c.parse(c.claim[name], f"the {name} formula")
        for name in ("derived", "published")
    )
    relation = c.claim["relation"]
    if relation not in (None, "equal", "upper", "lower"):
        raise BadCertificateError(f"the relation {relation!r} between formulas is unknown")
    if derived is None or not _occurs(derived, c.goal):
        return {"derived": None, "published": None, "relation": None}
    if published is not None and relation == "equal":
        if not Algebra([derived, published], c.domains).same(derived, published):
            raise BadCertificateError("the published formula is said to equal the derived one, and does not")
    else:
        published = relation = None
    return {"derived": text(derived), "published": None if published is None else text(published), "relation": relation}


def _occurs(e: Expression, data: Any) -> bool:
    """Whether `e`, or for a sum or product all its parts together, occurs in the data of a goal."""
    if isinstance(data, dict):
        return any(_occurs(e, part) for part in data.values())
    try:
        whole = parse(data)
    except (BadCertificateError, UndefinedError):
        return isinstance(data, list) and any(_occurs(e, part) for part in data)
    return any(part == e or _holds_parts(part, e) for part in subexpressions(whole))


def _holds_parts(whole: Expression, e: Expression) -> bool:
    if not isinstance(e, tuple) or not isinstance(whole, tuple) or e[0] != whole[0] or e[0] not in ("+", "*"):
        return False
    return not Counter(e[1:]) - Counter(whole[1:])


def _source(data: Any) -> str | None:
    if data is None:
        return None
    if not isinstance(data, dict) or not {"authors", "year", "where"} <= set(data):
        raise BadCertificateError("the source is malformed")
    return f"{data['authors']} ({data['year']})" + (f", {data['where']}" if data["where"] else "")
