"""Counterexamples, evaluated exactly: a run of the rule from its initial state, or a point in the domains.

Everything is a fraction or an expression in roots of fractions; no floating-point number occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from .expression import BadCertificateError, Expression, UndefinedError, contains, free_symbols, make, replace
from .intervals import UndecidedError, holds, require_defined
from .limits import limit_at
from .plan import NotRederivableError, minus, times
from .reading import AFTER, COUNTER, GRADIENT, THETA, Certificate
from .replay_pairs import equivalent, keeps_theta, scales_as, superposes
from .stability import coefficients_of, table
from .witness import (
    START,
    numbered,
    require_broken,
    require_hypotheses,
    require_only,
    value_of,
    values_of,
)

__all__ = ["replay"]

_LONGEST = 64


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


def _at_a_point(c: Certificate, condition: Expression) -> None:
    symbols = free_symbols(condition).union(*(free_symbols(h) for h in c.hypotheses))
    require_only(c, set(symbols))
    values = values_of(c, symbols, c.domains)
    require_hypotheses(c, values)
    require_broken(broken=not holds(condition, values))


def _equal(c: Certificate) -> None:
    resolved = {name + AFTER: e for name, e in c.rule.step.items()}
    _at_a_point(c, replace(("==", c.expression("left"), c.expression("right")), resolved))


def _holds(c: Certificate) -> None:
    _at_a_point(c, c.expression("condition"))


def _gradients(c: Certificate) -> list[Fraction]:
    """The gradients of the run, at least one."""
    found = numbered(c)
    if not found:
        raise BadCertificateError("the counterexample does not give the gradients of a run from its first step on")
    return found


def _run(c: Certificate, condition: Expression) -> tuple[dict[Expression, Expression], dict[Expression, Expression]]:
    """Run the rule from its initial state; the values before and after the last step."""
    gradients = _gradients(c)
    inner = {THETA, GRADIENT, COUNTER, *c.rule.states}
    outer = free_symbols(condition).union(*(free_symbols(h) for h in c.hypotheses), c.rule.hyper)
    named = {s for s in outer if s not in inner and not s.endswith(AFTER)}
    require_only(c, {*named, START, *(f"g[{i}]" for i in range(1, len(gradients) + 1))})
    constants = values_of(c, named, c.domains)
    now: dict[Expression, Expression] = {n: replace(e, constants) for n, e in c.rule.initial.items()}
    # A run may start anywhere; where nothing is said it starts at 0.
    now[THETA] = value_of(c, START) if START in c.witness else Fraction(0)
    before: dict[Expression, Expression] = {}
    for count, gradient in enumerate(gradients, start=1):
        before = {**constants, **now, GRADIENT: gradient, COUNTER: Fraction(count)}
        require_hypotheses(c, before)
        try:
            now = _after(c, before, c.rule.step)
        except (UndefinedError, UndecidedError):
            # The run ends where it is no longer defined; what the claim speaks of may still be.
            return before, _after(c, before, {s.removesuffix(AFTER) for s in free_symbols(condition)})
    return before, now


def _after(c: Certificate, before: dict[Expression, Expression], names: Iterable[str]) -> dict[Expression, Expression]:
    """What one step makes of theta and the states among `names`; all of it must be defined."""
    wanted = set(names)
    now: dict[Expression, Expression] = {name: replace(e, before) for name, e in c.rule.step.items() if name in wanted}
    for value in now.values():
        require_defined(value)
    return now


def _each_step(c: Certificate) -> None:
    condition = c.expression("condition")
    before, after = _run(c, condition)
    require_broken(broken=not holds(condition, {**before, **{f"{n}{AFTER}": e for n, e in after.items()}}))


def _invariant(c: Certificate) -> None:
    condition = c.expression("condition")
    if GRADIENT in free_symbols(condition) or any(s.endswith(AFTER) for s in free_symbols(condition)):
        raise BadCertificateError("an invariant speaks of the states at one time")
    before, after = _run(c, condition)
    require_broken(broken=not holds(condition, {**before, **after}))


def _limit(c: Certificate) -> None:
    symbol, value = c.goal["symbol"], c.expression("value")
    found = limit_at(c.expression("expression"), symbol, c.expression("point"), c.domains)
    if found is None:
        raise NotRederivableError("this checker does not find the limit")
    condition = ("==", found.value, value)
    symbols = free_symbols(condition).union(*(free_symbols(e) for e in (*found.conditions, *c.hypotheses)))
    if symbol in symbols:
        raise NotRederivableError("a limit in a symbol that a hypothesis speaks of is not replayed")
    require_only(c, set(symbols))
    values = values_of(c, symbols, c.domains)
    require_hypotheses(c, values)
    if not all(holds(d, values) for d in found.conditions):
        raise BadCertificateError("the expression is not defined at the counterexample")
    require_broken(broken=not holds(condition, values))


def _closed_form(c: Certificate) -> None:
    """Run the recurrence for t steps and compare with the formula."""
    initial, following, formula = (c.expression(f) for f in ("initial", "following", "formula"))
    symbol, count = c.goal["symbol"], value_of(c, COUNTER)
    if count.denominator != 1 or not 0 <= count <= _LONGEST:
        raise BadCertificateError("the counterexample does not say after how many steps")
    gradients = _gradients(c) if contains(following, "at") and count else []
    if len(gradients) not in (0, count):
        raise BadCertificateError("the counterexample does not give one gradient for each step")
    outer = free_symbols(initial) | free_symbols(following) | free_symbols(formula)
    named = outer - {symbol, COUNTER}
    require_only(c, {*named, COUNTER, *(f"g[{i}]" for i in range(1, len(gradients) + 1))})
    values = {
        **values_of(c, named, c.domains),
        **{("at", "g", Fraction(i)): g for i, g in enumerate(gradients, start=1)},
    }
    current = replace(initial, values)
    for done in range(1, int(count) + 1):
        current = replace(replace(following, {COUNTER: Fraction(done)}), {**values, symbol: current})
    written = replace(_summed(replace(formula, {COUNTER: count})), values)
    require_broken(broken=not holds(("==", written, current), {}))


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
    require_only(c, {*free_symbols(expression), f"{moved[0]}'"})
    first = values_of(c, free_symbols(expression), c.domains)
    other = value_of(c, f"{moved[0]}'")
    if not c.domains[moved[0]].contains(other):
        raise BadCertificateError(f"the counterexample's second value for {moved[0]} is outside its domain")
    both = ("==", replace(expression, first), replace(expression, {**first, moved[0]: other}))
    require_broken(broken=not holds(both, {}))


def _step_within(c: Certificate) -> None:
    moved = minus(THETA + AFTER, times(c.expression("keep"), THETA))
    condition = ("<=", ("abs", moved), c.expression("bound"))
    before, after = _run(c, condition)
    require_broken(broken=not holds(condition, {**before, **{f"{n}{AFTER}": e for n, e in after.items()}}))


def _supremum_is(c: Certificate) -> None:
    """A run on which the quotient exceeds what is said to be its supremum."""
    numerator, scale = c.name_of("numerator"), c.name_of("scale")
    quotient = times(make("**", (numerator, Fraction(2))), make("**", (scale, Fraction(-1))))
    condition = ("<=", quotient, c.expression("value"))
    before, after = _run(c, condition)
    require_broken(broken=not holds(condition, {**before, **after}))


def _stable_iff(c: Certificate) -> None:
    """A point at which the table of Schur and Cohn says one thing and the region another."""
    polynomial, variable, region = c.expression("polynomial"), c.name_of("variable"), c.expression("condition")
    symbols = (free_symbols(polynomial) - {variable}).union(
        free_symbols(region), *(free_symbols(h) for h in c.hypotheses)
    )
    if variable in symbols:
        raise BadCertificateError("the region, or a hypothesis, speaks of the variable of the polynomial")
    require_only(c, symbols)
    values = values_of(c, symbols, c.domains)
    require_hypotheses(c, values)
    conditions = list(table(coefficients_of(replace(polynomial, values), variable, c)))
    stable = True
    for condition in conditions:
        # Once one fails, the polynomial is not stable, and the rest says nothing.
        stable = stable and holds(condition, {})
    require_broken(broken=stable != holds(region, values))


def _along_recurrence(c: Certificate) -> None:
    """The recurrence run from its start to the time t of the counterexample."""
    symbols, inputs, start = c.names_of("symbols"), c.names_of("inputs"), c.goal["start"]
    initial, following, condition = c.expressions("initial"), c.expressions("following"), c.expression("condition")
    last = value_of(c, COUNTER)
    if type(start) is not int or last.denominator != 1 or not start <= last <= start + _LONGEST:
        raise BadCertificateError("the counterexample does not say at which time the condition fails")
    spoken = (*initial, *following, condition, *c.hypotheses)
    named = set().union(*(free_symbols(e) for e in spoken)) - {*symbols, *inputs, COUNTER}
    taken = {name: numbered(c, name, start + 1) for name in inputs}
    if any(len(values) != last - start for values in taken.values()):
        raise BadCertificateError("the counterexample does not give one input for each step")
    require_only(c, {*named, COUNTER, *(f"{n}[{start + 1 + i}]" for n, v in taken.items() for i in range(len(v)))})
    constants = values_of(c, named, c.domains)
    now = {name: replace(e, constants) for name, e in zip(symbols, initial, strict=True)}
    for step in range(int(last) - start):
        drawn: dict[Expression, Expression] = {name: values[step] for name, values in taken.items()}
        if not all(c.domains[str(n)].contains(v) for n, v in drawn.items() if isinstance(v, Fraction)):
            raise BadCertificateError("an input of the counterexample is outside its domain")
        inside = {**constants, **drawn, **now, COUNTER: Fraction(start + 1 + step)}
        require_hypotheses(c, inside)
        now = {name: replace(e, inside) for name, e in zip(symbols, following, strict=True)}
    if last == start:
        require_hypotheses(c, constants)
    require_broken(broken=not holds(condition, {**constants, **now, COUNTER: last}))


_PLAYERS: dict[str, Callable[[Certificate], None]] = {
    "Equal": _equal,
    "Holds": _holds,
    "EachStep": _each_step,
    "Invariant": _invariant,
    "LimitIs": _limit,
    "ClosedForm": _closed_form,
    "DependsOn": _depends_on,
    "AlongRecurrence": _along_recurrence,
    "StableIff": _stable_iff,
    "StepWithin": _step_within,
    "SupremumIs": _supremum_is,
    "Equivalent": equivalent,
    "ScalesAs": scales_as,
    "Superposes": superposes,
    "KeepsTheta": keeps_theta,
}
