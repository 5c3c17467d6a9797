"""Identities: equal forms are proved, unequal ones refuted with exact values, whatever SymPy thinks of them."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, OPEN_UNIT, POSITIVE, REAL, UNIT_INTERVAL, Quantity, names, rule, step_counter
from optproof.derive.prove import Verdict, prove_identity

T = step_counter()
V, W = Quantity("v", NONNEGATIVE), Quantity("w", NONNEGATIVE)
EPS, LR = Quantity("eps", POSITIVE), Quantity("lr", NONNEGATIVE)
G, X, Y = Quantity("g"), Quantity("x"), Quantity("y")
B, P = Quantity("b", UNIT_INTERVAL), Quantity("p", OPEN_UNIT)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.sqrt(V / (1 - B**T)), sp.sqrt(V) / sp.sqrt(1 - B**T)),
        (1 / (sp.sqrt(V) + EPS), (sp.sqrt(V) - EPS) / (V - EPS**2)),
        (sp.sqrt(V) * sp.sqrt(W), sp.sqrt(V * W)),
        (sp.sqrt(X**2), sp.Abs(X)),
        (sp.Abs(X * Y), sp.Abs(X) * sp.Abs(Y)),
        (sp.Abs(X - Y), sp.Abs(Y - X)),
        (B**T, B * B ** (T - 1)),
        (B ** (2 * T), (B**T) ** 2),
        ((1 - B ** (2 * T)) / (1 - B**T), 1 + B**T),
        (sp.Max(V, W + V * 0), sp.Max(W, V)),
        (sp.Max((V + W) ** 2, V), sp.Max(V, V**2 + 2 * V * W + W**2)),
        (sp.sqrt(sp.Rational(1, 2)), sp.sqrt(2) / 2),
        (sp.sqrt((1 - B) ** 2), 1 - B),
        (sp.sign(X - Y), sp.sign(-(Y - X))),
        (sp.sign(EPS * X), sp.sign(X)),
        (sp.sign(X / (EPS + V)), sp.sign(X)),
        (sp.sign(-3 * X**3), -sp.sign(X**3)),
    ],
)
def test_equal_forms_are_proved(left: sp.Expr, right: sp.Expr) -> None:
    assert prove_identity(left, right).verdict is Verdict.PROVED
    assert prove_identity(right, left).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.sqrt(V + EPS), sp.sqrt(V) + EPS),
        (sp.sqrt(X**2), X),
        (sp.sqrt(V + W), sp.sqrt(V) + sp.sqrt(W)),
        (B**T, B ** (T - 1)),
        (B**T, B),
        (sp.Max(V, W), sp.Min(V, W)),
        (sp.Max(V, W), V),
        (sp.sign(X), sp.Integer(1)),
        (sp.sign(X**2), sp.Integer(1)),
        (sp.sign(LR * X), sp.sign(X)),
        (sp.sign(X * Y), sp.sign(X)),
        (sp.sqrt((X - Y) ** 2), X - Y),
        (LR / (sp.sqrt(V) + EPS), LR / sp.sqrt(V + EPS**2)),
    ],
)
def test_unequal_forms_are_refuted_at_an_exact_point(left: sp.Expr, right: sp.Expr) -> None:
    found = prove_identity(left, right)
    assert found.verdict is Verdict.REFUTED
    point = {s: found.witness[s.name] for s in left.free_symbols | right.free_symbols}
    assert all(value.is_Rational for value in point.values())
    assert abs((left - right).xreplace(point).evalf(30)) > 1e-9


def test_a_power_at_base_zero_is_not_divided_out() -> None:
    # At b = 0, b**(t-1) is 1 in the first step: b**t / b would be 0/0 there.
    assert prove_identity(B ** (T - 1) * B, B**T).verdict is Verdict.PROVED
    assert prove_identity(B ** (T - 1), sp.Integer(0)).verdict is Verdict.REFUTED


def test_a_real_symbol_is_not_taken_for_a_positive_one() -> None:
    shadow = Quantity("v", REAL)
    assert prove_identity(sp.sqrt(shadow**2), shadow).verdict is Verdict.REFUTED
    assert prove_identity(sp.sqrt(V**2), V).verdict is Verdict.PROVED


@pytest.mark.parametrize("name", [n for n in names() if "[" not in n or "centered" in n or "amsgrad" in n])
def test_every_rule_equals_its_own_uselessly_complicated_form(name: str) -> None:
    for quantity, value in rule(name).step().items():
        complicated = (
            sp.together(value + sp.sqrt(EPS) / (1 + X**2) - sp.sqrt(EPS) / (X**2 + 1)) * (X**2 + 1) / (1 + X**2)
        )
        assert prove_identity(value, complicated).verdict is Verdict.PROVED, quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [("adam", "adam[eps_hat]"), ("adam", "adam[amsgrad]"), ("rmsprop", "rmsprop[eps_in_sqrt]"), ("adamw", "adam")],
)
def test_different_rules_are_told_apart(one: str, other: str) -> None:
    theta = rule(one).theta
    assert prove_identity(rule(one).step()[theta], rule(other).step()[theta]).verdict is Verdict.REFUTED


def test_the_two_orders_of_adam_agree_without_eps() -> None:
    theta = rule("adam").theta
    plain, merged = (
        rule(n).step()[theta].xreplace({rule("adam").hyper[3].symbol: sp.Integer(0)}) for n in ("adam", "adam[eps_hat]")
    )
    assert prove_identity(plain, merged).verdict is Verdict.PROVED


def test_powers_with_different_counters_or_bases_are_different() -> None:
    n = Quantity("n", T.domain)
    assert prove_identity(P**T, P**n).verdict is Verdict.REFUTED
    assert prove_identity((1 - LR * V) ** T, (1 - LR / (1 + V)) ** T).verdict is not Verdict.PROVED
    assert prove_identity((1 + X * Y) ** T, (1 + X + Y) ** T).verdict is not Verdict.PROVED


def cases(value: sp.Expr, condition: sp.Basic, otherwise: sp.Expr) -> sp.Expr:
    return sp.Piecewise((value, condition), (otherwise, sp.true))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (EPS * cases(V, X > Y, W), cases(EPS * V, EPS * X > EPS * Y, EPS * W)),
        (cases(V, X > Y, W), cases(W, Y >= X, V)),
        (cases(V, -X > 0, W), cases(V, X < 0, W)),
        (cases(V, X < Y, W) ** 2, cases(V**2, X < Y, W**2)),
        (sp.sqrt(cases(V, X < Y, W)), cases(sp.sqrt(V), X < Y, sp.sqrt(W))),
        (cases(1 / X, sp.Ne(X, 0), sp.Integer(0)) * X, cases(sp.Integer(1), sp.Ne(X, 0), sp.Integer(0))),
        (cases(V, sp.sign(EPS * X * Y) > 0, W), cases(V, sp.sign(X * Y) > 0, W)),
    ],
)
def test_equal_case_distinctions_are_proved(left: sp.Expr, right: sp.Expr) -> None:
    assert prove_identity(left, right).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (cases(V, X > Y, W), cases(V, X >= Y, W)),
        (cases(V, X > Y, W), cases(V, Y > X, W)),
        (cases(V, X > 0, W), cases(V, -X > 0, W)),
        (cases(V, LR * X > 0, W), cases(V, X > 0, W)),
        (cases(V, X * Y > 0, W), cases(V, X > 0, W)),
        (cases(V, X > 0, W), V),
        (cases(V, X > 0, W), W),
        (cases(X / X - 1, sp.Ne(X, Y), sp.Integer(5)), sp.Integer(0)),
    ],
)
def test_different_case_distinctions_are_never_proved(left: sp.Expr, right: sp.Expr) -> None:
    assert prove_identity(left, right).verdict is not Verdict.PROVED
