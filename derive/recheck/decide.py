"""Deciding one obligation: wherever all of `given` holds and the symbols are in their domains, does `shows` hold?

Exact algebra is asked first, because nobody has to be trusted for it, then a solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from .abstraction import with_any_gradient, with_named_divisors
from .algebra import Algebra
from .domains import Domain
from .expression import Expression, UndefinedError, contains, free_symbols, is_relation, replace, subexpressions
from .intervals import UndecidedError, holds
from .smtlib import NotRealArithmeticError, question
from .solver import Answer, Solver

__all__ = ["ALGEBRA", "EVALUATION", "Decider", "Decision", "with_equations_used"]

ALGEBRA, EVALUATION = "exact algebra", "exact evaluation"


@dataclass(frozen=True)
class Decision:
    """``"yes"``, ``"no"`` or ``"unknown"``, by whom, and why not."""

    outcome: str
    by: frozenset[str] = frozenset()
    reason: str = ""


@dataclass
class Decider:
    """Decides obligations over symbols with these domains."""

    domains: Mapping[str, Domain]
    solver: Solver
    _memory: dict[tuple[tuple[Expression, ...], Expression], Decision] = field(default_factory=dict)

    def decide(self, given: Sequence[Expression], shows: Expression) -> Decision:
        """Whether `shows` follows from `given`."""
        key = (tuple(given), shows)
        if key not in self._memory:
            try:
                self._memory[key] = self._decide(given, shows)
            except UndefinedError as error:
                self._memory[key] = Decision("no", reason=str(error))
        return self._memory[key]

    def _decide(self, given: Sequence[Expression], shows: Expression) -> Decision:
        given, shows = with_any_gradient(given, shows)
        if isinstance(shows, tuple) and shows[0] == "and":
            return _all(self._decide(given, part) for part in shows[1:])
        if shows is True or shows in given or self._by_algebra(shows):
            return Decision("yes", frozenset((ALGEBRA,)))
        for condition in with_equations_used(given, shows):
            if self._by_algebra(condition):
                return Decision("yes", frozenset((ALGEBRA,)))
            if not free_symbols(condition):
                return _by_evaluation(condition)
        return self._by_solver(given, shows)

    def _by_algebra(self, shows: Expression) -> bool:
        """Whether the condition is an identity or a sign that is evident on the domains."""
        if isinstance(shows, tuple) and shows[0] == "not" and is_relation(shows[1]):
            shows = (_CONTRARY[shows[1][0]], *shows[1][1:])
        if not is_relation(shows):
            return False
        relation, left, right = shows
        algebra = Algebra([left, right], self.domains)
        if relation in ("==", "<=", ">=") and algebra.equal(left, right):
            return True
        if relation == "==":
            return False
        sign = algebra.sign(left, right)
        if sign is None:
            return False
        if relation == "!=":
            return sign.strict
        return (sign.direction > 0) == (relation in (">", ">=")) and (sign.strict or relation in ("<=", ">="))

    def _by_solver(self, given: Sequence[Expression], shows: Expression) -> Decision:
        answer = Answer("unknown", "")
        try:
            for script, seconds, coverings in self._questions(given, shows):
                answer = self.solver.ask(script, seconds, coverings=coverings)
                if answer.result == "unsat":
                    return Decision("yes", frozenset((answer.by,)))
        except NotRealArithmeticError as error:
            return Decision("unknown", reason=str(error))
        if answer.result == "sat":
            return Decision("no", frozenset((answer.by,)), f"{answer.by} found values that speak against it")
        return Decision("unknown", reason=answer.reason)

    def _questions(self, given: Sequence[Expression], shows: Expression) -> Iterator[tuple[str, float, bool]]:
        """One question in several forms, each with a time limit; ``unsat`` of any of them decides it.

        Most are answered at once, so no form is waited for long before all were tried.  The last form leaves nothing
        out: its ``sat`` is an answer too.
        """
        named = with_named_divisors(given, shows, self.domains)
        if named is not None:
            yield _cleared_question(*named), self.solver.soon, False
        # What is assumed with roots and quotients in it is seldom needed and slows solvers down: first without.
        plain = [g for g in given if not contains(g, "**") or all(map(_is_plain, subexpressions(g)))]
        yield question(plain, shows, self.domains), self.solver.soon, False
        cleared = _cleared_question(given, shows, self.domains)
        yield cleared, self.solver.soon, True
        yield cleared, self.solver.soon, False
        yield (
            question(plain, _cleared(shows, Algebra([shows, *given], self.domains)), self.domains),
            self.solver.soon,
            False,
        )
        yield cleared, self.solver.late, False
        yield question(given, shows, self.domains), self.solver.soon, False

    def contradictory(self, conditions: Sequence[Expression]) -> bool:
        """Whether a solver shows that no values satisfy `conditions` together."""
        try:
            return self.solver.ask(question(conditions, None, self.domains), self.solver.soon).result == "unsat"
        except NotRealArithmeticError:
            return False


def _cleared_question(given: Sequence[Expression], shows: Expression, domains: Mapping[str, Domain]) -> str:
    """The question with relations between quotients multiplied out."""
    algebra = Algebra([shows, *given], domains)
    return question([_cleared(g, algebra) for g in given], _cleared(shows, algebra), domains)


def _cleared(condition: Expression, algebra: Algebra) -> Expression:
    """The condition with relations between quotients multiplied out, where the divisors' signs are evident."""
    if is_relation(condition):
        above = algebra.cleared(condition[1], condition[2])
        return condition if above is None else (condition[0], above, Fraction(0))
    if isinstance(condition, tuple) and condition[0] in ("and", "or", "not", "implies", "iff"):
        return (condition[0], *(_cleared(part, algebra) for part in condition[1:]))
    return condition


_CONTRARY = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _is_plain(e: Expression) -> bool:
    """Whether `e` is no root and no quotient."""
    if not isinstance(e, tuple) or e[0] != "**" or not isinstance(e[2], Fraction):
        return True
    return e[2] > 0 and e[2].denominator == 1


def _by_evaluation(condition: Expression) -> Decision:
    """Whether a condition between numbers holds."""
    try:
        if holds(condition, {}):
            return Decision("yes", frozenset((EVALUATION,)))
    except UndecidedError as error:
        return Decision("unknown", reason=str(error))
    return Decision("no", frozenset((EVALUATION,)), "exact evaluation shows the contrary")


def _all(parts: Iterable[Decision]) -> Decision:
    by: frozenset[str] = frozenset()
    for part in parts:
        if part.outcome != "yes":
            return part
        by |= part.by
    return Decision("yes", by)


def with_equations_used(given: Sequence[Expression], shows: Expression) -> list[Expression]:
    """`shows` with symbols replaced by what `given` says they equal."""
    used = shows
    for condition in given:
        if isinstance(condition, tuple) and condition[0] == "==":
            for symbol, value in (condition[1:], condition[:0:-1]):
                if isinstance(symbol, str) and symbol in free_symbols(used) and symbol not in free_symbols(value):
                    used = replace(used, {symbol: value})
                    break
    return [] if used == shows else [used]
