"""Cross-checks of kernels with narrow states and extras, and what they catch; the bound of what storing adds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
import z3

from optproof import rule
from optproof.analysis import check_kernel, check_source, crosscheck
from optproof.analysis.kernel_check.compiled import skipping_problems
from optproof.analysis.kernel_check.grid import edge_grid, points
from optproof.analysis.kernel_check.oracle import Oracle
from optproof.analysis.kernel_check.storage_error import storage_error
from optproof.derive import names
from optproof.derive.prove import Verdict
from optproof.kernels import KernelError, generate
from optproof.kernels.build import load_kernel
from optproof.kernels.form import form_of

EVERY = ("gradient_scale", "clip_value", "average_decay", "zero_gradient", "skip_nonfinite")
NARROW: list[dict[str, Any]] = [
    {"state_dtype": "bfloat16"},
    {"state_dtype": "float16"},
    {"state_dtype": "bfloat16", "stochastic_rounding": True},
]


def _storable() -> list[str]:
    found = []
    for name in names():
        try:
            form_of(rule(name), "float32", "bfloat16")
        except KernelError:
            continue
        found.append(name)
    return found


@pytest.mark.parametrize("form", [*NARROW, {**NARROW[2], "extras": EVERY}, {"extras": EVERY}], ids=str)
def test_adam_passes_in_every_form(form: dict[str, Any]) -> None:
    (check,) = crosscheck(["adam"], ["float32"], **form)
    assert check.passed, check.problems
    assert check.source_verdict is Verdict.PROVED
    assert check.exact_cases > 1000
    if "state_dtype" in form:
        assert check.storage_bound.startswith("(lr ") or "gradient_scale" in check.storage_bound
        assert 0.3 < check.storage_error_over_bound <= 1


@pytest.mark.slow
@pytest.mark.parametrize("form", [*NARROW, {**NARROW[2], "extras": EVERY}], ids=str)
@pytest.mark.parametrize("name", _storable())
def test_every_rule_passes_in_every_narrow_form(name: str, form: dict[str, Any]) -> None:
    (check,) = crosscheck([name], ["float32"], **form)
    assert check.passed, check.problems


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", names())
def test_every_rule_passes_with_every_extra(name: str, dtype: str) -> None:
    (check,) = crosscheck([name], [dtype], extras=EVERY)
    assert check.passed, check.problems


@lru_cache(maxsize=1)
def _everything() -> Any:
    return generate("adam", state_dtype="bfloat16", stochastic_rounding=True, extras=EVERY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bfloat16_to_float32(m[i])", "m[i]"),
        ("bfloat16_to_float32(v[i])", "bfloat16_to_float32(m[i])"),
        ("float32_to_bfloat16_stochastic(m_new, random_bits(key, 0, i))", "m_new"),
        ("float32_to_bfloat16_stochastic(m_new,", "float32_to_bfloat16_stochastic(v_new,"),
        ("g[i] = np.float32(0.0)", "g[i] = g[i]"),
        ("        g[i] = np.float32(0.0)\n", ""),
        ("np.uint32(bits) << 16", "np.uint32(bits) << 15"),
        ("bits + (random & 0xFFFF)", "bits + (random & 0xFFFFF)"),
        ("count_nonfinite(0, theta.size", "count_nonfinite(1, theta.size"),
        ("np.isfinite", "np.isnan"),
        ("0x21F0AAAD", "0x21F0AAAF"),
        ("np.maximum(-clip_value,", "np.maximum(clip_value,"),
        ("retained = 0 if t == 1 else average_decay", "retained = average_decay"),
    ],
)
def test_a_tampered_source_is_not_proved(old: str, new: str) -> None:
    kernel = _everything()
    assert old in kernel.source
    assert check_source(kernel.source, kernel.rule, None, kernel.form).verdict is Verdict.PROVED
    assert check_source(kernel.source.replace(old, new), kernel.rule, None, kernel.form).verdict is not Verdict.PROVED


def test_a_source_of_another_form_is_not_proved() -> None:
    kernel = _everything()
    for other in (replace(kernel.form, states=()), replace(kernel.form, zero_gradient=False)):
        assert check_source(kernel.source, kernel.rule, None, other).verdict is not Verdict.PROVED


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("(bits >> 16) & 1", "(bits >> 17) & 1", "the reference interpreter"),
        ("m[i] = float32_to_bfloat16(m_new)", "m[i] = float32_to_bfloat16(v_new)", "another m than the rule"),
    ],
)
def test_wrong_machine_code_is_caught(old: str, new: str, problem: str, tmp_path: Path) -> None:
    good = generate("adam", state_dtype="bfloat16")
    assert old in good.source
    source = good.source.replace(old, new)
    bad = load_kernel(replace(good, source=source, digest=f"broken {new}"), cache_dir=tmp_path)
    check = check_kernel(bad)
    assert not check.passed
    assert any(problem in sentence or "is not the conversion" in sentence for sentence in check.problems)


def test_a_kernel_that_does_not_skip_is_caught(tmp_path: Path) -> None:
    good = generate("sgd", extras=["skip_nonfinite"])
    source = good.source.replace("np.isfinite(g[i])", "g[i] == g[i]")
    assert source != good.source
    bad = load_kernel(replace(good, source=source, digest="broken count"), cache_dir=tmp_path)
    assert not check_kernel(bad).passed
    sgd = good.rule
    grid = edge_grid(sgd, "float32")
    found = " ".join(skipping_problems(bad, sgd, grid, next(points(sgd))))
    assert "gradients were counted that are not finite" in found
    assert "has changed theta or a state" in found
    assert not skipping_problems(load_kernel(good, cache_dir=tmp_path), sgd, grid, next(points(sgd)))


def test_the_bound_of_momentum_is_the_one_of_paper_and_pencil() -> None:
    momentum = rule("sgd[momentum]")
    found = storage_error(momentum, form_of(momentum, "float32", "bfloat16"))
    assert found is not None
    q = momentum.quantities
    u, eta = found.constants
    assert found.constants == {u: sp.Rational(1, 2**8), eta: sp.Rational(1, 2**134)}
    moved = q["lr"] * q["momentum"] * (u * sp.Abs(q["b"]) + eta)
    assert sp.expand(found.bounds[momentum.theta] - moved) == 0


def test_without_narrow_states_nothing_is_added() -> None:
    adam = rule("adam")
    found = storage_error(adam, form_of(adam, "float32"))
    assert found is not None
    assert set(found.bounds.values()) == {sp.Integer(0)}


def test_every_rule_whose_states_can_be_stored_in_fewer_bits_has_a_bound() -> None:
    for name in _storable():
        chosen = rule(name)
        assert storage_error(chosen, form_of(chosen, "float32", "bfloat16")) is not None, name


def test_the_bound_of_a_sign_is_its_jump_and_zero_where_it_cannot_jump() -> None:
    lion = rule("lion")
    found = storage_error(lion, form_of(lion, "float32", "bfloat16"))
    assert found is not None
    q = lion.quantities
    u, eta = found.constants
    inside, off = q["beta1"] * q["m"] + (1 - q["beta1"]) * q["g"], q["beta1"] * (u * sp.Abs(q["m"]) + eta)
    jump = sp.Piecewise((0, sp.Abs(inside) > off), (2, True))
    assert sp.expand(found.bounds[lion.theta] - q["lr"] * jump) == 0


@pytest.mark.parametrize(
    ("name", "row", "stored"),
    [
        # m rounds to 1, and beta1 m + (1 - beta1) g changes its sign.
        ("lion", {"m": 1.003, "g": -4.006}, {"m": 1.0}),
        ("signsgd[momentum]", {"m": 1.003, "g": -4.006}, {"m": 1.0}),
        # v rounds to below g squared.
        ("yogi", {"m": 1.0, "v": 1.003, "g": 1.001}, {"v": 1.0}),
        # z rounds to the other side of l1; sqrt(n + g^2) - sqrt(n) is 1.
        ("ftrl", {"z": 1.003, "n": 0.5625, "g": 1.0, "theta": 1.0}, {"z": 1.0}),
        # What is left of the last gradient is zero once it is stored.
        ("rprop", {"g_previous": -(2.0**-140), "g": 1.0, "step_size": 0.5, "move": 0.25}, {"g_previous": 0.0}),
        ("rprop[irprop_minus]", {"g_previous": -(2.0**-140), "g": 1.0, "step_size": 0.5}, {"g_previous": 0.0}),
    ],
)
def test_a_jump_stays_within_its_bound(name: str, row: dict[str, float], stored: dict[str, float]) -> None:
    chosen = rule(name)
    found = storage_error(chosen, form_of(chosen, "float32", "bfloat16"))
    assert found is not None
    values = {n: row.get(n, 0.0) for n in ("theta", "g", *(s.name for s in chosen.state))}
    hyper = {h.name: float(h.default or 0) for h in chosen.hyper}
    hyper |= {n: 0.8 for n in ("beta1",) if n in hyper} | {n: 1.003 for n in ("l1",) if n in hyper}
    oracle = Oracle(chosen)
    here, there = oracle.evaluate(values, 2, hyper), oracle.evaluate({**values, **stored}, 2, hyper)
    distances = {n: abs(here[n] - there[n]) for n in here}
    limits = found.evaluate(values, 2, hyper)
    # As floats, because a jump is equal to its bound but for the fiftieth digit.
    parts = {n: float(distances[n] / limits[n]) for n in limits if distances[n]}
    assert None not in limits.values()
    assert 0 < max(parts.values()) <= 1
    if name in ("lion", "signsgd[momentum]"):
        assert parts["theta"] == 1


def test_no_bound_is_claimed_where_a_divisor_may_vanish() -> None:
    adagrad = rule("adagrad")
    found = storage_error(adagrad, form_of(adagrad, "float32", "bfloat16"))
    assert found is not None
    hyper = {h.name: float(h.default or 0) for h in adagrad.hyper}
    assert found.evaluate({"theta": 1.0, "g": 0.0, "G": 0.0}, 1, hyper)["theta"] is None
    assert found.evaluate({"theta": 1.0, "g": 1.0, "G": 1.0}, 1, hyper)["theta"] is not None


def test_a_bound_that_is_too_small_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of u is too little: the measurement comes close enough to the bound to see that."""
    from optproof.analysis.kernel_check import storage_error as module

    whole = module._constants
    monkeypatch.setattr(module, "_constants", lambda *a, **k: {q: c / 2 for q, c in whole(*a, **k).items()})
    (check,) = crosscheck(["adam"], ["float32"], state_dtype="bfloat16")
    assert not check.passed
    assert any("storing the states in fewer bits changes a step by" in sentence for sentence in check.problems)


def _close(a: Any, b: Any, off: Any) -> Any:
    return z3.And(a - b <= off, b - a <= off)


def _size(a: Any) -> Any:
    return z3.If(a >= 0, a, -a)


def _sign(a: Any) -> Any:
    return z3.If(a > 0, z3.RealVal(1), z3.If(a < 0, z3.RealVal(-1), z3.RealVal(0)))


@pytest.mark.parametrize(
    "lemma", ["sum", "product", "quotient", "root", "square", "max", "sign", "comparison", "other case"]
)
def test_the_rules_of_the_bound_are_theorems(lemma: str) -> None:
    a, b, x, y, d, e, r, s = z3.Reals("a b x y d e r s")
    given = [_close(x, a, d), _close(y, b, e), d >= 0, e >= 0]
    larger = lambda p, q: z3.If(p >= q, p, q)  # noqa: E731
    claims = {
        "sum": _close(x + y, a + b, d + e),
        "product": _close(x * y, a * b, _size(a) * e + _size(b) * d + d * e),
        "quotient": z3.Implies(z3.And(e < _size(b)), _close(x / y, a / b, (d + _size(a / b) * e) / (_size(b) - e))),
        "root": z3.Implies(z3.And(r > 0, s >= 0, r * r == a, s * s == x), _close(s, r, d / r)),
        "square": _close(x * x, a * a, 2 * (_size(a) + d) * d),
        "max": _close(larger(x, y), larger(a, b), larger(d, e)),
        "sign": _close(_sign(x), _sign(a), z3.If(_size(a) > d, z3.RealVal(0), z3.RealVal(2))),
        "comparison": z3.Implies(_size(a - b) > d + e, z3.And((x > y) == (a > b), (x >= y) == (a >= b))),
        # a is the right case's value; the other one's is b, and y what it becomes.
        "other case": _close(y, a, e + _size(b - a)),
    }
    solver = z3.Solver()
    solver.set("timeout", 60_000)
    solver.add(*given, z3.Not(claims[lemma]))
    assert solver.check() == z3.unsat


def test_edges_of_a_format_are_its_own() -> None:
    grid = edge_grid(rule("adam"), "float32", {"m": "float16"})
    assert np.nanmax(grid["m"][np.isfinite(grid["m"])]) == 65504
    assert np.nanmax(grid["v"][np.isfinite(grid["v"])]) == np.finfo(np.float32).max
