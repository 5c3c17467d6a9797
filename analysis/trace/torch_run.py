"""One run of traced code: the branches it takes, and what its plain numbers stand for.

A run follows a plan, the answers to questions that are open.  Where the plan says nothing, the witness decides: the
numbers that are computed beside the expressions.  What was asked and answered is kept, so that another run can take
the other branch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import sympy as sp

from ...derive.prove.normal_form import NormalForm
from ...derive.prove.positivity import Sign
from ...derive.relations import eq, gt, le, negation
from ...derive.symbols import Domain, Quantity
from .constants import exact_number, is_suspicious
from .record import Untraceable

__all__ = ["MOST_DECISIONS", "Decision", "Question", "Run", "linear_in_one", "sign_of"]

Question: TypeAlias = tuple[str, sp.Expr, sp.Expr]
"""``("gt", a, b)`` asks whether a > b, and ``("eq", a, b)`` whether a = b."""

MOST_DECISIONS = 100
"""More open questions than this in one step, and the code is not traced."""


@dataclass(frozen=True)
class Decision:
    """An open question of the code and how it was answered on this run.

    Attributes
    ----------
    condition : Boolean
        What holds because of the answer.
    contrary : Boolean
        What would hold after the other answer.
    question, outcome : tuple, bool
        The question and the answer as the plan of a run lists them.
    rehearsed : bool
        Whether it came up in a rehearsal.
    """

    condition: sp.Basic
    contrary: sp.Basic
    question: Question
    outcome: bool
    rehearsed: bool = False


@dataclass
class Run:
    """The state of one run.

    Attributes
    ----------
    plan : mapping of question to bool
        The answers to questions that are known to come up.
    witness : dict
        The number that stands beside each symbol.
    static : set of symbols
        Those that stay the same from step to step: while `rehearsing`, only questions about them are recorded.
    """

    plan: Mapping[Question, bool] = field(default_factory=dict)
    witness: dict[sp.Symbol, float] = field(default_factory=dict)
    static: frozenset[sp.Symbol] = frozenset()
    rehearsing: bool = False
    decisions: list[Decision] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    divisors: dict[sp.Expr, None] = field(default_factory=dict)
    _narrowed: dict[sp.Symbol, Domain] = field(default_factory=dict)
    _answers: dict[Question, bool] = field(default_factory=dict)
    _meanings: dict[float, sp.Expr | None] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[sp.Basic, ...]:
        """What holds on this run because of its decisions."""
        return tuple(d.condition for d in self.decisions)

    def pinned(self) -> dict[sp.Symbol, sp.Expr]:
        """The symbols that the decisions leave only one value."""
        return {s: d.lower for s, d in self._narrowed.items() if d.lower is not None and d.lower == d.upper}

    def greater(self, left: sp.Expr, right: sp.Expr, truth: bool) -> bool:
        """Whether ``left > right``; `truth` is what the witness says."""
        return self._ask("gt", left, right, truth)

    def equal(self, left: sp.Expr, right: sp.Expr, truth: bool) -> bool:
        """Whether ``left = right``; `truth` is what the witness says."""
        return self._ask("eq", left, right, truth)

    def settled(self, kind: str, left: sp.Expr, right: sp.Expr) -> bool | None:
        """The answer where domains and earlier decisions leave no choice; `kind` is ``"gt"`` or ``"eq"``."""
        difference = (left - right).xreplace(self.pinned())
        if isinstance(difference, sp.Rational):
            return bool(difference > 0) if kind == "gt" else bool(difference == 0)
        if difference.has(sp.nan, sp.zoo, sp.oo):
            raise Untraceable("the step compares something that is not a number")
        if (kind, left, right) in self._answers:
            return self._answers[kind, left, right]
        if self._answers.get(("gt", right, left)) or (kind == "eq" and self._answers.get(("gt", left, right))):
            return False
        sign = sign_of(difference, self._narrowed)
        if sign is None:
            return None
        if kind == "gt":
            return True if sign.direction > 0 and sign.strict else False if sign.direction < 0 else None
        return False if sign.strict else None

    def _ask(self, kind: str, left: sp.Expr, right: sp.Expr, truth: bool) -> bool:
        known = self.settled(kind, left, right)
        if known is not None:
            return known
        if self.rehearsing and not (left - right).free_symbols <= self.static:
            return truth
        if len(self.decisions) == MOST_DECISIONS:
            raise Untraceable(f"the step asks more than {MOST_DECISIONS} open questions; it is not traced further")
        question = (kind, left, right)
        outcome = self.plan.get(question, truth)
        positive, negative = (gt, le) if kind == "gt" else (eq, lambda a, b: negation(eq(a, b)))
        pair = positive(left, right), negative(left, right)
        self.decisions.append(Decision(*(pair if outcome else pair[::-1]), question, outcome, self.rehearsing))
        self._answers[question] = outcome
        if kind == "eq":
            self._answers[kind, right, left] = outcome
        self._narrow(kind, left - right, outcome)
        return outcome

    def _narrow(self, kind: str, difference: sp.Expr, outcome: bool) -> None:
        """Keep what a question about a single symbol says about its domain."""
        found = linear_in_one(difference)
        if found is None:
            return
        symbol, slope, value = found
        domain = self._narrowed.get(symbol) or (symbol.domain if isinstance(symbol, Quantity) else Domain("real"))
        above = (kind == "gt") and ((slope > 0) == outcome)
        if kind == "eq" and outcome:
            domain = replace(domain, lower=value, upper=value, lower_open=False, upper_open=False)
        elif kind == "eq":
            domain = replace(
                domain,
                lower_open=domain.lower_open or domain.lower == value,
                upper_open=domain.upper_open or domain.upper == value,
            )
        elif above and (domain.lower is None or value >= domain.lower):
            domain = replace(domain, lower=value, lower_open=outcome or (domain.lower == value and domain.lower_open))
        elif not above and (domain.upper is None or value <= domain.upper):
            domain = replace(domain, upper=value, upper_open=outcome or (domain.upper == value and domain.upper_open))
        self._narrowed[symbol] = domain

    def divide_by(self, divisor: sp.Expr) -> None:
        """Keep what was divided by: SymPy cancels it without asking."""
        if not self.rehearsing and divisor.free_symbols:
            self.divisors[divisor] = None

    def remember(self, value: float, expression: sp.Expr) -> None:
        """Keep what a computed number stands for, should it come back as a plain float."""
        if not isinstance(expression, sp.Rational) and not float(value).is_integer():
            known = self._meanings.setdefault(value, expression)
            if known is not None and known != expression:
                self._meanings[value] = None

    def meaning_of(self, value: float) -> sp.Expr:
        """What a plain number of the code stands for: a remembered expression, or the shortest decimal.

        Raises
        ------
        Untraceable
            If it has more digits than anyone writes and nothing is known of it.
        """
        if isinstance(value, int):
            return sp.Integer(int(value))
        value = float(value)
        if not math.isfinite(value):
            raise Untraceable(f"the step uses the number {value}")
        if is_suspicious(value):
            found = self._meanings.get(value) if value in self._meanings else self._of_function(value)
            if found is not None:
                return found
        number, note = exact_number(value)
        if note.endswith("as it is printed"):
            raise Untraceable(
                f"the number {value!r} was computed where the trace could not follow (outside of the framework "
                f"and of arithmetic on the hyperparameters)"
            )
        if note:
            self.notes[f"the constant {note}"] = None
        return number

    def _of_function(self, value: float) -> sp.Expr | None:
        """The square root of a remembered number: what a C function took of a number that carries its meaning."""
        for argument, meaning in self._meanings.items():
            if meaning is not None and argument > 0 and argument**0.5 == value:
                return sp.sqrt(meaning)
            if meaning is not None and -argument == value:
                return -meaning
        return None


def sign_of(e: sp.Expr, domains: Mapping[sp.Symbol, Domain]) -> Sign | None:
    """The sign of an expression; of a product, that of its factors, which multiplied out would not show it."""
    if isinstance(e, sp.Mul):
        signs = [sign_of(factor, domains) for factor in e.args]
        known = [s for s in signs if s is not None]
        if len(known) < len(signs):
            return None
        return Sign(math.prod(s.direction for s in known), all(s.strict for s in known))
    if isinstance(e, sp.Pow) and isinstance(e.exp, sp.Integer) and e.exp % 2 == 0 and e.exp > 0:
        base = sign_of(e.base, domains)
        return Sign(1, base is not None and base.strict)
    return NormalForm([e], domains).sign(e)


def linear_in_one(difference: sp.Expr) -> tuple[sp.Symbol, sp.Rational, sp.Rational] | None:
    """The symbol, its slope and where the expression is zero, if it is linear in a single symbol."""
    symbols = difference.free_symbols
    if len(symbols) != 1:
        return None
    (symbol,) = symbols
    slope = difference.diff(symbol) if difference.is_polynomial(symbol) else None
    if not isinstance(slope, sp.Rational) or slope == 0:
        return None
    value = -difference.xreplace({symbol: sp.Integer(0)}) / slope
    return symbol, slope, value
