"""Closed forms of recurrences: by induction on t or, with a sum, term by term.

Each old term is multiplied by the decay rate, and the newest term with what stands beside the sum is what one step
adds.
"""

from __future__ import annotations

from fractions import Fraction

from .algebra import Algebra
from .domains import COUNT
from .expression import BadCertificateError, Expression, contains, free_symbols, make, replace
from .plan import Need, NotRederivableError, Plan, earlier, minus, require_one_time, times
from .reading import COUNTER, GRADIENT, Certificate

__all__ = ["closed_form"]

ZERO, ONE = Fraction(0), Fraction(1)
_AGE = "age"


def closed_form(c: Certificate) -> Plan:
    """The plan for ``ClosedForm``."""
    symbol = c.goal["symbol"]
    if not isinstance(symbol, str) or symbol not in c.domains:
        raise BadCertificateError("the sequence has no symbol")
    if c.hypotheses:
        raise NotRederivableError("a closed form under hypotheses is not re-derived")
    initial, following, formula = (c.expression(f) for f in ("initial", "following", "formula"))
    require_one_time(initial, following, formula)
    if symbol in free_symbols(formula) | free_symbols(initial) or COUNTER in free_symbols(initial):
        raise BadCertificateError("the closed form speaks of the sequence itself")
    note = _sequence_of_the_rule(c, symbol, initial, following)
    plain, series = _split(formula)
    needs = [Need("the formula at t = 0", ("==", replace(plain, {COUNTER: ZERO}), initial))]
    if series is None:
        if contains(plain, "at"):
            raise NotRederivableError("a closed form that speaks of single values of a sequence is not re-derived")
        step = replace(following, {symbol: earlier(plain)})
        return Plan((*needs, Need("one step of the formula", ("==", plain, step))), note)
    return Plan((*needs, *_sum_needs(c, symbol, following, plain, series)), note)


def _sum_needs(c: Certificate, symbol: str, following: Expression, plain: Expression, series: Expression) -> list[Need]:
    """``x_t = d x_{t-1} + r_t`` with ``x_t = p_t + sum of f(i, t)``.

    It suffices that ``f(i, t) = d f(i, t-1)`` for i < t, and that the term i = t with p makes up the rest.
    """
    drive = replace(following, {symbol: ZERO})
    decay = minus(replace(following, {symbol: ONE}), drive)
    linear = make("+", (times(decay, symbol), drive))
    if symbol in free_symbols(decay) or not Algebra([following, linear], c.domains).equal(following, linear):
        raise NotRederivableError("a sum as closed form of a recurrence that is not linear is not re-derived")
    _, term, index, _, _ = series
    if c.domains.get(_AGE) != COUNT:
        raise BadCertificateError(f"the symbol {_AGE!r} is not declared as a positive integer")
    at_age = {index: minus(COUNTER, _AGE)}
    old, younger = replace(term, at_age), replace(earlier(term), at_age)
    newest = replace(term, {index: COUNTER})
    carried = times(decay, earlier(plain))
    return [
        Need("every old term", ("==", old, times(decay, younger))),
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
    taken = minus(following, without)
    weight = minus(fresh, without)
    # The gradient, or its square, that makes the rule's step this one.
    gradient = times(taken, make("**", (weight, -ONE)))
    algebra = Algebra([following, step, gradient, initial, own_start], c.domains)
    free = algebra.equal(replace(gradient, {symbol: ZERO}), replace(gradient, {symbol: ONE}))
    roots = [replace(gradient, {symbol: ZERO}), make("**", (replace(gradient, {symbol: ZERO}), Fraction(1, 2)))]
    if not free or not any(algebra.equal(following, replace(step, {GRADIENT: value})) for value in roots):
        return f"it speaks of the recurrence as written, which is not the rule's for {symbol}"
    return "" if algebra.equal(initial, own_start) else f"{symbol} starts elsewhere than in the rule"
