"""Whether two systems in the same hyperparameters move theta alike, proved by a relation between their states."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from ...derive.prove.verdict import Verdict
from ...derive.relations import eq, negation, replaced
from ...derive.symbols import Quantity
from ..trace.branches import settled
from .alignment import Alignment
from .bisimulation import bisimilar
from .decide import Prover
from .numeric import part, sample, simulate
from .relation import Relation, propose
from .system import System
from .workbench import Workbench

__all__ = ["Sameness", "facts_about_implementation", "same", "varying_of"]


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
    if rule.doubt or made.doubt:
        return Sameness(Verdict.UNKNOWN, reason=rule.doubt or made.doubt)
    if not _inputs_of(made) <= {h.name for h in rule.hyper}:
        return Sameness(Verdict.UNKNOWN, reason="the implementation has a hyperparameter that was given no value")
    inputs = sample(rule.hyper)
    runs = simulate(rule, inputs), simulate(made, inputs)
    if part(*runs):
        return Sameness(Verdict.UNKNOWN, reason="they differ on floats")
    reason = "no relation between the two states was found"
    prover = Prover(bench.solver, rule.facts)
    for forward in (True, False):
        ends = (rule, made) if forward else (made, rule)
        relation = propose(ends[0], runs[0 if forward else 1], ends[1], runs[1 if forward else 0], inputs)
        if relation is None or not _defined(relation):
            continue
        known = prover if forward else Prover(bench.solver, facts_about_implementation(rule, relation))
        for varying in (varying_of(rule), ()):
            found = bisimilar(*ends, relation, known, varying=varying)
            if found.proved:
                constant = not varying and bool(varying_of(rule))
                return Sameness(Verdict.PROVED, relation, forward, constant, "", tuple(known.methods))
            if found.failed is not None:
                reason = f"not shown: {found.failed.words}"
    return Sameness(Verdict.UNKNOWN, reason=reason)


def _inputs_of(system: System) -> set[str]:
    """The hyperparameters that a system reads."""
    own = {"theta", "g", "t", *(s.name for s in system.states)}
    return {s.name for s in system.symbols} - own


def varying_of(rule: System) -> list[Quantity]:
    """The hyperparameters that may change between steps: the learning rate."""
    return [h for h in rule.hyper if h.name == "lr"]


def facts_about_implementation(rule: System, relation: Relation) -> tuple[sp.Basic, ...]:
    """The domains of the rule's states and its facts, said of what the relation puts for the states."""
    values: dict[sp.Basic, sp.Basic] = dict(relation.of)
    domains = [c for q in relation.of for c in q.domain.constraints(q)]
    said = (replaced(c, values) for c in (*domains, *rule.facts))
    # The relation speaks of lr as it was in the step before; a fact about it says nothing of this step's.
    return tuple(c for c in said if not c.free_symbols & set(varying_of(rule)))


def _defined(relation: Relation) -> bool:
    """Whether the relation divides by nothing that may be zero."""
    divisors = [p.base for e in relation.of.values() for p in e.atoms(sp.Pow) if p.exp.could_extract_minus_sign()]
    return all(settled(negation(eq(d, 0))) is True for d in divisors)
