"""Looking for a run of the rule, from its initial state, that breaks a claim: the exact witness."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy as sp

from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Quantity, after
from .exact import holds_at

__all__ = ["FIRST_THETA", "breaking_run", "start_of_theta"]

_GRADIENTS = tuple(sp.Rational(n) for n in ("1", "0", "2", "1/2", "-1", "10"))
_LONGEST = 3
FIRST_THETA = sp.Integer(1)
_TRIALS = 400
# Terms in all states that are computed for one choice of constants: where states depend on theta, as with an L2 term,
# roots nest and a few more runs would take minutes.
_TERMS = 6_000


def breaking_run(
    rule: UpdateRule, condition: sp.Basic, hypotheses: Sequence[sp.Basic], *, both_ends: bool
) -> dict[str, sp.Basic] | None:
    """Gradients and hyperparameters for which `condition` fails at the last step of a run.

    Parameters
    ----------
    condition : Boolean
        On the states at time t or, with `both_ends`, on those before the last step and ``after(...)`` it.
    hypotheses : sequence of Boolean
        On the gradient of every step, hyperparameters and other symbols.

    Returns
    -------
    dict or None
        Exact values by name: hyperparameters, ``"g[1]"``, ``"g[2]"``, ...
    """
    for constants in _constants(rule, condition, hypotheses):
        found = _over_sequences(rule, condition, hypotheses, constants, both_ends=both_ends)
        if found is not None:
            return found
    return None


def _constants(
    rule: UpdateRule, condition: sp.Basic, hypotheses: Sequence[sp.Basic]
) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    """Hyperparameters at their defaults, then at other simple values; other symbols at 1 and 2."""
    inner = {rule.theta, rule.gradient, rule.step_counter, *(s.symbol for s in rule.state)}
    inner |= {after(q) for q in inner}
    others = condition.free_symbols.union(*(h.free_symbols for h in hypotheses)) - inner
    others -= {h.symbol for h in rule.hyper}
    extras = [s for s in sorted(others, key=str) if isinstance(s, Quantity)]
    for hyper_choice in ("default", "half"):
        hyper = {h.symbol: _hyper_value(h.symbol, h.default, hyper_choice) for h in rule.hyper}
        for values in itertools.product(*(_extra_values(s) for s in extras)):
            yield hyper | dict(zip(extras, values, strict=True))


def _extra_values(symbol: Quantity) -> tuple[sp.Rational, ...]:
    """Simple values in the domain of a symbol that the rule does not have."""
    return tuple(v for v in map(sp.Rational, ("1", "2", "1/2")) if symbol.domain.contains(v))[:2]


def _hyper_value(symbol: Quantity, default: sp.Rational | None, choice: str) -> sp.Rational:
    half = sp.Rational(1, 2)
    if choice == "half" and symbol.domain.contains(half):
        return half
    return default if default is not None else (half if symbol.domain.contains(half) else sp.Integer(1))


def _over_sequences(
    rule: UpdateRule,
    condition: sp.Basic,
    hypotheses: Sequence[sp.Basic],
    constants: dict[sp.Symbol, sp.Rational],
    *,
    both_ends: bool,
) -> dict[str, sp.Basic] | None:
    mapped = {q: e.xreplace(constants) for q, e in one_step(rule).items()}
    first = {rule.theta: FIRST_THETA} | {q: e.xreplace(constants) for q, e in initial_state(rule).items()}
    allowed = [g for g in _GRADIENTS if all(holds_at(h, constants | {rule.gradient: g}) for h in hypotheses)]
    runs: list[tuple[tuple[sp.Rational, ...], dict[Quantity, sp.Expr]]] = [((), first)]
    trials = terms = 0
    for length in range(1, _LONGEST + 1):
        longer = []
        for (gradients, state), g in itertools.product(runs, allowed):
            trials += 1
            if trials > _TRIALS:
                return None
            inputs = {**state, rule.gradient: g, rule.step_counter: sp.Integer(length)}
            following = {q: e.xreplace(inputs) for q, e in mapped.items()}
            terms += sum(1 for e in following.values() for _ in sp.preorder_traversal(e))
            if terms > _TERMS:
                return None
            values: dict[sp.Symbol, sp.Expr] = {**constants, rule.gradient: g, rule.step_counter: sp.Integer(length)}
            values |= {**state, **{after(q): e for q, e in following.items()}} if both_ends else following
            if holds_at(condition, values) is False:
                return _witness(constants, (*gradients, g), rule, condition)
            longer.append(((*gradients, g), following))
        runs = longer
    return None


def _witness(
    constants: dict[sp.Symbol, sp.Rational], gradients: tuple[sp.Rational, ...], rule: UpdateRule, condition: sp.Basic
) -> dict[str, sp.Basic]:
    named: dict[str, sp.Basic] = {s.name: v for s, v in constants.items()}
    return named | start_of_theta(rule, condition) | {f"g[{i}]": g for i, g in enumerate(gradients, start=1)}


def start_of_theta(rule: UpdateRule, condition: sp.Basic) -> dict[str, sp.Basic]:
    """Where theta starts in a run that breaks `condition`, if the claim or a state depends on that."""
    return {f"{rule.theta.name}[0]": FIRST_THETA} if _reads_theta(rule, condition) else {}


def _reads_theta(rule: UpdateRule, condition: sp.Basic) -> bool:
    """Whether the claim, or a state, depends on where theta starts."""
    step = one_step(rule)
    return bool(condition.free_symbols & {rule.theta, after(rule.theta)}) or any(
        rule.theta in step[s.symbol].free_symbols for s in rule.state
    )
