"""How large an average of gradients can be beside the root of an average of squares, and the steps that follow.

The smallest constant, the supremum with the run that approaches it, the published bounds that fail on that run.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import ClosedForm, EachStep, Equal, Invariant
from ..normalised import NormalisedStep, normalised_step, smallest_constant
from ..prove.verdict import Verdict
from ..recurrence_goals import AlongRecurrence, StepWithin, SupremumIs, Trial
from ..relations import eq, ge, gt, le, lt
from ..rule import Source, UpdateRule
from ..symbols import NONNEGATIVE, Quantity, after
from .sources import kingma_ba, orvieto_gower, reddi
from .step_bounds import default_trial, step_bound
from .subjects import LARGEST_STEP

__all__ = ["claims"]

_NINE_TENTHS = (sp.Rational(9, 10), sp.Rational(99, 100))
_ABOVE_THE_LINE = (sp.Rational(899, 1000), sp.Rational(99, 100))
_SHORT_MEMORY = (sp.Rational(1, 2), sp.Rational(3, 5))
_LONGEST_TRIAL = 12


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Bounds for every rule that divides an average of gradients by the root of an average of squares."""
    found = normalised_step(rule)
    if found is not None and found.a != 0:
        yield from _of_average(found, rule)


def _of_average(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    yield from _moment_bounds(found, rule)
    yield from _without_condition(found, rule)
    if found.correction != 1:
        yield from _published_bounds(found, rule)
        yield from _equal_decays(found, rule)
    else:
        trial = default_trial(found, rule, {}, _extremal(found, dict(_defaults(rule)), 3))
        yield _refuted_step(found, rule, "step-within-lr", found.base, (trial,), (), None)


def _condition(found: NormalisedStep) -> Hypothesis:
    return Hypothesis(lt(found.a**2, found.b), "the first moment forgets faster than the root of the second")


def _moment_bounds(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    n, s = _moments(found)
    above, below = found.constant
    t, condition = rule.step_counter, _condition(found)
    published = sp.sqrt(1 + (found.a - found.b) ** 2 / ((1 - found.b) * (found.b - found.a**2)))
    derived = smallest_constant(found.a, found.p, found.b, found.q)
    yield Claim(
        "moment-bound-constant",
        LARGEST_STEP,
        "The smallest constant that survives a step: where the determinant of a quadratic form vanishes.",
        rule,
        Equal(derived, published**2, "C^2", "C^2"),
        derived=derived,
        published=published**2,
        relation="equal",
    )
    yield Claim(
        "moment-bound-certificate",
        LARGEST_STEP,
        "Why it survives: in one step the gap becomes the decayed gap and a perfect square.",
        rule,
        EachStep(eq(above * after(s) - below * after(n) ** 2, _certificate(found, n, s))),
        derived=_certificate(found, n, s),
    )
    if found.z == rule.gradient:
        yield _supremum(found, rule)
    lemmas = (gt(found.b**t, 0), le(found.a ** (2 * t), found.b**t))
    cleared = le(n**2 * below * found.b**t, above * (found.b**t - found.a ** (2 * t)) * s)
    yield Claim(
        "moment-bound-at-t",
        LARGEST_STEP,
        f"A sharper bound of {n.name} for each time t; it grows with t towards the constant.",
        rule,
        Invariant(cleared, lemmas),
        hypotheses=(condition,),
        derived=found.supremum * sp.sqrt(1 - found.a ** (2 * t) / found.b**t),
        typed=True,
        seed=("S2",),
    )
    chosen = {found.a: _SHORT_MEMORY[0], found.b: _SHORT_MEMORY[1]}
    trials = (default_trial(found, rule, chosen, _extremal(found, chosen, _LONGEST_TRIAL)),)
    if found.correction == 1:
        cleared_now = le(n**2 * below, above * s)
        yield step_bound(found, rule, above, below, (cleared_now,), (condition,), trials=trials)
    else:
        shrunk = above * (found.b**t - found.a ** (2 * t))
        yield step_bound(found, rule, shrunk, below * found.b**t, (*lemmas, cleared), (condition,), trials=trials)


def _moments(found: NormalisedStep) -> tuple[Quantity, Quantity]:
    if found.numerator is None:
        raise ValueError("the numerator is the gradient itself")
    return found.numerator.state.symbol, found.second.state.symbol


def _certificate(found: NormalisedStep, n: Quantity, s: Quantity) -> sp.Expr:
    """``b (K s - n^2) + (b - a^2) (n - a p z / (b - a^2))^2``, times the denominator of K."""
    above, below = found.constant
    gap = found.b - found.a**2
    square = found.q * (gap * n - found.a * found.p * found.z) ** 2
    return found.b * (above * s - below * n**2) + square


def _finite(found: NormalisedStep, t: sp.Symbol) -> sp.Expr:
    """The geometric sum of squared weights over weights, which is the sharp constant at time t."""
    above, below = found.constant
    return above / below * (1 - found.a ** (2 * t) / found.b**t)


def _supremum(found: NormalisedStep, rule: UpdateRule) -> Claim:
    n, s = _moments(found)
    above, below = found.constant
    t = rule.step_counter
    shrinking = found.a**2 / found.b
    run = found.b**t / found.a**t
    total = (1 - found.a ** (2 * t) / found.b**t) / (1 - shrinking)
    return Claim(
        "moment-bound",
        LARGEST_STEP,
        f"How large {n.name} can be beside the root of {s.name}: the exact supremum over all gradients and times.",
        rule,
        SupremumIs(
            n,
            s,
            above / below,
            le(n**2 * below, above * s),
            run,
            ((n, found.p * run * total), (s, found.q * run**2 * total)),
            _finite(found, t),
            shrinking,
        ),
        hypotheses=(_condition(found), Hypothesis(gt(found.a, 0), "the first moment has a memory")),
        derived=found.supremum,
        seed=("S2", "S10"),
    )


def _without_condition(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """After a single pulse the numerator fades by a, the root by sqrt(b): the ratio grows where a^2 > b."""
    n, s = _moments(found)
    t = rule.step_counter
    ratio, growth = Quantity("ratio", NONNEGATIVE, "r"), found.a**2 / found.b
    start = found.p**2 / found.q
    yield Claim(
        "moment-ratio-after-a-pulse",
        LARGEST_STEP,
        f"After one gradient and then t zeros, the square of {n.name} over {s.name} is this.",
        rule,
        ClosedForm(ratio, start, growth * ratio, start * growth**t, r"\frac{n^2}{s}", "n^2 / s"),
        derived=start * growth**t,
    )
    yield Claim(
        "moment-ratio-unbounded",
        LARGEST_STEP,
        "Without the condition no bound exists: after a pulse the ratio outgrows every line through its start.",
        rule,
        AlongRecurrence((ratio,), (start,), (growth * ratio,), ge(ratio, start * (1 + (t - 1) * (growth - 1)))),
        hypotheses=(
            Hypothesis(gt(found.a**2, found.b), "the first moment forgets more slowly than the root of the second"),
            Hypothesis(gt(found.b, 0), "the second moment has a memory"),
        ),
        source=reddi("Theorem 2, whose condition this is"),
        seed=("S2",),
    )


def _extremal(found: NormalisedStep, values: dict[sp.Symbol, sp.Rational], length: int) -> tuple[sp.Expr, ...]:
    """The gradients that make the ratio largest after `length` steps: weights in the numerator over those below."""
    quotient = (found.a / found.b).xreplace(values)
    return tuple(quotient**age for age in range(length - 1, -1, -1))


def _defaults(rule: UpdateRule) -> dict[sp.Symbol, sp.Rational]:
    return {h.symbol: h.default for h in rule.hyper if h.default is not None}


def _published_bounds(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """Kingma and Ba's two cases, each broken by the extremal run."""
    first, second = found.p**2, found.q
    cases = (
        ("step-bound-published-dense", found.base, le(first, second), _NINE_TENTHS, "1 - beta1 <= sqrt(1 - beta2)"),
        (
            "step-bound-published-sparse",
            found.base * found.p / sp.sqrt(found.q),
            gt(first, second),
            _ABOVE_THE_LINE,
            "1 - beta1 > sqrt(1 - beta2)",
        ),
    )
    for name, bound, case, decays, words in cases:
        chosen = {found.a: decays[0], found.b: decays[1]}
        trial = _first_that_breaks(found, rule, bound, chosen)
        hypotheses = (Hypothesis(case, words),)
        yield _refuted_step(found, rule, name, bound, (trial,), hypotheses, kingma_ba("section 2.1"))


def _first_that_breaks(
    found: NormalisedStep, rule: UpdateRule, bound: sp.Expr, chosen: dict[sp.Symbol, sp.Rational]
) -> Trial:
    """The shortest extremal run whose ratio exceeds the bound, by the formula for the sharp constant at time t."""
    t = rule.step_counter
    exact = _finite(found, t) * found.correction
    claimed = (bound / found.base).xreplace(chosen) ** 2
    for length in range(1, _LONGEST_TRIAL):
        if exact.xreplace(chosen).xreplace({t: sp.Integer(length)}) > claimed:
            break
    return default_trial(found, rule, chosen, _extremal(found, chosen, length))


def _refuted_step(
    found: NormalisedStep,
    rule: UpdateRule,
    name: str,
    bound: sp.Expr,
    trials: tuple[Trial, ...],
    hypotheses: tuple[Hypothesis, ...],
    source: Source | None,
) -> Claim:
    moved = (after(rule.theta) - found.keep * rule.theta) ** 2
    words = (
        "Published as an upper bound of the step" if source is not None else "Often said: no step is longer than this"
    )
    return Claim(
        name,
        LARGEST_STEP,
        f"{words}; gradients that grow by the ratio of the decay rates exceed it.",
        rule,
        EachStep(le(moved, bound**2), trials=trials),
        hypotheses=hypotheses,
        source=source,
        published=bound if source is not None else None,
        relation="upper" if source is not None else None,
        expected=Verdict.REFUTED,
        folklore=source is None,
        seed=("S2", "S10"),
    )


def _equal_decays(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """With equal decay rates the variance s - n^2 of an average is never negative, and decays plus a square."""
    n, s = _moments(found)
    b = found.b
    t = rule.step_counter
    change = b * (s - n**2) + b * (1 - b) * (n - found.z) ** 2
    equal = Hypothesis(eq(found.a, b), "both averages forget alike")
    yield Claim(
        "equal-decays-certificate",
        LARGEST_STEP,
        "With equal decay rates the second moment minus the square of the first decays, plus a square: it is never "
        "negative, and the uncorrected step is never longer than the learning rate.",
        rule,
        EachStep(eq(after(s) - after(n) ** 2, change)),
        hypotheses=(equal,),
        derived=change,
        seed=("S10",),
    )
    lemmas = (eq(found.a**t, b**t), le(n**2, (1 - b**t) * s))
    one = sp.Integer(1)
    yield Claim(
        "step-within-lr-equal-decays",
        LARGEST_STEP,
        "With equal decay rates no step is longer than the learning rate.",
        rule,
        StepWithin(
            found.base,
            found.keep,
            found.rate,
            found.direction,
            after(found.scale),
            1 - b**t,
            one,
            found.size,
            lemmas,
            (default_trial(found, rule, {}, _extremal(found, dict(_defaults(rule)), 2)),),
        ),
        hypotheses=(equal,),
        derived=found.base,
        typed=True,
        source=orvieto_gower(""),
        published=found.base,
        relation="equal",
        seed=("S10",),
    )
