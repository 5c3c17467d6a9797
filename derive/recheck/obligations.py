"""What has to be shown so that a claim follows, worked out from the rule and the goal, not taken from the certificate.

The argument of each kind of goal:

* ``Equal``, ``Holds``: the condition itself, where values after the step are put in by the one-step map.
* ``EachStep``: the states stay in their domains, and the auxiliary facts hold, by one induction over the steps of a run
  (at the start; after a step if before it).  From any such state, one step gives what is claimed.
* ``Invariant``: the same induction, then one for each lemma and for the claim: it holds of the initial state at t = 0;
  if it holds at t - 1 then at t.  Hypotheses speak of the gradient and of constants, so that they hold at every step.
* ``LimitIs``: the expression is continuous at the point (divisors not zero, radicands not negative there), powers of
  numbers in [0, 1) vanish as their exponents grow, and the value there is the limit.
* ``ClosedForm``: by induction on t, or, with a sum: each old term is multiplied by the decay rate, and the newest term
  with what stands beside the sum is what one step adds.
* ``DependsOn``: two points that differ in one symbol alone and give different values; no other symbol occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .algebra import Algebra
from .domains import COUNT
from .expression import (
    BadCertificateError,
    Expression,
    contains,
    free_symbols,
    make,
    replace,
)
from .limits import limit_at
from .reading import AFTER, COUNTER, GRADIENT, THETA, Certificate, Obligation

__all__ = ["Need", "NotRederivableError", "Plan", "plan_for"]

ZERO, ONE = Fraction(0), Fraction(1)
_AGE = "age"
_OTHER = "__other"


class NotRederivableError(ValueError):
    """A claim whose proof this checker does not know how to put together from its parts."""


@dataclass(frozen=True)
class Need:
    """An obligation that the certificate must hold: it shows `shows` and uses nothing but `allowed`."""

    words: str
    shows: Expression
    allowed: tuple[Expression, ...] = ()
    accepts: Callable[[Obligation], str | None] | None = None
    """A further requirement on what the obligation is given: None if it is met, else what is wrong."""


@dataclass(frozen=True)
class Plan:
    """Everything that has to be shown, and what the claim, so shown, does not say."""

    needs: tuple[Need, ...]
    note: str = ""
    checks: tuple[Need, ...] = ()
    """What must hold too, but need not be listed."""


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


def _after(c: Certificate, condition: Expression) -> Expression:
    """A condition on the states at one time, said of the values after a step."""
    return replace(condition, dict(c.rule.step))


def _resolved(c: Certificate, condition: Expression) -> Expression:
    """A condition with values after the step in it, said of the values before."""
    return replace(condition, {name + AFTER: e for name, e in c.rule.step.items()})


def _no_after(c: Certificate, *conditions: Expression) -> None:
    names = {s for e in conditions for s in free_symbols(e) if s.endswith(AFTER)}
    if names:
        raise BadCertificateError(f"{min(names)} stands where only one time is spoken of")


def _run_induction(c: Certificate) -> Iterator[Need]:
    """The states stay in their domains, and the auxiliary facts hold, along every run."""
    allowed_symbols = {*c.rule.states, *c.rule.hyper}
    for fact in c.facts:
        if not free_symbols(fact) <= allowed_symbols:
            raise BadCertificateError("an auxiliary fact speaks of more than states and hyperparameters")
    domains = [d for name, domain in c.rule.states.items() for d in domain.conditions(name)]
    for condition in (*domains, *c.facts):
        start = replace(condition, dict(c.rule.initial))
        yield Need("a state starts in its domain, or an auxiliary fact holds at the start", start)
        yield Need("a state stays in its domain, or an auxiliary fact goes on to hold", _after(c, condition), c.facts)


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
    _no_after(c, condition)
    return Plan((Need("the condition", condition, c.hypotheses),))


def _one_step(c: Certificate, condition: Expression) -> Plan:
    needs = [Need("the equation", _resolved(c, condition), (*c.facts, *c.hypotheses))]
    if c.facts and _needs_facts(c, c.facts):
        needs += _run_induction(c)
    return Plan(tuple(needs))


def _each_step(c: Certificate) -> Plan:
    lemmas = c.expressions("lemmas")
    # A hypothesis that may hold at one step and fail at the next is of no use in an induction.
    needs = [*_run_induction(c), *_inductions(c, lemmas, [h for h in c.hypotheses if not _varies(c, h)])]
    earlier = [replace(lemma, {COUNTER: make("+", (COUNTER, -ONE))}) for lemma in lemmas]
    later = [_after(c, f) for f in (*c.facts, *lemmas)]
    needs.append(Need("one step", _resolved(c, c.expression("condition")), (*c.facts, *earlier, *later, *c.hypotheses)))
    return Plan(tuple(needs))


def _invariant(c: Certificate) -> Plan:
    conditions = (*c.expressions("lemmas"), c.expression("condition"))
    if any(_varies(c, h) for h in c.hypotheses):
        raise NotRederivableError("an invariant with a hypothesis on t, theta or a state is not re-derived")
    return Plan((*_run_induction(c), *_inductions(c, conditions, c.hypotheses)))


def _varies(c: Certificate, hypothesis: Expression) -> bool:
    """Whether a hypothesis speaks of t, theta or the states."""
    kept = (THETA, *c.rule.states)
    return bool(free_symbols(hypothesis) & {COUNTER, *kept, *(s + AFTER for s in kept)})


def _inductions(c: Certificate, conditions: Sequence[Expression], hypotheses: Sequence[Expression]) -> Iterator[Need]:
    """One induction for each condition on the states at time t, using those before it."""
    _no_after(c, *conditions)
    constant = tuple(h for h in hypotheses if GRADIENT not in free_symbols(h))
    at_start = {**c.rule.initial, COUNTER: ZERO}
    known: list[Expression] = []
    for condition in conditions:
        if free_symbols(condition) & {GRADIENT}:
            raise NotRederivableError("an invariant that speaks of the gradient is not re-derived")
        yield Need("the induction's base", replace(condition, dict(at_start)), constant)
        earlier = tuple(replace(k, {COUNTER: make("+", (COUNTER, -ONE))}) for k in (*known, condition))
        later = tuple(_after(c, k) for k in (*c.facts, *known))
        yield Need("the induction's step", _after(c, condition), (*c.facts, *earlier, *later, *hypotheses))
        known.append(condition)


def _limit(c: Certificate) -> Plan:
    symbol, point, value = c.goal["symbol"], c.expression("point"), c.expression("value")
    if not isinstance(symbol, str) or symbol not in c.domains or symbol in free_symbols(value):
        raise BadCertificateError("the limit is not taken in a symbol, or its value is not free of it")
    if any(symbol in free_symbols(h) for h in c.hypotheses):
        raise NotRederivableError("a limit in a symbol that a hypothesis speaks of is not re-derived")
    expression = c.expression("expression")
    _no_after(c, expression, value)
    found = limit_at(expression, symbol, point, c.domains)
    if found is None:
        raise NotRederivableError("this checker does not find the limit")
    needs = [Need("the value at the point", ("==", found.value, value), c.hypotheses)]
    defined = [Need("the expression is defined at the point", d, c.hypotheses) for d in found.conditions]
    return Plan(tuple(needs), checks=tuple(defined))


def _closed_form(c: Certificate) -> Plan:
    symbol = c.goal["symbol"]
    if not isinstance(symbol, str) or symbol not in c.domains:
        raise BadCertificateError("the sequence has no symbol")
    if c.hypotheses:
        raise NotRederivableError("a closed form under hypotheses is not re-derived")
    initial, following, formula = (c.expression(f) for f in ("initial", "following", "formula"))
    _no_after(c, initial, following, formula)
    if symbol in free_symbols(formula) | free_symbols(initial) or COUNTER in free_symbols(initial):
        raise BadCertificateError("the closed form speaks of the sequence itself")
    note = _sequence_of_the_rule(c, symbol, initial, following)
    plain, series = _split(formula)
    needs = [Need("the formula at t = 0", ("==", replace(plain, {COUNTER: ZERO}), initial))]
    before = {COUNTER: make("+", (COUNTER, -ONE))}
    if series is None:
        if contains(plain, "at"):
            raise NotRederivableError("a closed form that speaks of single values of a sequence is not re-derived")
        step = replace(following, {symbol: replace(plain, before)})
        return Plan((*needs, Need("one step of the formula", ("==", plain, step))), note)
    return Plan((*needs, *_sum_needs(c, symbol, following, plain, series)), note)


def _sum_needs(c: Certificate, symbol: str, following: Expression, plain: Expression, series: Expression) -> list[Need]:
    """``x_t = d x_{t-1} + r_t`` with ``x_t = p_t + sum of f(i, t)``.

    It suffices that ``f(i, t) = d f(i, t-1)`` for i < t, and that the term i = t with p makes up the rest.
    """
    drive = replace(following, {symbol: ZERO})
    decay = make("+", (replace(following, {symbol: ONE}), make("*", (-ONE, drive))))
    linear = make("+", (make("*", (decay, symbol)), drive))
    if symbol in free_symbols(decay) or not Algebra([following, linear], c.domains).equal(following, linear):
        raise NotRederivableError("a sum as closed form of a recurrence that is not linear is not re-derived")
    _, term, index, _, _ = series
    if c.domains.get(_AGE) != COUNT:
        raise BadCertificateError(f"the symbol {_AGE!r} is not declared as a positive integer")
    before = {COUNTER: make("+", (COUNTER, -ONE))}
    at_age = {index: make("+", (COUNTER, make("*", (-ONE, _AGE))))}
    old = replace(term, at_age)
    younger = replace(replace(term, before), at_age)
    newest = replace(term, {index: COUNTER})
    carried = make("*", (decay, replace(plain, before)))
    return [
        Need("every old term", ("==", old, make("*", (decay, younger)))),
        Need("the newest term", ("==", make("+", (plain, newest)), make("+", (carried, drive)))),
    ]


def _split(formula: Expression) -> tuple[Expression, Expression | None]:
    """What stands beside the sum from 1 to t, and the sum."""
    terms = formula[1:] if isinstance(formula, tuple) and formula[0] == "+" else (formula,)
    series = [t for t in terms if isinstance(t, tuple) and t[0] == "sum"]
    plain = make("+", tuple(t for t in terms if t not in series))
    if len(series) > 1 or contains(plain, "sum"):
        raise NotRederivableError("a closed form with more than one sum is not re-derived")
    if series and (series[0][3:] != (ONE, COUNTER) or contains(series[0][1], "sum")):
        raise NotRederivableError("a sum that does not go from 1 to t is not re-derived")
    return plain, series[0] if series else None


def _sequence_of_the_rule(c: Certificate, symbol: str, initial: Expression, following: Expression) -> str:
    """Whether the recurrence is the rule's own, where it is said of a state: with some value for the gradient."""
    if symbol not in c.rule.states:
        return "it speaks of the recurrence as written, not of a state of the rule"
    step, own_start = c.rule.step[symbol], c.rule.initial[symbol]
    without, fresh = replace(step, {GRADIENT: ZERO}), replace(step, {GRADIENT: ONE})
    taken = make("+", (following, make("*", (-ONE, without))))
    weight = make("+", (fresh, make("*", (-ONE, without))))
    # The gradient, or its square, that makes the rule's step this one.
    gradient = make("*", (taken, make("**", (weight, -ONE))))
    algebra = Algebra([following, step, gradient, initial, own_start], c.domains)
    free = algebra.equal(replace(gradient, {symbol: ZERO}), replace(gradient, {symbol: ONE}))
    roots = [replace(gradient, {symbol: ZERO}), make("**", (replace(gradient, {symbol: ZERO}), Fraction(1, 2)))]
    if not free or not any(algebra.equal(following, replace(step, {GRADIENT: value})) for value in roots):
        return f"it speaks of the recurrence as written, which is not the rule's for {symbol}"
    return "" if algebra.equal(initial, own_start) else f"{symbol} starts elsewhere than in the rule"


def _depends_on(c: Certificate) -> Plan:
    expression, symbols = c.expression("expression"), c.expressions("symbols")
    _no_after(c, expression)
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
    "ClosedForm": _closed_form,
    "DependsOn": _depends_on,
}
