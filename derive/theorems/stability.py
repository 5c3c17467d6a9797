"""Which curvatures a rule can settle on: regions derived by Jury's conditions, and comparisons between rules."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..claim import Claim, Hypothesis
from ..goal import Holds
from ..linearised import CURVATURE, PRECONDITIONER, ROOT, Linearised, Region, linearised, region
from ..prove.verdict import Verdict
from ..recurrence_goals import StableIff
from ..relations import equivalent, gt, lt
from ..rule import Source, UpdateRule
from ..symbols import Quantity, bound
from .sources import cohen, polyak
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
    table: dict[str, tuple[sp.Expr, Source | None]] = {
        "sgd": (2 / lr, polyak("")),
        "rmsprop": (2 * PRECONDITIONER / lr, cohen("")),
    }
    if mu is not None:
        table["sgd[momentum]"] = (2 * (1 + mu) / lr, polyak(""))
        table["sgd[nesterov]"] = (2 * (1 + mu) / ((1 + 2 * mu) * lr), cohen(""))
    if beta is not None:
        adam = (1 + beta) * PRECONDITIONER / ((1 - beta) * lr)
        table["adam"] = (2 * adam, cohen(""))
        # Known results, with no publication to name.
        table["nadam"] = (2 * adam / (1 + 2 * beta), None)
        if "weight_decay" in symbols:
            table["adamw"] = ((2 - lr * symbols["weight_decay"]) * adam, None)
        if "nu" in symbols:
            table["qhm"] = (2 * (1 + beta) / ((1 + beta - 2 * symbols["nu"] * beta) * lr), None)
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
            folklore=True,
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
        Holds(equivalent(lt(scaled, 0), between)),
        hypotheses=_hypotheses(interval),
        derived=sp.sqrt(product),
        source=polyak(""),
        seed=("S13",),
    )
