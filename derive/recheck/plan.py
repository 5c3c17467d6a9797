"""What a claim's proof consists of: needs, put together by the planner for the claim's kind of goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .expression import BadCertificateError, Expression, free_symbols, make, replace
from .reading import AFTER, COUNTER, GRADIENT, Certificate, Obligation, Rule

__all__ = [
    "Need",
    "NotRederivableError",
    "Plan",
    "at_start",
    "earlier",
    "inductions",
    "later_facts",
    "minus",
    "moving",
    "require_constant",
    "require_one_time",
    "resolved",
    "run_induction",
    "times",
    "varies",
]

ZERO, ONE = Fraction(0), Fraction(1)


class NotRederivableError(ValueError):
    """A claim whose proof this checker does not know how to put together from its parts."""


@dataclass(frozen=True)
class Need:
    """An obligation that the certificate must hold: it shows `shows` and uses nothing but `allowed`.

    Attributes
    ----------
    accepts : callable or None
        A further requirement on what the obligation is given: None if it is met, else what is wrong.
    instead : tuple of Need
        Other obligations, each of which serves as well.
    """

    words: str
    shows: Expression
    allowed: tuple[Expression, ...] = ()
    accepts: Callable[[Obligation], str | None] | None = None
    instead: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Everything that has to be shown, and what the claim, so shown, does not say.

    Attributes
    ----------
    needs : tuple of Need
    note : str
        What is confirmed is less than one may think: why.
    checks : tuple of Need
        What must hold too, but need not be listed.
    """

    needs: tuple[Need, ...]
    note: str = ""
    checks: tuple[Need, ...] = ()


# Words for expressions


def minus(left: Expression, right: Expression) -> Expression:
    """``left - right``."""
    return make("+", (left, make("*", (-ONE, right))))


def times(*factors: Expression) -> Expression:
    """The product."""
    return make("*", factors)


def earlier(e: Expression) -> Expression:
    """`e` one step before: t becomes t - 1."""
    return replace(e, {COUNTER: make("+", (COUNTER, -ONE))})


def at_start(rule: Rule) -> dict[Expression, Expression]:
    """The states and the counter before the first step."""
    return {**rule.initial, COUNTER: ZERO}


def resolved(c: Certificate, condition: Expression) -> Expression:
    """A condition with values after the step in it, said of the values before."""
    return replace(condition, {name + AFTER: e for name, e in c.rule.step.items()})


# What may stand where


def moving(rule: Rule) -> set[str]:
    """The symbols that take a new value at every step."""
    return {GRADIENT, COUNTER, *rule.kept, *(name + AFTER for name in rule.kept)}


def varies(c: Certificate, hypothesis: Expression) -> bool:
    """Whether a hypothesis speaks of t, theta or the states."""
    return bool(free_symbols(hypothesis) & (moving(c.rule) - {GRADIENT}))


def require_one_time(*conditions: Expression) -> None:
    """Raise BadCertificateError if conditions on one time speak of values after the step."""
    names = {s for e in conditions for s in free_symbols(e) if s.endswith(AFTER)}
    if names:
        raise BadCertificateError(f"{min(names)} stands where only one time is spoken of")


def require_constant(rule: Rule, what: str, *expressions: Expression) -> None:
    """Raise BadCertificateError if one of `expressions` speaks of what changes from step to step."""
    names = {s for e in expressions for s in free_symbols(e)} & moving(rule)
    if names:
        raise BadCertificateError(f"{what} speaks of {min(names)}, which changes at every step")


# Inductions


def run_induction(
    c: Certificate, rule: Rule | None = None, values: Mapping[Expression, Expression] | None = None
) -> Iterator[Need]:
    """The states stay in their domains, and the auxiliary facts hold, along every run.

    Parameters
    ----------
    rule : Rule, optional
        Of which rule; the certificate's own by default.
    values : mapping, optional
        What symbols are set to in the runs that are spoken of.
    """
    rule, values = rule or c.rule, values or {}
    allowed_symbols = {*rule.states, *rule.hyper}
    for fact in c.facts:
        if not free_symbols(fact) <= allowed_symbols:
            raise BadCertificateError("an auxiliary fact speaks of more than states and hyperparameters")
    states = [name for name in rule.states if name not in values]
    domains = [d for name in states for d in rule.states[name].conditions(name)]
    facts = tuple(replace(f, values) for f in c.facts)
    start = {name: replace(e, values) for name, e in rule.initial.items()}
    step = {name: replace(e, values) for name, e in rule.step.items()}
    for condition in (*domains, *facts):
        begun = replace(condition, dict(start))
        yield Need("a state starts in its domain, or an auxiliary fact holds at the start", begun)
        kept = replace(condition, dict(step))
        yield Need("a state stays in its domain, or an auxiliary fact goes on to hold", kept, facts)


def inductions(c: Certificate, conditions: Sequence[Expression], hypotheses: Sequence[Expression]) -> Iterator[Need]:
    """One induction for each condition on the states at time t, using those before it."""
    require_one_time(*conditions)
    constant = tuple(h for h in hypotheses if GRADIENT not in free_symbols(h))
    known: list[Expression] = []
    for condition in conditions:
        if free_symbols(condition) & {GRADIENT}:
            raise NotRederivableError("an invariant that speaks of the gradient is not re-derived")
        yield Need("the induction's base", replace(condition, at_start(c.rule)), constant)
        before = tuple(earlier(k) for k in (*known, condition))
        later = tuple(_after(c, k) for k in (*c.facts, *known))
        yield Need("the induction's step", _after(c, condition), (*c.facts, *before, *later, *hypotheses))
        known.append(condition)


def _after(c: Certificate, condition: Expression) -> Expression:
    """A condition on the states at one time, said of the values after a step."""
    return replace(condition, dict(c.rule.step))


def later_facts(c: Certificate, lemmas: Sequence[Expression]) -> tuple[Expression, ...]:
    """Facts and lemmas of the state after a step, in the values before it."""
    return tuple(_after(c, f) for f in (*c.facts, *lemmas))
