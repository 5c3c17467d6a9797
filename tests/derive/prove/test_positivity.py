"""Signs from coefficients: what is claimed holds at every sample point, and boundaries are respected."""

from __future__ import annotations

import sympy as sp
from hypothesis import given, strategies as st

from optproof.derive import NONNEGATIVE, OPEN_UNIT, POSITIVE, UNIT_INTERVAL, Domain, Quantity
from optproof.derive.prove.exact import sample_points
from optproof.derive.prove.normal_form import NormalForm
from optproof.derive.prove.positivity import Sign

X, V, E = Quantity("x"), Quantity("v", NONNEGATIVE), Quantity("e", POSITIVE)
B, O = Quantity("b", UNIT_INTERVAL), Quantity("o", OPEN_UNIT)  # noqa: E741
C = Quantity("c", Domain("closed", sp.Integer(0), sp.Integer(1)))


def sign_on_domain(expression: sp.Expr) -> Sign | None:
    return NormalForm([expression]).sign(expression)


def test_strictness_follows_the_ends_of_the_domain() -> None:
    assert sign_on_domain(1 - B) == Sign(1, strict=True)
    assert sign_on_domain(B) == Sign(1, strict=False)
    assert sign_on_domain(O) == Sign(1, strict=True)
    assert sign_on_domain(1 - C) == Sign(1, strict=False)
    assert sign_on_domain(V + E) == Sign(1, strict=True)
    assert sign_on_domain(-V) == Sign(-1, strict=False)
    assert sign_on_domain(X**2) == Sign(1, strict=False)
    assert sign_on_domain(X**2 + E) == Sign(1, strict=True)


def test_nothing_is_said_where_the_sign_varies() -> None:
    for expression in (X, X**3 + 1, V - E, B - O, 2 * B - 1, sp.Integer(0), X**2 - E):
        assert sign_on_domain(expression) is None


def test_a_divisor_that_may_vanish_gives_no_sign() -> None:
    assert sign_on_domain(1 / V) is None
    assert sign_on_domain(1 / (V + E)) == Sign(1, strict=True)


_SYMBOLS = (X, V, E, B, O, C)


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.lists(st.integers(0, 2), min_size=6, max_size=6)), min_size=1, max_size=4)
)
def test_a_stated_sign_holds_at_every_point(terms: list[tuple[int, list[int]]]) -> None:
    polynomial = sp.Add(*(c * sp.prod(s**p for s, p in zip(_SYMBOLS, powers, strict=True)) for c, powers in terms))
    sign = sign_on_domain(polynomial)
    if sign is None:
        return
    for point in sample_points(_SYMBOLS, 12):
        value = sign.direction * polynomial.xreplace(point)
        assert value > 0 if sign.strict else value >= 0
