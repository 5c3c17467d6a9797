"""What storing states in a narrow format adds to the error of a step: a bound derived from the rule, and measured.

Where a step would begin with the state s, it begins with what was stored, at most u abs(s) + eta away.  The rule's
lines are followed from there in exact arithmetic, see :mod:`.propagation`, so that the bound of theta is a formula in
the quantities of the rule.  Where one of its conditions fails there is no bound.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import POSITIVE, Quantity, UpdateRule
from ..evaluate import DECIMAL, evaluator
from .narrow import FORMATS
from .propagation import NoBoundError, Propagation

if TYPE_CHECKING:
    from ...kernels import Form

__all__ = ["Measured", "StorageError", "measured", "storage_error"]


@dataclass(frozen=True)
class StorageError:
    """How far a step from stored states can be from the step from the states themselves.

    Attributes
    ----------
    bounds : dict of Quantity to expression
        For theta and every state, in the rule's quantities and the constants; what storing the new state adds again
        is not in it.
    constants : dict of Quantity to Rational
        The value of u and eta of each format.
    required : dict of Quantity to tuple of expression
        What has to be positive so that there is a bound.
    """

    rule: UpdateRule
    bounds: dict[Quantity, sp.Expr]
    constants: dict[Quantity, sp.Rational]
    required: dict[Quantity, tuple[sp.Expr, ...]]

    def evaluate(self, values: Mapping[str, float], t: int, hyper: Mapping[str, float]) -> dict[str, Decimal | None]:
        """The bounds in 50 digits; None where a condition fails."""
        context = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])
        numbers: dict[str, Any] = {name: Decimal(value) for name, value in {**values, **hyper}.items()}
        numbers |= {q.name: Decimal(int(c.p)) / Decimal(int(c.q)) for q, c in self.constants.items()}
        numbers["t"] = Decimal(t)
        found: dict[str, Decimal | None] = {}
        with decimal.localcontext(context):
            for q, e in self.bounds.items():
                holds = all(evaluator(c, _CAREFUL)(numbers) > 0 for c in self.required[q])
                value = evaluator(e, _CAREFUL)(numbers) if holds else Decimal("NaN")
                found[q.name] = value if value.is_finite() and value >= 0 else None
        return found

    def text(self) -> str:
        """What can be said of theta, as a line of text."""
        from ...derive.printing import expression_text

        values = ", ".join(f"{q.name} = 2^{_exponent(c)}" for q, c in self.constants.items())
        return f"{expression_text(self.bounds[self.rule.theta], rule=self.rule)}, {values}"


def storage_error(rule: UpdateRule, form: Form) -> StorageError | None:
    """The bounds for a rule whose states are stored in a form; None if a rule has no bound that is derived here.

    Examples
    --------
    >>> from optproof import rule
    >>> from optproof.kernels.form import form_of
    >>> momentum = rule("sgd[momentum]")
    >>> found = storage_error(momentum, form_of(momentum, "float32", "bfloat16"))
    >>> print(found.text())
    lr momentum (eta_bfloat16 + |b| u_bfloat16), u_bfloat16 = 2^-8, eta_bfloat16 = 2^-134
    """
    constants: dict[Quantity, sp.Rational] = {}
    errors: dict[Quantity, sp.Expr] = {}
    for state in rule.state:
        kept = form.storage[state.name]
        if kept in form.narrow:
            u, eta = Quantity(f"u_{kept}", POSITIVE), Quantity(f"eta_{kept}", POSITIVE)
            constants |= _constants(u, eta, kept, stochastic=form.stochastic_rounding and kept == "bfloat16")
            errors[state.symbol] = u * sp.Abs(state.symbol) + eta
    work = Propagation(errors)
    try:
        for line in rule.assignments:
            work.follow(line)
    except NoBoundError:
        return None
    kept_quantities = (rule.theta, *(s.symbol for s in rule.state))
    required = {q: tuple(work.required.get(q, ())) for q in kept_quantities}
    return StorageError(rule, {q: work.errors[q] for q in kept_quantities}, constants, required)


def _constants(u: Quantity, eta: Quantity, kept: str, *, stochastic: bool) -> dict[Quantity, sp.Rational]:
    form = FORMATS[kept]
    half = 0 if stochastic else 1
    lowest = form.minimum - form.precision + 1
    return {u: sp.Rational(2) ** (1 - form.precision - half), eta: sp.Rational(2) ** (lowest - half)}


def _exponent(value: sp.Rational) -> int:
    return int(value.p).bit_length() - int(value.q).bit_length()


def _largest(one: Decimal, other: Decimal) -> Decimal:
    """The larger number; no number if one of them is none."""
    return one + other if one.is_nan() or other.is_nan() else max(one, other)


_CAREFUL = replace(DECIMAL, functions={**DECIMAL.functions, "Max": _largest})


@dataclass(frozen=True)
class Measured:
    """The distance of steps from stored states to steps from the states themselves, against the bound.

    Attributes
    ----------
    cases : int
        How many values of theta and of states were compared.
    error_over_bound : float
        The largest distance as a part of its bound.
    worst : str
        The output and the inputs of that.
    """

    cases: int
    error_over_bound: float
    worst: str

    def with_other(self, other: Measured) -> Measured:
        """The two measurements as one."""
        larger = other if other.error_over_bound > self.error_over_bound else self
        return Measured(self.cases + other.cases, larger.error_over_bound, larger.worst)


def measured(
    bound: StorageError,
    oracle: Any,
    numbers: Mapping[str, NDArray[np.floating]],
    stored: Mapping[str, NDArray[np.floating]],
    t: int,
    hyper: Mapping[str, float],
) -> Measured:
    """Compare the exact steps from `stored` with those from `numbers`, wherever there is a bound."""
    cases, largest, worst = 0, 0.0, ""
    for k in range(next(iter(numbers.values())).size):
        row = {name: float(column[k]) for name, column in numbers.items()}
        off = {name: float(column[k]) for name, column in stored.items()}
        here, there = oracle.evaluate(row, t, hyper), oracle.evaluate(off, t, hyper)
        for name, limit in bound.evaluate(row, t, hyper).items():
            if limit is None or here[name] is None or there[name] is None:
                continue
            cases += 1
            distance = abs(here[name] - there[name])
            over = 0.0 if distance == 0 else float(distance / limit) if limit > 0 else float("inf")
            if over > largest:
                largest, worst = over, f"{name} at t = {t}, {row}"
    return Measured(cases, largest, worst)
