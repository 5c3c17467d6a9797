"""Which rule of the catalogue an implementation is, where none was named."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import sympy as sp

from ...derive.prove.verdict import Verdict
from ...derive.rule import UpdateRule
from ..trace.hyperparameters import readings
from ..trace.record import Traced
from .deciding import against
from .drafts import Draft
from .effort import Effort
from .explanation import catalogue_rules
from .numeric import Sample, sample, simulate
from .record import Verification
from .system import System, of_traced
from .trial import Trial
from .workbench import Workbench

__all__ = ["identify"]

_NEAREST = 3
_STEPS = 4


def identify(
    traced: Traced, bench: Workbench, progress: Callable[[str, int, int], None] = lambda what, done, total: None
) -> Verification:
    """Find the rule that fits and prove it, or the nearest rule and the difference.

    `progress` is told the rule that is tried, how many were tried and how many there are.
    """
    if not traced.element_wise or not traced.complete:
        reason = traced.notes[-1] if traced.notes else "not every branch was traced"
        return Verification(traced.target, "", Verdict.UNKNOWN, notes=traced.notes, reason=reason)
    theirs = of_traced(traced)
    ranked = sorted(catalogue_rules(), key=lambda rule: _distance(rule, theirs))
    inputs = sample(theirs.hyper, sequences=2, settings=4)
    run = simulate(theirs, inputs, _STEPS)
    for done, rule in enumerate(ranked):
        progress(rule.name, done, len(ranked))
        if any(
            Trial(matched, run, fixed).moves_alike(Draft.of(rule)) for matched, fixed in _matched(rule, theirs, inputs)
        ):
            found = against(traced, rule, bench)
            if found.verdict is not Verdict.UNKNOWN:
                return found
    tries = (against(traced, rule, bench, effort=Effort.WORDS) for rule in ranked[:_NEAREST])
    best = next((v for v in tries if any(d.proved for d in v.differences)), None)
    best = best or against(traced, ranked[0], bench)
    return replace(best, notes=(*best.notes, "no rule of the catalogue fits; this is the nearest"))


def _matched(rule: UpdateRule, theirs: System, inputs: Sample) -> Iterator[tuple[Sample, dict[str, sp.Rational]]]:
    """The implementation's numbers under the rule's names, and values for what it does not have."""
    hyper = dict(inputs.hyper)
    missing = [h for h in rule.hyper if h.name not in hyper]
    extra = [q for q in theirs.hyper if q.name not in {h.name for h in rule.hyper}]
    left = []
    for h in missing:
        partner = next((q for q in extra if h.name in readings(q.name)), None)
        if partner is None:
            left.append(h)
        else:
            hyper[h.name] = inputs.hyper[partner.name]
    choices = [list(dict.fromkeys(v for v in (h.default, sp.Integer(0)) if v is not None)) for h in left]
    for values in itertools.product(*choices):
        yield replace(inputs, hyper=hyper), {h.name: v for h, v in zip(left, values, strict=True)}


def _distance(rule: UpdateRule, theirs: System) -> tuple[int, int, int]:
    """How unlike the hyperparameters and states are: those that only one has count."""
    ours = {h.name for h in rule.hyper}
    live = {q.name for q in theirs.hyper if q in theirs.symbols}
    strange = sum(1 for name in live - ours if not set(readings(name)) & (ours - live))
    missing = len(ours - live) - (len(live - ours) - strange)
    return 2 * strange + missing, abs(len(rule.state) - len(theirs.live)), len(rule.name)
