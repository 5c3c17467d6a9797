"""One implementation against one rule: proved the same, or the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from ...derive.printing import expression_text
from ...derive.prove.verdict import Verdict
from ...derive.relations import eq, ge, negation
from ...derive.rule import UpdateRule
from ...derive.symbols import Quantity
from ..trace.branches import settled
from ..trace.record import Traced
from .alignment import Alignment, alignments, fits
from .bisimulation import bisimilar
from .counterexample import dividing_run, effect_in_float32, parting_run
from .decide import Prover
from .explanation import explained
from .numeric import sample, simulate
from .record import FULL_SCOPE, Difference, Verification
from .relation import Relation, propose
from .system import Case, System, of_traced
from .workbench import Workbench

__all__ = ["Sameness", "against", "deviations", "same", "varying_of"]


@dataclass(frozen=True)
class Sameness:
    """The outcome of trying to prove two systems the same."""

    verdict: Verdict
    relation: Relation | None = None
    forward: bool = True
    constant_lr: bool = False
    reason: str = ""
    methods: tuple[str, ...] = ()


def same(aligned: Alignment, bench: Workbench) -> Sameness:
    """Prove that theta is the same after every step, if need be only while lr is constant."""
    rule, made = aligned.rule, aligned.implementation
    inputs = sample(rule.hyper)
    runs = simulate(rule, inputs), simulate(made, inputs)
    reason = "no relation between the two states was found"
    prover = Prover(bench.solver, rule.facts)
    for forward in (True, False):
        ends = (rule, made) if forward else (made, rule)
        relation = propose(ends[0], runs[0 if forward else 1], ends[1], runs[1 if forward else 0], inputs)
        if relation is None or not _defined(relation):
            continue
        known = prover if forward else Prover(bench.solver, _translated(rule, relation))
        for varying in (varying_of(rule), ()):
            found = bisimilar(*ends, relation, known, varying=varying)
            if found.proved:
                constant = not varying and bool(varying_of(rule))
                return Sameness(Verdict.PROVED, relation, forward, constant, "", tuple(known.methods))
            if found.failed is not None:
                reason = f"not shown: {found.failed.words}"
    return Sameness(Verdict.UNKNOWN, reason=reason)


def varying_of(rule: System) -> list[Quantity]:
    """The hyperparameters that may change between steps: the learning rate."""
    return [h for h in rule.hyper if h.name == "lr"]


def _translated(rule: System, relation: Relation) -> tuple[sp.Basic, ...]:
    """The domains of the rule's states and its facts, said of what the relation puts for the states."""
    from ...derive.relations import replaced

    values: dict[sp.Basic, sp.Basic] = dict(relation.of)
    domains = [c for q in relation.of for c in q.domain.constraints(q)]
    said = (replaced(c, values) for c in (*domains, *rule.facts))
    # The relation speaks of lr as it was in the step before; a fact about it says nothing of this step's.
    return tuple(c for c in said if not c.free_symbols & set(varying_of(rule)))


def _defined(relation: Relation) -> bool:
    """Whether the relation divides by nothing that may be zero."""
    divisors = [p.base for e in relation.of.values() for p in e.atoms(sp.Pow) if p.exp.could_extract_minus_sign()]
    return all(settled(negation(eq(d, 0))) is True for d in divisors)


def against(traced: Traced, rule: UpdateRule, bench: Workbench, *, thorough: bool = True) -> Verification:
    """Decide whether an implementation is a rule."""
    blank = Verification(traced.target, rule.name, Verdict.UNKNOWN, conditions=_conditions(traced), notes=traced.notes)
    blank = replace(blank, side_effects=(*traced.side_effects, *traced.raises))
    if not traced.element_wise or not traced.complete:
        return replace(blank, reason=traced.notes[-1] if traced.notes else "not every branch was traced")
    setting = bench.setting(rule)
    if setting.trouble:
        return replace(blank, reason=f"of the rule {rule.name}: {setting.trouble}")
    ours, theirs = bench.system(rule), of_traced(traced)
    candidates = list(alignments(ours, theirs))
    # One constant that is not the default is a mistake worth naming; several together are another optimizer.
    fitting = next((a for a in candidates if len(deviations(a, ours, theirs)) < 2 and fits(a)), None)
    aligned = fitting or candidates[0]
    blank = replace(
        blank,
        scope=_scope(aligned, traced),
        side_effects=(*blank.side_effects, *_oddities(traced, theirs, rule, aligned)),
    )
    if fitting is not None:
        found = same(fitting, bench)
        if found.verdict is Verdict.PROVED and deviations(fitting, ours, theirs):
            return _with_other_constants(blank, fitting, ours, theirs, rule)
        if found.verdict is Verdict.PROVED and not found.constant_lr:
            return _proved(blank, fitting, found, rule, traced, bench)
        if found.verdict is Verdict.PROVED:
            return _only_constant_lr(blank, fitting, found, rule, traced)
    run = parting_run(aligned.rule, aligned.implementation)
    if run is None and fitting is not None:
        return replace(blank, reason=found.reason)
    if run is None:
        varied = parting_run(aligned.rule, aligned.implementation, varying=varying_of(aligned.rule))
        if varied is None:
            return replace(blank, reason="they differ on floats, but no exact run was found in which they do")
        run = varied
    differences = explained(aligned, rule, bench, same, thorough=thorough)
    effect = effect_in_float32(aligned.rule, aligned.implementation)
    return replace(blank, verdict=Verdict.REFUTED, differences=differences, counterexample=run, effect=effect)


def _proved(
    blank: Verification, aligned: Alignment, found: Sameness, rule: UpdateRule, traced: Traced, bench: Workbench
) -> Verification:
    trouble = _undefined(aligned, found, bench)
    notes = (*blank.notes, *trouble)
    scope = blank.scope + (", wherever neither divides by zero" if trouble else "")
    if trouble:
        run = dividing_run(aligned.rule, aligned.implementation)
        if run is not None:
            difference = Difference("theta", "", "", "it divides by zero where the rule does not", proved=True)
            return replace(blank, verdict=Verdict.REFUTED, differences=(difference,), counterexample=run, notes=notes)
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


def _undefined(aligned: Alignment, found: Sameness, bench: Workbench) -> tuple[str, ...]:
    """Divisors of the implementation that were not shown to be nonzero, in sentences."""
    prover = Prover(bench.solver, aligned.rule.facts)
    related: dict[sp.Basic, sp.Basic] = dict(found.relation.of) if found.forward and found.relation else {}
    shown: dict[str, None] = {}
    own = _divisors(aligned.rule.cases)
    for case in (*aligned.implementation.first, *aligned.implementation.cases):
        for divisor in case.divisors:
            d = divisor.xreplace(related)
            if (
                d in own
                or settled(negation(eq(d, 0)))
                or prover.holds(negation(eq(d, 0)), (*case.conditions, *_roots(d)))
            ):
                continue
            shown[f"not shown that it never divides by zero: {expression_text(divisor, 'text')}"] = None
    return tuple(shown)


def _roots(e: sp.Expr) -> tuple[sp.Basic, ...]:
    """Roots are taken of what is not negative."""
    return tuple(ge(p.base, 0) for p in e.atoms(sp.Pow) if p.exp in (sp.Rational(1, 2), -sp.Rational(1, 2)))


def _divisors(cases: Sequence[Case]) -> set[sp.Expr]:
    return {
        p.base for c in cases for e in c.after.values() for p in e.atoms(sp.Pow) if p.exp.could_extract_minus_sign()
    }


def _conditions(traced: Traced) -> tuple[str, ...]:
    paths = [p.conditions for p in traced.paths if p.conditions]
    return tuple(" and ".join(expression_text(c, "text") for c in conditions) for conditions in paths)


def _scope(aligned: Alignment, traced: Traced) -> str:
    scope = FULL_SCOPE
    if aligned.fixed:
        scope += ", for " + ", ".join(f"{name} = {_short(value)}" for name, value in aligned.fixed.items())
    if traced.raises:
        scope += ", wherever it does not raise an exception"
    return scope


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
