"""A difference in words: the edit of the rule, or the other rule, that an implementation is proved to be."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ...derive.catalogue import UnknownRuleError, families, options, rule as catalogue_rule
from ...derive.printing import expression_text
from ...derive.prove.verdict import Verdict
from ...derive.rule import UpdateRule
from ...derive.symbols import parameter
from .alignment import Alignment
from .drafts import Draft, Edit
from .edits import edits_of
from .numeric import Trajectory, agree, sample, simulate
from .record import Difference
from .system import System
from .trial import Trial
from .workbench import Workbench

__all__ = ["catalogue_rules", "explained"]

_PAIRS, _TRIES = 24, 4
_SETTINGS, _STEPS = 8, 9
"""As many that what begins after some steps, as the rectification of RAdam, is seen at some of the settings."""


def explained(
    aligned: Alignment,
    rule: UpdateRule,
    bench: Workbench,
    same: Callable[[Alignment, Workbench], Any],
    *,
    thorough: bool = True,
) -> tuple[Difference, ...]:
    """The difference between an implementation and a rule; only if `thorough` are two mistakes at once looked for."""
    inputs = sample(aligned.rule.hyper, sequences=3, settings=_SETTINGS, steps=_STEPS)
    run = simulate(aligned.implementation, inputs, _STEPS)
    trial = Trial(inputs, run, aligned.fixed)
    likely: list[Edit] = []
    for edit in itertools.islice(_matching(aligned, Draft.of(rule), trial, thorough=thorough), _TRIES):
        system = edit.draft.system()
        if system is not None and same(replace(aligned, rule=_like(aligned, system)), bench).verdict is Verdict.PROVED:
            return (_difference(edit, rule, proved=True),)
        likely.append(edit)
    if likely:
        return (_difference(likely[0], rule, proved=False),)
    return (_located(aligned, rule),)


def _like(aligned: Alignment, system: System) -> System:
    """An edited rule with the hyperparameters set that the rule has set."""
    values = {h: v for h in system.hyper for name, v in aligned.fixed.items() if h.name == name}
    return system.with_values(dict(values))


def _matching(aligned: Alignment, draft: Draft, trial: Trial, *, thorough: bool) -> Iterator[Edit]:
    singles = list(edits_of(draft))
    yield from (edit for edit in singles if trial.moves_alike(edit.draft))
    names, rule_name = {h.name for h in aligned.rule.hyper} | set(aligned.fixed), draft.name
    # What moves like the rule itself on these numbers is no explanation by another rule.
    for other in catalogue_rules() if thorough and not trial.moves_alike(draft) else ():
        edited = Draft.of(other)
        if other.name != rule_name and {h.name for h in edited.hyper} <= names and trial.moves_alike(edited):
            yield Edit(f"it is {other.name} ({other.title}), another rule", edited)
    for first in [e for e in singles if _is_common(e.words)][:_PAIRS] if thorough else ():
        for second in edits_of(first.draft):
            if _is_common(second.words) and second.words != first.words and trial.moves_alike(second.draft):
                yield Edit(f"{first.words}, and {second.words}", second.draft)


def _is_common(words: str) -> bool:
    return any(w in words for w in _COMMON)


_COMMON = (
    "missing",
    "before the square root",
    "starts at 0 instead",
    "decoupled",
    "weight decay goes",
    "along",
    "lr is inside",
    "old",
)


@lru_cache(maxsize=1)
def catalogue_rules() -> tuple[UpdateRule, ...]:
    """Every rule of the catalogue with every combination of options, the plain ones first.

    What climbs is left out: that an implementation moves along the gradient is a difference with words of its own.
    """
    chosen = []
    for family in families():
        known = [o for o in options(family) if o != "maximize"]
        chosen += [(family, picked) for n in range(len(known) + 1) for picked in itertools.combinations(known, n)]
    return tuple(_made(sorted(chosen, key=lambda c: len(c[1]))))


def _made(chosen: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[UpdateRule]:
    for family, picked in chosen:
        try:
            made = catalogue_rule(f"{family}[{','.join(picked)}]")
        except UnknownRuleError:
            continue
        if not picked or made.name != family:
            yield made


def _difference(edit: Edit, rule: UpdateRule, *, proved: bool) -> Difference:
    """The first line that the edit changed."""
    before = {a.target: a.value for a in rule.assignments}
    for q, e in edit.draft.lines:
        if before.get(q) != e:
            left = f"{expression_text(before[q], 'text', rule)}" if q in before else "no such line"
            return Difference(
                q.name, f"{q.name} = {left}", f"{q.name} = {expression_text(e, 'text', rule)}", edit.words, proved
            )
    for s in rule.state:
        fresh = edit.draft.initial.get(s.symbol)
        if fresh is not None and fresh != s.initial:
            return Difference(s.name, f"{s.name}[0] = {s.initial}", f"{s.name}[0] = {fresh}", edit.words, proved)
    return Difference("theta", "", "", edit.words, proved)


def _located(aligned: Alignment, rule: UpdateRule) -> Difference:
    """No edit explains it: where theta's first step, or a later one, differs."""
    inputs = sample(aligned.rule.hyper, sequences=3, settings=_SETTINGS, steps=_STEPS)
    runs = simulate(aligned.rule, inputs, _STEPS), simulate(aligned.implementation, inputs, _STEPS)
    step = next(
        (
            t
            for t in range(1, _STEPS + 1)
            if not agree(Trajectory(runs[0].after[t - 1 : t]), Trajectory(runs[1].after[t - 1 : t]))
        ),
        1,
    )
    theta = parameter()
    cases = [(s.first if step == 1 else s.cases) for s in (aligned.rule, aligned.implementation)]
    shown = [expression_text(sp.factor_terms(c[0].after[theta] - theta), "text", rule) if c else "" for c in cases]
    with np.errstate(all="ignore"):
        words = _ratio(runs, step)
    if agree(*runs):
        words = "it moves like the rule on ordinary numbers, but not everywhere: the counterexample shows where"
        return Difference("theta", "", "", words)
    when = "in the first step" if step == 1 else f"from step {step} on"
    return Difference(
        "theta", f"change of theta: {shown[0]}", f"change of theta: {shown[1]}", f"theta differs {when}{words}"
    )


def _ratio(runs: tuple[Trajectory, Trajectory], step: int) -> str:
    before = [r.after[step - 2]["theta"] if step > 1 else None for r in runs]
    if before[0] is None:
        return ""
    return ", before that it is the same"
