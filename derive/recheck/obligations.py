"""What has to be shown so that a claim follows, worked out from the rule and the goal, not taken from the certificate.

The argument of each kind of goal about one run:

* ``Equal``, ``Holds``: the condition itself, where values after the step are put in by the one-step map.
* ``EachStep``: the states stay in their domains, and the auxiliary facts hold, by one induction over the steps of a run
  (at the start; after a step if before it).  From any such state, one step gives what is claimed.
* ``Invariant``: the same induction, then one for each lemma and for the claim: it holds of the initial state at t = 0;
  if it holds at t - 1 then at t.  Hypotheses speak of the gradient and of constants, so that they hold at every step.
* ``LimitIs``: the expression is continuous at the point (divisors not zero, radicands not negative there), powers of
  numbers in [0, 1) vanish as their exponents grow, and the value there is the limit.
* ``DependsOn``: two points that differ in one symbol alone and give different values; no other symbol occurs.

Those of the other kinds stand in :mod:`.closed_forms`, :mod:`.recurrences`, :mod:`.stability`, :mod:`.comparisons` and
:mod:`.equivalences`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from .algebra import Algebra
from .closed_forms import closed_form
from .comparisons import keeps_theta, scales_as, superposes
from .equivalences import agrees_only_for, equivalent
from .expression import BadCertificateError, Expression, free_symbols, replace
from .limits import limit_at
from .monotone import positive_beyond
from .plan import (
    Need,
    NotRederivableError,
    Plan,
    earlier,
    inductions,
    later_facts,
    require_one_time,
    resolved,
    run_induction,
    varies,
)
from .reading import Certificate, Obligation
from .recurrences import along_recurrence, step_within, supremum_is
from .stability import stable_iff

__all__ = ["plan_for"]

_OTHER = "__other"


def plan_for(certificate: Certificate) -> Plan:
    """What has to be shown for the claim of `certificate`.

    Raises
    ------
    NotRederivableError
        If the kind of goal, or the argument, is not known here.
    BadCertificateError
        If the claim cannot be what was proved.
    """
    if certificate.claim["semantics"] != "real":
        raise NotRederivableError(f"claims in {certificate.claim['semantics']} arithmetic are not re-derived")
    planner = _PLANNERS.get(certificate.goal["kind"])
    if planner is None:
        raise NotRederivableError(f"goals of the kind {certificate.goal['kind']} are not re-derived")
    return planner(certificate)


def _needs_facts(c: Certificate, allowed: Sequence[Expression]) -> bool:
    """Whether an obligation of the certificate uses an auxiliary fact."""
    algebra = _algebra(c)
    return any(any(algebra.same(g, f) for f in allowed) for o in c.obligations for g in o.given)


def _algebra(c: Certificate, *more: Expression) -> Algebra:
    listed = [e for o in c.obligations for e in (o.shows, *o.given)]
    return Algebra([*listed, *more], c.domains)


def _equal(c: Certificate) -> Plan:
    return _one_step(c, ("==", c.expression("left"), c.expression("right")))


def _holds(c: Certificate) -> Plan:
    condition = c.expression("condition")
    require_one_time(condition)
    return Plan((Need("the condition", condition, c.hypotheses),))


def _one_step(c: Certificate, condition: Expression) -> Plan:
    needs = [Need("the equation", resolved(c, condition), (*c.facts, *c.hypotheses))]
    if c.facts and _needs_facts(c, c.facts):
        needs += run_induction(c)
    return Plan(tuple(needs))


def _each_step(c: Certificate) -> Plan:
    lemmas = c.expressions("lemmas")
    # A hypothesis that may hold at one step and fail at the next is of no use in an induction.
    needs = [*run_induction(c), *inductions(c, lemmas, [h for h in c.hypotheses if not varies(c, h)])]
    known = (*c.facts, *(earlier(lemma) for lemma in lemmas), *later_facts(c, lemmas), *c.hypotheses)
    needs.append(Need("one step", resolved(c, c.expression("condition")), known))
    return Plan(tuple(needs))


def _invariant(c: Certificate) -> Plan:
    conditions = (*c.expressions("lemmas"), c.expression("condition"))
    if any(varies(c, h) for h in c.hypotheses):
        raise NotRederivableError("an invariant with a hypothesis on t, theta or a state is not re-derived")
    return Plan((*run_induction(c), *inductions(c, conditions, c.hypotheses)))


def _limit(c: Certificate) -> Plan:
    symbol, point, value = c.goal["symbol"], c.expression("point"), c.expression("value")
    if not isinstance(symbol, str) or symbol not in c.domains or symbol in free_symbols(value):
        raise BadCertificateError("the limit is not taken in a symbol, or its value is not free of it")
    if any(symbol in free_symbols(h) for h in c.hypotheses):
        raise NotRederivableError("a limit in a symbol that a hypothesis speaks of is not re-derived")
    expression = c.expression("expression")
    require_one_time(expression, value)
    found = limit_at(expression, symbol, point, c.domains)
    if found is None:
        raise NotRederivableError("this checker does not find the limit")
    needs = [Need("the value at the point", ("==", found.value, value), c.hypotheses)]
    defined = [Need("the expression is defined at the point", d, c.hypotheses) for d in found.conditions]
    return Plan(tuple(needs), checks=tuple(defined))


def _depends_on(c: Certificate) -> Plan:
    expression, symbols = c.expression("expression"), c.expressions("symbols")
    require_one_time(expression)
    if not all(isinstance(s, str) for s in symbols) or set(symbols) != free_symbols(expression):
        raise BadCertificateError("the symbols that are named are not those that occur")
    needs = []
    for symbol in symbols:
        other = f"{symbol}{_OTHER}"
        if c.domains.get(other) != c.domains[symbol]:
            raise BadCertificateError(f"the second value of {symbol} is not declared in the same domain")
        moved = replace(expression, {symbol: other})
        shows = ("not", ("==", expression, moved))
        needs.append(Need(f"it depends on {symbol}", shows, (), _two_points({*symbols, other}, c)))
    return Plan(tuple(needs))


def _two_points(symbols: set[str], c: Certificate) -> Callable[[Obligation], str | None]:
    """What the obligation is given must be exact values in the domains, one for each symbol."""

    def accepts(obligation: Obligation) -> str | None:
        values: dict[str, Fraction] = {}
        for condition in obligation.given:
            match condition:
                case ("==", str() as name, Fraction() as value) if name not in values:
                    values[name] = value
                case _:
                    return "a point is not given by one value for each symbol"
        if set(values) != symbols:
            return "a point is not given by one value for each symbol"
        outside = sorted(n for n, v in values.items() if not c.domains[n].contains(v))
        return f"the value of {outside[0]} is outside its domain" if outside else None

    return accepts


_PLANNERS: dict[str, Callable[[Certificate], Plan]] = {
    "Equal": _equal,
    "Holds": _holds,
    "EachStep": _each_step,
    "Invariant": _invariant,
    "LimitIs": _limit,
    "ClosedForm": closed_form,
    "DependsOn": _depends_on,
    "AlongRecurrence": along_recurrence,
    "StableIff": stable_iff,
    "StepWithin": step_within,
    "SupremumIs": supremum_is,
    "Equivalent": equivalent,
    "AgreesOnlyFor": agrees_only_for,
    "ScalesAs": scales_as,
    "Superposes": superposes,
    "KeepsTheta": keeps_theta,
    "PositiveBeyond": positive_beyond,
}
