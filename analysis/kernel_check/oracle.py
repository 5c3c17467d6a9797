"""The exact one-step map in 50-digit arithmetic, and what is computed compared with it.

The map comes from the lines of the rule alone: neither the passes that made a kernel nor its source have a part in it.
Floats enter as the numbers they are, and every operation is rounded to 50 digits, so that its result stands for the
exact one.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule
from ..evaluate import DECIMAL, evaluator
from .narrow import FORMATS

__all__ = ["DIGITS", "Comparison", "Oracle", "ulp"]

Array = NDArray[np.floating]
DIGITS = 50
_OWN_ERROR = Decimal(10) ** (3 - DIGITS)


@dataclass(frozen=True)
class Comparison:
    """Computed values against exact ones.

    Attributes
    ----------
    cases : int
        How many values were compared.
    max_ulps : float
        The largest distance, in units in the last place of the exact value.
    error_over_bound : float
        The largest distance in terms of its bound; at most 1 if the kernel is right.
    worst : str
        The inputs of the largest distance in ulps.
    problems : tuple of str
        A sentence for the first output that exceeds its bound.
    """

    cases: int = 0
    max_ulps: float = 0.0
    error_over_bound: float = 0.0
    worst: str = ""
    problems: tuple[str, ...] = ()

    def with_other(self, other: Comparison) -> Comparison:
        """The two comparisons as one."""
        larger = other if other.max_ulps > self.max_ulps else self
        return Comparison(
            self.cases + other.cases,
            larger.max_ulps,
            max(self.error_over_bound, other.error_over_bound),
            larger.worst or other.worst,
            self.problems or other.problems,
        )


class Oracle:
    """The one-step map of a rule, evaluated with 50 digits.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> oracle = Oracle(rule("sgd"))
    >>> print(oracle.evaluate({"theta": 1.0, "g": 0.5}, 1, {"lr": 0.5})["theta"])
    0.75
    """

    def __init__(self, rule: UpdateRule) -> None:
        with decimal.localcontext(_context()):
            self._lines = [(line.target.name, evaluator(line.value, DECIMAL)) for line in rule.assignments]
        self._outputs = [rule.theta.name, *(s.name for s in rule.state)]

    def evaluate(self, values: Mapping[str, float], t: int, hyper: Mapping[str, float]) -> dict[str, Decimal | None]:
        """Theta and the states after the step; None where the map is not defined at the values."""
        with decimal.localcontext(_context()):
            return self._evaluate(values, t, {name: Decimal(value) for name, value in hyper.items()})

    def _evaluate(self, values: Mapping[str, float], t: int, hyper: Mapping[str, Decimal]) -> dict[str, Decimal | None]:
        now: dict[str, Any] = {**hyper, **{name: Decimal(value) for name, value in values.items()}, "t": Decimal(t)}
        try:
            for target, function in self._lines:
                now[target] = function(now)
        except decimal.DecimalException:
            return dict.fromkeys(self._outputs)
        return {name: now[name] for name in self._outputs}

    def compare(
        self,
        inputs: Mapping[str, Array],
        computed: Mapping[str, Array],
        bounds: Mapping[str, NDArray[np.float64]],
        t: int,
        hyper: Mapping[str, float],
        narrow: Mapping[str, str] | None = None,
    ) -> Comparison:
        """Compare `computed` with the exact step from `inputs`, wherever computed value and bound are finite.

        States in a `narrow` format are numbers here; their units in the last place are those of the format.
        """
        cases, largest, ratio = 0, -1.0, 0.0
        worst = ""
        problems: tuple[str, ...] = ()
        columns = {name: array.tolist() for name, array in inputs.items()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        with decimal.localcontext(_context()):
            exact_hyper = {name: Decimal(value) for name, value in hyper.items()}
            for k, row in enumerate(rows):
                for name, exact in self._evaluate(row, t, exact_hyper).items():
                    value, bound = float(computed[name][k]), float(bounds[name][k])
                    if exact is None or not (math.isfinite(value) and math.isfinite(bound)):
                        continue
                    cases += 1
                    # The oracle rounds, too, though 50 digits away from where it matters.
                    distance = max(abs(Decimal(value) - exact) - abs(exact) * _OWN_ERROR, Decimal(0))
                    kept = (narrow or {}).get(name, computed[name].dtype.name)
                    ulps = float(distance / Decimal(ulp(float(exact), kept)))
                    over = 0.0 if distance == 0 else float(distance / Decimal(bound)) if bound > 0 else math.inf
                    ratio = max(ratio, over)
                    if ulps > largest:
                        largest, worst = ulps, _case(name, t, row, hyper)
                    if over > 1 and not problems:
                        far = f"{over:.3g} times the error bound away"
                        problems = (f"{_case(name, t, row, hyper)} is {value!r}, but exactly {exact:.12g}: {far}",)
        return Comparison(cases, max(largest, 0.0), ratio, worst, problems)


def _case(output: str, t: int, row: Mapping[str, float], hyper: Mapping[str, float]) -> str:
    return f"{output} at t = {t}, " + ", ".join(f"{name} = {value!r}" for name, value in {**row, **hyper}.items())


def ulp(exact: float, kept: str | np.dtype[Any]) -> float:
    """One unit in the last place of `exact` in a format; below the normal numbers, the smallest subnormal.

    Examples
    --------
    >>> ulp(1.5, "float32") == 2.0**-23, ulp(1.5, "bfloat16") == 2.0**-7
    (True, True)
    """
    form = FORMATS[str(kept)]
    exponent = form.maximum + 1 if math.isinf(exact) else math.frexp(exact)[1] - 1
    stored = form.precision - 1
    return math.ldexp(1.0, max(exponent, form.minimum) - stored if exact else form.minimum - stored)


def _context() -> decimal.Context:
    traps = [decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow]
    return decimal.Context(prec=DIGITS, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=traps)
