"""The checker's own arithmetic: never wrong, and strong enough."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from optproof.derive.recheck.algebra import Algebra
from optproof.derive.recheck.domains import COUNT, NONNEGATIVE, POSITIVE, REAL, Domain
from optproof.derive.recheck.expression import BadCertificateError, UndefinedError, make, parse, replace
from optproof.derive.recheck.intervals import UndecidedError, sign
from optproof.derive.recheck.signs import sign_of

UNIT = Domain(Fraction(0), Fraction(1), upper_open=True)
DOMAINS = {"x": REAL, "y": REAL, "v": NONNEGATIVE, "e": POSITIVE, "b": UNIT, "t": COUNT}


def value(e: Any, at: dict[str, float]) -> float:
    """Plain floating point, which shares nothing with the algebra."""
    if isinstance(e, Fraction):
        return float(e)
    if isinstance(e, str):
        return at[e]
    parts = [value(a, at) for a in e[1:]]
    if e[0] == "**":
        return parts[0] ** parts[1] if parts[0] >= 0 or parts[1] == int(parts[1]) else math.nan
    return {
        "+": sum,
        "*": math.prod,
        "abs": lambda p: abs(p[0]),
        "max": max,
        "min": min,
        "sign": lambda p: (p[0] > 0) - (p[0] < 0),
    }[e[0]](parts)


def points() -> Iterator[dict[str, float]]:
    chance = random.Random(5)
    for _ in range(12):
        yield {
            "x": chance.uniform(-3, 3),
            "y": chance.uniform(-3, 3),
            "v": chance.uniform(0, 4),
            "e": chance.uniform(0.1, 2),
            "b": chance.uniform(0, 0.99),
            "t": float(chance.randint(1, 9)),
        }


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["**", ["*", "v", ["**", ["+", 1, ["*", -1, "b"]], -1]], ["/", 1, 2]],
         ["*", ["**", "v", ["/", 1, 2]], ["**", ["+", 1, ["*", -1, "b"]], ["/", -1, 2]]]),
        (["**", ["**", "x", 2], ["/", 1, 2]], ["abs", "x"]),
        (["**", "b", "t"], ["*", "b", ["**", "b", ["+", "t", -1]]]),
        (["**", ["+", 1, ["*", -1, ["**", "b", "t"]]], ["/", 1, 2]],
         ["**", ["+", 1, ["*", -1, "b", ["**", "b", ["+", -1, "t"]]]], ["/", 1, 2]]),
        (["max", 0, ["*", "v", "e"]], ["*", "e", ["max", "v", 0]]),
        (["**", 12, ["/", 1, 2]], ["*", 2, ["**", 3, ["/", 1, 2]]]),
        (["**", ["+", ["*", ["+", 1, ["*", -1, "b"]], ["**", "x", 2]], ["*", -1, ["**", ["*", ["+", 1, ["*", -1, "b"]],
          "x"], 2]]], ["/", 1, 2]], ["*", ["**", ["*", "b", ["+", 1, ["*", -1, "b"]]], ["/", 1, 2]], ["abs", "x"]]),
    ],
)  # fmt: skip
def test_equal_forms_are_found_equal(left: Any, right: Any) -> None:
    a, b = parse(left), parse(right)
    assert Algebra([a, b], DOMAINS).equal(a, b)
    assert not Algebra([a, b], DOMAINS).equal(a, make("+", (b, "e")))


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "y", "v", "e", "b"]) | st.integers(-3, 3).map(Fraction),
    lambda inner: st.one_of(
        st.tuples(st.just("+"), inner, inner).map(lambda p: make("+", p[1:])),
        st.tuples(st.just("*"), inner, inner).map(lambda p: make("*", p[1:])),
        inner.map(lambda a: make("**", (a, Fraction(2)))),
        inner.map(lambda a: make("**", (make("+", (make("**", (a, Fraction(2))), "e")), Fraction(-1, 2)))),
        inner.map(lambda a: make("abs", (a,))),
        st.tuples(st.just("max"), inner, inner).map(lambda p: make("max", p[1:])),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_whatever_is_called_equal_or_of_one_sign_is(a: Any, b: Any) -> None:
    algebra = Algebra([a, b], DOMAINS)
    equal, found = algebra.equal(a, b), algebra.sign(a, b)
    for at in points():
        left, right = value(a, at), value(b, at)
        close = 1e-7 * (1 + abs(left) + abs(right))
        assert not equal or abs(left - right) <= close
        assert found is None or found.direction * (left - right) >= -close


@given(EXPRESSIONS)
def test_what_is_multiplied_out_keeps_its_sign(a: Any) -> None:
    algebra = Algebra([a], DOMAINS)
    cleared = algebra.cleared(a, Fraction(0))
    assert cleared is not None
    for at in points():
        before, after = value(a, at), value(cleared, at)
        assert abs(before) < 1e-6 or abs(after) < 1e-6 or (before > 0) == (after > 0)


def test_strictness_is_kept_apart() -> None:
    closed = Domain(Fraction(0), Fraction(1))
    one_minus = {(): Fraction(1), (1,): Fraction(-1)}
    assert sign_of(one_minus, [UNIT]) is not None
    assert sign_of(one_minus, [UNIT]).strict  # type: ignore[union-attr]
    assert not sign_of(one_minus, [closed]).strict  # type: ignore[union-attr]
    assert not sign_of({(2,): Fraction(1)}, [REAL]).strict  # type: ignore[union-attr]
    assert sign_of({(1,): Fraction(1)}, [REAL]) is None
    # x^2 + 2 x y + y^2 is a square; with 3 x y it is not.
    square = {(2,): Fraction(1), (1, 1): Fraction(2), (0, 2): Fraction(1)}
    assert sign_of(square, [REAL, REAL]).direction == 1  # type: ignore[union-attr]
    assert sign_of({**square, (1, 1): Fraction(3)}, [REAL, REAL]) is None


def test_numbers_between_roots_have_a_certain_sign() -> None:
    def root(n: Any) -> Any:
        return make("**", (n, Fraction(1, 2)))

    minus = Fraction(-1)
    assert sign(make("+", (root(Fraction(2)), root(Fraction(3)), make("*", (minus, root(Fraction(10))))))) == -1
    # sqrt(2) sqrt(3) = sqrt(6) exactly, and sqrt(10^60 + 1) is not 10^30.
    product = make("*", (root(Fraction(2)), root(Fraction(3))))
    assert sign(make("+", (product, make("*", (minus, root(Fraction(6))))))) == 0
    assert sign(make("+", (root(Fraction(10**60 + 1)), Fraction(-(10**30))))) == 1
    with pytest.raises(UndecidedError):
        sign(root(Fraction(-1)))


def test_division_by_zero_is_never_folded_away() -> None:
    with pytest.raises(UndefinedError):
        replace(("*", Fraction(0), ("**", "x", Fraction(-1))), {"x": Fraction(0)})
    with pytest.raises(UndefinedError):
        Algebra([], DOMAINS).quotient(("**", ("+", "x", ("*", Fraction(-1), "x")), Fraction(-1)))


@pytest.mark.parametrize(
    "data", [1.5, None, [], ["+"], ["%", 1], ["/", 1, 0], ["<", ["<", 1, 2], 3], ["and", 1], ["**", 1]]
)
def test_what_is_no_expression_is_refused(data: Any) -> None:
    with pytest.raises(BadCertificateError):
        parse(data)
