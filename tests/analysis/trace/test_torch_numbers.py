"""Numbers that carry expressions, and the runs they belong to; torch itself is not needed for these."""

from __future__ import annotations

import copy
import math

import pytest
import sympy as sp
from hypothesis import given, strategies as st

from optproof.analysis.trace.record import Path, Untraceable
from optproof.analysis.trace.torch_merge import merged
from optproof.analysis.trace.torch_number import Number, math_on_numbers
from optproof.analysis.trace.torch_operations import Operations
from optproof.analysis.trace.torch_run import Run
from optproof.analysis.trace.torch_witness import agrees, values_for
from optproof.derive.catalogue.vocabulary import hyperparameter
from optproof.derive.relations import eq, gt, le, negation
from optproof.derive.symbols import Quantity

LR, MOMENTUM = hyperparameter("lr"), hyperparameter("momentum")
X, Y = Quantity("x"), Quantity("y")
LEAVES = st.sampled_from(["x", "y", "2", "0.5", "3.0"])
TREES = st.recursive(LEAVES, lambda inner: st.tuples(st.sampled_from("+-*/"), inner, inner), max_leaves=8)


def built(tree: object, leaves: dict[str, float]) -> float:
    if isinstance(tree, str):
        return leaves[tree] if tree in leaves else float(tree)
    operator, left, right = tree  # type: ignore[misc]
    a, b = built(left, leaves), built(right, leaves)
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    return a * b if operator == "*" else a / b


@given(TREES)
def test_the_expression_is_what_the_number_is(tree: object) -> None:
    run = Run()
    values = {X: 0.7310585786300049, Y: -1.3132616875182228}
    leaves = {s.name: Number(v, s, run) for s, v in values.items()}
    try:
        result = built(tree, leaves)
    except ZeroDivisionError:
        return
    if isinstance(result, Number):
        assert result.expression.free_symbols <= set(values)
        assert agrees(result.expression, values, float(result)) is not False


def test_math_keeps_expressions_while_it_is_asked_to() -> None:
    number = Number(0.25, X, Run())
    with math_on_numbers():
        root = math.sqrt(number)
        assert math.log(8, 2) == 3
    assert isinstance(root, Number)
    assert root.expression == sp.sqrt(X)
    assert not isinstance(math.sqrt(number), Number)


def test_it_is_a_float_and_is_never_split() -> None:
    number = Number(0.25, X, Run())
    assert isinstance(number, float)
    assert copy.deepcopy({"lr": number})["lr"] is number
    assert f"{number:.2f}" == "0.25"


@pytest.mark.parametrize("use", [int, round, lambda n: n % 2, lambda n: n // 2, math.floor])
def test_what_is_no_rational_operation_is_refused(use: object) -> None:
    with pytest.raises(Untraceable):
        use(Number(2.5, X, Run()))  # type: ignore[operator]


def test_domains_answer_before_anyone_is_asked() -> None:
    run = Run()
    lr, momentum = Number(0.1, LR, run), Number(0.9, MOMENTUM, run)
    assert not lr < 0.0
    assert momentum < 1.0
    assert not run.decisions


def test_an_answer_narrows_the_domain() -> None:
    run = Run({("gt", MOMENTUM, sp.Integer(0)): False})
    momentum = Number(0.0, MOMENTUM, run)
    assert momentum <= 0
    assert momentum == 0
    assert run.pinned() == {MOMENTUM: 0}
    assert run.conditions == (le(MOMENTUM, 0),)


def test_plain_numbers_are_found_again_or_refused() -> None:
    run = Run()
    number = Number(0.7310585786300049, X, run)
    assert run.meaning_of(float(number)) == X
    assert run.meaning_of(math.sqrt(float(number))) == sp.sqrt(X)
    assert run.meaning_of(0.96) == sp.Rational(24, 25)
    assert run.meaning_of(1 - 0.9) == sp.Rational(1, 10)
    assert list(run.notes) == ["the constant 0.09999999999999998 was read as 1/10"]
    with pytest.raises(Untraceable):
        run.meaning_of(math.e)


def test_two_meanings_of_one_number_are_none() -> None:
    run = Run()
    Number(0.7310585786300049, X, run)
    Number(0.7310585786300049, Y, run)
    with pytest.raises(Untraceable):
        run.meaning_of(0.7310585786300049)


def test_division_by_zero_needs_something_above_the_line() -> None:
    operations = Operations(Run())
    assert operations.apply("div", sp.Integer(1), sp.Integer(0)) == sp.zoo
    with pytest.raises(Untraceable):
        operations.apply("div", X, sp.Integer(0))


def test_a_maximum_is_decided_where_it_can_be() -> None:
    operations = Operations(Run())
    assert operations.apply("maximum", sp.Integer(0), LR) == LR
    assert operations.apply("minimum", sp.Integer(0), LR) == 0
    assert operations.apply("minimum", LR, sp.Integer(-1)) == -1
    assert operations.apply("maximum", X, Y) == sp.Max(X, Y)


def test_values_are_found_for_equations_and_ends_of_domains() -> None:
    import random

    found = values_for([eq(LR, 0), gt(X, 1)], random.Random(1))
    assert found is not None
    assert found[LR] == 0
    assert found[X] > 1
    assert values_for([le(MOMENTUM, 0)], random.Random(1)) == {MOMENTUM: 0.0}
    assert values_for([gt(X, 1), le(X, 1)], random.Random(1)) is None


def test_an_economy_is_no_case_of_its_own() -> None:
    wide = Path((negation(eq(MOMENTUM, 0)),), {"theta": X - LR * (1 + MOMENTUM)})
    narrow = Path((eq(MOMENTUM, 0),), {"theta": X - LR})
    (only,) = merged([(wide, {}), (narrow, {MOMENTUM: sp.Integer(0)})], [wide, narrow], {})
    assert only == Path((), wide.outputs)


def test_a_case_of_its_own_stays_one() -> None:
    wide = Path((negation(eq(MOMENTUM, 0)),), {"theta": X - LR * (1 + MOMENTUM)})
    narrow = Path((eq(MOMENTUM, 0),), {"theta": X - 2 * LR})
    assert len(merged([(wide, {}), (narrow, {MOMENTUM: sp.Integer(0)})], [wide, narrow], {})) == 2


def test_what_would_divide_by_zero_stays_a_case_of_its_own() -> None:
    wide = Path((negation(eq(MOMENTUM, 0)),), {"theta": X - LR}, (MOMENTUM,))
    narrow = Path((eq(MOMENTUM, 0),), {"theta": X - LR * (1 + MOMENTUM)})
    assert len(merged([(wide, {}), (narrow, {MOMENTUM: sp.Integer(0)})], [wide, narrow], {})) == 2
