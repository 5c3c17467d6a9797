"""The kernels' LLVM IR is proved for every size; whatever is broken in it is never proved."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from optproof.analysis.kernel_check.machine_code import MachineCodeCheck, check_machine_code
from optproof.derive import rule
from optproof.derive.prove import Verdict
from optproof.kernels import GeneratedKernel

Compiled = Callable[[str, str], tuple[GeneratedKernel, str]]


def checked(compiled: Compiled, name: str, dtype: str, llvm: str | None = None) -> MachineCodeCheck:
    generated, honest = compiled(name, dtype)
    return check_machine_code(llvm or honest, generated.source, rule(name), generated.form)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sgd[momentum]", "rmsprop[centered]", "adam", "adam[amsgrad]", "lion"])
def test_kernels_are_proved(compiled: Compiled, name: str, dtype: str) -> None:
    found = checked(compiled, name, dtype)
    assert found.problems == ()
    assert found.verdict is Verdict.PROVED
    assert "any number of elements" in found.scope


def test_a_kernel_is_no_other_rule(compiled: Compiled) -> None:
    generated, llvm = compiled("adam", "float64")
    _, other = compiled("rmsprop[centered]", "float64")
    assert check_machine_code(llvm, generated.source, rule("adam[eps_hat]"), generated.form).verdict is Verdict.REFUTED
    assert check_machine_code(other, generated.source, rule("adam"), generated.form).verdict is not Verdict.PROVED


# What is replaced in the lines of adam's loops: a pattern, and what its match becomes.
EDITS = {
    "an addition subtracts": (r"= fadd ", "= fsub "),
    "a subtraction adds": (r"= fsub ", "= fadd "),
    "a product is a sum": (r"= fmul ", "= fadd "),
    "a quotient is a product": (r"= fdiv ", "= fmul "),
    "operands are swapped": (r"= (fdiv|fsub) (<\d+ x \w+>|\w+) (%[\w.]+), (%[\w.]+)", r"= \1 \2 \4, \3"),
    "another hyperparameter": (r"%arg\.beta2\b(?!,? float %arg)", "%arg.beta1"),
    "an index is off by one element": (r"= shl i64 (%index), 3", r"= mul i64 \1, 16"),
    "one step is too long": (r"= add nuw i64 %index, (\d+)", "= add nuw i64 %index, 16"),
    "the test is another": (r"= icmp (samesign )?ugt i64 (%lsr[\w.]+), 1", r"= icmp ugt i64 \2, 2"),
    "the rest is another one": (r"(%\w+) = and i64 (%\.\d+), 3\b", r"\1 = and i64 \2, 1"),
    "the vectors' part is longer": (r"= and i64 (%\.\d+), 92233720368547758\d\d", r"= and i64 \1, 9223372036854775806"),
    "a lane is taken from another": (r"<4 x i32> zeroinitializer", "<4 x i32> <i32 0, i32 1, i32 0, i32 0>"),
    "a store goes astray": (r"(store (?:<4 x )?double>? %[\w.]+, ptr) (%scevgep\d+)", r"\1 %arg.g.4"),
}


def places(llvm: str, pattern: str) -> list[re.Match[str]]:
    """The matches inside the compiled function, but not in its head."""
    start = llvm.index("{\n", llvm.index("define ")) + 1
    end = llvm.index("\n}\n", start)
    return [m for m in re.finditer(pattern, llvm) if start < m.start() < end]


@pytest.mark.parametrize("edit", EDITS)
def test_broken_code_is_never_proved(compiled: Compiled, edit: str) -> None:
    pattern, becomes = EDITS[edit]
    _, llvm = compiled("adam", "float64")
    found = places(llvm, pattern)
    if edit == "the test is another" and not found:
        pattern, becomes = r"= icmp eq i64 (%[\w.]+), (%[\w.]+)\n", r"= icmp ugt i64 \1, \2\n"
        found = places(llvm, pattern)
    assert found, "the compiled code no longer holds what the test breaks"
    for match in found:
        broken = llvm[: match.start()] + match.expand(becomes) + llvm[match.end() :]
        assert checked(compiled, "adam", "float64", broken).verdict is not Verdict.PROVED, match.group()


def test_broken_arithmetic_is_refuted_by_a_point(compiled: Compiled) -> None:
    _, llvm = compiled("adam", "float64")
    for match in places(llvm, r"= fadd "):
        broken = llvm[: match.start()] + "= fsub " + llvm[match.end() :]
        found = checked(compiled, "adam", "float64", broken)
        assert found.verdict is Verdict.REFUTED
        assert "for example at" in found.problems[0]


def test_an_unknown_instruction_is_named(compiled: Compiled) -> None:
    _, llvm = compiled("adam", "float64")
    match = places(llvm, r"= fdiv (double)")[0]
    broken = llvm[: match.start()] + "= frem double" + llvm[match.end() :]
    found = checked(compiled, "adam", "float64", broken)
    assert found.verdict is Verdict.UNKNOWN
    assert "frem" in found.problems[0]


def test_text_that_is_no_code_is_unknown(compiled: Compiled) -> None:
    found = checked(compiled, "adam", "float64", "this is no LLVM IR")
    assert found.verdict is Verdict.UNKNOWN


def test_fast_math_is_named_and_still_proved(compiled: Compiled) -> None:
    _, llvm = compiled("adam", "float64")
    match = places(llvm, r"= fadd ")[0]
    relaxed = llvm[: match.start()] + "= fadd reassoc contract " + llvm[match.end() :]
    found = checked(compiled, "adam", "float64", relaxed)
    assert found.verdict is Verdict.PROVED
    assert "contract, reassoc" in found.notes[0]


@pytest.mark.slow(minutes=2)
def test_the_whole_catalogue_is_proved() -> None:
    from optproof.derive.catalogue import names
    from optproof.kernels import generate
    from optproof.kernels.kernel import _fresh_llvm

    for name in names():
        for dtype in ("float32", "float64"):
            generated = generate(name, dtype)
            found = check_machine_code(_fresh_llvm(generated.source), generated.source, rule(name), generated.form)
            assert found.verdict is Verdict.PROVED, (name, dtype, found.problems)
