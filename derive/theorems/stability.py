"""Which curvatures a rule can settle on: regions derived by Jury's conditions, and comparisons between rules."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import EachStep, Equal, Holds
from ..linearised import CURVATURE, PRECONDITIONER, ROOT, Linearised, Region, linearised, region
from ..normalised import normalised_step
from ..prove.verdict import Verdict
from ..recurrence_goals import StableIff
from ..relations import eq, ge, gt, le, lt, negation
from ..rule import Source, UpdateRule
from ..symbols import POSITIVE, Quantity, after, bound
from .sources import cohen, lessard, polyak
from .subjects import STABILITY

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """The region of stability of the linearised rule, what it is compared with plain descent, and tuned rates."""
    found = linearised(rule)
    interval = None if found is None else region(found, rule)
    if found is None or interval is None:
        return
    yield _region(found, interval, rule)
    yield from _against_descent(found, interval, rule)
    if not found.frozen and len(found.variables) == 2:
        yield from _oscillation(found, interval, rule)
    yield from _tuned(found, rule)
    yield from _two_cycle(rule)


def _hypotheses(interval: Region) -> tuple[Hypothesis, ...]:
    return tuple(Hypothesis(gt(f, 0), f"{f} is positive") for f in interval.divisors)


def _region(found: Linearised, interval: Region, rule: UpdateRule) -> Claim:
    held = ", with what divides the step held at P" if found.frozen else ""
    condition = sp.And(lt(interval.lower, CURVATURE), lt(CURVATURE, interval.upper), evaluate=False)
    published, source = _published(rule)
    return Claim(
        "stability-region",
        STABILITY,
        f"On a quadratic with curvature h{held}, theta settles at the minimum exactly for these curvatures.",
        rule,
        StableIff(found.polynomial, ROOT, condition),
        hypotheses=_hypotheses(interval),
        derived=interval.upper,
        source=source,
        published=published,
        relation=None if published is None else "equal",
        seed=("S13",) if not found.frozen else ("S2", "S10"),
    )


def _published(rule: UpdateRule) -> tuple[sp.Expr | None, Source | None]:
    """Limits that papers print for a curvature, by name, since a paper speaks of an algorithm."""
    symbols = {h.name: h.symbol for h in rule.hyper}
    lr, mu, beta = symbols.get("lr"), symbols.get("momentum"), symbols.get("beta1")
    if lr is None:
        return None, None
    table: dict[str, tuple[sp.Expr, Source]] = {"sgd": (2 / lr, polyak("")), "rmsprop": (2 * PRECONDITIONER / lr, cohen(""))}
    if mu is not None:
        table["sgd[momentum]"] = (2 * (1 + mu) / lr, polyak(""))
        table["sgd[nesterov]"] = (2 * (1 + mu) / ((1 + 2 * mu) * lr), cohen(""))
    if beta is not None:
        table["adam"] = (2 * (1 + beta) * PRECONDITIONER / ((1 - beta) * lr), cohen(""))
    return table.get(rule.name, (None, None))


def _against_descent(found: Linearised, interval: Region, rule: UpdateRule) -> Iterator[Claim]:
    """The largest stable curvature beside plain descent's, 2 / lr (times the divisor that is held still)."""
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is None or interval.lower != 0 or len(found.variables) != 2 or interval.divisors != (lr,):
        return
    plain = 2 * (PRECONDITIONER if found.frozen else 1) / lr
    memory = next((s for s in interval.upper.free_symbols - {lr, PRECONDITIONER} if isinstance(s, Quantity)), None)
    if memory is None or len(interval.upper.free_symbols - {lr, PRECONDITIONER}) != 1:
        return
    at_half = (interval.upper / plain).xreplace({memory: sp.Rational(1, 2)})
    smaller = bool(at_half < 1)
    relation = lt(interval.upper, plain) if smaller else gt(interval.upper, plain)
    words = "smaller" if smaller else "larger"
    positive = Hypothesis(gt(memory, 0), f"{memory.name} is not zero")
    yield Claim(
        "stability-against-descent",
        STABILITY,
        f"The largest stable curvature is {words} than without {memory.meaning or memory.name}.",
        rule,
        Holds(relation),
        hypotheses=(*_hypotheses(interval), positive),
        derived=sp.factor(interval.upper / plain),
        seed=("S13",),
    )
    if smaller:
        condition = sp.And(lt(0, CURVATURE), lt(CURVATURE, plain), evaluate=False)
        yield Claim(
            "stability-as-descent",
            STABILITY,
            "Often assumed: looking ahead keeps plain descent's region of stability. It does not.",
            rule,
            StableIff(found.polynomial, ROOT, condition),
            hypotheses=_hypotheses(interval),
            expected=Verdict.REFUTED,
            seed=("S13",),
        )


def _oscillation(found: Linearised, interval: Region, rule: UpdateRule) -> Iterator[Claim]:
    """Heavy ball: complex roots have the modulus sqrt(mu), and are complex between two parabolas."""
    polynomial = sp.Poly(sp.expand(found.polynomial), ROOT)
    product = polynomial.TC()
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if lr is None or polynomial.degree() != 2 or not isinstance(product, Quantity):
        return
    discriminant = sp.factor(polynomial.discriminant())
    if discriminant.free_symbols - {lr, CURVATURE, product}:
        return
    speed = bound("s", "s", "the square root of lr times h")
    scaled = sp.expand(discriminant.xreplace({CURVATURE: speed**2 / lr}))
    between = sp.And(lt((1 - speed) ** 2, product), lt(product, (1 + speed) ** 2), evaluate=False)
    yield Claim(
        "oscillates-when",
        STABILITY,
        f"With s^2 = lr h, the approach oscillates (two complex roots, both of modulus sqrt({product})) exactly here.",
        rule,
        Holds(_equivalent(lt(scaled, 0), between)),
        hypotheses=_hypotheses(interval),
        derived=sp.sqrt(product),
        source=polyak(""),
        seed=("S13",),
    )


def _equivalent(first: sp.Basic, second: sp.Basic) -> sp.Basic:
    both = sp.And(first, second, evaluate=False)
    neither = sp.And(negation(first), negation(second), evaluate=False)
    return sp.Or(both, neither, evaluate=False)


def _tuned(found: Linearised, rule: UpdateRule) -> Iterator[Claim]:
    """The published best settings on a quadratic whose curvatures lie between m and L."""
    free = found.polynomial.free_symbols - {CURVATURE, ROOT}
    by_name = {h.name: h.symbol for h in rule.hyper}
    if found.frozen or not free <= {by_name.get("lr"), by_name.get("momentum")}:
        return
    lr, mu = by_name["lr"], by_name.get("momentum")
    degree = sp.Poly(found.polynomial, ROOT).degree()
    if degree == 1:
        yield from _tuned_descent(found, rule, lr)
    elif mu is not None and sp.Poly(found.polynomial, ROOT).TC() == mu:
        yield _tuned_heavy_ball(found, rule, lr, mu)
    elif mu is not None:
        yield _tuned_nesterov(found, rule, lr, mu)


def _edges() -> tuple[Quantity, Quantity]:
    """The roots of the least and the largest curvature."""
    return (
        Quantity("root_m", POSITIVE, r"\sqrt{m}", meaning="root of the least curvature"),
        Quantity("root_L", POSITIVE, r"\sqrt{L}", meaning="root of the largest curvature"),
    )


def _within(low: Quantity, high: Quantity) -> tuple[Hypothesis, ...]:
    return (
        Hypothesis(le(low**2, CURVATURE), "no curvature is below m"),
        Hypothesis(le(CURVATURE, high**2), "no curvature is above L"),
    )


def _tuned_descent(found: Linearised, rule: UpdateRule, lr: Quantity) -> Iterator[Claim]:
    low, high = _edges()
    (root,) = sp.roots(sp.Poly(found.polynomial, ROOT))
    best = 2 / (low**2 + high**2)
    rate = (high**2 - low**2) / (low**2 + high**2)
    yield Claim(
        "tuned-rate",
        STABILITY,
        "With lr = 2 / (L + m), every error shrinks at least by this factor in a step.",
        rule,
        Holds(le(root.xreplace({lr: best}) ** 2, rate**2)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )
    ends = [root.xreplace({CURVATURE: edge**2}) ** 2 for edge in (low, high)]
    yield Claim(
        "tuned-rate-is-best",
        STABILITY,
        "No learning rate does better: at the least or at the largest curvature the factor is at least this.",
        rule,
        Holds(sp.Or(*(ge(end, rate**2) for end in ends), evaluate=False)),
        hypotheses=(Hypothesis(le(low, high), "m is at most L"),),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )


def _tuned_heavy_ball(found: Linearised, rule: UpdateRule, lr: Quantity, mu: Quantity) -> Claim:
    low, high = _edges()
    rate = (high - low) / (high + low)
    tuned = {lr: 4 / (low + high) ** 2, mu: rate**2}
    discriminant = sp.factor(sp.Poly(found.polynomial, ROOT).discriminant().xreplace(tuned))
    return Claim(
        "tuned-rate",
        STABILITY,
        "With Polyak's lr and momentum both roots are complex or double at every curvature, so their modulus is the "
        "root of the momentum: acceleration by the square root of the condition number.",
        rule,
        Holds(le(discriminant, 0)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )


def _tuned_nesterov(found: Linearised, rule: UpdateRule, lr: Quantity, mu: Quantity) -> Claim:
    low, high = _edges()
    rate = 1 - low / high
    tuned = {lr: 1 / high**2, mu: (high - low) / (high + low)}
    polynomial = sp.Poly(found.polynomial, ROOT)
    discriminant, product = (sp.factor(e.xreplace(tuned)) for e in (polynomial.discriminant(), polynomial.TC()))
    return Claim(
        "tuned-rate",
        STABILITY,
        "With lr = 1/L and Nesterov's momentum the roots are complex or double at every curvature, and their modulus is "
        "at most 1 - sqrt(m/L).",
        rule,
        Holds(sp.And(le(discriminant, 0), le(product, rate**2), evaluate=False)),
        hypotheses=_within(low, high),
        derived=rate,
        source=lessard("Proposition 1"),
        published=rate,
        relation="equal",
        seed=("S13",),
    )


def _two_cycle(rule: UpdateRule) -> Iterator[Claim]:
    """A constant learning rate over the root of an average of squares cannot settle: it ends in a cycle of two points."""
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
    turned = sp.solve(sp.powdenest(step[rule.theta].xreplace(on), force=True) + x, x)
    point = sp.expand(turned[-1]) if turned else lr / 2 - eps / steep
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
    placed = expression.xreplace(values)
    roots = {p: sp.sqrt(sp.factor(p.base)) ** (2 * p.exp) for p in placed.atoms(sp.Pow) if p.exp.q == 2}
    return sp.cancel(placed.xreplace(roots))
