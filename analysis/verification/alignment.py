"""Which hyperparameter of an implementation is which of the rule's, and what becomes of those without one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from ...derive.symbols import Quantity
from ..trace.hyperparameters import readings
from .numeric import agree, sample, simulate
from .system import System

__all__ = ["Alignment", "alignments", "fits", "undefined_in"]

_UNNAMED = 3
"""Up to this many hyperparameters with names that say nothing are tried in every order."""


@dataclass(frozen=True)
class Alignment:
    """Rule and implementation in the same hyperparameters.

    Attributes
    ----------
    rule, implementation : System
    fixed : mapping
        Hyperparameters of either that were set to a value, by name, because the other does not have them.
    names : mapping
        From the implementation's quantities, as it was traced, to the rule's.
    """

    rule: System
    implementation: System
    fixed: Mapping[str, sp.Rational]
    names: Mapping[str, str]


def alignments(rule: System, traced: System) -> Iterator[Alignment]:
    """The ways to match hyperparameters, the likeliest first; each leaves both systems with the same ones."""
    wanted = {h.name: h for h in rule.hyper}
    live = traced.symbols
    extra = [h for h in traced.hyper if h.name not in wanted and h in live]
    missing = [h for h in rule.hyper if h.name not in {x.name for x in traced.hyper}]
    for chosen in _readings(extra, missing):
        renamed = traced.with_values(dict(chosen))
        rest = [h for h in extra if h not in chosen]
        absent = [h for h in missing if h not in chosen.values()]
        for values in _constants(absent, rule, renamed):
            for neutral in _neutral(rest, traced):
                fixed = {h.name: v for h, v in (*values.items(), *neutral.items())}
                yield Alignment(
                    rule.with_values(dict(values)),
                    renamed.with_values(dict(neutral)),
                    fixed,
                    {a.name: b.name for a, b in chosen.items()},
                )


def _readings(extra: Sequence[Quantity], missing: Sequence[Quantity]) -> Iterator[dict[Quantity, Quantity]]:
    """Partners for hyperparameters that the rule does not know by name."""
    yield_first: dict[Quantity, Quantity] = {}
    for h in extra:
        meant = [m for m in missing if m.name in readings(h.name) and m not in yield_first.values()]
        if meant:
            yield_first[h] = meant[0]
    yield yield_first
    if not extra or not missing or len(extra) > _UNNAMED:
        return
    for count in range(min(len(extra), len(missing)), 0, -1):
        for some in itertools.combinations(extra, count):
            for order in itertools.permutations(missing, count):
                candidate = dict(zip(some, order, strict=True))
                if candidate != yield_first:
                    yield candidate


def _constants(absent: Sequence[Quantity], rule: System, traced: System) -> Iterator[dict[Quantity, sp.Rational]]:
    """Values for the rule's hyperparameters that the implementation does not have: zero, the default, its constants."""
    if not absent:
        yield {}
        return
    numbers = sorted(
        {n for c in (*traced.cases, *traced.first) for e in c.after.values() for n in e.atoms(sp.Rational)}
    )
    choices = []
    for h in absent:
        default = rule.defaults.get(h.name)
        likely = [v for v in (default, sp.Integer(0), *numbers) if v is not None and h.domain.contains(v)]
        choices.append(list(dict.fromkeys(likely))[:8])
    for values in itertools.islice(itertools.product(*choices), 24):
        yield dict(zip(absent, values, strict=True))


def _neutral(rest: Sequence[Quantity], traced: System) -> Iterator[dict[Quantity, sp.Rational]]:
    """Values at which the implementation's own hyperparameters may have no effect: the default, zero and one."""
    tried = [(sp.Integer(0), traced.defaults.get(h.name, sp.Integer(0)), sp.Integer(1)) for h in rest]
    choices = [dict.fromkeys(v for v in values if h.domain.contains(v)) for h, values in zip(rest, tried, strict=True)]
    for values in itertools.islice(itertools.product(*choices), 24):
        yield dict(zip(rest, values, strict=True))


def fits(aligned: Alignment) -> bool:
    """Whether both systems move theta alike on random numbers."""
    if undefined_in(aligned.implementation):
        return False
    inputs = sample(aligned.rule.hyper, sequences=2, settings=4)
    hyper = {h.name for h in aligned.rule.hyper}
    if not {s.name for s in aligned.implementation.symbols if isinstance(s, Quantity)} <= hyper | _inputs(aligned):
        return False
    return agree(simulate(aligned.rule, inputs, 4), simulate(aligned.implementation, inputs, 4))


def undefined_in(system: System) -> bool:
    """Whether the code, or a value that was put in, makes a formula divide by zero everywhere."""
    formulas = [e for case in (*system.first, *system.cases) for e in case.after.values()]
    return any(e.has(sp.zoo, sp.nan, sp.oo, -sp.oo) for e in formulas)


def _inputs(aligned: Alignment) -> set[str]:
    return {"theta", "g", "t", *(s.name for s in aligned.implementation.states)}
