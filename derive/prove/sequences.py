"""Closed forms of recurrences, and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from ..goal import ClosedForm, LimitIs
from ..relations import eq, ge, negation
from ..symbols import COUNT, Quantity, step_counter
from .atoms import power_atoms
from .condition import Finding, settle_condition
from .identity import prove_identity
from .missed_term import missed_term
from .normal_form import NormalForm
from .positivity import domain_of
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["settle_closed_form", "settle_limit"]


def settle_closed_form(goal: ClosedForm) -> Finding:
    """Prove by induction on t that the formula solves the recurrence, or find terms of the sequence that it misses.

    An induction that fails refutes nothing: a sum may be right without its terms being so one by one.
    """
    finding = _by_induction(goal)
    if finding.proved:
        return finding
    witness = missed_term(goal)
    if witness is not None:
        return Finding(Verdict.REFUTED, "exact evaluation of the sequence", witness=witness)
    return finding


def _by_induction(goal: ClosedForm) -> Finding:
    t = step_counter()
    plain, series = _split(goal.formula)
    at_zero = plain.xreplace({t: sp.Integer(0)})
    if series is None:
        earlier = plain.xreplace({t: t - 1})
        following = goal.following.xreplace({goal.symbol: earlier})
        return _all_equal(
            [
                (at_zero, goal.initial, "At t = 0 the formula is the initial value."),
                (plain, following, "If the formula holds at t - 1, one step gives the formula at t."),
            ]
        )
    decay = sp.diff(goal.following, goal.symbol)
    if decay.has(goal.symbol):
        return Finding(Verdict.UNKNOWN, "induction", reason="a sum can only be peeled off a recurrence that is linear")
    drive = goal.following.xreplace({goal.symbol: sp.Integer(0)})
    index = series.limits[0][0]
    last = series.function.xreplace({index: t})
    # A term by its age n = t - i, which is at least 1 in every term but the last.
    aged = series.function.xreplace({index: t - Quantity("age", COUNT)})
    younger = series.function.xreplace({t: t - 1}).xreplace({index: t - Quantity("age", COUNT)})
    return _all_equal(
        [
            (at_zero, goal.initial, "At t = 0 the sum is empty and the formula is the initial value."),
            (aged, decay * younger, "Every term of the sum at t is the decay rate times the same term at t - 1."),
            (
                plain + last,
                decay * plain.xreplace({t: t - 1}) + drive,
                "The term i = t of the sum, with what stands beside the sum, is what one step adds.",
            ),
        ]
    )


def _split(formula: sp.Expr) -> tuple[sp.Expr, sp.Sum | None]:
    series = [term for term in sp.Add.make_args(formula) if isinstance(term, sp.Sum)]
    if not series:
        return formula, None
    if len(series) > 1 or series[0].limits[0][1:] != (sp.Integer(1), step_counter()):
        raise ValueError(f"a closed form holds one Sum from 1 to t at most, and {formula} does not")
    return formula - series[0], series[0]


def _all_equal(equations: list[tuple[sp.Expr, sp.Expr, str]]) -> Finding:
    steps: list[ProofStep] = []
    for left, right, words in equations:
        equation = _as_equation(left, right)
        identity = prove_identity(equation.lhs, equation.rhs)
        if identity.verdict is not Verdict.PROVED:
            return Finding(Verdict.UNKNOWN, "induction", reason=f"not shown: {words}")
        latex = f"{sp.latex(left)} = {sp.latex(right)}"
        steps.append(ProofStep(words, latex, "identity", identity.formal, identity.seconds, shows=eq(left, right)))
    return Finding(Verdict.PROVED, "induction", tuple(steps))


def _as_equation(left: sp.Expr, right: sp.Expr) -> sp.Eq:
    """``left = right`` with every value of a sequence, such as g(t - 1), as a symbol of its own."""
    applied = sorted(left.atoms(sp.core.function.AppliedUndef) | right.atoms(sp.core.function.AppliedUndef), key=str)
    values = {f: Quantity(f"{f.func}__value_{index}") for index, f in enumerate(applied)}
    return eq(left.xreplace(values), right.xreplace(values))


def settle_limit(goal: LimitIs, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    """Prove a limit by continuity: powers of numbers below 1 go to 0, and the rest is continuous there.

    A limit at infinity of an expression in t itself is taken at 0 in z, where t = 1/z**2.
    """
    # A sign jumps, unless what it is taken of never changes sign.
    known, fixed = _known_signs(goal.expression)
    goal = replace(goal, expression=goal.expression.xreplace(known))
    substituted, steps = _at_the_point(goal)
    steps = [*fixed, *steps]
    undefined = (sp.I, sp.nan, sp.zoo, sp.oo, -sp.oo)
    if substituted is None or substituted.has(*undefined) or goal.expression.has(sp.sign, sp.Piecewise):
        return Finding(Verdict.UNKNOWN, "limit by continuity", reason="the expression is not continuous at the limit")
    for part, relation, words in _defined_where(substituted):
        finding = settle_condition(relation, hypotheses, solver, words=words, seek_witness=False)
        if not finding.proved:
            return Finding(Verdict.UNKNOWN, "limit by continuity", reason=f"not shown that {part} is well behaved")
        steps.extend(finding.steps)
    finding = settle_condition(eq(substituted, goal.value), hypotheses, solver, words="The value there is the limit.")
    if not finding.proved:
        return Finding(finding.verdict, "limit by continuity", witness=finding.witness, reason=finding.reason)
    return Finding(Verdict.PROVED, "limit by continuity", (*steps, *finding.steps))


def _known_signs(expression: sp.Expr) -> tuple[dict[sp.Expr, sp.Expr], list[ProofStep]]:
    """The signs in `expression` that are 1 or -1 everywhere on the domain, with the proof that they are."""
    known: dict[sp.Expr, sp.Expr] = {}
    steps: list[ProofStep] = []
    form = NormalForm([expression])
    for taken in sorted(expression.atoms(sp.sign), key=str):
        found = form.sign(taken.args[0])
        if found is not None and found.strict:
            known[taken] = sp.Integer(found.direction)
            words = "What this sign is taken of never changes sign."
            steps.append(
                ProofStep(words, "", "identity", f"{taken} = {found.direction}", shows=eq(taken, known[taken]))
            )
    return known, steps


def _at_the_point(goal: LimitIs) -> tuple[sp.Expr | None, list[ProofStep]]:
    if not _is_approached(goal):
        return None, []
    if goal.point != sp.oo:
        words = f"The expression is continuous at {goal.symbol} = {goal.point}: put that value in."
        return goal.expression.xreplace({goal.symbol: goal.point}), [ProofStep(words)]
    atoms = power_atoms([goal.expression])
    vanishing = [a for a in atoms.meaning if _goes_to_zero(atoms.meaning[a], goal.symbol)]
    if len(vanishing) != len(atoms.meaning):
        return None, []
    rest = atoms.apply(goal.expression)
    if rest.has(goal.symbol):
        if vanishing:
            return _powers_beside_counter(rest, goal.symbol, vanishing)
        if rest.has(sp.Max, sp.Min):
            return None, []
        small = sp.Symbol("z", positive=True)
        inverted = sp.cancel(rest.xreplace({goal.symbol: small**-2}))
        return inverted.xreplace({small: sp.Integer(0)}), [ProofStep("Write t = 1/z^2 and let z go to 0.")]
    named = ", ".join(str(atoms.meaning[a]) for a in vanishing)
    return rest.xreplace({a: sp.Integer(0) for a in vanishing}), [ProofStep(f"As t grows, {named} goes to 0.")]


def _powers_beside_counter(
    rest: sp.Expr, counter: sp.Symbol, vanishing: Sequence[sp.Symbol]
) -> tuple[sp.Expr | None, list[ProofStep]]:
    """A rational expression in t and in powers b**t of numbers below 1: even t**4 b**t goes to 0.

    With t = 1/z and b**t = z**4 w, both z and w go to 0, and what is left is continuous there.
    """
    if rest.has(sp.Max, sp.Min) or any(not p.exp.is_Integer for p in rest.atoms(sp.Pow)):
        return None, []
    small = sp.Symbol("z", positive=True)
    faded = {a: small**4 * sp.Symbol(f"w__{a}") for a in vanishing}
    written = sp.cancel(rest.xreplace({counter: 1 / small, **faded}))
    zero = {small: sp.Integer(0), **{sp.Symbol(f"w__{a}"): sp.Integer(0) for a in vanishing}}
    words = "Write t = 1/z and each fading power as z^4 w: z goes to 0, and so does w, since powers fade faster."
    return written.xreplace(zero), [ProofStep(words)]


def _is_approached(goal: LimitIs) -> bool:
    """Whether the symbol comes near the point within its domain."""
    domain = domain_of(goal.symbol)
    if goal.point == sp.oo:
        return domain.upper is None
    if domain.integer or not goal.point.is_Rational:
        return False
    return (domain.lower is None or goal.point >= domain.lower) and (domain.upper is None or goal.point <= domain.upper)


def _goes_to_zero(power: sp.Expr, counter: sp.Symbol) -> bool:
    """Whether the base lies in [0, 1), or closer to 0, and the exponent grows with the counter."""
    slope = sp.diff(power.exp, counter)
    if not isinstance(power.base, Quantity) or not (slope.is_Rational and slope > 0):
        return False
    lower, upper = power.base.domain.lower, power.base.domain.upper
    if lower is None or upper is None or lower < 0:
        return False
    return bool(upper < 1 or (upper == 1 and power.base.domain.upper_open))


def _defined_where(expression: sp.Expr) -> list[tuple[sp.Expr, sp.Basic, str]]:
    """What has to hold so that the expression is continuous where it stands."""
    found: list[tuple[sp.Expr, sp.Basic, str]] = []
    for power in sorted(expression.atoms(sp.Pow), key=str):
        if power.exp.is_Rational and power.exp < 0:
            divisor = power.base ** (-power.exp)
            found.append((divisor, negation(eq(divisor, 0)), f"The divisor {divisor} is not zero."))
        if power.exp.is_Rational and power.exp.q == 2:
            found.append((power.base, ge(power.base, 0), f"{power.base} is not negative."))
    return found
