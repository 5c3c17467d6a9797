"""When do all roots of a polynomial lie inside the unit circle?  The Schur-Cohn (Jury) table, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sympy as sp

from ..recurrence_goals import StableIff
from ..relations import eq, gt
from .condition import Finding, settle_condition
from .exact import holds_at, sample_points
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["jury_conditions", "settle_stability"]

_POINTS = 400


@lru_cache(maxsize=128)
def jury_conditions(polynomial: sp.Expr, variable: sp.Symbol) -> tuple[sp.Basic, ...]:
    """Conditions that hold together exactly where all roots of a real monic polynomial lie strictly inside |z| < 1.

    Each factor contributes its own.  A linear factor ``z + c`` needs ``1 + c > 0`` and ``1 - c > 0``, a quadratic one p
    needs ``p(1) > 0``, ``p(-1) > 0`` and ``p(0) < 1`` (the classical Jury conditions); higher degrees are lowered by
    the Schur-Cohn step: ``a z^n + ... + c`` is stable iff ``a^2 - c^2 > 0`` and ``(a p(z) - c z^n p(1/z)) / z`` is.

    Examples
    --------
    >>> z, b = sp.symbols("z b")
    >>> jury_conditions(z - b, z)
    (1 - b > 0, b + 1 > 0)
    >>> jury_conditions(z**2 - b, z)
    (1 - b > 0, 1 - b > 0, b + 1 > 0)
    """
    found: list[sp.Basic] = []
    for factor, _ in _monic_factors(polynomial, variable):
        found += _of_factor(sp.Poly(factor, variable))
    return tuple(found)


@lru_cache(maxsize=128)
def _monic_factors(polynomial: sp.Expr, variable: sp.Symbol) -> tuple[tuple[sp.Expr, int], ...]:
    """The factors that hold the variable, and how often each occurs."""
    _, factors = sp.factor_list(sp.expand(polynomial), variable)
    # The polynomial is monic, so a factor's leading coefficient is only a matter of how it was written.
    monic = ((sp.expand(sp.cancel(f / sp.Poly(f, variable).LC())), power) for f, power in factors)
    return tuple((factor, power) for factor, power in monic if factor.has(variable))


def _factorisation(goal: StableIff, solver: Solver) -> Finding:
    """That the polynomial is the product of the factors whose conditions are taken; no step where it is its own."""
    factors = _monic_factors(goal.polynomial, goal.variable)
    if len(factors) == 1 and factors[0][1] == 1:
        return Finding(Verdict.PROVED, "normal form")
    product = eq(goal.polynomial, sp.Mul(*(factor**power for factor, power in factors)))
    words = "A product is stable exactly if each of its factors is."
    return settle_condition(product, (), solver, words=words, seek_witness=False)


def _of_factor(p: sp.Poly) -> list[sp.Basic]:
    if p.degree() == 0:
        return []
    if p.degree() == 1:
        return [gt(1 + p.TC(), 0), gt(1 - p.TC(), 0)]
    if p.degree() == 2 and p.LC() == 1:
        return [gt(p.eval(1), 0), gt(p.eval(-1), 0), gt(1 - p.TC(), 0)]
    return _by_reduction(p)


def _by_reduction(p: sp.Poly) -> list[sp.Basic]:
    found: list[sp.Basic] = []
    while p.degree() > 0:
        first, last = p.LC(), p.TC()
        found.append(gt(sp.expand(first**2 - last**2), 0))
        coefficients = p.all_coeffs()
        reduced = [sp.expand(first * a - last * b) for a, b in zip(coefficients, reversed(coefficients), strict=True)]
        p = sp.Poly(reduced[:-1], *p.gens)
    return found


def settle_stability(goal: StableIff, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    """Prove that the Jury conditions and the claimed region imply each other, or find a point where they part.

    The Jury conditions are necessary and sufficient for real polynomials, so the claim is that they hold together
    exactly in the region.  A point that refutes it is exact: the table is evaluated there in rational numbers.
    """
    conditions = jury_conditions(goal.polynomial, goal.variable)
    inner = [goal.condition] if not isinstance(goal.condition, sp.And) else list(goal.condition.args)
    one_way = [(c, [goal.condition], "In the region, this Jury condition holds.") for c in conditions]
    other_way = [(c, conditions, "Where all Jury conditions hold, this bound of the region does.") for c in inner]
    factored = _factorisation(goal, solver)
    if not factored.proved:
        return Finding(Verdict.UNKNOWN, "Jury conditions", reason="the factors do not multiply to the polynomial")
    steps: list[ProofStep] = list(factored.steps)
    for condition, given, words in (*one_way, *other_way):
        finding = settle_condition(condition, [*hypotheses, *given], solver, words=words, seek_witness=False)
        if not finding.proved:
            witness = _where_they_part(conditions, goal.condition, hypotheses)
            if witness is None:
                witness = _between(condition, [*hypotheses, *given], conditions, goal.condition, solver)
            if witness is not None:
                return Finding(Verdict.REFUTED, "exact Jury table", witness=witness)
            return Finding(Verdict.UNKNOWN, "Jury conditions", reason=f"{words} not shown: {finding.reason}")
        steps += finding.steps
    return Finding(Verdict.PROVED, "Jury conditions", tuple(steps))


def _between(
    condition: sp.Basic,
    given: Sequence[sp.Basic],
    conditions: Sequence[sp.Basic],
    region: sp.Basic,
    solver: Solver,
) -> dict[str, sp.Basic] | None:
    """The solver's own point, where it is exact: between a region and one that is nearly the same samples are rare."""
    found = settle_condition(condition, given, solver)
    if found.verdict is not Verdict.REFUTED:
        return None
    symbols = region.free_symbols.union(*(c.free_symbols for c in (*conditions, *given)))
    point = {s: found.witness.get(s.name, sp.Integer(1)) for s in symbols}
    stable, inside = [holds_at(c, point) for c in conditions], holds_at(region, point)
    parted = None not in stable and inside is not None and all(stable) != inside
    return {s.name: value for s, value in point.items()} if parted else None


def _where_they_part(
    conditions: Sequence[sp.Basic], region: sp.Basic, hypotheses: Sequence[sp.Basic]
) -> dict[str, sp.Basic] | None:
    symbols = region.free_symbols.union(*(c.free_symbols for c in (*conditions, *hypotheses)))
    for point in sample_points(symbols, _POINTS):
        if not all(holds_at(h, point) for h in hypotheses):
            continue
        stable = [holds_at(c, point) for c in conditions]
        inside = holds_at(region, point)
        if None in stable or inside is None:
            continue
        if all(stable) != inside:
            return {s.name: value for s, value in point.items()}
    return None
