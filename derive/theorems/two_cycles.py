"""A constant learning rate over the root of an average of squares cannot settle: it ends in a cycle of two points."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal
from ..linearised import ROOT
from ..normalised import normalised_step
from ..recurrence_goals import StableIff
from ..relations import eq, gt, lt, negation
from ..rule import UpdateRule
from ..symbols import Quantity, after, bound
from .subjects import STABILITY

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The cycle, that it attracts, and what a large eps does, for rules that divide the gradient alone."""
    found = normalised_step(rule)
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if found is None or found.a != 0 or not found.second.is_average or found.eps is None or found.keep != 1:
        return
    eps, v = found.eps, found.second.state.symbol
    outside = sp.cancel(found.rate - lr / (sp.sqrt(after(v)) + eps)) == 0 if lr is not None else False
    if lr is None or found.z != rule.gradient or not outside:
        return
    yield from _two_cycle_claims(rule, v, lr, eps)


def _two_cycle_claims(rule: UpdateRule, v: Quantity, lr: Quantity, eps: Quantity) -> Iterator[Claim]:
    steep = bound("L", "L", "curvature of the quadratic")
    x = bound("x", "x", "distance from the minimum")
    step = rule.step()
    on = {rule.theta: x, rule.gradient: steep * x, v: (steep * x) ** 2}
    there_and_back = step[rule.theta].xreplace({k: sp.expand(e) for k, e in on.items()}) + x
    numerator = sp.fraction(sp.together(_rooted(there_and_back)))[0]
    (point,) = (sp.expand(zero) for zero in sp.roots(sp.Poly(numerator, x)) if zero != 0)
    at_cycle = {**on, lr: 2 * (x + eps / steep)}
    yield Claim(
        "two-cycle",
        STABILITY,
        "On a quadratic with curvature L, with lr = 2 x + 2 eps / L, the step from x leads to -x and leaves the second "
        "moment as it is: theta goes to and fro for ever at the distance lr/2 - eps/L.",
        rule,
        Equal(step[rule.theta].xreplace(at_cycle), -x, r"\theta_t", "theta[t]"),
        derived=point,
        seed=("S9",),
    )
    yield Claim(
        "two-cycle-second-moment",
        STABILITY,
        "On that cycle the average of squared gradients stays what it is.",
        rule,
        Equal(step[v].xreplace(at_cycle), (steep * x) ** 2, f"{v.latex_form}_t", f"{v.name}[t]"),
        derived=(steep * x) ** 2,
        seed=("S9",),
    )
    polynomial, hypotheses = _around_the_cycle(rule, v, lr, eps, steep)
    yield Claim(
        "two-cycle-attracts",
        STABILITY,
        "The cycle exists and attracts nearby runs exactly if lr L > 2 eps, whatever the decay rate.",
        rule,
        StableIff(polynomial, ROOT, gt(lr * steep, 2 * eps)),
        hypotheses=hypotheses,
        derived=polynomial,
        seed=("S9",),
    )
    theta = rule.theta
    yield Claim(
        "no-cycle-with-large-eps",
        STABILITY,
        "With eps above lr L / 2 every step leads closer to the minimum.",
        rule,
        EachStep(lt(after(theta) ** 2, theta**2)),
        hypotheses=(
            Hypothesis(eq(rule.gradient, steep * theta), "the gradient of a quadratic"),
            Hypothesis(negation(eq(theta, 0)), "theta is not at the minimum"),
            Hypothesis(lt(lr * steep, 2 * eps), "eps is large"),
            Hypothesis(gt(lr, 0), "the learning rate is not zero"),
        ),
        seed=("S9",),
    )


def _around_the_cycle(
    rule: UpdateRule, v: Quantity, lr: Quantity, eps: Quantity, steep: Quantity
) -> tuple[sp.Expr, tuple[Hypothesis, ...]]:
    """The characteristic polynomial of the step, with theta's sign turned, at its fixed point (x, L^2 x^2).

    The Jacobian is taken with x > 0 as a symbol, lr = 2 x + 2 eps / L; then x is written through lr again.
    """
    x = sp.Symbol("x", positive=True)
    step = rule.step()
    turned = {rule.gradient: steep * rule.theta}
    rows = [(-step[rule.theta]).xreplace(turned), step[v].xreplace(turned)]
    at = {v: (steep * x) ** 2, rule.theta: x, lr: 2 * (x + eps / steep)}
    entries = [[_at(sp.diff(row, q), at) for q in (rule.theta, v)] for row in rows]
    polynomial = sp.Matrix(entries).charpoly(ROOT).as_expr()
    back = sp.factor(sp.together(polynomial.xreplace({x: lr / 2 - eps / steep})))
    return sp.collect(sp.expand(sp.cancel(back)), ROOT), (Hypothesis(gt(lr, 0), "the learning rate is not zero"),)


def _at(expression: sp.Expr, values: dict[sp.Basic, sp.Basic]) -> sp.Expr:
    """The value at the fixed point, where the root of the second moment is L x."""
    return sp.cancel(_rooted(expression.xreplace(values)))


def _rooted(expression: sp.Expr) -> sp.Expr:
    """Roots of squares of positive symbols taken."""
    halves = [p for p in expression.atoms(sp.Pow) if p.exp.is_Rational and p.exp.q == 2]
    return expression.xreplace({p: sp.sqrt(sp.factor(p.base)) ** (2 * p.exp) for p in halves})
