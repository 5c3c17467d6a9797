"""How far one step can go: derived constants, runs that approach them, and the published bounds that fail."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal, Invariant
from ..normalised import DrivenBuffer, NormalisedStep, driven_buffer, normalised_step
from ..prove.verdict import Verdict
from ..recurrence_goals import StepWithin, Trial
from ..relations import eq, ge, gt, le, lt
from ..rule import Source, UpdateRule
from ..structure import corrected_averages, linear_states, movement
from ..symbols import Quantity, after
from .sources import duchi
from .subjects import LARGEST_STEP

__all__ = ["claims", "default_trial", "step_bound"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Bounds of the step of every rule whose step is normalised, and of buffers of normalised gradients."""
    found = normalised_step(rule)
    if found is not None and found.a == 0:
        yield from _of_gradient(found, rule)
    buffer = driven_buffer(rule)
    if buffer is not None:
        yield from _of_buffer(buffer, rule)
    yield from _centered(rule)


def _of_gradient(found: NormalisedStep, rule: UpdateRule) -> Iterator[Claim]:
    """The gradient over the root of what has taken in its square: it cannot exceed the root of the inverse weight."""
    second, z = after(found.second.state.symbol), found.z
    above, below = found.constant
    own = found.second.is_sum
    yield Claim(
        "gradient-bound",
        LARGEST_STEP,
        f"The squared gradient is at most a constant times {found.second.state.name}, which has just taken it in.",
        rule,
        EachStep(le(z**2 * below, above * second)),
        derived=found.supremum,
        seed=("S2",),
    )
    start: dict[sp.Basic, sp.Basic] = {found.second.state.symbol: sp.Integer(0)}
    first = (found.second.decay * found.second.state.symbol + found.second.drive).xreplace(start)
    yield Claim(
        "gradient-bound-attained",
        LARGEST_STEP,
        "The constant is the smallest one: the first gradient that is not 0 attains it, if nothing was accumulated.",
        rule,
        Equal(z**2 / first, above / below, r"\frac{g_1^2}{s_1}", "g[1]^2 / s[1]"),
        derived=above / below,
    )
    fed = found.second.state.symbol
    yield Claim(
        "gradient-bound-attained-only-first",
        LARGEST_STEP,
        "Only such a gradient attains it: once something was accumulated, every gradient stays below.",
        rule,
        EachStep(lt(z**2 * below, above * second)),
        hypotheses=(
            Hypothesis(gt(fed, 0), "something was accumulated before"),
            Hypothesis(gt(found.second.decay, 0), "it is remembered"),
        )[: 1 if own else 2],
        seed=("S2",),
    )
    yield step_bound(found, rule, above, below, (), (), duchi("section 1.1") if own else None)
    yield Claim(
        "step-bound-not-attained",
        LARGEST_STEP,
        "With a positive eps the bound is never attained: every step is shorter.",
        rule,
        EachStep(lt((after(rule.theta) - found.keep * rule.theta) ** 2 * below, found.base**2 * above)),
        hypotheses=(Hypothesis(gt(found.base, 0), "the learning rate is not zero"),),
        derived=found.base * found.supremum,
        seed=("S2",),
    )
    if own:
        return
    yield _longer_than_lr(found, rule, "Often assumed: no step is longer than the learning rate. The first one is.")


def step_bound(
    found: NormalisedStep,
    rule: UpdateRule,
    above: sp.Expr,
    below: sp.Expr,
    lemmas: tuple[sp.Basic, ...],
    hypotheses: tuple[Hypothesis, ...],
    source: Source | None = None,
    trials: tuple[Trial, ...] = (),
) -> Claim:
    """The claim that no step is longer than the derived bound; `above` and `below` bound the squared ratio."""
    bound = found.base * found.supremum
    title = "No step is longer than this, whatever the gradients were"
    title += "." if found.keep == 1 else "; the shrinking of theta by the weight decay is not counted."
    return Claim(
        "step-bound",
        LARGEST_STEP,
        title,
        rule,
        StepWithin(
            bound, found.keep, found.rate, found.direction, after(found.scale), above, below, found.size, lemmas, trials
        ),
        hypotheses=hypotheses,
        derived=bound,
        published=found.base if source is not None else None,
        relation="equal" if source is not None else None,
        source=source,
        seed=("S2", "S5"),
    )


def _longer_than_lr(found: NormalisedStep, rule: UpdateRule, title: str) -> Claim:
    theta = rule.theta
    moved = (after(theta) - found.keep * theta) ** 2
    return Claim(
        "step-within-lr",
        LARGEST_STEP,
        title,
        rule,
        EachStep(le(moved, found.base**2), trials=(default_trial(found, rule, {}, (sp.Integer(1),)),)),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S2", "S11"),
    )


def default_trial(
    found: NormalisedStep, rule: UpdateRule, chosen: dict[sp.Symbol, sp.Rational], gradients: tuple[sp.Expr, ...]
) -> Trial:
    """A run from the defaults with weight decay and L2 at 0, so that the gradients are what enters the averages."""
    fixed = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    fixed |= {s: sp.Integer(0) for s in found.z.free_symbols - {rule.gradient, rule.theta}}
    return Trial(tuple({**fixed, **chosen}.items()), gradients)


def _of_buffer(found: DrivenBuffer, rule: UpdateRule) -> Iterator[Claim]:
    """A buffer of numbers that are bounded by c is bounded by c / (1 - decay)."""
    b, mu = found.state.state.symbol, found.state.decay
    above, below = sp.fraction(found.limit)
    limit = sp.sqrt(above) / sp.sqrt(below) / (1 - mu)
    moved = movement(rule)
    if moved is None:
        return
    invariant = le(b**2, limit**2)
    yield Claim(
        "buffer-bound",
        LARGEST_STEP,
        f"The buffer {b.name} stays within what one step can put into it, divided by 1 - momentum.",
        rule,
        Invariant(invariant),
        derived=limit,
        seed=("S2",),
    )
    one = sp.Integer(1)
    bound = moved.rate * limit
    # Each gradient dwarfs the ones before it, so every one of them puts nearly the most it can into the buffer.
    fixed = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    fixed |= {s: sp.Integer(0) for s in found.state.drive.free_symbols if s.name == "weight_decay"}
    growing = Trial(tuple({**fixed, mu: sp.Rational(1, 2)}.items()), tuple(sp.Integer(1000) ** i for i in range(10)))
    yield Claim(
        "step-bound",
        LARGEST_STEP,
        "No step is longer than this, whatever the gradients were.",
        rule,
        StepWithin(
            bound, moved.keep, moved.rate, moved.direction, one, limit**2, one, moved.rate**2, (invariant,), (growing,)
        ),
        derived=bound,
        seed=("S2", "S5"),
    )


def _centered(rule: UpdateRule) -> Iterator[Claim]:
    """A variance under the root: under a constant gradient it tends to 0, and the step grows."""
    averages = {s.state.symbol: s for s in linear_states(rule) if s.is_average}
    g = rule.gradient
    means = [s for s in averages.values() if s.input == g]
    squares = [s for s in averages.values() if s.input == g**2]
    moved = movement(rule)
    if moved is None or moved.direction != g or len(means) != 1 or len(squares) != 1 or corrected_averages(rule):
        return
    mean, square = means[0], squares[0]
    if not moved.rate.has(after(mean.state.symbol)) or mean.decay != square.decay:
        return
    yield from _centered_claims(rule, mean.state.symbol, square.state.symbol, mean.decay)


def _centered_claims(rule: UpdateRule, m: Quantity, v: Quantity, decay: sp.Expr) -> Iterator[Claim]:
    t, c = rule.step_counter, Quantity("c", latex="c", meaning="the constant gradient")
    held = Hypothesis(eq(rule.gradient, c), "every gradient is c")
    spread = c**2 * decay**t * (1 - decay**t)
    eps = next(h.symbol for h in rule.hyper if h.name == "eps")
    lr = next(h.symbol for h in rule.hyper if h.name == "lr")
    lemmas = (eq(m, c * (1 - decay**t)), eq(v, c**2 * (1 - decay**t)))
    yield Claim(
        "centered-spread",
        LARGEST_STEP,
        "Under a constant gradient the centred second moment rises and then vanishes.",
        rule,
        Invariant(eq(v - m**2, spread), lemmas),
        hypotheses=(held,),
        derived=spread,
        seed=("S2",),
    )
    least = 2 * lr * c / (c + 2 * eps)
    yield Claim(
        "centered-step-at-least",
        LARGEST_STEP,
        "Under a constant gradient c > 0 every step is at least twice the learning rate, up to eps, and in the end it "
        "is lr c / eps.",
        rule,
        EachStep(ge(rule.theta - after(rule.theta), least), lemmas=lemmas),
        hypotheses=(held, Hypothesis(gt(c, 0), "it is positive")),
        derived=least,
        seed=("S2",),
    )
