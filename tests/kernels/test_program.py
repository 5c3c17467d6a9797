"""A step program is single-assignment data, and says what it computes."""

from __future__ import annotations

import pytest
import sympy as sp

from optproof import rule
from optproof.derive import Quantity, names
from optproof.derive.rule import Assignment
from optproof.kernels import KernelError
from optproof.kernels.lowering import lower
from optproof.kernels.operations import count_operations
from optproof.kernels.passes import pipeline, run_passes


@pytest.mark.parametrize("name", names())
def test_lowering_keeps_the_one_step_map(name: str) -> None:
    assert lower(rule(name)).as_one_step() == rule(name).step()


def test_a_name_is_assigned_once() -> None:
    program = lower(rule("sgd"))
    with pytest.raises(KernelError, match="assigns theta_new twice"):
        program.with_lines(body=program.body * 2)


def test_a_line_reads_only_what_is_known() -> None:
    program = lower(rule("adam"))
    with pytest.raises(KernelError, match=r"reads .* where it is not known"):
        program.with_lines(body=reversed(program.body))


def test_the_prologue_reads_no_element() -> None:
    program = lower(rule("sgd"))
    line = Assignment(Quantity("x"), program.rule.gradient * 2)
    with pytest.raises(KernelError, match=r"the prologue of 'sgd' reads g"):
        program.with_lines(prologue=[line])


def test_every_output_is_computed() -> None:
    program = lower(rule("sgd"))
    with pytest.raises(KernelError, match="never computes theta_new, the new theta"):
        program.with_lines(body=())


def test_edits_leave_the_program_alone() -> None:
    program = lower(rule("sgd"))
    other = program.with_lines(prologue=[Assignment(Quantity("x"), sp.Integer(1))]).with_dtype("float32")
    assert (program.prologue, program.dtype) == ((), None)
    assert other.dtype == "float32"


def test_scalars_are_what_the_body_reads_of_the_prologue() -> None:
    program, _ = run_passes(rule("adam[eps_hat]"), pipeline("float32"))
    assert [q.name for q in program.scalars] == [
        "beta1",
        "beta2",
        "eps",
        "one_minus_beta1",
        "one_minus_beta2",
        rule("adam[eps_hat]").temporaries[0].name,
    ]


def test_operations_are_counted_as_they_are_printed() -> None:
    counts = count_operations(lower(rule("rmsprop")))
    # rho v + (1 - rho) (g g); theta - lr g / (sqrt(v) + eps)
    assert counts.body == {"add": 4, "mul": 4, "div": 1, "sqrt": 1}
    assert str(counts) == "4 add, 4 mul, 1 div, 1 sqrt"
