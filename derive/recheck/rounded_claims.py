"""Claims about rounded arithmetic: proved ones are proved anew here, counterexamples are computed again.

Three facts about rounding to nearest are used: it never reverses an order, it treats a number and its negative alike,
and between two adjacent numbers it is constant on each side of their midpoint.  Claims about the results of lines are
settled by going through every number of a format that has few, by the two ends of a range or of a threshold, or
bit for bit by a solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from .decide import EVALUATION
from .expression import BadCertificateError, Expression, free_symbols
from .formats import Format
from .plan import NotRederivableError
from .reading import Certificate
from .rounded import Line, Values, compute, format_of, is_finite, predicate, read_lines
from .rounded_smtlib import rounded_question
from .solver import Solver

__all__ = ["NOTE", "ROUNDED", "is_small", "prove"]

ROUNDED = ("Computed", "ComputedRun", "RoundsToOneIff", "AbsorbedIff")
NOTE = "it speaks of the computation as written"
_FEW = 2**16
_SECONDS = 10.0


def prove(c: Certificate, solver: Solver) -> str:
    """Prove a claim about rounded arithmetic anew; who decided it.

    Raises
    ------
    BadCertificateError
        If it is false, or the certificate's obligations are not about it.
    NotRederivableError
        If this checker finds no proof.
    """
    prover = _PROVERS.get(c.goal["kind"])
    if prover is None:
        raise NotRederivableError(f"goals of the kind {c.goal['kind']} are not proved here")
    if c.facts:
        raise BadCertificateError("a claim about rounded arithmetic rests on no auxiliary facts")
    return prover(c, format_of(c), solver)


@dataclass(frozen=True)
class _Computation:
    """Inputs, lines and a condition as functions."""

    form: Format
    inputs: tuple[str, ...]
    lines: tuple[Line, ...]
    condition: Expression
    hypotheses: tuple[Expression, ...]

    @classmethod
    def of(cls, c: Certificate, form: Format) -> _Computation:
        inputs = c.names_of("inputs")
        lines = read_lines(c.goal["lines"], inputs)
        condition = c.expression("condition")
        if not free_symbols(condition) <= {*inputs, *(line.target for line in lines)}:
            raise BadCertificateError("the condition speaks of what is not computed")
        if any(not free_symbols(h) <= set(inputs) for h in c.hypotheses):
            raise BadCertificateError("a hypothesis speaks of more than the inputs")
        return cls(form, inputs, lines, condition, c.hypotheses)

    def question(self) -> str:
        """The computation as a question to a solver."""
        return rounded_question(self.form, self.inputs, self.lines, self.hypotheses, self.condition)


def _computed(c: Certificate, form: Format, solver: Solver) -> str:
    computation = _Computation.of(c, form)
    _require_obligations(c, computation)
    for way in (_by_evaluation, _by_threshold, _by_every_number, _by_both_ends):
        outcome = way(computation)
        if outcome is not None:
            if not outcome:
                raise BadCertificateError("exact rounding shows that the claim does not hold")
            return EVALUATION
    _require_satisfiable(computation, solver)
    answer = solver.ask(computation.question(), _SECONDS)
    if answer.result == "sat":
        raise BadCertificateError(f"{answer.by} found numbers that speak against the claim")
    if answer.result != "unsat":
        raise NotRederivableError(answer.reason)
    return answer.by


def _require_satisfiable(computation: _Computation, solver: Solver) -> None:
    """Raise unless some inputs satisfy the hypotheses: from hypotheses that nothing satisfies anything follows."""
    script = rounded_question(computation.form, computation.inputs, (), computation.hypotheses, shows=False)
    answer = solver.ask(script, _SECONDS)
    if answer.result == "unsat":
        raise BadCertificateError("no inputs satisfy the hypotheses together: anything would follow from them")
    if answer.result != "sat":
        raise NotRederivableError(answer.reason)


def _require_obligations(c: Certificate, computation: _Computation) -> None:
    """Every obligation is the claim itself, and a question with it asks for that."""
    for obligation in c.obligations:
        if obligation.shows != computation.condition or not set(obligation.given) <= set(c.hypotheses):
            raise BadCertificateError("an obligation of a claim about rounded arithmetic is not the claim itself")
        if obligation.smtlib is not None and obligation.smtlib != computation.question():
            raise BadCertificateError("the SMT-LIB text is not the question whether the claim fails")
    if not c.obligations:
        raise BadCertificateError("the certificate lacks the claim as an obligation")


def _by_evaluation(computation: _Computation) -> bool | None:
    """Without inputs there is one result."""
    if computation.inputs:
        return None
    values: Values = {}
    compute(computation.lines, computation.form)(values)
    return is_finite(values) and predicate(computation.condition, computation.form)(values)


def _by_every_number(computation: _Computation) -> bool | None:
    """One input, and a format with few numbers: every one is tried."""
    form = computation.form
    if len(computation.inputs) != 1 or not _has_few(form):
        return None
    (name,) = computation.inputs
    run, holds = compute(computation.lines, form), predicate(computation.condition, form)
    allowed = [predicate(h, form) for h in computation.hypotheses]
    tried = 0
    for number in form.finite():
        values: Values = {name: number}
        if all(allow(values) for allow in allowed):
            tried += 1
            run(values)
            if not holds(values):
                return False
    return tried > 0


def _has_few(form: Format) -> bool:
    return form.digits + form.exponent_bits <= _FEW.bit_length() - 1


def _by_both_ends(computation: _Computation) -> bool | None:
    """``fl(x + d) = x`` for every number x of a format with few and every d with ``|d| <= c``.

    Neither adding nor rounding reverses an order: what holds at both ends of the range of d holds in between.
    """
    form, parts = computation.form, _absorption(computation)
    if parts is None or not _has_few(form):
        return None
    x, d, bound = parts
    units = form.units(bound)
    end = form.nearest(units.numerator, units.denominator)
    if not isinstance(end, int):
        return None
    end = form.below(end) if end > units else end
    allowed = [predicate(h, form) for h in computation.hypotheses if d not in free_symbols(h)]
    tried = 0
    for number in form.finite():
        values: Values = {x: number}
        if all(allow(values) for allow in allowed):
            tried += 1
            if form.nearest(number + end, 1) != number or form.nearest(number - end, 1) != number:
                return False
    return tried > 0


def _absorption(computation: _Computation) -> tuple[str, str, Fraction] | None:
    """x, d and c, if the claim is ``fl(x + d) = x`` and one hypothesis, ``|d| <= c``, speaks of d and of d alone."""
    if len(computation.lines) != 1 or computation.lines[0].operator != "+" or len(computation.inputs) != 2:
        return None
    (line,) = computation.lines
    condition = computation.condition
    if set(line.operands) != set(computation.inputs) or not isinstance(condition, tuple) or condition[0] != "==":
        return None
    kept = set(condition[1:]) - {line.target}
    if len(kept) != 1 or not kept <= set(computation.inputs) or line.target not in condition[1:]:
        return None
    (x,), (d,) = kept, set(computation.inputs) - kept
    match [h for h in computation.hypotheses if d in free_symbols(h)]:
        case [("<=", ("abs", name), Fraction() as bound)] if name == d and bound > 0:
            return x, d, bound
    return None


def _by_threshold(computation: _Computation) -> bool | None:
    """A product of the input and positive numbers is 0 exactly where the input is small.

    Each line is a rounded product of factors that, for an input that is not negative, are not negative and do not
    fall as it grows; so the result does not fall either, and for the negative input it has the same size.  It is
    enough that it is 0 at the largest number up to the threshold and not 0 at the next one, where no line is infinite
    at the first and none is 0 at the second: then a product of zero and infinity occurs nowhere.
    """
    form, parts = computation.form, _underflow(computation)
    if parts is None:
        return None
    name, limit = parts
    units = form.units(limit)
    number = form.nearest(units.numerator, units.denominator)
    if not isinstance(number, int) or number >= form.largest:
        return None
    last = form.below(number) if number > units else number
    run = compute(computation.lines, form)
    at: list[Values] = [{name: last}, {name: form.above(last)}]
    for values in at:
        run(values)
    result = computation.lines[-1].target
    regular = is_finite(at[0]) and all(at[1][line.target] > 0 for line in computation.lines)
    return True if regular and at[0][result] == 0 else None


def _underflow(computation: _Computation) -> tuple[str, Fraction] | None:
    """The input and the threshold of such a claim."""
    if computation.hypotheses or len(computation.inputs) != 1 or not computation.lines:
        return None
    (name,), result = computation.inputs, computation.lines[-1].target
    used: set[str | Fraction] = {name}
    for line in computation.lines:
        numbers = {e for e in line.operands if isinstance(e, Fraction) and e > 0}
        if line.operator not in ("*", "") or not set(line.operands) <= used | numbers:
            return None
        used.add(line.target)
    match computation.condition:
        case ("iff", *sides):
            zero = [s for s in sides if s[0] == "==" and set(s[1:]) == {result, Fraction(0)}]
            match [s for s in sides if s[0] == "<="]:
                case [(_, ("abs", size), Fraction() as limit)] if size == name and limit >= 0 and len(zero) == 1:
                    return name, limit
    return None


def _rounds_to_one(c: Certificate, form: Format, solver: Solver) -> str:
    """What lies above the midpoint of 1 and the number below it is nearer to 1, what lies below is not."""
    _require_nothing_listed(c)
    threshold = form.units(_threshold(c))
    one = form.scale
    middle = Fraction(one + form.below(one), 2)
    if threshold != middle or form.nearest(middle.numerator, middle.denominator) != one:
        raise BadCertificateError("exact rounding shows that the claim does not hold")
    return EVALUATION


def _threshold(c: Certificate) -> Fraction:
    found = c.expression("threshold")
    if not isinstance(found, Fraction):
        raise BadCertificateError("the threshold is no number")
    return found


def _require_nothing_listed(c: Certificate) -> None:
    if c.hypotheses or c.obligations:
        raise BadCertificateError("a claim of this kind takes no hypotheses and lists no obligations")


def _absorbed(c: Certificate, form: Format, solver: Solver) -> str:
    """Every number of a format with few, on both sides, at every place where the rounding changes and in between.

    Numbers with a minus sign mirror those without.
    """
    _require_nothing_listed(c)
    if not _has_few(form):
        raise NotRederivableError(f"{form.name} has too many numbers to try them all")
    one_spacing = c.flag("one_spacing")
    for theta in form.nonnegative():
        for quarters in _quarters(theta, form, one_spacing=one_spacing):
            lost = form.nearest(4 * theta + quarters, 4) == theta
            if lost != is_small(theta, (quarters, 4), form, one_spacing=one_spacing):
                raise BadCertificateError("exact rounding shows that the claim does not hold")
    return EVALUATION


def _quarters(theta: int, form: Format, *, one_spacing: bool) -> Iterator[int]:
    """Real numbers d in quarters of a unit: a quarter, half and three quarters of the way to both neighbours."""
    beside = {1: form.above(theta) - theta, -1: theta - form.below(theta) if theta else form.above(0)}
    for side, distance in beside.items():
        yield from (side * n * distance for n in (1, 2, 3))
        if one_spacing:
            yield side * 2 * beside[1]


def is_small(theta: int, d: tuple[int, int], form: Format, *, one_spacing: bool) -> bool:
    """Whether d, a quotient, is less than half the way from theta to its neighbour, or just half and theta is even."""
    above, below = d
    size = abs(theta)
    outward = one_spacing or not theta or (above > 0) == (theta > 0)
    distance = (form.above(size) - size if outward else size - form.below(size)) * below
    return 2 * abs(above) < distance or (2 * abs(above) == distance and form.is_even(theta))


_PROVERS: dict[str, Callable[[Certificate, Format, Solver], str]] = {
    "Computed": _computed,
    "RoundsToOneIff": _rounds_to_one,
    "AbsorbedIff": _absorbed,
}
