"""Settling claims about rounded arithmetic: by going through every number, by exact arguments, or bit for bit by SMT.

Nothing here assumes a law of real arithmetic of rounded numbers.  Three facts about rounding to nearest are used, each
from its definition: it never reverses an order, it treats x and -x alike, and between two adjacent numbers of the
format it is constant on each side of their midpoint.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy as sp

from ..floating import FORMATS, Format
from ..rounding_goals import Computed, RoundingGoal
from ..symbols import Quantity
from .condition import Finding
from .rounded_smt import encode_computed
from .rounded_values import Values, computation, is_finite, predicate, to_fraction, to_rational
from .smt import NotEncodableError
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["ENUMERABLE", "EVERY_NUMBER", "EXACT", "require_same_arithmetic", "settle_computed"]

ENUMERABLE = 2**16
_MOST_TRIALS = 20_000
EVERY_NUMBER = "all numbers of the format"
EXACT = "exact rounding"


def require_same_arithmetic(goal: object, semantics: str) -> Finding | None:
    """None if a claim with this goal may be settled in `semantics`, else the finding that it is not.

    A claim about rounded arithmetic must not reach a tactic of real arithmetic, whose laws fail there, nor the other
    way round.
    """
    stated = goal.arithmetic if isinstance(goal, RoundingGoal) else "real"
    if stated == semantics and (stated == "real" or stated in FORMATS):
        return None
    reason = f"the claim is made in {semantics} arithmetic, and its goal is about {stated} arithmetic"
    return Finding(Verdict.UNKNOWN, "none", reason=reason)


def settle_computed(goal: Computed, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    """Settle a claim about the result of a computation, for all finite inputs that satisfy the hypotheses.

    Proved, in this order, by

    * evaluation, if there are no inputs;
    * one threshold: see :func:`_by_threshold`;
    * trying every number, if there is one input and the format has few;
    * both ends of a range: see :func:`_by_ends`;
    * the solver, bit for bit.

    Refuted by inputs at which it is evaluated exactly; tried are the numbers that hypotheses and condition name, the
    numbers next to them, and a few simple ones, if none of the first four settles it.
    """
    key = (goal, tuple(hypotheses))
    if key not in solver.findings:
        # Rules with the same defaults share claims.
        solver.findings[key] = _settled(goal, hypotheses, solver)
    found: Finding = solver.findings[key]
    return found


def _settled(goal: Computed, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    form = FORMATS[goal.arithmetic]
    try:
        check = _Check(goal, hypotheses, form)
    except ValueError as error:
        return Finding(Verdict.UNKNOWN, "none", reason=str(error))
    if not goal.inputs:
        return _evaluated(goal, check, form)
    ways = (_by_threshold, _by_enumeration, _by_ends)
    found = next((f for way in ways if (f := way(goal, hypotheses, check, form)) is not None), None)
    if found is not None and found.verdict is not Verdict.REFUTED:
        return found
    # Where it is refuted, simple inputs are a better witness than the first of all.
    witness, tried = check.tried(_trials(goal, hypotheses, form))
    if witness is not None:
        return Finding(Verdict.REFUTED, EXACT, witness=witness)
    if found is not None:
        return found
    if not tried:
        return Finding(Verdict.UNKNOWN, "none", reason="no inputs are known that satisfy the hypotheses")
    return _by_solver(goal, hypotheses, solver)


class _Check:
    """The goal as functions of exact numbers."""

    def __init__(self, goal: Computed, hypotheses: Sequence[sp.Basic], form: Format) -> None:
        self.goal, self.form = goal, form
        self.compute = computation(goal.lines, form)
        self.condition = predicate(goal.condition, form)
        self.hypotheses = [predicate(h, form) for h in hypotheses]

    def outcome(self, inputs: Values) -> bool | None:
        """Whether the goal holds at `inputs`; None if the hypotheses do not."""
        for hypothesis in self.hypotheses:
            if not hypothesis(inputs):
                return None
        self.compute(inputs)
        return self.condition(inputs)

    def tried(self, points: Iterator[tuple[int, ...]]) -> tuple[dict[str, sp.Basic] | None, int]:
        """The first point that breaks the goal, and how many up to it satisfy the hypotheses."""
        count = 0
        for point in points:
            values: Values = dict(zip(self.goal.inputs, point, strict=True))
            outcome = self.outcome(values)
            count += outcome is not None
            if outcome is False:
                return self.witness(values), count
        return None, count

    def witness(self, values: Values) -> dict[str, sp.Basic]:
        """The inputs, and what was computed from them where it is finite."""
        return {q.name: to_rational(v, self.form) for q, v in values.items() if isinstance(v, int)}


def _evaluated(goal: Computed, check: _Check, form: Format) -> Finding:
    values: Values = {}
    outcome = check.outcome(values)
    if outcome is None or not is_finite(values.values()):
        return Finding(Verdict.UNKNOWN, EXACT, reason="the hypotheses fail, or a result is not finite")
    if not outcome:
        return Finding(Verdict.REFUTED, EXACT, witness=check.witness(values))
    shown = ", ".join(f"{name} = {value}" for name, value in check.witness(values).items())
    words = f"Every operation carried out exactly and rounded once gives {shown}."
    return Finding(Verdict.PROVED, EXACT, (_step(goal, (), words, shown),))


def _step(goal: Computed, hypotheses: Sequence[sp.Basic], words: str, shown: str) -> ProofStep:
    """The claim itself, of the results of the lines, as a step of its proof."""
    return ProofStep(words, kind="evaluation", formal=shown, given=tuple(hypotheses), shows=goal.condition)


def _trials(goal: Computed, hypotheses: Sequence[sp.Basic], form: Format) -> Iterator[tuple[int, ...]]:
    """Inputs that may break a claim: near the numbers it names, and simple ones."""
    named = {n for c in (goal.condition, *hypotheses) for n in c.atoms(sp.Rational)} | {sp.Integer(1), sp.Integer(3)}
    named |= {sp.Rational(n, 10) for n in range(1, 8)}
    places = {0, 1}
    for number in named:
        rounded = form.round(to_fraction(number))
        if isinstance(rounded, Fraction):
            places |= {abs(form.ordinal(rounded)) + step for step in (-1, 0, 1)}
    numbers = [form.units(p) for p in sorted(places) if 0 <= p <= form.largest]
    signed = [s * n for n in numbers for s in (1, -1)]
    return itertools.islice(itertools.product(signed, repeat=len(goal.inputs)), _MOST_TRIALS)


def _by_enumeration(goal: Computed, hypotheses: Sequence[sp.Basic], check: _Check, form: Format) -> Finding | None:
    """Try every finite number of a format with few of them as the only input."""
    if len(goal.inputs) != 1 or 2 * form.largest > ENUMERABLE:
        return None
    witness, count = check.tried((v,) for v in form.finite())
    if witness is not None:
        return Finding(Verdict.REFUTED, EVERY_NUMBER, witness=witness)
    if not count:
        return Finding(Verdict.UNKNOWN, EVERY_NUMBER, reason="no number of the format satisfies the hypotheses")
    words = f"It holds for each of the {count} finite {form.name} numbers that satisfy the hypotheses; all were tried."
    return Finding(Verdict.PROVED, EVERY_NUMBER, (_step(goal, hypotheses, words, f"{count} numbers"),))


def _by_ends(goal: Computed, hypotheses: Sequence[sp.Basic], check: _Check, form: Format) -> Finding | None:
    """``fl(x + d) = x`` for every number x of a format with few and all numbers d with ``|d| <= c``.

    Neither adding nor rounding reverses an order.  So if it holds for the largest d and for the smallest, it holds for
    all in between, and every x is tried with these two.
    """
    parts = _absorption(goal, hypotheses)
    if parts is None or 2 * form.largest > ENUMERABLE:
        return None
    x, d, bound = parts
    size = int(form.below(form.above(to_fraction(bound))) * 2**-form.unit)
    on_x = [predicate(h, form) for h in hypotheses if d not in h.free_symbols]
    values: Values = {}

    def allowed(value: int) -> bool:
        values[x] = value
        return all(h(values) for h in on_x)

    # Less than a quarter of the distance between numbers of this size is less than half of it below a power of two too.
    near = [value for value in form.finite() if form.spacing(value) <= 4 * size and allowed(value)]
    if not near and not any(map(allowed, form.finite())):
        return Finding(Verdict.UNKNOWN, EVERY_NUMBER, reason="no number of the format satisfies the hypotheses")
    for value, end in itertools.product(near, (-size, size)):
        if form.nearest(value + end, 1) != value:
            values.update({x: value, d: end})
            check.compute(values)
            return Finding(Verdict.REFUTED, EVERY_NUMBER, witness=check.witness(values))
    ends = f"-{to_rational(size, form)} and {to_rational(size, form)}"
    words = (
        f"It holds for every finite {form.name} number that satisfies the hypotheses. For {len(near)} of them both "
        f"ends of the range of {d.name}, {ends}, were tried; neither adding nor rounding reverses an order, so it "
        "holds in between. For the others that range is less than a quarter of the distance to the next number."
    )
    return Finding(Verdict.PROVED, EVERY_NUMBER, (_step(goal, hypotheses, words, f"{2 * len(near)} sums"),))


def _absorption(goal: Computed, hypotheses: Sequence[sp.Basic]) -> tuple[Quantity, Quantity, sp.Rational] | None:
    """The inputs x and d and c, if the goal is ``fl(x + d) = x`` and one hypothesis, ``|d| <= c``, speaks of d."""
    if len(goal.inputs) != 2 or len(goal.lines) != 1 or goal.lines[0].operator != "+":
        return None
    (line,) = goal.lines
    if set(line.operands) != set(goal.inputs) or not isinstance(goal.condition, sp.Eq):
        return None
    kept = set(goal.condition.args) - {line.target}
    if len(kept) != 1 or not kept <= set(goal.inputs):
        return None
    (x,), (d,) = kept, set(goal.inputs) - kept
    bounds = [h for h in hypotheses if d in h.free_symbols]
    if len(bounds) != 1 or not isinstance(bounds[0], sp.Le) or bounds[0].lhs != sp.Abs(d):
        return None
    end = bounds[0].rhs
    return (x, d, end) if isinstance(end, sp.Rational) and end >= 0 else None


def _by_threshold(goal: Computed, hypotheses: Sequence[sp.Basic], check: _Check, form: Format) -> Finding | None:
    """A product of the input and positive numbers underflows to 0 exactly up to a threshold.

    For ``g >= 0`` each line is a rounded product of factors that are not negative and do not fall as g grows, so the
    result does not fall either; for ``-g`` it has the same size.  So it is 0 on an interval around 0, and it is enough
    that it is 0 at the largest number of the format that is not above the threshold and not 0 at the next one.  That no
    factor is infinite up to the first, and none 0 from the second on, rules out a product of zero and infinity.
    """
    parts = _underflow(goal, hypotheses)
    if parts is None:
        return None
    g, limit = parts
    after = form.above(to_fraction(limit))
    last = form.below(after)
    at: list[Values] = [{g: form.units(form.ordinal(n))} for n in (last, after)]
    for values in at:
        check.compute(values)
    targets = [line.target for line in goal.lines]
    result = targets[-1]
    regular = is_finite(at[0][q] for q in targets) and all(at[1][q] > 0 for q in targets)
    if not regular or at[0][result] != 0:
        return None
    words = (
        f"At {g.name} = {last.numerator}/{last.denominator} the result is 0, at the next {form.name} number it is not; "
        "products and rounding never reverse an order, and both treat a number and its negative alike."
    )
    step = _step(goal, hypotheses, words, f"{last}, {after}")
    return Finding(Verdict.PROVED, "exact rounding on both sides of the threshold", (step,))


def _underflow(goal: Computed, hypotheses: Sequence[sp.Basic]) -> tuple[Quantity, sp.Rational] | None:
    """The input and the threshold, if the goal is that a product vanishes exactly where the input is that small."""
    if hypotheses or len(goal.inputs) != 1 or not isinstance(goal.condition, sp.Equivalent) or not goal.lines:
        return None
    (g,) = goal.inputs
    # Both sides are matched by kind: SymPy keeps no order between them.
    zero = [a for a in goal.condition.args if isinstance(a, sp.Eq)]
    small = [a for a in goal.condition.args if isinstance(a, sp.Le)]
    if len(zero) != 1 or len(small) != 1 or set(zero[0].args) != {goal.lines[-1].target, sp.Integer(0)}:
        return None
    limit = small[0].rhs
    if small[0].lhs != sp.Abs(g) or not isinstance(limit, sp.Rational) or limit < 0:
        return None
    allowed: set[sp.Basic] = {g}
    for line in goal.lines:
        numbers = [e for e in line.operands if isinstance(e, sp.Rational)]
        if line.operator not in ("*", "") or any(n <= 0 for n in numbers):
            return None
        if not set(line.operands) <= allowed | set(numbers):
            return None
        allowed.add(line.target)
    return g, limit


def _by_solver(goal: Computed, hypotheses: Sequence[sp.Basic], solver: Solver) -> Finding:
    method = "floating-point arithmetic by SMT"
    try:
        query = encode_computed(goal, hypotheses)
    except (NotEncodableError, ValueError) as error:
        return Finding(Verdict.UNKNOWN, method, reason=str(error))
    answer = solver.check(query)
    if answer.result == "unsat":
        words = f"No finite {goal.arithmetic} numbers that satisfy the hypotheses break it, bit for bit."
        step = ProofStep(words, "", "smt", query.text, answer.seconds, tuple(hypotheses), goal.condition)
        return Finding(Verdict.PROVED, method, (step,))
    reason = "the solver found numbers that speak against it, and none were found here"
    return Finding(Verdict.UNKNOWN, method, reason=answer.reason if answer.result == "unknown" else reason)
