"""The cross-check as a whole: honest kernels pass; tampered sources and tampered machine code do not."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import sympy as sp

from optproof.analysis import CrossCheck, check_kernel, crosscheck
from optproof.analysis.kernel_check.compiled import Checker
from optproof.derive import (
    NONNEGATIVE,
    POSITIVE,
    UNIT_INTERVAL,
    Quantity,
    UpdateRule,
    gradient,
    parameter,
    rule,
    step_counter,
)
from optproof.derive.prove import Verdict
from optproof.kernels import Kernel, compile_kernel, generate
from optproof.kernels.build import load_kernel
from optproof.kernels.form import form_of


@lru_cache(maxsize=4)
def checker(name: str) -> Checker:
    return Checker(rule(name))


def checked(kernel: Kernel, name: str) -> CrossCheck:
    return check_kernel(kernel, rule(name), checker(name))


def tampered(name: str, old: str, new: str, dtype: str = "float64") -> Kernel:
    """A kernel whose source was changed and compiled."""
    generated = generate(name, dtype)
    assert old in generated.source, f"the generated source no longer holds {old!r}; adapt the test"
    source = generated.source.replace(old, new, 1)
    return load_kernel(dataclasses.replace(generated, source=source, digest=f"tampered {old} {new}"))


def swapped_machine_code(name: str, old: str, new: str, dtype: str = "float64") -> Kernel:
    """A kernel that shows the honest source and runs another one."""
    kernel = tampered(name, old, new, dtype)
    return Kernel(generate(name, dtype), kernel._module, kernel.path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sgd[momentum,dampening]", "rmsprop[centered]", "adam[amsgrad]"])
def test_honest_kernels_pass(name: str, dtype: str) -> None:
    (found,) = crosscheck([rule(name)], [dtype])
    assert found.problems == ()
    assert found.passed
    assert found.source_verdict is Verdict.PROVED
    assert found.edges_ok
    assert found.parallel_bitwise
    assert found.sizes == (0, 1, 7, 1024, 10**6)
    assert 0 < found.error_over_bound <= 1
    assert found.max_ulps > 0
    assert found.worst.split()[0] in {"theta", *(s.name for s in rule(name).state)}
    assert found.cases > 3_000_000
    assert found.exact_cases >= 500
    assert (found.rule, found.dtype) == (name, dtype)


def own_rules() -> list[UpdateRule]:
    theta, g, t = parameter(), gradient(), step_counter()
    lr, beta = Quantity("lr", POSITIVE), Quantity("beta", UNIT_INTERVAL)
    m, u = Quantity("m"), Quantity("u", NONNEGATIVE)
    lines = [(m, beta * m + (1 - beta) * g), (u, sp.Max(beta * u, sp.Abs(g)))]
    signs = [(theta, theta - lr * sp.sign(beta * m + (1 - beta) * g)), lines[0]]
    library = [
        (m, sp.Piecewise((beta * m, g > 0), (m / 2, g < 0), (m, True))),
        (theta, theta - lr * sp.Min(sp.Abs(g), 1) * sp.exp(-(m**2)) * sp.log(2 + m**2) / (1 + m**2) ** t),
    ]
    hyper = {lr: "0.1", beta: "0.9"}
    return [
        UpdateRule("signs", hyper=hyper, state={m: 0}, steps=signs),
        UpdateRule("maximum", hyper=hyper, state={m: 0, u: 0}, steps=[*lines, (theta, theta - lr * m / (u + lr))]),
        UpdateRule("library", hyper=hyper, state={m: 0}, steps=library),
    ]


@pytest.mark.parametrize("own", own_rules(), ids=lambda r: r.name)
def test_rules_of_ones_own_with_signs_cases_and_library_functions_pass(own: UpdateRule) -> None:
    for found in crosscheck([own]):
        assert found.problems == ()
        assert found.passed
        assert found.exact_cases > 300


def test_a_check_is_the_same_on_every_run() -> None:
    kernel = compile_kernel("sgd", "float32")
    first, second = (check_kernel(kernel) for _ in range(2))
    assert dataclasses.replace(first, seconds=0.0) == dataclasses.replace(second, seconds=0.0)


def test_tampered_source_fails_both_on_symbols_and_in_numbers() -> None:
    found = checked(tampered("rmsprop", "theta[i] - ", "theta[i] + "), "rmsprop")
    assert not found.passed
    assert found.source_verdict is Verdict.REFUTED
    assert found.error_over_bound > 1e6
    # The machine runs what the text says; it is the text that is wrong.
    assert found.edges_ok
    assert any("the source computes another theta" in p for p in found.problems)
    assert any("times the error bound away" in p for p in found.problems)


def test_a_kernel_of_another_rule_fails_in_numbers_alone() -> None:
    kernel = compile_kernel("sgd[nesterov]", "float64")
    numbers = checker("sgd[momentum]").check(kernel)
    assert numbers.exact.error_over_bound > 1e6
    assert any("theta at t = 1" in p and "times the error bound away" in p for p in numbers.problems)
    assert not checked(kernel, "sgd[momentum]").passed


def test_swapped_machine_code_fails_though_the_source_is_proved() -> None:
    found = checked(swapped_machine_code("rmsprop", "np.sqrt(v_new) + eps", "np.sqrt(v_new) + 0.0 * eps"), "rmsprop")
    assert not found.passed
    assert found.source_verdict is Verdict.PROVED
    assert not found.edges_ok
    assert any("the reference interpreter" in p for p in found.problems)


def test_machine_code_that_only_rounds_differently_is_noticed() -> None:
    kernel = swapped_machine_code("sgd[momentum]", "momentum * b[i] + g[i]", "momentum * (b[i] + g[i] / momentum)")
    found = checked(kernel, "sgd[momentum]")
    assert not found.edges_ok
    assert not found.passed


def test_machine_code_that_ignores_its_range_fails_with_two_threads() -> None:
    found = checked(swapped_machine_code("sgd", "range(start, stop)", "range(0, stop)"), "sgd")
    assert not found.parallel_bitwise
    assert not found.passed
    assert found.sizes == (0, 1, 7, 1024)
    assert "at size 1000000 with two threads an element differs from its value in a small array" in found.problems


def test_machine_code_that_leaves_out_the_last_element_fails_at_every_size() -> None:
    found = checked(swapped_machine_code("sgd", "range(start, stop)", "range(start, max(stop, 1) - 1)"), "sgd")
    assert found.sizes == (0,)
    assert not found.passed


def test_a_kernel_that_writes_the_gradient_fails() -> None:
    honest = compile_kernel("sgd", "float64")

    class Careless:
        rule, form, source = honest.rule, honest.form, honest.source
        dtype = form.dtype

        def __call__(self, theta: np.ndarray, g: np.ndarray, *rest: Any, **keywords: Any) -> None:
            honest(theta, g, *rest, **keywords)
            g[...] = 0

    (found,) = crosscheck(["sgd"], ["float64"], kernels={("sgd", "float64"): Careless()})  # type: ignore[dict-item]
    assert found.source_verdict is Verdict.PROVED
    assert not found.passed
    assert "has changed g, which a step only reads" in found.problems[0]


def test_a_kernel_that_cannot_be_checked_does_not_hide_the_others() -> None:
    class Broken:
        rule, dtype, source, form = rule("sgd"), "float32", "", form_of(rule("sgd"), "float32")

    seen: list[tuple[str, int, int]] = []
    found = crosscheck(
        ["sgd", rule("sgd[momentum]")],
        ["float32"],
        kernels={("sgd", "float32"): Broken()},  # type: ignore[dict-item]
        progress=lambda *now: seen.append(now),
    )
    assert [c.passed for c in found] == [False, True]
    assert found[0].source_verdict is Verdict.UNKNOWN
    assert not found[0].edges_ok
    assert found[0].problems == (
        "the module defines no function 'step'",
        "running the kernel stopped with NotUnderstood: the module defines no function 'step'",
    )
    assert seen == [("sgd float32", 0, 2), ("sgd[momentum] float32", 1, 2), ("done", 2, 2)]


def test_a_kernel_that_cannot_be_made_is_a_failed_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("no compiler here")

    monkeypatch.setattr("optproof.kernels.compile_kernel", refused, raising=False)
    (found,) = crosscheck(["sgd"], ["float32"])
    assert not found.passed
    assert found.problems == ("there is no kernel to check: RuntimeError: no compiler here",)


def test_the_record_is_json_with_stable_keys() -> None:
    failed = CrossCheck("sgd", "float32", Verdict.UNKNOWN, "not reached", problems=("it broke",))
    data = json.loads(json.dumps(failed.to_json(), allow_nan=False))
    assert data["max_ulps"] is None
    assert data["source_verdict"] == "UNKNOWN"
    assert data["problems"] == ["it broke"]
    assert list(data) == [f.name for f in dataclasses.fields(CrossCheck)]


def test_importing_analysis_imports_neither_numba_nor_matplotlib() -> None:
    code = (
        "import sys, optproof.analysis, optproof.analysis.study, optproof.analysis.kernel_check; "
        "print(sorted({'numba', 'matplotlib', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_of_the_floor_are_found_and_others_are_not() -> None:
    import optproof.analysis as floor

    assert isinstance(floor.study, ModuleType)
    assert floor.crosscheck is crosscheck
    assert {"crosscheck", "CrossCheck", "study"} <= set(dir(floor))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        floor.nothing  # noqa: B018
