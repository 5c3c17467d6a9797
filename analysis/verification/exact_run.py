"""Two systems side by side in exact numbers, up to the step at which theta differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from ...derive.symbols import Quantity, gradient, parameter, step_counter
from ..balls import BALLS, Ball, UndecidedError, UndefinedError
from ..evaluate import evaluator
from ..trace.requirements import must_hold
from .record import Counterexample
from .system import System

__all__ = ["SCHEDULE", "THETA_BEFORE", "ExactRunner", "exact_run"]

THETA_BEFORE = sp.Integer(1)
"""Theta before the first step of every run."""

SCHEDULE = tuple(sp.Rational(n) for n in ("1", "1/2", "2", "1/4", "1", "3", "1/2", "1"))
"""What a hyperparameter is multiplied by in each step, where it changes."""

_FEW, _READABLE = 2, 200
"""After more steps, or with more nodes, a number is given by thirty digits instead of by a formula."""


class ExactRunner:
    """A system whose formulas are turned into functions once, for many runs."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.live = (parameter(), *system.live)
        self._functions: dict[sp.Basic, Callable[[Mapping[str, Any]], Any]] = {}

    def __call__(self, e: sp.Basic, numbers: Mapping[str, Ball]) -> Any:
        """The value of a formula or of a condition."""
        if e.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
            raise UndefinedError(e)
        if e not in self._functions:
            self._functions[e] = evaluator(e, BALLS)
        return self._functions[e](numbers)


def exact_run(
    rule: ExactRunner,
    implementation: ExactRunner,
    hyper: Mapping[str, sp.Rational],
    gradients: Sequence[sp.Rational],
    varying: Sequence[Quantity] = (),
    *,
    chosen: bool = False,
) -> Counterexample | None:
    """The run, if theta differs at its last step and not before; None also where that cannot be told.

    Every number is exact or an interval that holds it, so that a difference is a proof that there is one.  If `chosen`,
    only what the formulas choose must be a number, not all that is computed on the way.
    """
    sides = [_Side(rule), _Side(implementation, chosen=chosen)]
    for t, g in enumerate(gradients, start=1):
        now = {**hyper, **{q.name: hyper[q.name] * SCHEDULE[t - 1] for q in varying}}
        try:
            values = [side.advance(now, g, t) for side in sides]
            parted = _different(*values)
        except UndecidedError:
            return None
        if parted:
            lr = tuple(hyper["lr"] * x for x in SCHEDULE[:t]) if varying else ()
            shown = [side.shown() for side in sides]
            return Counterexample(dict(hyper), THETA_BEFORE, tuple(gradients[:t]), t, shown[0], shown[1], lr)
        if values[0] is None:
            return None
    return None


def _different(a: Ball | None, b: Ball | None) -> bool:
    """Whether two numbers differ; None stands for a number that is not defined."""
    if a is None or b is None:
        return (a is None) != (b is None)
    try:
        return (a - b).sign() != 0
    except UndecidedError:
        return False


class _Side:
    """A system that is run in numbers, and the steps it took."""

    def __init__(self, runner: ExactRunner, *, chosen: bool = False) -> None:
        self._value_of, self._system, self._chosen = runner, runner.system, chosen
        self._numbers: dict[str, Ball] = {"theta": Ball(Fraction(1))}
        self._steps: list[tuple[Mapping[Quantity, sp.Expr], Mapping[sp.Basic, sp.Basic]]] = []
        self._undefined = False

    def advance(self, hyper: Mapping[str, sp.Rational], g: sp.Rational, t: int) -> Ball | None:
        """Theta after a step; None if it is not defined."""
        system = self._system
        named = {h: hyper[h.name] for h in system.hyper if h.name in hyper}
        put: dict[sp.Basic, sp.Basic] = {**named, gradient(): g, step_counter(): sp.Integer(t)}
        numbers = {**self._numbers, **{str(s): Ball(Fraction(int(v.p), int(v.q))) for s, v in put.items()}}
        value_of, live = self._value_of, self._value_of.live
        try:
            case = next(
                c for c in (system.first if t == 1 else system.cases) if all(value_of(k, numbers) for k in c.conditions)
            )
            for divisor in () if self._chosen else case.divisors:
                self._require(divisor, numbers)
            self._numbers = {q.name: value_of(case.after[q], numbers) for q in live if q in case.after}
        except StopIteration:
            raise UndecidedError("no case holds") from None
        except UndefinedError:
            self._undefined = True
            return None
        self._steps.append(({q: case.after[q] for q in live if q in case.after}, put))
        return self._numbers["theta"]

    def _require(self, divisor: sp.Expr, numbers: Mapping[str, Ball]) -> None:
        """Raise UndefinedError where a divisor vanishes, or what stands for a root or a logarithm of a negative number.

        What it reads that theta does not depend on has no value here, nor does it matter.
        """
        if any(s.name not in numbers for s in divisor.free_symbols) or self._value_of(divisor, numbers).sign() != 0:
            return
        for positive in must_hold(divisor).atoms(sp.StrictGreaterThan):
            # The logarithm of zero is infinite, and what comes of it may be finite again.
            if self._value_of(positive.lhs - positive.rhs, numbers).sign() == 0:
                raise UndecidedError("a logarithm of zero")
        raise UndefinedError

    def shown(self) -> sp.Expr:
        """Theta as a formula, by its digits if that is too long to read, or ``nan``."""
        if self._undefined:
            return sp.nan
        number: Any = self._numbers["theta"]
        if number.is_exact:
            return sp.Rational(number.value.numerator, number.value.denominator)
        if len(self._steps) <= _FEW:
            formulas: dict[sp.Basic, sp.Basic] = {parameter(): THETA_BEFORE}
            for after, put in self._steps:
                formulas = {q: e.xreplace({**put, **formulas}) for q, e in after.items()}
            if _size(formulas[parameter()], {}) <= _READABLE:
                return formulas[parameter()]
        return sp.Float(number.digits(30), 30)


def _size(e: sp.Basic, known: dict[sp.Basic, int]) -> int:
    """How many nodes a formula has when it is written out."""
    if e not in known:
        known[e] = 1 + sum(_size(a, known) for a in e.args)
    return known[e]
