"""The questions put to the solver: guarded definitions, bounded work, trouble is never a verdict."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, UNIT_INTERVAL, Quantity, step_counter
from optproof.derive.prove.smt import NotEncodableError, Query, encode
from optproof.derive.prove.solver import Solver
from optproof.derive.relations import ge, gt, le, lt, negation

X, Y, V = Quantity("x"), Quantity("y"), Quantity("v", NONNEGATIVE)
B, T = Quantity("b", UNIT_INTERVAL), step_counter()


@pytest.fixture(scope="module")
def solver() -> Solver:
    with Solver() as running:
        yield running


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([lt(X**2, 0)], "unsat"),
        ([gt(X**2, 4), lt(sp.Abs(X), 2)], "unsat"),
        ([lt(sp.Max(X, Y), X)], "unsat"),
        ([gt(sp.Min(X, Y), X)], "unsat"),
        ([lt(sp.sqrt(V), 0)], "unsat"),
        ([gt(sp.sqrt(V), 2), lt(V, 4)], "unsat"),
        ([gt(sp.sign(X), 0), le(X, 0)], "unsat"),
        ([gt(B**T, B)], "unsat"),
        ([ge(B**T, 1)], "unsat"),
        ([gt(X, 1), lt(X, 2)], "sat"),
        ([lt(B**T, B)], "sat"),
    ],
)
def test_answers(conditions: list[sp.Basic], expected: str, solver: Solver) -> None:
    assert solver.check(encode(conditions)).result == expected


def test_a_root_in_a_branch_not_taken_does_not_shrink_the_domain(solver: Solver) -> None:
    # sqrt(x) is not needed where x < 0; an unguarded definition would make x = -1 impossible.
    branch = sp.Piecewise((sp.sqrt(X), ge(X, 0)), (-X, True), evaluate=False)
    assert solver.check(encode([lt(X, 0), gt(branch, 0)])).result == "sat"


def test_an_inverse_of_zero_proves_nothing(solver: Solver) -> None:
    assert solver.check(encode([sp.Eq(X, 0, evaluate=False), gt(1 / X, 5)])).result == "sat"


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(NotEncodableError, match="beyond polynomial"):
        encode([gt(sp.exp(X), 0)])


def test_two_symbols_of_one_name_are_refused() -> None:
    with pytest.raises(NotEncodableError, match="two different symbols"):
        encode([gt(X + Quantity("x", NONNEGATIVE), 0)])


def test_a_query_that_takes_too_long_is_unknown_and_the_next_one_is_answered() -> None:
    symbols = [Quantity(f"x{i}") for i in range(14)]
    hard = [gt(sum(a**5 * b for a, b in itertools.pairwise(symbols)) ** 3, 1)]
    hard += [lt(a**3 + b**3 + a * b * c, a * c**2) for a, b, c in zip(symbols, symbols[1:], symbols[2:], strict=False)]
    hard += [negation(le(sum(a**4 for a in symbols), symbols[0] ** 7))]
    with Solver(seconds=0.05) as impatient:
        assert impatient.check(encode(hard)).result == "unknown"
        impatient.seconds = 20.0
        assert impatient.check(encode([lt(X**2, 0)])).result == "unsat"


def test_nonsense_is_unknown(solver: Solver) -> None:
    answer = solver.check(Query("(assert (this is not SMT-LIB", {}))
    assert answer.result == "unknown"
    assert answer.reason


def test_the_text_does_not_depend_on_the_order_sympy_keeps() -> None:
    assert encode([gt(X + Y, 0)]).text == encode([gt(Y + X, 0)]).text
