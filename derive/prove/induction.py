"""Claims about every time and every gradient sequence: induction along the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from ..goal import EachStep, Invariant
from ..printing import claim_notation
from ..recurrence_goals import Trial
from ..relations import replaced
from ..sequence import initial_state
from ..structure import step_in_new_state
from ..symbols import after
from .bounded_quotients import bounded_quotients
from .condition import Finding, settle_condition
from .search import breaking_run
from .setting import Setting
from .solver import Solver
from .trials import breaking_trial
from .verdict import ProofStep, Verdict

__all__ = ["prove_lemmas", "settle_each_step", "settle_invariant"]


def settle_each_step(
    goal: EachStep, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver, *, refute: bool = True
) -> Finding:
    """Prove that every step from a reachable state satisfies the goal, or find a run whose last step does not."""
    proved = prove_lemmas(goal.lemmas, hypotheses, setting, solver)
    if not proved.proved and not refute:
        return proved
    if not proved.proved:
        return _refuted_by_run(goal.condition, hypotheses, setting, both_ends=True, trials=goal.trials) or proved
    rewritten = _by_equalities(goal, hypotheses, setting, solver)
    if rewritten is not None:
        found = replace(rewritten, steps=(*proved.steps, *rewritten.steps))
        return _with_invariants(found, setting, "one step from every reachable state")
    t = setting.rule.step_counter
    facts = [*setting.facts, *(replaced(c, {t: t - 1}) for c in goal.lemmas)]
    later = [setting.later(f) for f in (*setting.facts, *goal.lemmas)]
    words = "One step, from any state that satisfies the invariants, gives what is claimed."
    finding = settle_condition(
        setting.resolved(goal.condition),
        [*facts, *later, *hypotheses],
        solver,
        words=words,
        seek_witness=False,
    )
    if finding.proved:
        found = replace(finding, steps=(*proved.steps, *finding.steps))
        return _with_invariants(found, setting, "one step from every reachable state")
    if not refute:
        return finding
    return _refuted_by_run(goal.condition, hypotheses, setting, both_ends=True, trials=goal.trials) or finding


def _by_equalities(goal: EachStep, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding | None:
    """Where lemmas say what the states are, put that in: what remains is often a plain identity."""
    t, rule = setting.rule.step_counter, setting.rule
    states = {s.symbol for s in rule.state}
    known = {c.lhs: c.rhs for c in goal.lemmas if isinstance(c, sp.Eq) and c.lhs in states}
    if not known:
        return None
    values: dict[sp.Basic, sp.Basic] = {after(q): form for q, form in known.items()}
    values |= {q: form.xreplace({t: t - 1}) for q, form in known.items()}
    values |= {h.lhs: h.rhs for h in hypotheses if isinstance(h, sp.Eq) and h.lhs == rule.gradient}
    moved = replaced(goal.condition, {after(rule.theta): step_in_new_state(rule)[rule.theta]})
    condition = replaced(moved, values)
    if any(s in condition.free_symbols for s in (*states, *(after(s) for s in states))):
        return None
    words = "With the states as the lemmas say."
    finding = settle_condition(condition, hypotheses, solver, words=words, seek_witness=False)
    return finding if finding.proved else None


def prove_lemmas(
    lemmas: Sequence[sp.Basic], hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver
) -> Finding:
    """Prove each of `lemmas` as an invariant, from earlier ones and the `hypotheses` that an induction may use."""
    varying = {setting.rule.step_counter, setting.rule.theta, *(s.symbol for s in setting.rule.state)}
    usable = [h for h in hypotheses if not h.free_symbols & varying]
    steps: list[ProofStep] = []
    for index, lemma in enumerate(lemmas):
        finding = _by_induction(lemma, list(lemmas[:index]), usable, setting, solver)
        if not finding.proved:
            return Finding(Verdict.UNKNOWN, "induction", reason=f"the lemma {lemma} is not proved: {finding.reason}")
        steps += finding.steps
    return Finding(Verdict.PROVED, "induction", tuple(steps))


def settle_invariant(goal: Invariant, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove by induction that the condition holds at every time t >= 1, or find a run that breaks it."""
    varying = {setting.rule.step_counter, setting.rule.theta, *(s.symbol for s in setting.rule.state)}
    if any(h.free_symbols & varying for h in hypotheses):
        # A hypothesis that may fail at one step and hold at the next would break the chain of the induction.
        reason = "an invariant takes hypotheses on the gradients and on constants only, not on t, theta or the states"
        return Finding(Verdict.UNKNOWN, "induction", reason=reason)
    steps: list[ProofStep] = []
    known: list[sp.Basic] = []
    for condition in (*goal.lemmas, goal.condition):
        finding = _by_induction(condition, known, hypotheses, setting, solver)
        if not finding.proved:
            named = "the claim" if condition == goal.condition else f"the lemma {condition}"
            reason = f"the induction for {named} fails: {finding.reason or 'a step from some state breaks it'}"
            unknown = Finding(Verdict.UNKNOWN, "induction", reason=reason)
            return _refuted_by_run(goal.condition, hypotheses, setting, both_ends=False) or unknown
        steps += finding.steps
        known.append(condition)
    return _with_invariants(Finding(Verdict.PROVED, "induction", tuple(steps)), setting, "induction")


def _refuted_by_run(
    condition: sp.Basic,
    hypotheses: Sequence[sp.Basic],
    setting: Setting,
    *,
    both_ends: bool,
    trials: Sequence[Trial] = (),
) -> Finding | None:
    witness = breaking_trial(setting.rule, condition, hypotheses, trials) if trials else None
    if witness is None:
        witness = breaking_run(setting.rule, condition, hypotheses, both_ends=both_ends)
    return None if witness is None else Finding(Verdict.REFUTED, "exact run", witness=witness)


def _by_induction(
    condition: sp.Basic, known: list[sp.Basic], hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver
) -> Finding:
    spoken = {setting.rule.gradient, *(after(q) for q in setting.step)}
    if condition.free_symbols & spoken:
        # One symbol would stand for the gradient of two different steps.
        return Finding(
            Verdict.UNKNOWN, "induction", reason="an invariant speaks of states at one time, not of gradients"
        )
    base = _base(condition, hypotheses, setting, solver)
    if not base.proved:
        return base
    t = setting.rule.step_counter
    earlier = [replaced(c, {t: t - 1}) for c in (*known, condition)]
    after_step = [setting.later(c) for c in (*setting.facts, *known)]
    if known:
        # Often the lemmas, as they hold after the step, say it all, and what held before only burdens the solver.
        words = f"After the step the lemmas give {_written(condition, setting)}."
        given = [*(setting.later(c) for c in known), *hypotheses]
        finding = settle_condition(setting.later(condition), given, solver, words=words, seek_witness=False)
        if finding.proved:
            return Finding(Verdict.PROVED, "induction", (*base.steps, *finding.steps))
    facts = [*setting.facts, *earlier, *after_step, *hypotheses]
    words = f"Induction step: if {_written(condition, setting)} holds before a step, it holds after it."
    target = setting.later(condition)
    bounds = bounded_quotients(target, solver)
    known_bounds = [step.shows for step in bounds if step.shows is not None]
    finding = settle_condition(target, [*facts, *known_bounds], solver, words=words, seek_witness=False)
    if not finding.proved and bounds:
        bounds, finding = [], settle_condition(target, facts, solver, words=words, seek_witness=False)
    if not finding.proved:
        return Finding(Verdict.UNKNOWN, "induction", reason=finding.reason)
    return Finding(Verdict.PROVED, "induction", (*base.steps, *bounds, *finding.steps))


def _base(condition: sp.Basic, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """At t = 0 the condition holds of the initial state, before any gradient was seen."""
    start: dict[sp.Basic, sp.Basic] = {**initial_state(setting.rule), setting.rule.step_counter: sp.Integer(0)}
    free_of_gradient = [h for h in hypotheses if not h.has(setting.rule.gradient)]
    words = f"Base case: {_written(condition, setting)} holds for the initial state, at t = 0."
    return settle_condition(replaced(condition, start), free_of_gradient, solver, words=words, seek_witness=False)


def _written(condition: sp.Basic, setting: Setting) -> str:
    return claim_notation(setting.rule, "text", now=True).write(condition)


def _with_invariants(finding: Finding, setting: Setting, method: str) -> Finding:
    if not finding.proved:
        return finding
    return Finding(Verdict.PROVED, method, (*setting.steps, *finding.steps), confirmed_by=finding.confirmed_by)
