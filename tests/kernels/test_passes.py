"""Every pass is proved after it ran, and a wrong pass never becomes a kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy as sp

from optproof import rule
from optproof.derive import UpdateRule, names
from optproof.derive.prove import Verdict
from optproof.derive.rule import Assignment
from optproof.kernels import KernelError, Pass, StepProgram, generate
from optproof.kernels.hoisting import hoist
from optproof.kernels.lowering import lower
from optproof.kernels.passes import pipeline, prove_program
from optproof.kernels.precision import assign_dtype
from optproof.kernels.program import symbols_of
from optproof.kernels.readback import read_back
from optproof.kernels.sharing import share
from optproof.kernels.strength import REWRITES

from .conftest import Generated


@pytest.mark.parametrize("name", names())
def test_every_pass_and_the_printed_text_are_proved(name: str, generated: Generated) -> None:
    kernel = generated(name)
    assert {report.verdict for report in kernel.passes} == {Verdict.PROVED}
    assert [report.name for report in kernel.passes] == [
        "lower",
        "hoist",
        "share",
        "reduce strength",
        "assign dtype",
        "print",
    ]
    assert kernel.proof.verdict is Verdict.PROVED
    assert [o.output for o in kernel.proof.outputs] == ["theta", *(s.name for s in rule(name).state)]


@pytest.mark.parametrize("name", names())
def test_no_pass_makes_the_body_dearer(name: str, generated: Generated) -> None:
    for report in generated(name).passes:
        for kind in ("div", "sqrt", "pow", "max", "select", "exp", "log"):
            assert report.after.body.get(kind, 0) <= report.before.body.get(kind, 0), (report.name, kind)


NOT_ADAPTIVE = ("sgd", "signsgd", "lion", "rprop", "qhm", "asgd")
# Adamax keeps a maximum instead of a root; NAdam's schedule keeps a product for each element; Adadelta and FTRL need
# the root of the state before the step beside that after it.
ROOTS_AND_DIVISIONS = {"adamax": (0, 1), "nadam[momentum_decay]": (1, 3), "adadelta": (2, 1), "ftrl": (2, 1)}


@pytest.mark.parametrize("name", names())
def test_rules_take_as_few_roots_and_divisions_as_their_formula_needs(name: str, generated: Generated) -> None:
    family = name.split("[", maxsplit=1)[0]
    usual = (0, 0) if family in NOT_ADAPTIVE else (1, 1)
    body = generated(name).passes[-1].after.body
    found = (body.get("sqrt", 0), body.get("div", 0))
    assert found == ROOTS_AND_DIVISIONS.get(name, ROOTS_AND_DIVISIONS.get(family, usual))
    assert not body.get("pow", 0)


@pytest.mark.parametrize("name", names())
def test_nothing_in_the_body_could_be_hoisted(name: str, generated: Generated) -> None:
    program = generated(name).program
    for line in program.body:
        for part in sp.preorder_traversal(line.value):
            loose = (
                isinstance(part, sp.Expr) and part.args and part.free_symbols and part.free_symbols <= program.uniform
            )
            # A minus sign is part of a subtraction.
            assert not loose or (part.is_Mul and part.args[0] == -1 and len(part.args) == 2), part


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda r: r.name)
@pytest.mark.parametrize(
    "name", ["adam[amsgrad,l2]", "rmsprop[centered,momentum]", "adadelta[l2]", "sgd[nesterov,lr_inside]"]
)
def test_every_rewrite_alone_keeps_the_rule(name: str, rewrite: object) -> None:
    program = share(hoist(lower(rule(name))))
    for each in REWRITES:
        program = each.apply(program)
        if each is rewrite:
            break
    assert prove_program(rule(name), program.as_one_step(), "the rewritten program").verdict is Verdict.PROVED


def _edited(edit: Callable[[sp.Expr], sp.Expr], output: str) -> Pass:
    """A pass that changes the line of one output."""

    def apply(program: StepProgram) -> StepProgram:
        body = [Assignment(a.target, edit(a.value) if a.target.name == output else a.value) for a in program.body]
        return program.with_lines(body=body)

    return Pass("careless", "Break something.", apply)


def _without(name: str) -> Callable[[sp.Expr], sp.Expr]:
    def edit(e: sp.Expr) -> sp.Expr:
        symbol = next(s for s in symbols_of(e) if s.name == name)
        return e.xreplace({symbol: sp.Integer(0)})

    return edit


@pytest.mark.parametrize(
    ("name", "output", "edit"),
    [
        ("adam", "theta_new", lambda e: 2 * rule("adam").theta - e),
        ("adam", "m_new", lambda e: -e),
        ("rmsprop", "theta_new", _without("eps")),
        ("adamw", "theta_new", _without("weight_decay")),
        ("adam[amsgrad]", "v_max_new", lambda e: sp.Min(*e.args)),
        ("sgd[nesterov]", "theta_new", _without("g")),
        ("adagrad", "G_new", lambda e: e + sp.Rational(1, 10**30)),
    ],
)
def test_a_broken_pass_is_refused(name: str, output: str, edit: Callable[[sp.Expr], sp.Expr]) -> None:
    with pytest.raises(KernelError, match=r"after the pass 'careless' is not proved to be the rule"):
        generate(name, "float32", passes=[_edited(edit, output), *pipeline("float32")])


def test_a_refuted_pass_is_named_with_a_counterexample() -> None:
    broken = _edited(lambda e: -e, "theta_new")
    with pytest.raises(KernelError, match=r"refuted by an exact counterexample, .*theta = "):
        generate("sgd", passes=[broken, *pipeline("float32")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.sqrt(v_new) + eps)", "np.sqrt(v_new) - eps)"),
        ("np.sqrt(v_new) +", "v_new +"),
        ("v[i] = v_new", "v[i] = m_new"),
        ("1 - beta1 ** t", "1 - beta2 ** t"),
        ("theta[i] = theta_new", "m[i] = theta_new"),
        ("return (beta1, beta2", "return (beta2, beta1"),
    ],
)
def test_a_tampered_text_is_not_proved(old: str, new: str) -> None:
    kernel = generate("adam")
    assert kernel.source.count(old) == 1
    tampered = kernel.source.replace(old, new)
    with pytest.raises(KernelError):
        prove_program(kernel.rule, read_back(tampered, kernel.program), "the tampered text")


@pytest.mark.parametrize(
    "line",
    [
        *("import os", "m[i] += m_new", "theta_new = eval('1')", "theta_new = not_there"),
        # What a careless reader takes for a minus, for the first comparison alone, or for a pure maximum.
        *("theta_new = +m_new", "theta_new = ~m_new", "theta_new = m_new if 0.0 < m_new < 1.0 else v_new"),
        "theta_new = np.maximum(m_new, v_new, out=m)",
    ],
)
def test_reading_back_knows_only_what_the_printer_writes(line: str) -> None:
    kernel = generate("adam")
    source = kernel.source.replace("        m[i] = m_new\n", f"        {line}\n        m[i] = m_new\n")
    with pytest.raises(KernelError, match=r"printed module|printer"):
        read_back(source, kernel.program)


def test_a_number_that_the_dtype_cannot_hold_is_refused_in_the_body() -> None:
    program = lower(rule("sgd"))
    tenth = [Assignment(a.target, a.value / 10) for a in program.body]
    with pytest.raises(KernelError, match=r"holds the number -1/10, which float32 may not hold exactly"):
        assign_dtype(program.with_lines(body=tenth), "float32")


@pytest.mark.parametrize("dtype", ["float16", "int32", "nonsense", None])
def test_an_unsupported_dtype_is_refused(dtype: object) -> None:
    with pytest.raises(KernelError, match="kernels exist for float32 and float64"):
        generate("sgd", dtype)


def test_a_rule_of_ones_own_with_every_operation_is_proved(odd_rule: UpdateRule) -> None:
    assert generate(odd_rule).proof.verdict is Verdict.PROVED
