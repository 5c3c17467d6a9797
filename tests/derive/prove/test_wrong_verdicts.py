"""Wrong verdicts that re-deriving the proofs brought to light: none of them comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sympy as sp

from optproof.derive import Claim, Quantity, Verdict, rule
from optproof.derive.goal import ClosedForm, Goal, Invariant, LimitIs
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.recurrence_goals import AlongRecurrence
from optproof.derive.relations import ge
from optproof.derive.symbols import NONNEGATIVE, OPEN_UNIT, gradient, step_counter

X, U, Z, T = Quantity("x"), Quantity("u"), Quantity("z", NONNEGATIVE), step_counter()
INDEX = sp.Symbol("i", integer=True, positive=True)


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with Solver() as made:
        yield made


def verdict(name: str, goal: Goal, solver: Solver) -> Verdict:
    made = rule(name)
    return settle(Claim("", "", "", made, goal), setting_of(made, solver), solver).verdict


def test_an_invariant_that_speaks_of_the_gradient_is_not_proved(solver: Solver) -> None:
    """In the induction one symbol stood for the gradients of two steps: m g >= 0 was "proved"."""
    m = rule("adam").quantities["m"]
    assert verdict("adam", Invariant(ge(m * gradient(), 0)), solver) is Verdict.REFUTED


def test_a_lemma_along_a_recurrence_may_not_speak_of_an_input(solver: Solver) -> None:
    """The same: from the false lemma x u >= 0 followed the false x^2 >= z."""
    following = (X / 2 + U, Z / 4 + U**2)
    zero = sp.Integer(0)
    goal = AlongRecurrence((X, Z), (zero, zero), following, ge(X**2, Z), lemmas=(ge(X * U, 0),), inputs=(U,))
    assert verdict("sgd", goal, solver) is not Verdict.PROVED


def test_a_sum_may_be_right_though_its_terms_are_not_one_by_one(solver: Solver) -> None:
    """The terms of (1 + 3 + ... + (2t - 1)) / t = t change with t; the closed form was "refuted"."""
    goal = ClosedForm(X, sp.Integer(0), X + 1, sp.Sum((2 * INDEX - 1) / T, (INDEX, 1, T)))
    assert verdict("sgd", goal, solver) is not Verdict.REFUTED
    wrong = ClosedForm(X, sp.Integer(0), X + 1, sp.Sum((2 * INDEX + 1) / T, (INDEX, 1, T)))
    assert verdict("sgd", wrong, solver) is Verdict.REFUTED


@pytest.mark.parametrize(
    "goal",
    [
        LimitIs(sp.sqrt(X - 1), X, sp.Integer(0), sp.I),
        LimitIs(U, Quantity("q", OPEN_UNIT), sp.Integer(5), U),
        LimitIs(Quantity("q", OPEN_UNIT) ** T, T, sp.Integer(0), sp.Integer(1)),
        LimitIs(sp.Max(Z, 1) / Z, Z, sp.oo, sp.Integer(0)),
    ],
)
def test_there_is_no_limit_where_the_expression_is_not_defined_nearby(solver: Solver, goal: LimitIs) -> None:
    """Complex values, points that the symbol does not come near, and infinity inside a maximum (which raised)."""
    assert verdict("adam", goal, solver) is Verdict.UNKNOWN
