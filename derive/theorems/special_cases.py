"""Special cases: a rule with one hyperparameter at 0 or 1 is another rule of the catalogue, which is searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import sympy as sp

from ..catalogue import names, rule as catalogue_rule
from ..claim import Claim
from ..comparison_goals import Equivalent
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Quantity
from .subjects import RELATIONS

__all__ = ["claims", "special_cases"]

_GRADIENTS = (0.7, -0.4, 1.3, 0.02, -0.6)


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """What the rule becomes when one of its hyperparameters does nothing."""
    for neutral, value, other, renamed in special_cases(rule):
        own = {s.name: s.symbol for s in rule.state}
        states = ((rule.theta, rule.theta), *((s.symbol, own[s.name]) for s in other.state))
        lr = tuple(h.symbol for h in rule.hyper if h.name == "lr" and h.symbol != neutral)
        named = neutral.name.replace("_", "-")
        yield Claim(
            f"without-{named}" if value == 0 else f"at-{named}-{value}",
            RELATIONS,
            f"With {neutral.name} = {value} it is {other.name}.",
            rule,
            Equivalent(other, states, ((neutral, value),), tuple(renamed.items()), lr),
            seed=_seed(rule, neutral),
        )


def _seed(rule: UpdateRule, neutral: Quantity) -> tuple[str, ...]:
    if neutral.name == "weight_decay":
        return ("S12",)
    return ("S13",) if rule.name.startswith("sgd") else ("S10",) if rule.name.startswith("adam") else ()


def special_cases(
    rule: UpdateRule,
) -> Iterator[tuple[Quantity, sp.Integer, UpdateRule, dict[Quantity, sp.Expr]]]:
    """Each hyperparameter, neutral value and rule of the catalogue that the rule seems to be then; and what is renamed.

    That they seem equal is judged by a few steps in floating point; a proof is another matter.

    Examples
    --------
    >>> [(str(h), v, other.name) for h, v, other, _ in special_cases(catalogue_rule("rmsprop[momentum]"))]
    [('momentum', 0, 'rmsprop')]
    """
    for hyper in (h.symbol for h in rule.hyper):
        for value in (sp.Integer(0), sp.Integer(1)):
            if not hyper.domain.contains(value):
                continue
            for other in map(catalogue_rule, names()):
                renamed = _renamed(rule, other, hyper)
                if renamed is not None and _agree(rule, other, {hyper.name: float(value)}, renamed):
                    yield hyper, value, other, renamed


def _renamed(rule: UpdateRule, other: UpdateRule, neutral: Quantity) -> dict[Quantity, sp.Expr] | None:
    """How the hyperparameters of a simpler rule are called here; None if it is no simpler rule of the same kind."""
    left = {h.name: h.symbol for h in rule.hyper if h.symbol != neutral}
    theirs = {h.name: h.symbol for h in other.hyper}
    smaller = set(_states(other)) <= set(_states(rule)) and other.name != rule.name
    if not smaller or len(theirs) != len(left):
        return None
    missing, spare = sorted(set(theirs) - set(left)), sorted(set(left) - set(theirs))
    if not missing:
        return {}
    if len(missing) == 1 and theirs[missing[0]].domain == left[spare[0]].domain:
        return {theirs[missing[0]]: left[spare[0]]}
    return None


def _states(rule: UpdateRule) -> list[str]:
    return [s.name for s in rule.state]


def _agree(
    rule: UpdateRule, other: UpdateRule, fixed: Mapping[str, float], renamed: Mapping[Quantity, sp.Expr]
) -> bool:
    own = {h.name: fixed.get(h.name, _number(h.name)) for h in rule.hyper}
    theirs = {h.name: own[str(renamed.get(h.symbol, h.symbol))] for h in other.hyper}
    try:
        pairs = zip(_trajectory(rule, own), _trajectory(other, theirs), strict=True)
        return all(abs(a - b) < 1e-12 for a, b in pairs)
    except (ZeroDivisionError, ValueError, OverflowError, TypeError):
        return False


def _number(name: str) -> float:
    """A value below 1 that differs from name to name."""
    return 0.05 + (sum(map(ord, name)) % 83) / 100


def _trajectory(rule: UpdateRule, hyper: Mapping[str, float]) -> list[float]:
    advance, start = _compiled(rule)
    constants = [hyper[h.name] for h in rule.hyper]
    state = [0.9, *(f(*constants) for f in start)]
    found = []
    for t, g in enumerate(_GRADIENTS, start=1):
        state = list(advance(*state, g, t, *constants))
        found.append(state[0])
    return found


@lru_cache(maxsize=128)
def _compiled(rule: UpdateRule) -> tuple[Callable[..., list[float]], list[Callable[..., float]]]:
    """The one-step map, and the initial values of the states, in floating point."""
    step = one_step(rule)
    hyper = [h.symbol for h in rule.hyper]
    symbols = [*step, rule.gradient, rule.step_counter, *hyper]
    start = [sp.lambdify(hyper, e, "math") for e in initial_state(rule).values()]
    return sp.lambdify(symbols, list(step.values()), "math"), start
