"""The printed source executed on symbols: right sources are proved, tampered ones never are."""

from __future__ import annotations

import ast
from functools import lru_cache

import pytest
import sympy as sp

from optproof.analysis.kernel_check.source import check_source, executed
from optproof.derive import Quantity, UpdateRule, gradient, names, parameter, rule
from optproof.derive.prove import Verdict
from optproof.kernels import generate


@lru_cache(maxsize=80)
def source(name: str, dtype: str = "float32") -> str:
    return generate(rule(name), dtype).source


def tampered(text: str, old: str, new: str) -> str:
    assert old in text, f"the generated source no longer holds {old!r}; adapt the mutation"
    return text.replace(old, new, 1)


@pytest.mark.parametrize("name", names())
def test_every_printed_source_is_its_rule(name: str) -> None:
    found = check_source(source(name), rule(name))
    assert found.verdict is Verdict.PROVED
    assert found.problems == ()


def test_both_dtypes_print_the_same_mathematics() -> None:
    assert executed(source("adam", "float64"), rule("adam"))[0] == executed(source("adam"), rule("adam"))[0]


MUTATIONS = {
    "flipped sign": ("theta[i] - scale_of_m", "theta[i] + scale_of_m"),
    "dropped eps": ("np.sqrt(v_new) + eps", "np.sqrt(v_new)"),
    "swapped decay rates": ("(1 - beta2 ** t)", "(1 - beta1 ** t)"),
    "stale state": ("scale_of_m * m_new", "scale_of_m * m[i]"),
    "wrong decay": ("beta1 * m[i]", "beta2 * m[i]"),
    "no root": ("np.sqrt(v_new)", "np.abs(v_new)"),
    "forgotten state": ("        v[i] = v_new\n", ""),
    "states stored into each other": ("m[i] = m_new", "v[i] = m_new"),
    "step counter off by one": ("type, prologue(t,", "type, prologue(t + 1,"),
    "hyperparameters in another order": ("prologue(t, lr, beta1, beta2, eps))", "prologue(t, lr, beta2, beta1, eps))"),
    "scalars in another order": ("return (beta1, beta2,", "return (beta2, beta1,"),
    "arrays in another order": ("m=m, v=v", "m=v, v=m"),
    "early store": ("        theta_new =", "        v[i] = v_new * v_new\n        theta_new ="),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_source_that_computes_something_else_is_refuted(name: str) -> None:
    text = source("adam")
    if name == "early store":
        # Storing early is harmless unless what was stored is read again.
        text = tampered(text, "np.sqrt(v_new)", "np.sqrt(v[i])")
    found = check_source(tampered(text, *MUTATIONS[name]), rule("adam"))
    assert found.verdict is Verdict.REFUTED
    assert found.problems
    assert all("the source computes another" in p for p in found.problems)


MISPLACED = {
    "store into the gradient": ("m[i] = m_new", "g[i] = m_new", "stores into g, which a step only reads"),
    "store beside": ("m[i] = m_new", "m[i + 1] = m_new", "does not stand for the element"),
    "read beside": ("one_minus_beta1 * g[i]", "one_minus_beta1 * g[i - 1]", "does not stand for the element"),
    "read the first": ("one_minus_beta1 * g[i]", "one_minus_beta1 * g[0]", "does not read the element"),
    "late start": ("range(start, stop)", "range(start + 1, stop)", "does not run over every element"),
    "early stop": ("range(start, stop)", "range(start, stop - 1)", "is not the whole range"),
    "every other": ("range(start, stop)", "range(start, stop, 2)", "does not run over every element"),
    "from one on": ("range(start, stop)", "range(1, stop)", "does not run over every element"),
    "start ignored": ("range(start, stop)", "range(0, stop)", "does not keep to the range"),
    "called from one on": ("step_range(0,", "step_range(1,", "does not run over every element"),
    "left early": ("        theta[i] = theta_new", "        break\n        theta[i] = theta_new", "may leave the loop"),
    "value of the element before": ("beta1 * m[i]", "beta1 * m_new", "no value of this element's own"),
    "fast mathematics": ('error_model="numpy"', 'error_model="numpy", fastmath=True', "may change what"),
    "another decorator": ("@njit(SIGNATURE", "@types.njit(SIGNATURE", "may change what"),
    "function replaced": ("def rows(", "step_range = print\n\n\ndef rows(", "has no value here"),
    "defined twice": ("def rows(", "def step_range(start):\n    pass\n\n\ndef rows(", "defined twice"),
    "unknown function": ("np.sqrt(v_new)", "np.cbrt(v_new)", "np.cbrt(v_new)"),
    "unknown statement": ("    for i in", "    while True:\n        pass\n    for i in", "(While)"),
    "guard that changes an array": (
        "    scalars =",
        "    if theta.fill(0):\n        raise ValueError\n    scalars =",
        "(If)",
    ),
    "guard that renames": (
        "    for i in",
        "    for g in (theta,):\n        if i:\n            raise ValueError\n    for i in",
        "'g' (Name) has no value",
    ),
    "names from anywhere": ("import numpy as np", "from numpy import *\nimport numpy as np", "(ImportFrom)"),
    "no step": ("def step(", "def stride(", "defines no function 'step'"),
    "another parameter": ("m, v, t,", "m, v, t, momentum,", "a parameter 'momentum'"),
    "no Python": ("def step(", "def step((", "is not Python"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_a_source_that_reads_or_writes_elsewhere_or_is_not_understood_is_never_proved(name: str) -> None:
    old, new, why = MISPLACED[name]
    found = check_source(tampered(source("adam"), old, new), rule("adam"))
    assert found.verdict is not Verdict.PROVED
    assert len(found.problems) == 1
    assert why in found.problems[0]


def test_what_is_not_understood_names_its_line() -> None:
    text = tampered(source("adam"), "np.sqrt(v_new)", "np.cbrt(v_new)")
    line = next(k for k, words in enumerate(text.splitlines(), start=1) if "cbrt" in words)
    found = check_source(text, rule("adam"))
    assert found.verdict is Verdict.UNKNOWN
    assert found.problems[0].startswith(f"line {line}: ")


def _operators_changed(text: str, functions: tuple[str, ...]) -> list[str]:
    """The source with one arithmetic operator changed, for every operator of `functions`."""
    other = {ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Add(), ast.Div: ast.Mult(), ast.Pow: ast.Mult()}
    tree = ast.parse(text)
    inside = [n for f in tree.body if isinstance(f, ast.FunctionDef) and f.name in functions for n in ast.walk(f)]
    found = []
    for node in (n for n in inside if isinstance(n, ast.BinOp)):
        kept, node.op = node.op, other[type(node.op)]
        found.append(ast.unparse(tree))
        node.op = kept
    return found


@pytest.mark.parametrize("name", ["sgd[nesterov,l2]", "adagrad", "rmsprop[momentum]", "adam"])
def test_no_change_of_a_single_operator_is_proved(name: str) -> None:
    changed = _operators_changed(source(name), ("prologue", "step_range"))
    assert len(changed) >= 5
    verdicts = [check_source(text, rule(name)).verdict for text in changed]
    assert set(verdicts) == {Verdict.REFUTED}


def test_a_kernel_of_another_rule_is_refuted() -> None:
    found = check_source(source("sgd[nesterov]"), rule("sgd[momentum]"))
    assert found.verdict is Verdict.REFUTED
    assert "another theta" in found.problems[0]


PLAIN = """
def step(theta, g, lr):
    for i in range(theta.size):
        theta[i] = theta[i] - {}
"""


def test_decimals_are_read_exactly_and_those_the_machine_rounds_are_noted() -> None:
    proved = check_source(PLAIN.format("0.1 * (lr * g[i]) / 0.1"), rule("sgd"))
    assert proved.verdict is Verdict.PROVED
    assert proved.notes == ("the literal 0.1 is read as 1/10; the machine stores the nearest binary number",)
    assert check_source(PLAIN.format("0.5 * (lr * g[i]) / 0.5"), rule("sgd")).notes == ()
    # In binary the two literals are one number; in the text they differ.
    refuted = check_source(PLAIN.format("0.1 * (lr * g[i]) / 0.1000000000000000055"), rule("sgd"))
    assert refuted.verdict is Verdict.REFUTED


def test_division_by_a_literal_zero_is_not_understood() -> None:
    found = check_source(PLAIN.format("lr * g[i] / 0"), rule("sgd"))
    assert found.verdict is Verdict.UNKNOWN
    assert "divides by zero" in found.problems[0]


def test_a_ternary_maximum_and_a_nan_test_are_what_they_mean_for_numbers() -> None:
    text = source("amsgrad")
    (call,) = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "np.maximum"]
    a, b = (ast.unparse(x) for x in call.args)
    ternary = tampered(text, ast.unparse(call), f"({a} if {a} >= {b} or {a} != {a} else {b})")
    assert check_source(ternary, rule("amsgrad")).verdict is Verdict.PROVED
    smaller = tampered(text, ast.unparse(call), f"({a} if {a} <= {b} else {b})")
    assert check_source(smaller, rule("amsgrad")).verdict is Verdict.REFUTED


def test_nested_cases_are_the_cases_of_the_rule() -> None:
    theta, g, b = parameter(), gradient(), Quantity("b")
    three = sp.Piecewise((2 * b, g > 0), (b / 2, g < 0), (b, True))
    own = UpdateRule("own", hyper={}, state={b: 0}, steps=[(b, three), (theta, theta - b * g)])
    assert check_source(generate(own).source, own).verdict is Verdict.PROVED


def test_nothing_of_the_source_is_run() -> None:
    text = 'import os\nmarker = os.system("exit 7")\n' + PLAIN.format("lr * g[i]")
    assert check_source(text, rule("sgd")).verdict is Verdict.PROVED
    text = 'raise SystemExit("run")\n' + PLAIN.format("lr * g[i]")
    assert check_source(text, rule("sgd")).verdict is Verdict.UNKNOWN
