"""What is known of a rule before any claim is looked at: its one-step map and its invariants.

That a state stays in its declared domain is not believed but proved, by induction, together with other invariants that
many rules have (the second moment is at least the square of the first, a running maximum is at least what it is the
maximum of).  Candidates that fail are dropped until the rest supports itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import sympy as sp

from ..relations import ge, le, replaced
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..symbols import Quantity, after
from .condition import Finding, settle_condition
from .solver import Solver
from .verdict import ProofStep

__all__ = ["Setting", "setting_of"]


@dataclass(frozen=True)
class Setting:
    """A rule with its proved invariants.

    Attributes
    ----------
    rule : UpdateRule
    step : dict
        Theta and the states after a step in terms of their values before it.
    facts : tuple of conditions
        Invariants beyond the declared domains, on the states at one time.
    steps : tuple of ProofStep
        Their proof.
    trouble : str
        Why the declared domains could not be proved; empty if they were. Nothing can be proved of such a rule.
    """

    rule: UpdateRule
    step: dict[Quantity, sp.Expr]
    facts: tuple[sp.Basic, ...]
    steps: tuple[ProofStep, ...]
    trouble: str = ""

    def later(self, condition: sp.Basic) -> sp.Basic:
        """A condition on the states, said of the values after the step in terms of those before it."""
        return replaced(condition, dict(self.step))

    def resolved(self, condition: sp.Basic) -> sp.Basic:
        """A condition in which ``after(state)`` occurs, in terms of the values before the step."""
        return replaced(condition, {after(q): e for q, e in self.step.items()})


def setting_of(rule: UpdateRule, solver: Solver) -> Setting:
    """The rule with its invariants, proved."""
    step = one_step(rule)
    domains = [c for s in rule.state for c in s.symbol.domain.constraints(s.symbol)]
    start: dict[sp.Basic, sp.Basic] = dict(initial_state(rule))
    held = [c for c in _candidates(rule) if _at_start(c, start, solver).proved]
    setting, failed = _supported(rule, step, domains, held, solver)
    if failed is not None:
        return Setting(rule, step, (), (), f"the state is not proved to stay in its domain: {failed}")
    beginnings: list[ProofStep] = []
    for condition in [*domains, *setting.facts]:
        begun = _at_start(condition, start, solver)
        if not begun.proved:
            return Setting(rule, step, (), (), f"the state does not start in its domain: {condition}")
        beginnings += begun.steps
    return replace(setting, steps=(*beginnings, *setting.steps))


def _at_start(condition: sp.Basic, start: dict[sp.Basic, sp.Basic], solver: Solver) -> Finding:
    return settle_condition(replaced(condition, start), (), solver, words=f"At the start {condition} holds.")


def _candidates(rule: UpdateRule) -> list[sp.Basic]:
    symbols = [s.symbol for s in rule.state]
    found: list[sp.Basic] = [ge(s.symbol, s.initial) for s in rule.state if s.initial != s.symbol.domain.lower]
    for a, b in itertools.permutations(symbols, 2):
        if b.domain.lower == 0:
            found.append(le(a, b) if a.domain.lower == 0 else le(a**2, b))
    return found


def _supported(
    rule: UpdateRule, step: dict[Quantity, sp.Expr], domains: list[sp.Basic], held: list[sp.Basic], solver: Solver
) -> tuple[Setting, sp.Basic | None]:
    """The largest set of candidates that one step preserves, and a domain condition that fails, if one does."""
    while True:
        proofs: list[ProofStep] = []
        dropped = False
        for condition in [*domains, *held]:
            finding = _preserved(condition, held, step, solver)
            if finding.proved:
                proofs += finding.steps
            elif condition in domains:
                # The domains may rest on a candidate, never the other way round: candidates were all assumed.
                return Setting(rule, step, (), ()), condition
            else:
                held = [c for c in held if c != condition]
                dropped = True
                break
        if not dropped:
            return Setting(rule, step, tuple(held), tuple(proofs)), None


def _preserved(condition: sp.Basic, held: list[sp.Basic], step: dict[Quantity, sp.Expr], solver: Solver) -> Finding:
    words = f"If {condition} before the step, then also after it."
    return settle_condition(replaced(condition, dict(step)), held, solver, words=words, seek_witness=False)
