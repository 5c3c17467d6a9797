"""Trying a claim on given runs: the exact witness where a claim's author, or a theorem, knows where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from ..recurrence_goals import Trial
from ..relations import replaced
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import after
from .exact import holds_at
from .search import FIRST_THETA, start_of_theta

__all__ = ["breaking_trial"]


def breaking_trial(
    rule: UpdateRule, condition: sp.Basic, hypotheses: Sequence[sp.Basic], trials: Sequence[Trial]
) -> dict[str, sp.Basic] | None:
    """The values of the first trial at whose last step `condition` fails; None if it holds in all of them.

    `condition` speaks of the states before and ``after(...)`` that step.  The runs start at theta = 1.
    """
    for trial in trials:
        constants = _constants(rule, trial)
        allowed = all(
            holds_at(h, {**constants, rule.gradient: g, rule.step_counter: sp.Integer(t)}) is True
            for h in hypotheses
            for t, g in enumerate(trial.gradients, start=1)
        )
        if allowed and constants_in_domains(constants) and _broken(rule, condition, constants, trial):
            found: dict[str, sp.Basic] = {s.name: value for s, value in constants.items()}
            found |= start_of_theta(rule, condition)
            return found | {f"g[{i}]": g for i, g in enumerate(trial.gradients, start=1)}
    return None


def constants_in_domains(constants: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether every value lies in its symbol's domain."""
    return all(s.domain.contains(value) for s, value in constants.items())


def _constants(rule: UpdateRule, trial: Trial) -> dict[sp.Symbol, sp.Rational]:
    given = dict(trial.values)
    chosen = {h.symbol: given.get(h.symbol, h.default) for h in rule.hyper}
    return given | {s: v if v is not None else sp.Rational(1, 2) for s, v in chosen.items()}


def _broken(rule: UpdateRule, condition: sp.Basic, constants: Mapping[sp.Symbol, sp.Rational], trial: Trial) -> bool:
    step = {q: e.xreplace(dict(constants)) for q, e in one_step(rule).items()}
    values: dict[sp.Basic, sp.Basic] = {q: e.xreplace(dict(constants)) for q, e in initial_state(rule).items()}
    values[rule.theta] = FIRST_THETA
    last = len(trial.gradients)
    for t, gradient in enumerate(trial.gradients, start=1):
        inputs = {**values, rule.gradient: gradient, rule.step_counter: sp.Integer(t)}
        following: dict[sp.Basic, sp.Basic] = {q: e.xreplace(inputs) for q, e in step.items()}
        if t == last:
            both = {**constants, **inputs, **{after(q): e for q, e in following.items()}}
            return holds_at(replaced(condition, both), {}) is False
        values = following
    return False
