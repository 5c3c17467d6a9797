"""What has to be shown of recurrences, of the length of steps, and of least upper bounds.

* ``AlongRecurrence``: by induction on t, first that the sequences stay in their domains, then each lemma, then the
  claim: it holds of the initial values at the start; if it holds at t - 1, then at t, whatever the inputs are.
* ``StepWithin``: with n for the direction, s for the scale and r for the rate, ``theta' - keep theta = -r n``,
  ``n^2 below <= above s``, ``r^2 s <= size`` and ``size above <= bound^2 below`` give
  ``(r n)^2 below <= r^2 s above <= size above <= bound^2 below``, where below > 0, above >= 0 and bound >= 0.
* ``SupremumIs``: the value is an upper bound, by an invariant, and the quotient on one run comes as near to it as one
  likes: it is ``value (1 - shrinking^t)`` there, with ``0 <= shrinking < 1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .algebra import Algebra
from .expression import BadCertificateError, Expression, free_symbols, make, replace
from .limits import definedness
from .plan import (
    Need,
    NotRederivableError,
    Plan,
    earlier,
    inductions,
    later_facts,
    minus,
    moving,
    require_constant,
    require_one_time,
    resolved,
    run_induction,
    times,
    varies,
)
from .reading import AFTER, COUNTER, GRADIENT, THETA, Certificate

__all__ = ["along_recurrence", "step_within", "supremum_is"]

ZERO, ONE, TWO = Fraction(0), Fraction(1), Fraction(2)


def along_recurrence(c: Certificate) -> Plan:
    """The plan for ``AlongRecurrence``."""
    symbols, inputs, start = c.names_of("symbols"), c.names_of("inputs"), c.goal["start"]
    initial, following = (c.expressions(f) for f in ("initial", "following"))
    condition, lemmas = c.expression("condition"), c.expressions("lemmas")
    if len(symbols) != len(initial) or len(symbols) != len(following) or type(start) is not int or start < 0:
        raise BadCertificateError("the sequences do not have one start and one recurrence each")
    changing = {*symbols, *inputs, COUNTER}
    if len(changing) != len(symbols) + len(inputs) + 1:
        raise BadCertificateError("a symbol stands for two things in the recurrence")
    if any(free_symbols(e) & changing for e in initial):
        raise BadCertificateError("a first value speaks of what changes at every step")
    if any(free_symbols(e) & set(inputs) for e in (*lemmas, condition)):
        raise BadCertificateError("a condition speaks of an input, which changes at every step")
    if any(free_symbols(h) & {*symbols, COUNTER} for h in c.hypotheses):
        raise NotRederivableError("a hypothesis on t or on the sequences themselves is not re-derived")
    if any(c.domains[s].integer for s in symbols):
        raise NotRederivableError("that a sequence consists of integers is not re-derived")
    domains = [d for s in symbols for d in c.domains[s].conditions(s)]
    first = {**dict(zip(symbols, initial, strict=True)), COUNTER: Fraction(start)}
    later = dict(zip(symbols, following, strict=True))
    constant = tuple(h for h in c.hypotheses if not free_symbols(h) & set(inputs))
    started = (">=", COUNTER, Fraction(start + 1))
    needs: list[Need] = []
    known: list[Expression] = []
    for part in (*domains, *lemmas, condition):
        needs.append(Need("the recurrence's start", replace(part, first), constant))
        before = [earlier(k) for k in (*known, part)]
        allowed = (*before, *(replace(k, later) for k in known), *c.hypotheses, started)
        needs.append(Need("one step of the recurrence", replace(part, later), allowed))
        known.append(part)
    return Plan(tuple(needs), "it speaks of the recurrence as written")


def step_within(c: Certificate) -> Plan:
    """The plan for ``StepWithin``."""
    part = {f: c.expression(f) for f in ("bound", "keep", "rate", "direction", "scale", "above", "below", "size")}
    lemmas = c.expressions("lemmas")
    if any(varies(c, h) for h in c.hypotheses):
        raise NotRederivableError("a bound of the steps with a hypothesis on t, theta or a state is not re-derived")
    moved = ("==", THETA + AFTER, minus(times(part["keep"], THETA), times(part["rate"], part["direction"])))
    conditions = (
        moved,
        (">", part["below"], ZERO),
        (">=", part["above"], ZERO),
        ("<=", times(_squared(part["direction"]), part["below"]), times(part["above"], part["scale"])),
        ("<=", times(_squared(part["rate"]), part["scale"]), part["size"]),
        ("<=", times(part["size"], part["above"]), times(_squared(part["bound"]), part["below"])),
        (">=", part["bound"], ZERO),
    )
    needs = [*run_induction(c), *inductions(c, lemmas, c.hypotheses)]
    # What holds of the states at one time holds of those after the step.
    renamed: dict[Expression, Expression] = {name: name + AFTER for name in c.rule.states}
    of_states = (*c.hypotheses, *(replace(f, renamed) for f in (*c.facts, *lemmas)))
    known = (*c.facts, *(earlier(f) for f in lemmas), *later_facts(c, lemmas), *c.hypotheses)
    for condition in conditions:
        from_the_step = Need("the chain of bounds", resolved(c, condition), known)
        needs.append(Need("the chain of bounds", condition, of_states, instead=(from_the_step,)))
    return Plan(tuple(needs))


def _squared(e: Expression) -> Expression:
    return make("**", (e, TWO))


def supremum_is(c: Certificate) -> Plan:
    """The plan for ``SupremumIs``."""
    numerator, scale = c.name_of("numerator"), c.name_of("scale")
    if numerator not in c.rule.states or scale not in c.rule.states:
        raise BadCertificateError("the quotient is not made of two states of the rule")
    value, gradient, ratio, shrinking = (c.expression(f) for f in ("value", "gradient", "ratio", "shrinking"))
    require_constant(c.rule, "a hypothesis, the supremum or what shrinks", *c.hypotheses, value, shrinking)
    if any(free_symbols(e) & (moving(c.rule) - {COUNTER}) for e in (gradient, ratio, *c.pairs("along").values())):
        raise BadCertificateError("the extremal run is not given in closed form")
    needs = [*run_induction(c), *inductions(c, [c.expression("cleared")], c.hypotheses)]
    needs += [*_is_upper_bound(c, numerator, scale, value), *_extremal_run(c, numerator, scale, gradient, ratio)]
    rest = minus(ONE, times(ratio, make("**", (value, -ONE))))
    needs += [
        Need("what shrinks is not negative", (">=", shrinking, ZERO), c.hypotheses),
        Need("what shrinks is below 1", ("<", shrinking, ONE), c.hypotheses),
        *_solves(rest, ONE, times(shrinking, earlier(rest))),
    ]
    growth = replace(gradient, {COUNTER: ONE})
    written = (gradient, growth, ratio, value, shrinking, *c.pairs("along").values())
    defined = [Need("the extremal run is defined", d, c.hypotheses) for e in written for d in definedness(e)]
    positive = Need("the supremum is positive", (">", value, ZERO), c.hypotheses)
    return Plan(tuple(needs), checks=(positive, *defined))


def _is_upper_bound(c: Certificate, numerator: str, scale: str, value: Expression) -> Iterator[Need]:
    """The invariant is ``numerator^2 <= value scale``, times a positive factor."""
    cleared = c.expression("cleared")
    if not isinstance(cleared, tuple) or cleared[0] != "<=":
        raise NotRederivableError("a supremum whose invariant is no inequality is not re-derived")
    _, left, right = cleared
    factor = replace(left, {numerator: ONE})
    algebra = Algebra([left, right, factor, value], c.domains)
    bounded = times(factor, value, scale)
    if numerator in free_symbols(factor) or not algebra.equal(left, times(factor, _squared(numerator))):
        raise NotRederivableError("an invariant that does not bound the numerator's square is not re-derived")
    if not algebra.equal(right, bounded):
        raise BadCertificateError("the invariant does not say that the supremum is an upper bound")
    require_constant(c.rule, "the invariant's factor", factor)
    yield Need("the invariant's factor is positive", (">", factor, ZERO), c.hypotheses)


def _extremal_run(
    c: Certificate, numerator: str, scale: str, gradient: Expression, ratio: Expression
) -> Iterator[Need]:
    """On the run with these gradients, none of which is 0, both states are as said, and so is their quotient."""
    along = c.pairs("along")
    if set(along) != {numerator, scale}:
        raise BadCertificateError("the extremal run does not say what both states are")
    growth = replace(gradient, {COUNTER: ONE})
    yield from _solves(gradient, ONE, times(growth, earlier(gradient)))
    yield Need("the gradients are positive", (">", growth, ZERO), c.hypotheses)
    before = {**{name: earlier(e) for name, e in along.items()}, GRADIENT: gradient}
    for name, form in along.items():
        step = replace(c.rule.step[str(name)], before)
        if free_symbols(step) & {THETA, *c.rule.states}:
            raise NotRederivableError("an extremal run on which other states matter is not re-derived")
        yield from _solves(form, c.rule.initial[str(name)], step)
    moves = ("not", ("==", GRADIENT, ZERO))
    yield Need("the scale is positive", (">", c.rule.step[scale], ZERO), (*c.hypotheses, moves))
    quotient = times(_squared(along[numerator]), make("**", (along[scale], -ONE)))
    yield Need("the quotient on the extremal run", ("==", quotient, ratio), c.hypotheses)


def _solves(form: Expression, initial: Expression, step: Expression) -> Iterator[Need]:
    """`form` is the sequence that starts with `initial` and goes on with `step`."""
    require_one_time(form)
    yield Need("a closed form at t = 0", ("==", replace(form, {COUNTER: ZERO}), initial))
    yield Need("one step of a closed form", ("==", form, step))
