"""One implementation against one rule: proved the same, or the difference."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import sympy as sp

from ...derive.printing import expression_text
from ...derive.prove.verdict import Verdict
from ...derive.rule import UpdateRule
from ...derive.symbols import Quantity
from ..trace.record import ASKS_WHETHER_FINITE, Traced
from .alignment import Alignment, alignments, fits, undefined_in
from .boundaries import boundaries, without
from .counterexample import dividing_run, effect_in_float32, parting_run
from .definedness import doubtful_divisors
from .effort import Effort
from .explanation import explained
from .record import FULL_SCOPE, Counterexample, Difference, Verification
from .sameness import Sameness, same, varying_of
from .system import System, of_traced
from .workbench import Workbench

__all__ = ["against", "deviations", "resembles"]


def against(traced: Traced, rule: UpdateRule, bench: Workbench, *, effort: Effort = Effort.PAIRS) -> Verification:
    """Decide whether an implementation is a rule; if it is not, `effort` says how much is found out about that."""
    blank = Verification(traced.target, rule.name, Verdict.UNKNOWN, conditions=_conditions(traced), notes=traced.notes)
    blank = replace(blank, side_effects=(*traced.side_effects, *traced.raises))
    if not traced.element_wise or not traced.complete:
        return replace(blank, reason=traced.notes[-1] if traced.notes else "not every branch was traced")
    setting = bench.setting(rule)
    if setting.trouble:
        return replace(blank, reason=f"of the rule {rule.name}: {setting.trouble}")
    ours, theirs = bench.system(rule), of_traced(traced)
    # One constant that is not the default is a mistake worth naming; several together are another optimizer.
    candidates = alignments(ours, theirs)
    likeliest = next(candidates)
    most = 1 if effort > Effort.PROOF else 0
    tried = (a for a in itertools.chain([likeliest], candidates) if len(deviations(a, ours, theirs)) <= most)
    fitting = next((a for a in tried if fits(a)), None)
    if fitting is None and effort is Effort.PROOF:
        return replace(blank, reason="they differ on floats")
    aligned = fitting or likeliest
    blank = replace(
        blank,
        scope=_scope(aligned, traced),
        side_effects=(*blank.side_effects, *_oddities(traced, theirs, rule, aligned)),
        arguments=_arguments(aligned, traced),
    )
    judged = _Judged(blank, aligned, rule, traced, bench, effort)
    if fitting is None:
        run = parting_run(aligned.rule, aligned.implementation) or parting_run(
            aligned.rule, aligned.implementation, varying=varying_of(aligned.rule)
        )
        if run is None:
            return replace(blank, reason="they differ on floats, but no exact run was found in which they do")
        return _refuted(judged, run)
    if deviations(fitting, ours, theirs):
        found = same(fitting, bench)
        if found.verdict is Verdict.PROVED:
            return _with_other_constants(blank, fitting, ours, theirs, rule)
        return replace(blank, reason=found.reason)
    return _of_fitting(judged)


def resembles(traced: Traced, rule: UpdateRule, bench: Workbench) -> bool:
    """Whether they move alike on random numbers, with the hyperparameters at their defaults that only one has."""
    ours, theirs = bench.system(rule), of_traced(traced)
    return any(fits(a) for a in alignments(ours, theirs) if not deviations(a, ours, theirs))


@dataclass(frozen=True)
class _Judged:
    """What is being decided."""

    blank: Verification
    aligned: Alignment
    rule: UpdateRule
    traced: Traced
    bench: Workbench
    effort: Effort


def _of_fitting(judged: _Judged) -> Verification:
    """They move alike on random numbers: a run in which they part after all, or a proof."""
    aligned, blank = judged.aligned, judged.blank
    # Ends of domains and branches are looked at before a proof is tried that would fail there.
    run = parting_run(aligned.rule, aligned.implementation, barely=False)
    if run is not None:
        return _parted_somewhere(judged, run)
    found = same(aligned, judged.bench)
    if found.verdict is Verdict.PROVED and found.constant_lr:
        return _only_constant_lr(blank, aligned, found, judged.rule, judged.traced)
    if found.verdict is Verdict.PROVED:
        return _proved(judged, found)
    run = parting_run(aligned.rule, aligned.implementation)
    return replace(blank, reason=found.reason) if run is None else _refuted(judged, run)


def _refuted(judged: _Judged, run: Counterexample) -> Verification:
    """They part in this run; the difference in words, and its size."""
    aligned = judged.aligned
    if judged.effort < Effort.WORDS:
        return replace(judged.blank, verdict=Verdict.REFUTED, counterexample=run)
    if run.implementation.has(sp.nan, sp.zoo) and not run.rule.has(sp.nan, sp.zoo) and _else_alike(aligned):
        words = "it divides by zero, or takes the root of a negative number, where the rule does not"
        differences: tuple[Difference, ...] = (Difference("theta", "", "", words, proved=True),)
    else:
        differences = explained(aligned, judged.rule, judged.bench, same, thorough=judged.effort >= Effort.PAIRS)
    return replace(
        judged.blank,
        verdict=Verdict.REFUTED,
        differences=differences,
        counterexample=run,
        effect=effect_in_float32(aligned.rule, aligned.implementation),
    )


def _else_alike(aligned: Alignment) -> bool:
    """Whether there is no other difference than a division by zero, as far as can be seen."""
    return undefined_in(aligned.implementation) or fits(aligned)


def _parted_somewhere(judged: _Judged, run: Counterexample) -> Verification:
    """They part in this run; if only at the end of a domain or on one branch, they are proved the same elsewhere."""
    aligned = judged.aligned
    ends = boundaries(aligned.rule, aligned.implementation) if judged.effort >= Effort.SCOPE else []
    for h, value in ((h, v) for h, v in ends if run.hyper[h.name] == v):
        sides = [without(s, {h: value}) for s in (aligned.rule, aligned.implementation)]
        inside = replace(aligned, rule=sides[0], implementation=sides[1])
        found = same(inside, judged.bench)
        if found.verdict is not Verdict.PROVED or doubtful_divisors(inside, found, judged.bench):
            continue
        apart = f"{h.name} is not {_short(value)}"
        weaker = f"proved the same wherever {apart}" + (" and lr is constant" if found.constant_lr else "")
        return replace(
            judged.blank,
            verdict=Verdict.REFUTED,
            differences=(_at_boundary(judged, h, value, run),),
            counterexample=run,
            effect=effect_in_float32(aligned.rule, aligned.implementation),
            state_map=_state_map(found, judged.rule, judged.traced),
            weaker=(weaker,),
        )
    return _refuted(judged, run)


def _at_boundary(judged: _Judged, h: Quantity, value: sp.Rational, run: Counterexample) -> Difference:
    """What the implementation is where a hyperparameter has one value."""
    where = f"where {h.name} = {_short(value)}"
    if run.implementation.has(sp.nan, sp.zoo):
        return Difference("theta", "", "", f"{where} it divides by zero, which the rule does not", proved=True)
    if judged.effort < Effort.WORDS:
        return Difference("theta", "", "", f"{where} they differ")
    aligned, put = judged.aligned, {h: value}
    there = replace(
        aligned,
        rule=aligned.rule.with_values(put),
        implementation=aligned.implementation.with_values(put),
        fixed={**aligned.fixed, h.name: value},
    )
    found = explained(there, judged.rule, judged.bench, same, thorough=judged.effort >= Effort.PAIRS)[0]
    return replace(found, explanation=f"{where}, {found.explanation}")


def _proved(judged: _Judged, found: Sameness) -> Verification:
    blank, aligned, rule, traced = judged.blank, judged.aligned, judged.rule, judged.traced
    trouble = doubtful_divisors(aligned, found, judged.bench)
    notes = (*blank.notes, *trouble)
    scope = blank.scope + (", wherever both are numbers" if trouble else "")
    if trouble:
        run = dividing_run(aligned.rule, aligned.implementation)
        if run is not None:
            return _parted_somewhere(judged, run)
        if ASKS_WHETHER_FINITE in traced.notes:
            return replace(blank, notes=notes, reason="where it divides by zero, it may go on with another number")
    return replace(
        blank,
        verdict=Verdict.PROVED,
        scope=scope,
        state_map=_state_map(found, rule, traced),
        notes=notes,
        methods=found.methods,
    )


def deviations(aligned: Alignment, ours: System, theirs: System) -> dict[str, tuple[sp.Rational, sp.Rational]]:
    """Fixed hyperparameters that are not at their default: the value that fits, and the default."""
    defaults = {**theirs.defaults, **ours.defaults}
    return {n: (v, defaults[n]) for n, v in aligned.fixed.items() if n in defaults and defaults[n] != v}


def _with_other_constants(
    blank: Verification, aligned: Alignment, ours: System, theirs: System, rule: UpdateRule
) -> Verification:
    """It is the rule only with a hyperparameter at a value that is not its default, and that cannot be chosen."""
    found = []
    for name, (value, default) in deviations(aligned, ours, theirs).items():
        if any(h.name == name for h in ours.hyper):
            words = f"{name} is fixed at {_short(value)} and cannot be chosen; the rule's default is {_short(default)}"
            found.append(Difference("theta", f"{name} = {_short(default)}", f"{name} = {_short(value)}", words, True))
        else:
            words = (
                f"it has {name} (default {_short(default)}), not one of the rule's; at {_short(value)} it is the rule"
            )
            found.append(Difference("theta", f"no {name}", f"{name} = {_short(default)}", words, True))
    at_default = {n: d for n, (_, d) in deviations(aligned, ours, theirs).items()}
    fixed = {**aligned.fixed, **at_default}
    systems = [s.with_values({h: fixed[h.name] for h in s.hyper if h.name in fixed}) for s in (ours, theirs)]
    run = parting_run(*systems)
    if run is None:
        return replace(blank, reason=found[0].explanation, differences=tuple(found))
    scope = blank.scope.partition(", for ")[0]
    return replace(blank, verdict=Verdict.REFUTED, scope=scope, differences=tuple(found), counterexample=run)


def _only_constant_lr(
    blank: Verification, aligned: Alignment, found: Sameness, rule: UpdateRule, traced: Traced
) -> Verification:
    run = parting_run(aligned.rule, aligned.implementation, varying=varying_of(aligned.rule))
    kept = replace(blank, state_map=_state_map(found, rule, traced), weaker=("proved the same while lr is constant",))
    if run is None:
        return replace(kept, reason="proved only for a constant lr; no run with a changing lr was found that differs")
    words = "lr is inside what the state accumulates: equal only while lr is constant"
    slots = ", ".join(f"{k} = {v}" for k, v in kept.state_map.items() if "lr" in v)
    difference = Difference("theta", "the learning rate of this step scales the whole state", slots, words, proved=True)
    return replace(kept, verdict=Verdict.REFUTED, differences=(difference,), counterexample=run)


def _conditions(traced: Traced) -> tuple[str, ...]:
    paths = [p.conditions for p in traced.paths if p.conditions]
    return tuple(" and ".join(expression_text(c, "text") for c in conditions) for conditions in paths)


def _arguments(aligned: Alignment, traced: Traced) -> dict[str, str | sp.Rational]:
    """What stands for each hyperparameter of the implementation; without effect on theta, its default."""
    shared = {h.name for h in aligned.rule.hyper}
    found: dict[str, str | sp.Rational] = {}
    for name, q in traced.hyper.items():
        ours = aligned.names.get(q.name, q.name)
        default = traced.defaults.get(name, sp.Rational(1, 2))
        found[name] = aligned.fixed.get(q.name, ours if ours in shared else default)
    return found


def _scope(aligned: Alignment, traced: Traced) -> str:
    scope = FULL_SCOPE
    if aligned.fixed:
        scope += ", for " + ", ".join(f"{name} = {_short(value)}" for name, value in aligned.fixed.items())
    if traced.raises:
        scope += ", wherever it does not raise an exception"
    return "".join((scope, *(f", {limit}" for limit in traced.limits)))


def _short(value: sp.Rational) -> str:
    text = repr(float(value))
    return str(int(value)) if value.q == 1 else text if sp.Rational(text) == value else str(value)


def _state_map(found: Sameness, rule: UpdateRule, traced: Traced) -> dict[str, str]:
    if found.relation is None:
        return {}
    names = {q: slot for slot, q in traced.state.items()}
    if found.forward:
        related = {names[q]: expression_text(e, "text", rule) for q, e in found.relation.of.items()}
        return {slot: related.get(slot, "has no effect on theta") for slot in traced.state}
    return {
        f"{q.name} of the rule": expression_text(e.xreplace({s: sp.Symbol(n) for s, n in names.items()}), "text")
        for q, e in found.relation.of.items()
    }


def _oddities(traced: Traced, theirs: System, rule: UpdateRule, aligned: Alignment) -> list[str]:
    """What is odd about the interface: hyperparameters without effect, other defaults."""
    found = [f"the hyperparameter {name} has no effect" for name, q in traced.hyper.items() if q not in theirs.symbols]
    for name, value in traced.defaults.items():
        if name not in traced.hyper:
            continue
        ours = aligned.names.get(traced.hyper[name].name, traced.hyper[name].name)
        default = rule.defaults.get(ours)
        if default is not None and default != value:
            found.append(f"the default of {name} is {_short(value)}, the rule's {_short(default)}")
    found += [f"{name} of the implementation is read as {ours} of the rule" for name, ours in aligned.names.items()]
    return found
