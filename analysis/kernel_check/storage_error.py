"""What storing states in a narrow format adds to the error of a step: a bound derived from the rule, and measured.

Where a step would begin with the state s, it begins with what was stored, at most u abs(s) + eta away.  The rule's
lines are followed from there in exact arithmetic.  If a and b are off by at most e(a) and e(b), then

    a + b         is off by at most  e(a) + e(b)
    a b                              abs(a) e(b) + abs(b) e(a) + e(a) e(b)
    a / b                            (e(a) + abs(a / b) e(b)) / (abs(b) - e(b)),  if e(b) < abs(b)
    sqrt(a)                          e(a) / sqrt(a),                             if 0 < a
    a ** n                           n (abs(a) + e(a)) ** (n - 1) e(a),           n a positive integer
    max, min                         the larger one
    abs(a)                           e(a)
    exp(a)                           exp(a) (exp(e(a)) - 1)
    log(a)                           e(a) / (a - e(a)),                          if e(a) < a

so that the bound of theta is a formula in the quantities of the rule.  Where a condition fails there is no bound, and
where a case distinction or a sign depends on a stored state none is derived.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import POSITIVE, Quantity, UpdateRule
from ..evaluate import DECIMAL, evaluator
from .narrow import FORMATS

if TYPE_CHECKING:
    from ...kernels import Form

__all__ = ["Measured", "StorageError", "measured", "storage_error"]

_ZERO = sp.Integer(0)


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
    """

    rule: UpdateRule
    bounds: dict[Quantity, sp.Expr]
    constants: dict[Quantity, sp.Rational]

    def evaluate(self, values: Mapping[str, float], t: int, hyper: Mapping[str, float]) -> dict[str, Decimal | None]:
        """The bounds in 50 digits; None where a condition fails."""
        context = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])
        numbers: dict[str, Any] = {name: Decimal(value) for name, value in {**values, **hyper}.items()}
        numbers |= {q.name: Decimal(int(c.p)) / Decimal(int(c.q)) for q, c in self.constants.items()}
        numbers["t"] = Decimal(t)
        found: dict[str, Decimal | None] = {}
        with decimal.localcontext(context):
            for q, e in self.bounds.items():
                value = evaluator(e, DECIMAL)(numbers)
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
    work = _Propagation(errors)
    try:
        for line in rule.assignments:
            # The value first: the line may read what it overwrites.
            value, error = line.value.xreplace(work.values), work.error(line.value)
            work.values[line.target], work.errors[line.target] = value, error
    except _NoBoundError:
        return None
    kept_quantities = (rule.theta, *(s.symbol for s in rule.state))
    return StorageError(rule, {q: work.errors[q] for q in kept_quantities}, constants)


def _constants(u: Quantity, eta: Quantity, kept: str, *, stochastic: bool) -> dict[Quantity, sp.Rational]:
    form = FORMATS[kept]
    half = 0 if stochastic else 1
    lowest = form.minimum - form.precision + 1
    return {u: sp.Rational(2) ** (1 - form.precision - half), eta: sp.Rational(2) ** (lowest - half)}


def _exponent(value: sp.Rational) -> int:
    return int(value.p).bit_length() - int(value.q).bit_length()


class _NoBoundError(Exception):
    """The lines hold something through which no error is followed."""


class _Propagation:
    """Bounds of expressions, given those of symbols; symbols without one are exact."""

    def __init__(self, errors: Mapping[Quantity, sp.Expr]) -> None:
        self.errors: dict[sp.Basic, sp.Expr] = dict(errors)
        self.values: dict[sp.Basic, sp.Expr] = {}

    def error(self, e: sp.Basic) -> sp.Expr:
        """The bound of `e`, which is written in the symbols of the lines."""
        if isinstance(e, sp.Symbol):
            return self.errors.get(e, _ZERO)
        if not any(self.errors.get(s, _ZERO) != 0 for s in e.free_symbols):
            return _ZERO
        if isinstance(e, sp.Add):
            return sp.Add(*(self.error(a) for a in e.args))
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, (sp.Max, sp.Min)):
            return sp.Max(*(self.error(a) for a in e.args))
        if isinstance(e, sp.Piecewise):
            return self._cases(e)
        return self._function(e)

    def _value(self, e: sp.Basic) -> sp.Expr:
        return e.xreplace(self.values)

    def _size(self, e: sp.Basic) -> sp.Expr:
        value = self._value(e)
        return value if value.is_nonnegative else sp.Abs(value)

    def _product(self, e: sp.Mul) -> sp.Expr:
        above, below = sp.fraction(e)
        if below != 1:
            return self._quotient(above, below)
        exact = sp.Mul(*(a for a in e.args if self.error(a) == 0))
        size, error = sp.Integer(1), _ZERO
        for factor in (a for a in e.args if self.error(a) != 0):
            own = self.error(factor)
            size, error = size * self._size(factor), size * own + self._size(factor) * error + error * own
        return self._size(exact) * error

    def _quotient(self, above: sp.Expr, below: sp.Expr) -> sp.Expr:
        off = self.error(below)
        if off == 0:
            return self.error(above) / self._size(below)
        return (self.error(above) + self._size(above / below) * off) / (self._size(below) - off)

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.could_extract_minus_sign():
            return self._quotient(sp.Integer(1), base**-exponent)
        off = self.error(base)
        if exponent == sp.Rational(1, 2):
            return off / sp.sqrt(self._value(base))
        if isinstance(exponent, sp.Integer):
            return exponent * (self._size(base) + off) ** (exponent - 1) * off
        raise _NoBoundError

    def _cases(self, e: sp.Piecewise) -> sp.Expr:
        if any(self.errors.get(s, _ZERO) != 0 for _, condition in e.args for s in condition.free_symbols):
            raise _NoBoundError
        return sp.Piecewise(*((self.error(v), c.xreplace(self.values)) for v, c in e.args))

    def _function(self, e: sp.Basic) -> sp.Expr:
        (argument,) = e.args
        off = self.error(argument)
        if isinstance(e, sp.Abs):
            return off
        if isinstance(e, sp.exp):
            return self._value(e) * (sp.exp(off) - 1)
        if isinstance(e, sp.log):
            return off / (self._value(argument) - off)
        raise _NoBoundError


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
