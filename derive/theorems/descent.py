"""Convergence on convex functions, as identities with multipliers that are not negative: dual certificates.

A convergence proof of this kind adds up inequalities that hold for every function of a class, each times a multiplier.
What is proved here is the sum, an identity between quadratic forms; where scalars stand for vectors, the products are
inner products, in which such an identity holds as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal, Holds
from ..relations import ge, le
from ..rule import UpdateRule
from ..sequence import displacement, one_step
from ..symbols import NONNEGATIVE, REAL, Quantity, after, bound
from .sources import balles, bansal_gupta, bernstein, nesterov, nesterov_book
from .subjects import CONVERGENCE

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Plain descent, Nesterov's method and descent along signs on convex and on smooth functions."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is None or rule.gradient_at != rule.theta:
        return
    if displacement(rule) == -lr * rule.gradient and not rule.state:
        yield from _descent(rule, lr)
    if rule.name == "sgd[nesterov]":
        yield from _accelerated(rule)
    if displacement(rule) == -lr * sp.sign(rule.gradient):
        yield from _signs(rule, lr)


# --- plain descent on a strongly convex function ---


def _descent(rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    """The distance from the minimum shrinks by 1 - lr m, or lr L - 1, in a step."""
    low, rise = bound("m", "m", "modulus of strong convexity"), Quantity("rise", NONNEGATIVE, "L - m", meaning="L - m")
    high = low + rise
    distance = Quantity("distance", NONNEGATIVE, r"\|\theta - \theta^*\|^2", meaning="squared distance before the step")
    slope = Quantity("slope", REAL, r"\langle g, \theta - \theta^*\rangle", meaning="gradient times distance")
    size = Quantity("size", NONNEGATIVE, r"\|g\|^2", meaning="squared gradient")
    after_ = _squared_distance(rule, distance, slope, size)
    convex = slope - low * high / (low + high) * distance - size / (low + high)
    steep, flat = size - low**2 * distance, high**2 * distance - size
    multiplier = lr * (2 / (low + high) - lr)
    certificate = 2 * lr * convex + multiplier * steep
    yield Claim(
        "descent-certificate",
        CONVERGENCE,
        "With |theta - theta*|^2, <g, theta - theta*> and |g|^2 as symbols: what a step falls short of (1 - lr m)^2 "
        "times the squared distance is a sum of two inequalities of strongly convex, smooth functions with these "
        "multipliers.",
        rule,
        Equal((1 - lr * low) ** 2 * distance - after_, certificate, "gap", "gap"),
        derived=after_,
        source=nesterov_book("Theorem 2.1.15"),
        typed=True,
        seed=("S14",),
    )
    class_ = (
        Hypothesis(ge(convex, 0), "the function is m-strongly convex and L-smooth"),
        Hypothesis(ge(steep, 0), "its gradient is at least m times the distance"),
        Hypothesis(ge(flat, 0), "its gradient is at most L times the distance"),
    )
    cases = (
        ("descent-rate", le(lr * (low + high), 2), 1 - lr * low, "lr up to 2 / (L + m)"),
        ("descent-rate-large-lr", ge(lr * (low + high), 2), lr * high - 1, "lr from 2 / (L + m) on"),
    )
    for name, case, factor, words in cases:
        yield Claim(
            name,
            CONVERGENCE,
            f"On an m-strongly convex, L-smooth function and for {words}, one step shrinks the distance from the "
            "minimum at least by this factor.",
            rule,
            Holds(le(after_, factor**2 * distance)),
            hypotheses=(*class_, Hypothesis(case, words)),
            derived=factor,
            source=nesterov_book("Theorem 2.1.15"),
            published=factor,
            relation="equal",
            typed=True,
            seed=("S14",),
        )


def _squared_distance(rule: UpdateRule, distance: Quantity, slope: Quantity, size: Quantity) -> sp.Expr:
    """The squared distance from the minimum after a step, in inner products: the rule's step, multiplied out."""
    gap = Quantity("gap", REAL, "d", meaning="theta - theta*")
    square = sp.expand((one_step(rule)[rule.theta] - rule.theta + gap) ** 2)
    g = rule.gradient
    return sp.expand(
        square.coeff(gap, 2) * distance
        + square.coeff(gap, 1).coeff(g, 1) * slope
        + square.coeff(gap, 0).coeff(g, 2) * size
    )


# --- Nesterov's method ---


def _accelerated(rule: UpdateRule) -> Iterator[Claim]:
    """A potential that never grows: t (t + 1) (f(y) - f*) + 2 L |z - x*|^2, with lr = 1/L."""
    t, steep = rule.step_counter, bound("L", "L", "smoothness of the function")
    y, z, best, g = (Quantity(n, REAL, x) for n, x in (("y", "y_t"), ("z", "z_t"), ("x_best", "x^*"), ("g_x", "g")))
    f_x, f_y, f_next, f_best = (
        Quantity(n, REAL, x) for n, x in (("f_x", "f(x)"), ("f_y", "f(y)"), ("f_next", "f(y')"), ("f_best", "f^*"))
    )
    x = t / (t + 2) * y + 2 / (t + 2) * z
    further = z - (t + 1) / (2 * steep) * g
    now = t * (t + 1) * (f_y - f_best) + 2 * steep * (z - best) ** 2
    later = (t + 1) * (t + 2) * (f_next - f_best) + 2 * steep * (further - best) ** 2
    smooth = f_x - f_next - g**2 / (2 * steep)
    below_y, below_best = f_y - f_x - g * (y - x), f_best - f_x - g * (best - x)
    sum_ = (t + 1) * (t + 2) * smooth + t * (t + 1) * below_y + 2 * (t + 1) * below_best
    sum_ += (t + 1) / (2 * steep) * g**2
    yield Claim(
        "accelerated-certificate",
        CONVERGENCE,
        "Nesterov's method in three sequences, y' = x - g/L, z' = z - (t + 1)/(2 L) g, x = t/(t + 2) y + 2/(t + 2) z: "
        "what its potential t (t + 1) (f(y) - f*) + 2 L |z - x*|^2 loses in a step is a sum of three inequalities of "
        "convex, smooth functions with the multipliers (t + 1)(t + 2), t (t + 1) and 2 (t + 1), and of a square.",
        rule,
        Equal(now - later, sum_, r"\Phi_t - \Phi_{t+1}", "Phi[t] - Phi[t+1]"),
        derived=sum_,
        source=bansal_gupta("potential of the accelerated method"),
        typed=True,
        seed=("S13",),
    )
    yield _accelerated_rate(rule, t, steep)


def _accelerated_rate(rule: UpdateRule, t: sp.Symbol, steep: Quantity) -> Claim:
    error = Quantity("error", NONNEGATIVE, "f(y_t) - f^*", meaning="error after t steps")
    rest = Quantity("rest", NONNEGATIVE, r"\|z_t - x^*\|^2", meaning="squared distance of z from the minimum")
    start = bound("R", "R", "distance of the start from the minimum")
    rate = 2 * steep * start**2 / (t * (t + 1))
    return Claim(
        "accelerated-rate",
        CONVERGENCE,
        "Since the potential never grows and starts at 2 L R^2, the error after t steps is at most this.",
        rule,
        Holds(le(error, rate)),
        hypotheses=(
            Hypothesis(le(t * (t + 1) * error + 2 * steep * rest, 2 * steep * start**2), "the potential has not grown"),
        ),
        derived=rate,
        source=nesterov(""),
        published=rate,
        relation="equal",
        typed=True,
        seed=("S13",),
    )


# --- descent along signs ---


def _signs(rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    """One coordinate's share of the descent; the shares add up."""
    g, steep = rule.gradient, bound("L", "L", "smoothness along this coordinate")
    moved = after(rule.theta) - rule.theta
    model = g * moved + steep * moved**2 / 2
    yield Claim(
        "sign-descent",
        CONVERGENCE,
        "Along a coordinate with smoothness L the function falls at least by lr |g| - lr^2 L / 2: together by lr times "
        "the sum of |g| less lr^2 / 2 times the sum of L.",
        rule,
        EachStep(le(model, -lr * sp.Abs(g) + lr**2 * steep / 2)),
        derived=-lr * sp.Abs(g) + lr**2 * steep / 2,
        source=bernstein("Theorem 1"),
        published=-lr * sp.Abs(g) + lr**2 * steep / 2,
        relation="equal",
    )
    other = Quantity("d", REAL, "d", meaning="any other step of this coordinate")
    yield Claim(
        "sign-is-steepest",
        CONVERGENCE,
        "Of all steps with no coordinate longer than lr, the sign's descends most steeply.",
        rule,
        EachStep(le(g * moved, g * other)),
        hypotheses=(Hypothesis(le(other**2, lr**2), "no coordinate moves further than lr"),),
        source=balles("steepest descent in the maximum norm"),
    )
    total, sum_ = bound("n", r"\|g\|_1", "sum of |g|"), bound("S", r"\textstyle\sum L_i", "sum of the smoothnesses")
    best = total / sum_
    yield Claim(
        "sign-descent-best-rate",
        CONVERGENCE,
        "With n the sum of |g| and S that of all L, the descent lr n - lr^2 S / 2 is largest at lr = n / S.",
        rule,
        Holds(le(lr * total - lr**2 * sum_ / 2, best * total - best**2 * sum_ / 2)),
        derived=best,
        source=balles("steepest descent in the maximum norm"),
        published=best,
        relation="equal",
    )
