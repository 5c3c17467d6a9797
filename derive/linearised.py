"""A rule on a quadratic, as a matrix: ``g = h theta``, what adapts the rate held still, corrections faded.

Theta and the states that change sign with the gradient follow a linear recurrence then.  Its characteristic polynomial
decides whether the rule settles at the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from .normalised import without_powers
from .prove.identity import prove_identity
from .prove.normal_form import NormalForm
from .prove.stability import jury_conditions
from .prove.verdict import Verdict
from .rule import UpdateRule
from .structure import odd_states, step_in_new_state
from .symbols import REAL, Quantity, after, bound

__all__ = ["Linearised", "Region", "linearised", "region"]

CURVATURE = Quantity("h", REAL, "h", meaning="curvature of the quadratic")
PRECONDITIONER = bound("P", "P", "what divides the step, held still")
ROOT = sp.Symbol("z")


@dataclass(frozen=True)
class Linearised:
    """The linear recurrence of a rule on a quadratic.

    Attributes
    ----------
    variables : tuple of Quantity
        Theta and the odd states.
    matrix : Matrix
    polynomial : expression
        The characteristic polynomial in :data:`ROOT`.
    frozen : bool
        Whether the rule divides by something adaptive, which :data:`PRECONDITIONER` stands for.
    """

    variables: tuple[Quantity, ...]
    matrix: sp.ImmutableMatrix
    polynomial: sp.Expr
    frozen: bool


@lru_cache(maxsize=128)
def linearised(rule: UpdateRule) -> Linearised | None:
    """The linear recurrence of `rule` on a quadratic with curvature h; None if freezing does not make it linear.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> sp.expand(linearised(rule("sgd")).polynomial)
    h*lr + z - 1
    """
    odd = odd_states(rule)
    if odd is None:
        return None
    even = [s.symbol for s in rule.state if s.symbol not in odd]
    adaptive = {*even, *(after(q) for q in even)}
    variables = (rule.theta, *odd)
    flipped = {q: -q for q in (*variables, *(after(q) for q in odd), rule.gradient)}
    gradient = {rule.gradient: CURVATURE * rule.gradient_at}
    values: dict[sp.Basic, sp.Basic] = {}
    rows: dict[Quantity, sp.Expr] = {}
    divisors: set[sp.Expr] = set()
    for target, value in step_in_new_state(rule).items():
        if target in even:
            continue
        still, divided_by = _still(without_powers(_late(value)), adaptive, flipped)
        divisors |= divided_by
        rows[target] = sp.expand(still.xreplace(values).xreplace(gradient))
        values[after(target)] = still.xreplace(values)
    matrix = _matrix(rows, variables)
    if matrix is None or len(divisors) > 1:
        return None
    polynomial = matrix.charpoly(ROOT).as_expr()
    return Linearised(variables, sp.ImmutableMatrix(matrix), sp.collect(sp.expand(polynomial), ROOT), bool(divisors))


def _late(value: sp.Expr) -> sp.Expr:
    """Case distinctions on the first step, as they are afterwards."""
    return value.replace(
        lambda e: isinstance(e, sp.Piecewise) and len(e.args) == 2 and _is_first_step(e.args[0][1]),
        lambda e: e.args[-1][0],
    )


def _is_first_step(condition: sp.Basic) -> bool:
    return isinstance(condition, sp.Eq) and sp.Integer(1) in condition.args and condition.lhs.name == "t"


def _still(value: sp.Expr, adaptive: set[Quantity], flipped: dict[Quantity, sp.Expr]) -> tuple[sp.Expr, set[sp.Expr]]:
    """`value` with each divisor that adapts, and does not change sign with the gradient, replaced by a constant.

    The divisors that were replaced come along: one constant can stand for one divisor only.
    """
    found: set[sp.Expr] = set()

    def divides(e: sp.Basic) -> bool:
        negative = isinstance(e, sp.Pow) and e.exp.is_Rational and e.exp < 0
        return negative and bool(e.base.free_symbols & adaptive) and _even(e.base, flipped)

    def hold(e: sp.Pow) -> sp.Expr:
        found.add(e.base**-e.exp)
        return 1 / PRECONDITIONER

    return value.replace(divides, hold), found


def _even(base: sp.Expr, flipped: dict[Quantity, sp.Expr]) -> bool:
    return prove_identity(base.xreplace(flipped), base).verdict is Verdict.PROVED


def _matrix(rows: dict[Quantity, sp.Expr], variables: tuple[Quantity, ...]) -> sp.Matrix | None:
    inner = set(variables)
    table = []
    for target in variables:
        row = [sp.diff(rows[target], q) for q in variables]
        remainder = sp.expand(rows[target] - sp.Add(*(c * q for c, q in zip(row, variables, strict=True))))
        allowed = all(
            isinstance(s, Quantity) and "__after" not in s.name and s.name != "t" for c in row for s in c.free_symbols
        )
        if remainder != 0 or any(c.free_symbols & inner for c in row) or not allowed:
            return None
        table.append(row)
    return sp.Matrix(table)


@dataclass(frozen=True)
class Region:
    """An interval of curvatures; each of `divisors` must be positive for it to make sense."""

    lower: sp.Expr
    upper: sp.Expr
    divisors: tuple[sp.Expr, ...]


def region(found: Linearised, rule: UpdateRule) -> Region | None:
    """The curvatures for which the recurrence is stable: each Jury condition solved for h, the tightest kept.

    Which one is tightest is read off at the defaults; that it is, everywhere, is what the claim proves.
    """
    lower: list[sp.Expr] = []
    upper: list[sp.Expr] = []
    at = {h.symbol: h.default for h in rule.hyper if h.default is not None}
    at |= {s: sp.Rational(1, 2) for s in found.polynomial.free_symbols - {*at, CURVATURE, ROOT}}
    for condition in jury_conditions(found.polynomial, ROOT):
        slope = sp.diff(condition.lhs, CURVATURE)
        if slope == 0 or slope.has(CURVATURE):
            continue
        limit = sp.factor(-condition.lhs.xreplace({CURVATURE: sp.Integer(0)}) / slope)
        (lower if slope.xreplace(at) > 0 else upper).append(limit)
    if not lower or not upper:
        return None
    low = max(lower, key=lambda e: e.xreplace(at))
    high = min(upper, key=lambda e: e.xreplace(at))
    low, below_low = _signed(low, at)
    high, below_high = _signed(high, at)
    open_questions = {f: None for f in (*below_low, *below_high) if not _positive(f)}
    return Region(low, high, tuple(open_questions))


def _positive(factor: sp.Expr) -> bool:
    sign = NormalForm([factor]).sign(factor)
    return sign is not None and sign.strict and sign.direction > 0


def _signed(expression: sp.Expr, at: dict[sp.Symbol, sp.Rational]) -> tuple[sp.Expr, list[sp.Expr]]:
    """The quotient with factors below that are positive at the defaults, and those factors."""
    numerator, denominator = sp.fraction(sp.factor(expression))
    above, below = ([_upright(f, at) for f in sp.Mul.make_args(e)] for e in (numerator, denominator))
    flipped = [f for f in (*sp.Mul.make_args(numerator), *sp.Mul.make_args(denominator)) if f.xreplace(at).is_negative]
    return sp.Mul((-1) ** len(flipped), *above, *(1 / f for f in below)), [f for f in below if f.free_symbols]


def _upright(factor: sp.Expr, at: dict[sp.Symbol, sp.Rational]) -> sp.Expr:
    return -factor if factor.xreplace(at).is_negative else factor
