"""Symbols carry their domain, unit and notation, and exact numbers stay exact."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, strategies as st

from optproof.derive import COUNT, NONNEGATIVE, OPEN_UNIT, POSITIVE, REAL, UNIT_INTERVAL, Domain, Quantity, Unit, exact
from optproof.derive.symbols import gradient, parameter, require_one_domain_per_name, step_counter

HALF = sp.Rational(1, 2)
RATIONALS = st.fractions(min_value=-3, max_value=3, max_denominator=20)


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (POSITIVE, ["1/9", 7], [0, -1]),
        (NONNEGATIVE, [0, "1/9"], ["-1/9"]),
        (OPEN_UNIT, ["1/2", "0.999"], [0, 1]),
        (UNIT_INTERVAL, [0, "0.999"], [1, "-0.001"]),
        (COUNT, [1, 5], [0, "3/2", -2]),
        (REAL, [0, -5, "2/3"], []),
    ],
)
def test_a_domain_holds_what_its_description_says(domain: Domain, inside: list[object], outside: list[object]) -> None:
    assert all(domain.contains(exact(value)) for value in inside)
    assert not any(domain.contains(exact(value)) for value in outside)


@pytest.mark.parametrize("domain", [POSITIVE, NONNEGATIVE, OPEN_UNIT, UNIT_INTERVAL, REAL])
@given(value=RATIONALS)
def test_membership_and_the_inequalities_agree(domain: Domain, value: Fraction) -> None:
    number = sp.Rational(value.numerator, value.denominator)
    x = sp.Symbol("x", real=True)
    by_inequalities = all(c.xreplace({x: number}) == sp.true for c in domain.constraints(x))
    assert domain.contains(number) == by_inequalities


def test_a_domain_describes_itself_as_a_chain_of_inequalities() -> None:
    assert UNIT_INTERVAL.describe("beta1") == "0 <= beta1 < 1"
    assert OPEN_UNIT.describe("q") == "0 < q < 1"
    assert POSITIVE.describe("eps") == "0 < eps"
    assert COUNT.describe("t") == "1 <= t, an integer"
    assert REAL.describe("theta") == "theta real"
    assert Domain("integers", integer=True).describe("n") == "n an integer"


@pytest.mark.parametrize(
    ("domain", "facts"),
    [
        (REAL, {"real": True}),
        (POSITIVE, {"real": True, "positive": True}),
        (NONNEGATIVE, {"real": True, "nonnegative": True}),
        (UNIT_INTERVAL, {"real": True, "nonnegative": True}),
        (COUNT, {"integer": True, "positive": True}),
    ],
)
def test_assumptions_never_say_more_than_the_domain(domain: Domain, facts: dict[str, bool]) -> None:
    assert domain.assumptions == facts


def test_quantities_are_equal_exactly_when_name_and_domain_agree() -> None:
    plain = Quantity("x", POSITIVE)
    assert plain == Quantity("x", POSITIVE, latex=r"\xi", meaning="something", unit=Unit(1))
    assert plain != Quantity("x", NONNEGATIVE)
    assert plain != Quantity("y", POSITIVE)
    assert plain != sp.Symbol("x", positive=True)
    assert hash(plain) == hash(Quantity("x", POSITIVE))


def test_two_domains_under_one_name_do_not_cancel() -> None:
    assert Quantity("x", POSITIVE) - Quantity("x", OPEN_UNIT) != 0


def test_a_quantity_survives_pickling() -> None:
    before = Quantity("rho", UNIT_INTERVAL, latex=r"\rho", unit=Unit(2, -1), meaning="decay")
    after = pickle.loads(pickle.dumps(before))
    assert after == before
    assert (after.domain, after.latex_form, after.unit, after.meaning) == (UNIT_INTERVAL, r"\rho", Unit(2, -1), "decay")


@pytest.mark.parametrize("name", ["", "2x", "a b", "x-y", "x;import os"])
def test_a_name_must_be_an_identifier(name: str) -> None:
    with pytest.raises(ValueError, match="needs an identifier for its name"):
        Quantity(name)


def test_the_three_given_symbols() -> None:
    assert (str(parameter()), str(gradient()), str(step_counter())) == ("theta", "g", "t")
    assert (str(parameter().unit), str(gradient().unit), str(step_counter().unit)) == ("T", "F/T", "1")
    assert step_counter().domain is COUNT


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (Unit(), "1"),
        (Unit(1), "T"),
        (Unit(-1, 1), "F/T"),
        (Unit(2, -1), "T^2/F"),
        (Unit(-2, 2), "F^2/T^2"),
        (Unit(-1, -1), "1/(F T)"),
        (Unit(Fraction(1, 2)), "T^1/2"),
    ],
)
def test_units_print_as_fractions(unit: Unit, text: str) -> None:
    assert str(unit) == text


@given(number=RATIONALS)
def test_exact_reads_every_way_of_writing_a_rational(number: Fraction) -> None:
    expected = sp.Rational(number.numerator, number.denominator)
    assert exact(number) == exact(str(number)) == exact(expected) == expected


def test_exact_reads_decimals_exactly() -> None:
    assert exact("1e-8") == sp.Rational(1, 10**8)
    assert exact("0.001") == sp.Rational(1, 1000)
    assert exact("0.5") == HALF


@pytest.mark.parametrize("value", [0.1, sp.Float("0.1")])
def test_exact_refuses_floats_and_says_what_to_write(value: object) -> None:
    with pytest.raises(ValueError, match=r"the rate is the float .* not exact; write it as a string"):
        exact(value, "the rate")


@pytest.mark.parametrize("value", [True, None, [1], object(), 1j])
def test_exact_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="an exact number is an int, a string such as '1e-3', or a fraction"):
        exact(value)


@pytest.mark.parametrize("text", ["", "one", "1/0", "nan", "inf", "__import__('os')", "1 2"])
def test_exact_refuses_text_that_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"which is not a number such as '0\.001'"):
        exact(text)


def test_one_name_with_two_domains_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the claim uses the name 'x' with two domains, '0 < x' and '0 <= x'"):
        require_one_domain_per_name([Quantity("x", POSITIVE), Quantity("x", NONNEGATIVE)], "the claim")
