"""What the tactics for comparisons share: equal formulas as proof steps, and exact trial runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from ..relations import eq
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Domain, Quantity
from .condition import settle_condition
from .exact import exact_sign, holds_at
from .identity import prove_identity
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = [
    "GRADIENTS",
    "Machine",
    "constants_for",
    "differ",
    "domain_obstacle",
    "equal_step",
    "hold_here",
    "in_domain_steps",
    "scheduled",
]

GRADIENTS: tuple[tuple[sp.Rational, ...], ...] = tuple(
    tuple(sp.Rational(n) for n in sequence.split())
    for sequence in ("1", "0", "1 1", "1 2", "1 0", "2 1", "1 -1", "1 10", "0 0", "1 2 1", "1/2 0 3", "1 -2 1 3 1 2 1")
)
"""The gradient sequences of trial runs, simple ones first; the last is for rules that change after some steps."""

_SCHEDULE = tuple(sp.Rational(n) for n in ("1", "1/2", "2", "1/4", "1"))


def equal_step(
    words: str, left: sp.Expr, right: sp.Expr, given: Sequence[sp.Basic], solver: Solver
) -> ProofStep | None:
    """The proof that two expressions are equal wherever `given` holds; None if it was not found."""
    if left == right:
        return ProofStep(words, "", "identity", f"{left} = {right}", 0.0, (), eq(left, right))
    identity = prove_identity(left, right)
    if identity.verdict is Verdict.PROVED:
        return ProofStep(words, "", "identity", identity.formal, identity.seconds, (), eq(left, right))
    if not given:
        return None
    finding = settle_condition(eq(left, right), given, solver, words=words, seek_witness=False)
    return finding.steps[0] if finding.proved else None


def in_domain_steps(
    settings: Iterable[tuple[Quantity, sp.Expr]], given: Sequence[sp.Basic], solver: Solver
) -> list[ProofStep] | str:
    """That every hyperparameter is set to a value in its domain; a sentence if that is not shown."""
    found: list[ProofStep] = []
    for symbol, value in settings:
        if isinstance(value, Quantity) and value.domain == symbol.domain:
            continue
        if isinstance(value, sp.Rational) and symbol.domain.contains(value):
            continue
        if symbol.domain.integer:
            return f"not shown that {value} is an integer"
        for condition in symbol.domain.constraints(value):
            words = f"The value {value} lies in the domain of {symbol}."
            finding = settle_condition(condition, given, solver, words=words, seek_witness=False)
            if not finding.proved:
                return f"not shown that {value} lies in the domain of {symbol}: {condition}"
            found += finding.steps
    return found


def domain_obstacle(rule: UpdateRule, fixed: Mapping[sp.Basic, sp.Basic], resting: Iterable[sp.Symbol] = ()) -> str:
    """Why states might leave their domains when hyperparameters are set to `fixed`; empty if they cannot.

    That states stay in their domains is proved for hyperparameters in theirs.  A value outside, as eps = 0, is fine
    where no state with a bounded domain is computed from it; states known to stay at zero are left out.
    """
    outside = {q for q, e in fixed.items() if not (isinstance(e, sp.Rational) and q.domain.contains(e))}
    if not outside:
        return ""
    still: dict[sp.Basic, sp.Basic] = {q: sp.Integer(0) for q in resting}
    for q, e in one_step(rule).items():
        bounded = q not in still and (q.domain.lower is not None or q.domain.upper is not None)
        if bounded and e.xreplace(still).free_symbols & outside:
            return f"with these values it is not shown that {q} stays in its domain"
    return ""


@dataclass(frozen=True)
class Machine:
    """A rule with its hyperparameters set, run exactly."""

    rule: UpdateRule
    settings: Mapping[sp.Basic, sp.Basic]

    @cached_property
    def _step(self) -> dict[Quantity, sp.Expr]:
        return one_step(self.rule)

    def start(self, theta: sp.Expr, constants: Mapping[sp.Basic, sp.Basic]) -> dict[sp.Basic, sp.Basic]:
        """Theta and the states before the first step."""
        states = {q: self._set(e).xreplace(dict(constants)) for q, e in initial_state(self.rule).items()}
        return {self.rule.theta: theta, **states}

    def advance(
        self, state: Mapping[sp.Basic, sp.Basic], g: sp.Expr, t: int, constants: Mapping[sp.Basic, sp.Basic]
    ) -> dict[sp.Basic, sp.Basic]:
        """Theta and the states after one step."""
        inputs = self._inputs(state, g, t, constants)
        return {q: e.xreplace(inputs) for q, e in self._step.items()}

    def gradient_point(
        self, state: Mapping[sp.Basic, sp.Basic], t: int, constants: Mapping[sp.Basic, sp.Basic]
    ) -> sp.Expr:
        """Where the gradient is asked for."""
        return self.rule.gradient_at.xreplace(self._inputs(state, sp.Integer(0), t, constants))

    def _set(self, e: sp.Expr) -> sp.Expr:
        return e.xreplace(dict(self.settings))

    def _inputs(
        self, state: Mapping[sp.Basic, sp.Basic], g: sp.Expr, t: int, constants: Mapping[sp.Basic, sp.Basic]
    ) -> dict[sp.Basic, sp.Basic]:
        counter = {self.rule.step_counter: sp.Integer(t)}
        known = {**constants, **counter}
        hyper = {h.symbol: self._set(h.symbol).xreplace(known) for h in self.rule.hyper}
        return {**hyper, **counter, **state, self.rule.gradient: g}


def differ(left: sp.Basic, right: sp.Basic) -> bool:
    """Whether two exact numbers are shown to differ."""
    return left != right and exact_sign(left - right) in (1, -1)


def constants_for(symbols: Iterable[sp.Symbol], hypotheses: Sequence[sp.Basic]) -> Iterator[dict[sp.Basic, sp.Basic]]:
    """Exact values for numbers that stay the same in a run, simple ones first, that satisfy the hypotheses on them."""
    ordered = sorted(set(symbols), key=str)
    for shift in range(5):
        found: dict[sp.Basic, sp.Basic] = {}
        for index, symbol in enumerate(ordered):
            choices = _choices(symbol.domain) if isinstance(symbol, Quantity) else (sp.Integer(1),)
            found[symbol] = choices[(index + shift) % len(choices)]
        if hold_here([h for h in hypotheses if h.free_symbols <= set(ordered)], found):
            yield found


def hold_here(conditions: Iterable[sp.Basic], point: Mapping[sp.Basic, sp.Basic]) -> bool:
    """Whether all conditions are shown to hold at an exact point."""
    return all(holds_at(c, dict(point)) is True for c in conditions)


def scheduled(constants: Mapping[sp.Basic, sp.Basic], varying: Iterable[Quantity], t: int) -> dict[sp.Basic, sp.Basic]:
    """The constants at step t, where those in `varying` change."""
    factor = _SCHEDULE[(t - 1) % len(_SCHEDULE)]
    return {**constants, **{q: constants[q] * factor for q in varying if q in constants}}


def _choices(domain: Domain) -> tuple[sp.Rational, ...]:
    if domain.integer:
        return (sp.Integer(1), sp.Integer(2))
    if domain.lower is None:
        return tuple(sp.Rational(n) for n in ("3/5", "4/5", "2", "-1"))
    wanted = ("1/2", "3/4", "9/10", "1/4") if domain.upper is not None else ("1/10", "1/2", "2", "1")
    inside = tuple(v for v in map(sp.Rational, wanted) if domain.contains(v))
    return inside or ((domain.lower + 1,) if domain.upper is None else ((domain.lower + domain.upper) / 2,))
