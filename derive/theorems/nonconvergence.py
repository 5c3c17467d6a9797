"""A convex problem on which Adam without momentum goes to the worst point: Reddi, Kale and Kumar's example.

On [-1, 1] the losses are C x, then -x twice, over and over; the best point is -1.  With beta1 = 0, decay rate
1 / (1 + C^2) and learning rates a / sqrt(t) the large gradient is normalised away: from x = 1 it takes x down by at
most what the two small ones take it up, so that every cycle ends at 1 again.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds
from ..prove.verdict import Verdict
from ..relations import ge, le, lt
from ..rule import UpdateRule
from ..sequence import one_step
from ..symbols import NONNEGATIVE, POSITIVE, Domain, Quantity
from .sources import reddi
from .subjects import CONVERGENCE

__all__ = ["claims"]

_ABOUT = "adam"
_AT_LEAST_TWO = Domain("at least two", lower=sp.Integer(2))
_WHERE = "Theorem 1"


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """One cycle: it never leaves (0, 1], it ends where it began, and what it costs."""
    if rule.name != _ABOUT:
        return
    cycle = _Cycle(rule)
    yield cycle.stays_positive()
    yield cycle.comes_back()
    yield cycle.comes_back_at_first()
    yield cycle.estimate_from_the_start()
    yield _regret(rule)


class _Cycle:
    """The moves of one cycle after n steps, with the second moment v before it, divided by a."""

    def __init__(self, rule: UpdateRule) -> None:
        self.rule = rule
        self.large = Quantity("C", _AT_LEAST_TWO, "C", meaning="the large gradient")
        self.scale = Quantity("a", POSITIVE, "a", meaning="learning rate in the first step")
        self.before = Quantity("v_0", NONNEGATIVE, "v_0", meaning="second moment before the cycle")
        self.count = Quantity("n", NONNEGATIVE, "n", meaning="steps before the cycle")
        decay = rule.quantities["beta2"]
        self.decay = 1 / (1 + self.large**2)
        self.second = one_step(rule)[rule.quantities["v"]].xreplace({decay: self.decay})
        self.small_rate = Hypothesis(lt(self.scale**2, 1 - self.decay), "a is below the root of 1 - beta2")
        self.later = Hypothesis(ge(self.count, 3), "it is not the first cycle")

    def _after(self, v: sp.Expr, gradient: sp.Expr) -> sp.Expr:
        return sp.factor(self.second.xreplace({self.rule.quantities["v"]: v, self.rule.gradient: gradient}))

    def moves(self, before: sp.Expr, count: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """How far the large gradient takes x down, and the small ones take it up."""
        found, v = [], before
        for number, gradient in enumerate((self.large, sp.Integer(-1), sp.Integer(-1)), start=1):
            v = self._after(v, gradient)
            found.append(sp.Abs(gradient) / sp.sqrt((count + number) * v))
        return found[0], found[1], found[2]

    def stays_positive(self) -> Claim:
        """From x = 1 the large gradient takes x down by less than 1."""
        down, _, _ = self.moves(self.before, self.count)
        return Claim(
            "worst-case-stays-positive",
            CONVERGENCE,
            "Losses C x, -x, -x in turn, learning rates a / sqrt(t), beta1 = 0 and beta2 = 1 / (1 + C^2): the large "
            "gradient takes x down by less than 1, so x stays positive if it begins a cycle at 1.",
            self.rule,
            Holds(lt(self.scale * down, 1)),
            hypotheses=(self.small_rate,),
            derived=self.scale * down,
            source=reddi(_WHERE),
            typed=True,
            seed=("S16",),
        )

    def _up_over_down(self) -> sp.Expr:
        """At least so much of the way down is made up for, whatever the second moment was: it is at most C^2."""
        down, _, _ = self.moves(sp.Integer(0), self.count)
        most = self._after(self.large**2, sp.Integer(1))
        ways = (1 / sp.sqrt((self.count + number) * most) for number in (2, 3))
        return sp.Add(*(sp.sqrt(sp.cancel((way / down) ** 2)) for way in ways))

    def comes_back(self) -> Claim:
        share = self._up_over_down()
        return Claim(
            "worst-case-comes-back",
            CONVERGENCE,
            "In every later cycle the two small gradients take x up by at least what the large one took it down, "
            "whatever the second moment, at most C^2, was: the cycle ends at 1 again, the worst point.",
            self.rule,
            Holds(ge(share, 1)),
            hypotheses=(self.later,),
            derived=share,
            source=reddi(_WHERE),
            typed=True,
            seed=("S16",),
        )

    def comes_back_at_first(self) -> Claim:
        """The first cycle, from a second moment of 0, needs its own estimate."""
        down, first, second = self.moves(sp.Integer(0), sp.Integer(0))
        return Claim(
            "worst-case-comes-back-at-first",
            CONVERGENCE,
            "So it is in the first cycle, from a second moment of 0.",
            self.rule,
            Holds(le(down, first + second)),
            derived=first + second,
            source=reddi(_WHERE),
            typed=True,
            seed=("S16",),
        )

    def estimate_from_the_start(self) -> Claim:
        share = self._up_over_down()
        return Claim(
            "worst-case-one-estimate",
            CONVERGENCE,
            "Taken for granted: one estimate serves for all cycles. In the first one it fails, which needs a proof "
            "of its own.",
            self.rule,
            Holds(ge(share, 1)),
            source=reddi(_WHERE),
            expected=Verdict.REFUTED,
            seed=("S16",),
        )


def _regret(rule: UpdateRule) -> Claim:
    large = Quantity("C", _AT_LEAST_TWO, "C", meaning="the large gradient")
    points = [Quantity(f"x_{n}", latex=f"x_{n}", meaning=f"theta in step {n} of the cycle") for n in (2, 3)]
    best = sp.Integer(-1)
    loss = large * (1 - best) + sp.Add(*(-x + best for x in points))
    return Claim(
        "worst-case-regret",
        CONVERGENCE,
        "A cycle that begins at 1 costs at least 2 (C - 2) more than staying at -1: the regret grows with the time, "
        "and the average regret does not vanish.",
        rule,
        Holds(ge(loss, 2 * (large - 2))),
        hypotheses=tuple(Hypothesis(le(x, 1), "theta stays in the interval") for x in points),
        derived=2 * (large - 2),
        source=reddi(_WHERE),
        published=2 * (large - 2),
        relation="equal",
        typed=True,
        seed=("S16",),
    )
