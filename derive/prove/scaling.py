"""Homogeneity: a rule run on scaled inputs is the scaled run.

The reduction.  Let every symbol x of the rule be multiplied by its factor m(x).  If the initial states scale, and one
step from scaled values is the scaled step, for all values, then by induction theta and the states scale at every time.
Where the factors of the gradient change between steps, those of theta and the states may not contain them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from ..comparison_goals import ScalesAs
from ..relations import eq
from ..rule import UpdateRule
from ..sequence import displacement, initial_state, one_step
from ..symbols import Quantity
from .condition import Finding
from .setting import Setting, setting_of
from .side_by_side import GRADIENTS, Machine, constants_for, differ, domain_obstacle, equal_step, hold_here, scheduled
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_scaling"]

_METHOD = "homogeneity of one step"


def settle_scaling(goal: ScalesAs, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that every run scales as claimed, or find one that does not."""
    rule = goal.variant or setting.rule
    own = setting if goal.variant is None else setting_of(goal.variant, solver)
    if own.trouble:
        return Finding(Verdict.UNKNOWN, _METHOD, reason=own.trouble)
    proof = _obstacle(goal, rule) or _homogeneous(goal, rule, hypotheses, solver)
    if not isinstance(proof, str):
        # Roots are taken of states: that these stay in their domains is part of the proof.
        return Finding(Verdict.PROVED, _METHOD, (*own.steps, *proof), facts=own.facts)
    witness = _differing_run(goal, rule, hypotheses)
    if witness is not None:
        return Finding(Verdict.REFUTED, "two exact runs", witness=witness)
    return Finding(Verdict.UNKNOWN, _METHOD, reason=proof)


def _factors(goal: ScalesAs, rule: UpdateRule) -> dict[Quantity, sp.Expr]:
    given = dict(goal.multipliers)
    symbols = (rule.theta, rule.gradient, *(h.symbol for h in rule.hyper), *(s.symbol for s in rule.state))
    return {q: given.get(q, sp.Integer(1)) for q in symbols}


def _obstacle(goal: ScalesAs, rule: UpdateRule) -> str:
    factors = _factors(goal, rule)
    strange = sorted(str(q) for q, _ in goal.multipliers if q not in factors)
    if strange:
        return f"{strange[0]} is no symbol of {rule.name}"
    for hyper in (h.symbol for h in rule.hyper):
        domain, factor = hyper.domain, factors[hyper]
        one_sided = domain.lower in (0, None) and domain.upper is None and not domain.integer
        if factor != 1 and not (one_sided and (domain.lower is None or factor.is_positive)):
            return f"{factor} times {hyper} need not lie in the domain of {hyper}"
    if goal.step is not None and any(e.has(rule.theta) for e in (displacement(rule), *_states(rule))):
        return "the step depends on theta, so its displacement alone does not scale"
    changing = factors[rule.gradient].free_symbols if goal.over_time else set()
    if any(f.free_symbols & changing for q, f in factors.items() if q != rule.gradient):
        return "a factor that changes at every step cannot be a state's or a hyperparameter's"
    return domain_obstacle(rule, dict(goal.fixed))


def _states(rule: UpdateRule) -> list[sp.Expr]:
    return [e for q, e in one_step(rule).items() if q != rule.theta]


def _homogeneous(
    goal: ScalesAs, rule: UpdateRule, hypotheses: Sequence[sp.Basic], solver: Solver
) -> list[ProofStep] | str:
    factors, fixed = _factors(goal, rule), dict(goal.fixed)
    scaled = {q: f * fixed.get(q, q) for q, f in factors.items()}
    step = one_step(rule)
    moved, size = step[rule.theta], factors[rule.theta]
    words = "Theta scales in one step."
    if goal.step is not None:
        moved, size, words = displacement(rule), goal.step, "The displacement scales in one step."
    rows = [(words, moved.xreplace(scaled), size * moved.xreplace(fixed))]
    for q, start in initial_state(rule).items():
        rows.append((f"The initial value of {q} scales.", start.xreplace(scaled), factors[q] * start.xreplace(fixed)))
    for q in (s.symbol for s in rule.state):
        rows.append((f"{q} scales in one step.", step[q].xreplace(scaled), factors[q] * step[q].xreplace(fixed)))
    proof: list[ProofStep] = []
    for words, left, right in rows:
        pulled, side = _with_factors_outside(left)
        shown = equal_step(words, pulled, right, hypotheses, solver)
        if shown is None:
            return f"not shown: {words}"
        proof += [*side, shown]
    return proof


def _with_factors_outside(e: sp.Expr) -> tuple[sp.Expr, list[ProofStep]]:
    """Common positive factors of the arguments of Max and Min taken out, each as a proof step of its own."""
    replace: dict[sp.Basic, sp.Basic] = {}
    proof: list[ProofStep] = []
    for extremum in sorted(e.atoms(sp.Max, sp.Min), key=str):
        factor = _common_factor(extremum.args)
        inside = [sp.expand(a / factor) for a in extremum.args]
        known = all(sp.expand(a - factor * b) == 0 for a, b in zip(extremum.args, inside, strict=True))
        if factor == 1 or not known or not factor.is_positive:
            continue
        outside = factor * extremum.func(*inside)
        replace[extremum] = outside
        words = f"A positive factor of all arguments may stand before the {type(extremum).__name__.lower()}."
        proof.append(ProofStep(words, "", "identity", f"{extremum} = {outside}", shows=eq(extremum, outside)))
    return e.xreplace(replace), proof


def _common_factor(arguments: Sequence[sp.Expr]) -> sp.Expr:
    """The powers of positive symbols that divide every argument."""
    shared: sp.Expr | None = None
    for argument in arguments:
        polynomial = sp.expand(argument)
        powers = [t.as_powers_dict() for t in sp.Add.make_args(polynomial)]
        symbols = {s for p in powers for s in p if isinstance(s, sp.Symbol) and s.is_positive}
        common = sp.Mul(*(s ** min(p.get(s, 0) for p in powers) for s in sorted(symbols, key=str)))
        shared = common if shared is None else sp.gcd(shared, common)
    return sp.Integer(1) if shared is None else shared


def _differing_run(goal: ScalesAs, rule: UpdateRule, hypotheses: Sequence[sp.Basic]) -> dict[str, sp.Basic] | None:
    """An exact run, and the same run scaled, of which theta, or else a state, does not scale as claimed."""
    factors, fixed = _factors(goal, rule), dict(goal.fixed)
    if {q for q, _ in goal.multipliers} - set(factors):
        return None
    symbols = {h.symbol for h in rule.hyper if h.symbol not in fixed}
    symbols |= {s for f in (*factors.values(), goal.step or sp.Integer(1)) for s in f.free_symbols}
    states = [s.symbol for s in rule.state]
    for watched in ([rule.theta], states):
        for constants in constants_for(symbols, hypotheses):
            for gradients in GRADIENTS:
                found = _compared(goal, rule, factors, constants, gradients, watched)
                if found is not None:
                    return found
    return None


def _compared(
    goal: ScalesAs,
    rule: UpdateRule,
    factors: Mapping[Quantity, sp.Expr],
    constants: dict[sp.Basic, sp.Basic],
    gradients: tuple[sp.Rational, ...],
    watched: list[Quantity],
) -> dict[str, sp.Basic] | None:
    fixed: dict[sp.Basic, sp.Basic] = dict(goal.fixed)
    hyper = [h.symbol for h in rule.hyper]
    changing = sorted(factors[rule.gradient].free_symbols, key=str) if goal.over_time else []
    bigger = Machine(rule, {q: factors[q] * fixed.get(q, q) for q in hyper})
    plain, one = Machine(rule, fixed), sp.Integer(1)
    inside = (hold_here(q.domain.constraints(_number(factors[q] * q, constants)), {}) for q in hyper if q not in fixed)
    if not all(inside):
        return None
    own = plain.start(one, constants)
    other = bigger.start(_number(factors[rule.theta], constants), constants)
    for t, g in enumerate(gradients, start=1):
        now = scheduled(constants, [q for q in changing if isinstance(q, Quantity)], t)
        before, before_scaled = own, other
        own = plain.advance(own, g, t, now)
        other = bigger.advance(other, g * _number(factors[rule.gradient], now), t, now)
        for q in watched:
            wanted, got = _number(factors[q], now) * own[q], other[q]
            if goal.step is not None and q == rule.theta:
                wanted, got = _number(goal.step, now) * (own[q] - before[q]), other[q] - before_scaled[q]
            if differ(wanted, got):
                values = {str(s): v for s, v in constants.items() if s not in changing} | {"theta[0]": one}
                values |= {f"{c}[{i}]": scheduled(constants, [c], i)[c] for c in changing for i in range(1, t + 1)}
                values |= {f"g[{i}]": g for i, g in enumerate(gradients[:t], start=1)}
                what = "step of theta" if goal.step is not None and q == rule.theta else f"{q}[{t}]"
                return {**values, f"{what} as claimed": wanted, f"{what} when run": got}
    return None


def _number(e: sp.Expr, constants: Mapping[sp.Basic, sp.Basic]) -> sp.Expr:
    return e.xreplace(dict(constants))
