"""Two rules or implementations: the same, the same under a translation of hyperparameters, or how they differ."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from ..derive.catalogue import UnknownRuleError
from ..derive.printing import expression_text
from ..derive.prove.verdict import Verdict
from ..derive.rule import UpdateRule
from ..derive.symbols import Quantity, step_counter
from ..derive.translation import find_translation, is_linear
from ..derive.user_file import UserFileError, find_rule
from .trace.branches import settled
from .trace.isolation import TIME_LIMIT, Tracer
from .trace.record import Traced, Untraceable
from .verification.alignment import Alignment, alignments, fits
from .verification.counterexample import effect_in_float32, parting_run
from .verification.deciding import deviations
from .verification.explanation import explained
from .verification.identification import identify
from .verification.record import FULL_SCOPE, Counterexample, Difference
from .verification.sameness import Sameness, same, varying_of
from .verification.system import System, of_traced
from .verification.workbench import Workbench

__all__ = ["Comparison", "compare"]

_SPECIAL = 24
"""So many ways to set what only one of two optimizers has are looked at, to find where they are the same."""


@dataclass(frozen=True)
class Comparison:
    """Two optimizers, and whether they are the same.

    Attributes
    ----------
    first, second : str
    verdict : Verdict
        Whether they are the same with equal hyperparameters.
    scope : str
    translation : mapping
        The second's hyperparameters in the first's that make them the same, where one was found and proved; it may
        depend on the step t.
    weaker : tuple of str
        Weaker scopes in which they were proved the same.
    state_map : mapping
    differences : tuple of Difference
    counterexample : Counterexample or None
        ``rule`` is the first's theta there, ``implementation`` the second's.
    effect : str
    reason : str
    seconds : float
    """

    first: str
    second: str
    verdict: Verdict
    scope: str = FULL_SCOPE
    translation: Mapping[str, str] = field(default_factory=dict)
    weaker: tuple[str, ...] = ()
    state_map: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    counterexample: Counterexample | None = None
    effect: str = ""
    reason: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The record with stable keys."""
        return {
            "first": self.first,
            "second": self.second,
            "verdict": self.verdict.name,
            "scope": self.scope,
            "translation": dict(self.translation) or None,
            "weaker": list(self.weaker),
            "state_map": dict(self.state_map),
            "differences": [d.to_json() for d in self.differences],
            "counterexample": None if self.counterexample is None else self.counterexample.to_json(),
            "effect": self.effect or None,
            "reason": self.reason or None,
            "seconds": round(self.seconds, 3),
        }

    def __repr__(self) -> str:
        return f"<Comparison {self.first} and {self.second}: {self.verdict.name}>"


def compare(first: str | UpdateRule, second: str | UpdateRule, *, seconds: float = TIME_LIMIT) -> Comparison:
    """Prove two rules or implementations the same, or show how they differ.

    Parameters
    ----------
    first, second : str or UpdateRule
        A rule's name, ``FILE.py:NAME`` for a rule of one's own, or a target as :func:`verify` takes it.
    seconds : float, optional
        How long an implementation may take to be imported and traced.

    Raises
    ------
    UnknownRuleError, TraceError
        If one of them is neither a rule nor an implementation.

    Examples
    --------
    >>> compare("adam", "adam[eps_hat]").translation
    {'eps': 'sqrt(1 - beta2^t) eps'}
    """
    start = time.perf_counter()
    names = tuple(x if isinstance(x, str) else x.name for x in (first, second))
    with Workbench() as bench, Tracer(seconds) as tracer:
        try:
            sides = [_read(x, tracer) for x in (first, second)]
        except Untraceable as error:
            found = Comparison(names[0], names[1], Verdict.UNKNOWN, reason=str(error))
        else:
            found = _compared(names[0], names[1], sides[0], sides[1], bench)
    return replace(found, seconds=time.perf_counter() - start)


def _read(what: str | UpdateRule, tracer: Tracer) -> UpdateRule | Traced:
    if isinstance(what, UpdateRule):
        return what
    try:
        return find_rule(what)
    except UnknownRuleError:
        if "." not in what:
            raise
    except UserFileError as error:
        if "not an UpdateRule" not in str(error) and "is a file" not in str(error):
            raise
    return tracer.trace(what)


def _system(side: UpdateRule | Traced, bench: Workbench) -> System:
    return bench.system(side) if isinstance(side, UpdateRule) else of_traced(side)


def _compared(
    first: str, second: str, one: UpdateRule | Traced, other: UpdateRule | Traced, bench: Workbench
) -> Comparison:
    blank = Comparison(first, second, Verdict.UNKNOWN)
    for side in (one, other):
        if isinstance(side, Traced) and not (side.element_wise and side.complete):
            return replace(blank, reason=side.notes[-1] if side.notes else "not every branch was traced")
    systems = _system(one, bench), _system(other, bench)
    candidates = list(alignments(*systems))
    fitting = next((a for a in candidates if not deviations(a, *systems) and fits(a)), None)
    # Hyperparameters that only one of them has are at their defaults, not where the two are perhaps alike.
    usual = next((a for a in candidates if not deviations(a, *systems)), candidates[0])
    aligned = fitting or usual
    unusual = [a for a in candidates[:_SPECIAL] if deviations(a, *systems)] if fitting is None else []
    special = next((a for a in unusual if fits(a)), None)
    if aligned.fixed:
        shown = ", ".join(f"{name} = {value}" for name, value in aligned.fixed.items())
        blank = replace(blank, scope=f"{FULL_SCOPE}, for {shown}")
    limits = dict.fromkeys(limit for side in (one, other) if isinstance(side, Traced) for limit in side.limits)
    blank = replace(blank, scope=", ".join((blank.scope, *limits)))
    if fitting is not None:
        found = same(fitting, bench)
        if found.verdict is Verdict.PROVED:
            return _equal(blank, fitting, found)
        # They move alike on random numbers, but perhaps not at the ends of domains.
        if parting_run(aligned.rule, aligned.implementation) is None:
            return replace(blank, reason=found.reason)
    run = parting_run(aligned.rule, aligned.implementation)
    if run is None:
        return replace(blank, reason="they differ on floats, but no exact run was found in which they do")
    kept = replace(
        blank,
        verdict=Verdict.REFUTED,
        counterexample=run,
        effect=effect_in_float32(aligned.rule, aligned.implementation),
    )
    if isinstance(one, UpdateRule):
        kept = replace(kept, differences=explained(aligned, one, bench, same))
    if special is not None:
        kept = _with_special_values(kept, special, systems[1], bench)
    if kept.translation:
        return kept
    return replace(kept, translation=_translation(_named(one, bench), _named(other, bench), aligned.fixed, bench))


def _with_special_values(kept: Comparison, special: Alignment, second: System, bench: Workbench) -> Comparison:
    """Where they are proved the same although it is not at the defaults; the second's own values are a translation."""
    found = same(special, bench)
    if found.verdict is not Verdict.PROVED:
        return kept
    values = {name: expression_text(value, "text") for name, value in special.fixed.items()}
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    words = f"proved the same for {shown}" + (", while lr is constant" if found.constant_lr else "")
    own = {h.name for h in second.hyper}
    translates = not found.constant_lr and set(values) <= own
    return replace(kept, weaker=(*kept.weaker, words), translation=values if translates else {})


@dataclass(frozen=True)
class _Named:
    """A side as a system in the hyperparameters of the rule that it is, or that it is proved to be."""

    rule: UpdateRule
    system: System


def _named(side: UpdateRule | Traced, bench: Workbench) -> _Named | None:
    if isinstance(side, UpdateRule):
        return _Named(side, bench.system(side))
    found = identify(side, bench)
    if found.verdict is not Verdict.PROVED:
        return None
    rule = find_rule(found.rule)
    names = {h.name: h.symbol for h in rule.hyper}
    if not set(names) <= set(found.arguments.values()):
        return None
    values = {side.hyper[n]: names[m] if isinstance(m, str) else m for n, m in found.arguments.items()}
    return _Named(rule, of_traced(side).with_values({q: e for q, e in values.items() if q != e}))


def _equal(blank: Comparison, aligned: Alignment, found: Sameness) -> Comparison:
    related = {} if found.relation is None else {
        f"{q.meaning if q.name.startswith('state__') else q.name} of the {'second' if found.forward else 'first'}":
        expression_text(e, "text") for q, e in found.relation.of.items()
    }  # fmt: skip
    if not found.constant_lr:
        return replace(blank, verdict=Verdict.PROVED, state_map=related)
    run = parting_run(aligned.rule, aligned.implementation, varying=varying_of(aligned.rule))
    verdict = Verdict.UNKNOWN if run is None else Verdict.REFUTED
    words = ("proved the same while lr is constant",)
    return replace(blank, verdict=verdict, state_map=related, weaker=words, counterexample=run)


def _translation(
    one: _Named | None, other: _Named | None, fixed: Mapping[str, sp.Rational], bench: Workbench
) -> dict[str, str]:
    """The second's hyperparameters in the first's, if some choice of a few is proved to make them the same.

    What only one of them has is free or, if that does not do, zero where it was set to zero.
    """
    if one is None or other is None:
        return {}
    zeros = [{q: sp.Integer(0) for q in side.system.hyper if fixed.get(q.name) == 0} for side in (one, other)]
    settings = [({}, {}), (zeros[0], zeros[1])] if any(zeros) else [({}, {})]
    for here, set_there in settings:
        mine, theirs = one.system.with_values(here), other.system.with_values(set_there)
        for values in _proposals(one.rule, other.rule, here, set_there):
            if all(_inside(h, e) for h, e in values.items()) and _same_under(mine, theirs, values, bench):
                return {h.name: expression_text(e, "text", one.rule) for h, e in values.items()}
    return {}


def _proposals(
    one: UpdateRule, other: UpdateRule, here: Mapping[Quantity, sp.Expr], set_there: Mapping[Quantity, sp.Expr]
) -> Iterator[dict[Quantity, sp.Expr]]:
    for unknowns in _unknowns(other, 3 if is_linear(one) and is_linear(other) else 2):
        there: dict[Quantity, sp.Expr] = {**set_there, **unknowns}
        try:
            found = find_translation(one, other, here=here, there=there, unknowns=unknowns.values())
        except (ValueError, TypeError, ZeroDivisionError, RecursionError):
            continue
        if found is not None and set(unknowns.values()) <= set(found.solved):
            yield {h: _with_positive_constant_below(found.solved[u]) for h, u in unknowns.items()}


def _with_positive_constant_below(e: sp.Expr) -> sp.Expr:
    """As ``lr / (1 - momentum)``, not ``-lr / (momentum - 1)``."""
    above, below = sp.fraction(e)
    return -above / sp.expand(-below) if below.as_coeff_Add()[0] < 0 else e


def _unknowns(other: UpdateRule, most: int) -> Iterator[dict[Quantity, Quantity]]:
    for count in range(1, most + 1):
        for chosen in itertools.combinations([h.symbol for h in other.hyper], count):
            yield {h: Quantity(f"{h.name}__there", h.domain) for h in chosen}


def _inside(h: Quantity, value: sp.Expr) -> bool:
    """Whether a value is proved to lie in a hyperparameter's domain."""
    return all(settled(c) is True for c in h.domain.constraints(value))


def _same_under(mine: System, theirs: System, values: Mapping[Quantity, sp.Expr], bench: Workbench) -> bool:
    now: dict[sp.Basic, sp.Basic] = dict(values)
    first: dict[sp.Basic, sp.Basic] = {h: e.xreplace({step_counter(): sp.Integer(1)}) for h, e in values.items()}
    set_there = replace(theirs.with_values(now), first=theirs.with_values(first).first, hyper=mine.hyper)
    if not {s for s in set_there.symbols if s in theirs.hyper} <= set(mine.hyper):
        return False
    aligned = Alignment(mine, set_there, {}, {})
    found = same(aligned, bench) if fits(aligned) else None
    return found is not None and found.verdict is Verdict.PROVED and not found.constant_lr
