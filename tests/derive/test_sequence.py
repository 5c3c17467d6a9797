"""One-step maps, runs and first steps follow from the assignments."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof.derive import displacement, first_step, initial_state, names, one_step, rule, run


@pytest.mark.parametrize("name", names())
def test_the_one_step_map_holds_nothing_but_old_values(name: str) -> None:
    chosen = rule(name)
    known = {chosen.theta, chosen.gradient, chosen.step_counter}
    known |= {h.symbol for h in chosen.hyper} | {s.symbol for s in chosen.state}
    mapped = one_step(chosen)
    assert list(mapped) == [chosen.theta, *(s.symbol for s in chosen.state)]
    assert all(e.free_symbols <= known for e in mapped.values())


def test_a_line_reads_the_new_value_after_its_assignment_and_the_old_one_before() -> None:
    momentum = rule("sgd[momentum]")
    q = momentum.quantities
    assert one_step(momentum)[q["b"]] == q["momentum"] * q["b"] + q["g"]
    assert sp.expand(displacement(momentum) + q["lr"] * (q["momentum"] * q["b"] + q["g"])) == 0


def test_the_first_step_starts_from_the_initial_state() -> None:
    q = rule("rmsprop").quantities
    expected = -q["lr"] * q["g"] / (sp.sqrt((1 - q["rho"]) * q["g"] ** 2) + q["eps"])
    assert sp.simplify(first_step(rule("rmsprop")) - expected) == 0
    assert initial_state(rule("adagrad")) == {
        rule("adagrad").quantities["G"]: rule("adagrad").quantities["initial_accumulator"]
    }


def test_a_run_is_the_one_step_map_again_and_again() -> None:
    history = run(
        rule("sgd[momentum]"),
        [sp.Integer(1), sp.Integer(1), sp.Integer(1)],
        {"lr": sp.Rational(1, 10), "momentum": sp.Rational(1, 2)},
        sp.Integer(0),
    )
    theta, b = rule("sgd").theta, rule("sgd[momentum]").quantities["b"]
    assert [values[b] for values in history] == [0, 1, sp.Rational(3, 2), sp.Rational(7, 4)]
    assert [values[theta] for values in history] == [0, sp.Rational(-1, 10), sp.Rational(-1, 4), sp.Rational(-17, 40)]


def test_a_run_leaves_hyperparameters_without_a_value_as_symbols() -> None:
    lr = rule("sgd").quantities["lr"]
    assert run(rule("sgd"), [sp.Integer(2)], {}, sp.Integer(1))[-1][rule("sgd").theta] == 1 - 2 * lr


def test_a_run_counts_steps_from_one() -> None:
    beta1, lr = rule("adam").quantities["beta1"], sp.Integer(1)
    hyper = {"lr": lr, "beta2": sp.Rational(3, 4), "eps": sp.Integer(1)}
    (_, first) = run(rule("adam"), [sp.Integer(1)], hyper, sp.Integer(0))
    # m_hat and v_hat are 1 after the first step whatever the decay rates are.
    assert sp.simplify(first[rule("adam").theta]) == sp.Rational(-1, 2)
    assert beta1 not in sp.simplify(first[rule("adam").theta]).free_symbols
