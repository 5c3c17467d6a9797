"""Counterexamples, evaluated exactly: a run of the rule from its initial state, or a point in the domains.

Everything is a fraction or an expression in roots of fractions; no floating-point number occurs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction

from .expression import BadCertificateError, Expression, UndefinedError, contains, free_symbols, replace
from .intervals import UndecidedError, holds, require_defined
from .limits import limit_at
from .obligations import NotRederivableError
from .reading import AFTER, COUNTER, GRADIENT, THETA, Certificate

__all__ = ["replay"]

_LONGEST = 64
_START = f"{THETA}[0]"


def replay(certificate: Certificate) -> None:
    """Make sure that the witness breaks the claim.

    Raises
    ------
    BadCertificateError
        If it does not.
    NotRederivableError
        If the kind of goal is not known here, or a sign could not be decided.
    """
    if certificate.claim["semantics"] != "real":
        raise NotRederivableError(f"claims in {certificate.claim['semantics']} arithmetic are not replayed")
    player = _PLAYERS.get(certificate.goal["kind"])
    if player is None:
        raise NotRederivableError(f"counterexamples to goals of the kind {certificate.goal['kind']} are not replayed")
    try:
        player(certificate)
    except UndefinedError as error:
        raise BadCertificateError(f"the counterexample is not defined: {error}") from None
    except UndecidedError as error:
        raise NotRederivableError(f"the counterexample could not be evaluated: {error}") from None


def _value(c: Certificate, name: str) -> Fraction:
    """A value of the witness, which must be rational."""
    if name not in c.witness:
        raise BadCertificateError(f"the counterexample gives no value for {name}")
    value = c.witness[name]
    if not isinstance(value, Fraction):
        raise BadCertificateError(f"the counterexample's value for {name} is not rational")
    return value


def _point(c: Certificate, symbols: Iterable[str]) -> dict[Expression, Expression]:
    """Values for `symbols`, each in its domain."""
    found: dict[Expression, Expression] = {}
    for name in sorted(symbols):
        found[name] = _value(c, name)
        if not c.domains[name].contains(_value(c, name)):
            raise BadCertificateError(f"the counterexample's value for {name} is outside its domain")
    return found


def _require(broken: bool) -> None:
    if not broken:
        raise BadCertificateError("the counterexample does not break the claim")


def _allowed(c: Certificate, values: dict[Expression, Expression]) -> None:
    if not all(holds(h, values) for h in c.hypotheses):
        raise BadCertificateError("the counterexample does not satisfy the hypotheses")


def _only(c: Certificate, names: set[str]) -> None:
    strange = sorted(set(c.witness) - names)
    if strange:
        raise BadCertificateError(
            f"the counterexample gives a value for {strange[0]}, which the claim does not speak of"
        )


def _at_a_point(c: Certificate, condition: Expression) -> None:
    symbols = free_symbols(condition).union(*(free_symbols(h) for h in c.hypotheses))
    _only(c, set(symbols))
    values = _point(c, symbols)
    _allowed(c, values)
    _require(not holds(condition, values))


def _equal(c: Certificate) -> None:
    resolved = {name + AFTER: e for name, e in c.rule.step.items()}
    _at_a_point(c, replace(("==", c.expression("left"), c.expression("right")), resolved))


def _holds(c: Certificate) -> None:
    _at_a_point(c, c.expression("condition"))


def _gradients(c: Certificate) -> list[Fraction]:
    """The gradients ``g[1], g[2], ...`` of the run, without a gap."""
    numbers = sorted(int(m.group(1)) for n in c.witness if (m := re.fullmatch(r"g\[([1-9]\d*)\]", n)))
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or len(numbers) > _LONGEST:
        raise BadCertificateError("the counterexample does not give the gradients of a run from its first step on")
    return [_value(c, f"g[{n}]") for n in numbers]


def _run(c: Certificate, condition: Expression) -> tuple[dict[Expression, Expression], dict[Expression, Expression]]:
    """Run the rule from its initial state; the values before and after the last step."""
    gradients = _gradients(c)
    inner = {THETA, GRADIENT, COUNTER, *c.rule.states}
    outer = free_symbols(condition).union(*(free_symbols(h) for h in c.hypotheses), c.rule.hyper)
    named = {s for s in outer if s not in inner and not s.endswith(AFTER)}
    _only(c, {*named, _START, *(f"g[{i}]" for i in range(1, len(gradients) + 1))})
    constants = _point(c, named)
    now: dict[Expression, Expression] = {n: replace(e, constants) for n, e in c.rule.initial.items()}
    # A run may start anywhere; where nothing is said it starts at 0.
    now[THETA] = _value(c, _START) if _START in c.witness else Fraction(0)
    before: dict[Expression, Expression] = {}
    for count, gradient in enumerate(gradients, start=1):
        before = {**constants, **now, GRADIENT: gradient, COUNTER: Fraction(count)}
        _allowed(c, before)
        now = {name: replace(e, before) for name, e in c.rule.step.items()}
        for value in now.values():
            require_defined(value)
    return before, now


def _each_step(c: Certificate) -> None:
    condition = c.expression("condition")
    before, after = _run(c, condition)
    _require(not holds(condition, {**before, **{f"{n}{AFTER}": e for n, e in after.items()}}))


def _invariant(c: Certificate) -> None:
    condition = c.expression("condition")
    if GRADIENT in free_symbols(condition) or any(s.endswith(AFTER) for s in free_symbols(condition)):
        raise BadCertificateError("an invariant speaks of the states at one time")
    before, after = _run(c, condition)
    _require(not holds(condition, {**before, **after}))


def _limit(c: Certificate) -> None:
    symbol, value = c.goal["symbol"], c.expression("value")
    found = limit_at(c.expression("expression"), symbol, c.expression("point"), c.domains)
    if found is None:
        raise NotRederivableError("this checker does not find the limit")
    condition = ("==", found.value, value)
    symbols = free_symbols(condition).union(*(free_symbols(e) for e in (*found.conditions, *c.hypotheses)))
    if symbol in symbols:
        raise NotRederivableError("a limit in a symbol that a hypothesis speaks of is not replayed")
    _only(c, set(symbols))
    values = _point(c, symbols)
    _allowed(c, values)
    if not all(holds(d, values) for d in found.conditions):
        raise BadCertificateError("the expression is not defined at the counterexample")
    _require(not holds(condition, values))


def _closed_form(c: Certificate) -> None:
    """Run the recurrence for t steps and compare with the formula."""
    initial, following, formula = (c.expression(f) for f in ("initial", "following", "formula"))
    symbol, count = c.goal["symbol"], _value(c, COUNTER)
    if count.denominator != 1 or not 0 <= count <= _LONGEST:
        raise BadCertificateError("the counterexample does not say after how many steps")
    gradients = _gradients(c) if contains(following, "at") and count else []
    if len(gradients) not in (0, count):
        raise BadCertificateError("the counterexample does not give one gradient for each step")
    outer = free_symbols(initial) | free_symbols(following) | free_symbols(formula)
    named = outer - {symbol, COUNTER}
    _only(c, {*named, COUNTER, *(f"g[{i}]" for i in range(1, len(gradients) + 1))})
    values = {**_point(c, named), **{("at", "g", Fraction(i)): g for i, g in enumerate(gradients, start=1)}}
    current = replace(initial, values)
    for done in range(1, int(count) + 1):
        current = replace(replace(following, {COUNTER: Fraction(done)}), {**values, symbol: current})
    written = replace(_summed(replace(formula, {COUNTER: count})), values)
    _require(not holds(("==", written, current), {}))


def _summed(e: Expression) -> Expression:
    """`e` with every sum between numbers written out."""
    if not isinstance(e, tuple):
        return e
    if e[0] == "sum" and isinstance(e[3], Fraction) and isinstance(e[4], Fraction):
        span = range(int(e[3]), int(e[4]) + 1)
        return replace(("+", *(replace(e[1], {e[2]: Fraction(i)}) for i in span)), {})
    return replace((e[0], *(_summed(a) for a in e[1:])), {})


def _depends_on(c: Certificate) -> None:
    """Some symbol that is not named matters: two values of it give different results."""
    expression, symbols = c.expression("expression"), set(c.expressions("symbols"))
    moved = [n[:-1] for n in c.witness if n.endswith("'")]
    if len(moved) != 1 or moved[0] in symbols or moved[0] not in free_symbols(expression):
        raise BadCertificateError("the counterexample does not move one symbol that the claim leaves out")
    _only(c, {*free_symbols(expression), f"{moved[0]}'"})
    first = _point(c, free_symbols(expression))
    other = _value(c, f"{moved[0]}'")
    if not c.domains[moved[0]].contains(other):
        raise BadCertificateError(f"the counterexample's second value for {moved[0]} is outside its domain")
    both = ("==", replace(expression, first), replace(expression, {**first, moved[0]: other}))
    _require(not holds(both, {}))


_PLAYERS: dict[str, Callable[[Certificate], None]] = {
    "Equal": _equal,
    "Holds": _holds,
    "EachStep": _each_step,
    "Invariant": _invariant,
    "LimitIs": _limit,
    "ClosedForm": _closed_form,
    "DependsOn": _depends_on,
}
