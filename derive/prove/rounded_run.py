"""Runs in rounded arithmetic: a claim about every step is refuted by a run that is computed exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy as sp

from ..floating import FORMATS, Format
from ..rounding_goals import ComputedRun
from ..symbols import Quantity, after
from .condition import Finding
from .identity import prove_identity
from .rounded_values import Values, computation, is_finite, predicate, to_fraction, to_rational
from .setting import Setting
from .verdict import Verdict

__all__ = ["settle_computed_run"]

_STEPS = 300
_METHOD = "an exact run in rounded arithmetic"
_SIMPLE = tuple(Fraction(n, d) for n, d in ((9, 1000), (5, 7), (1, 3), (1, 1)))


def settle_computed_run(goal: ComputedRun, hypotheses: Sequence[sp.Basic], setting: Setting) -> Finding:
    """Refute a claim about every step under a constant gradient by one such run.

    The lines must be the rule: without roundings, and with its defaults for hyperparameters, they compute the rule's
    own states.  The run starts in the rule's initial state; each operation is carried out in exact integers and rounded
    once, so the run is the one that a machine makes that rounds as IEEE 754 asks.  Of the gradients that break the
    claim the one that does so soonest is kept.  Nothing is proved here.
    """
    form = FORMATS[goal.arithmetic]
    strange = _other_than_the_rule(goal, setting)
    if strange:
        return Finding(Verdict.UNKNOWN, _METHOD, reason=strange)
    allowed = [predicate(h, form) for h in hypotheses]
    witness: dict[str, sp.Basic] | None = None
    steps = _STEPS
    for gradient in _gradients(form):
        if all(allows({setting.rule.gradient: gradient}) for allows in allowed):
            broken = _first_broken(goal, setting, gradient, steps)
            if broken is not None:
                steps, witness = broken[0] - 1, broken[1]
    if witness is None:
        reason = f"no run of {_STEPS} steps with one of a few constant gradients breaks it, and it is not proved"
        return Finding(Verdict.UNKNOWN, _METHOD, reason=reason)
    return Finding(Verdict.REFUTED, _METHOD, witness=witness)


def _gradients(form: Format) -> Iterator[int]:
    """A gradient whose square is a few times the smallest positive number, and simple ones, rounded."""
    for number in (3 * Fraction(2) ** (form.unit // 2), *_SIMPLE):
        rounded = form.nearest(number.numerator << -form.unit, number.denominator)
        if isinstance(rounded, int):
            yield rounded


def _first_broken(
    goal: ComputedRun, setting: Setting, gradient: int, steps: int
) -> tuple[int, dict[str, sp.Basic]] | None:
    """After how many steps a run with a constant gradient breaks the claim, and that run."""
    form = FORMATS[goal.arithmetic]
    compute, holds = computation(goal.lines, form), predicate(goal.condition, form)
    g = setting.rule.gradient
    states: Values = {q: int(to_fraction(e) * 2**-form.unit) for q, e in zip(goal.states, goal.initial, strict=True)}
    for count in range(1, steps + 1):
        values: Values = {**states, g: gradient}
        compute(values)
        if not is_finite(values.values()):
            return None
        if not holds(values):
            names = [(q.name, after(q)) for q in goal.states] + [(q.name, q) for q in _named(goal)]
            shown = {name: to_rational(int(values[q]), form) for name, q in names}
            return count, {g.name: to_rational(gradient, form), "t": sp.Integer(count), **shown}
        states = {q: values[after(q)] for q in goal.states}
    return None


def _named(goal: ComputedRun) -> list[Quantity]:
    """What the condition speaks of beside the states."""
    later = {after(q) for q in goal.states}
    return [line.target for line in goal.lines if line.target in goal.condition.free_symbols - later]


def _other_than_the_rule(goal: ComputedRun, setting: Setting) -> str:
    """Why what is computed is not the rule with its roundings; empty if it is."""
    rule = setting.rule
    defaults = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    initial = {s.symbol: s.initial.xreplace(defaults) for s in rule.state}
    exact: dict[sp.Basic, sp.Basic] = {}
    for line in goal.lines:
        exact[line.target] = line.exactly().xreplace(exact)
    for q, start in zip(goal.states, goal.initial, strict=True):
        if start != initial.get(q):
            return f"{q.name} does not start as in the rule"
        computed = exact.get(after(q))
        if (
            computed is None
            or prove_identity(computed, setting.step[q].xreplace(defaults)).verdict is not Verdict.PROVED
        ):
            return f"the lines do not compute the rule's {q.name}"
    return ""
