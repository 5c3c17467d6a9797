"""The pipeline from a rule to a program that is ready to be printed, each pass proved after it ran."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from ..derive import Quantity, UpdateRule
from ..derive.prove.verdict import Verdict
from .errors import KernelError
from .hoisting import hoist
from .lowering import lower
from .operations import OperationCounts, count_operations
from .precision import assign_dtype
from .program import StepProgram
from .sharing import share
from .strength import reduce_strength

__all__ = [
    "OutputProof",
    "Pass",
    "PassReport",
    "ProgramProof",
    "Settled",
    "dtype_pass",
    "pipeline",
    "prove_program",
    "real_passes",
    "run_passes",
]


@dataclass(frozen=True)
class OutputProof:
    """That one output is what the rule says: `formal` is the identity that was decided."""

    output: str
    verdict: Verdict
    method: str
    formal: str
    seconds: float


@dataclass(frozen=True)
class ProgramProof:
    """That a program or a printed module is the rule, output by output, over the real numbers.

    Attributes
    ----------
    subject : str
        What was proved to be the rule, in words.
    outputs : tuple of OutputProof
        One for theta and for every state.
    """

    subject: str
    outputs: tuple[OutputProof, ...]

    @property
    def verdict(self) -> Verdict:
        """PROVED if every output is; REFUTED if one is refuted."""
        found = {o.verdict for o in self.outputs}
        if Verdict.REFUTED in found:
            return Verdict.REFUTED
        return Verdict.PROVED if found == {Verdict.PROVED} else Verdict.UNKNOWN

    @property
    def method(self) -> str:
        """How the outputs were decided."""
        return ", ".join(dict.fromkeys(o.method for o in self.outputs))

    @property
    def seconds(self) -> float:
        """How long deciding took."""
        return sum(o.seconds for o in self.outputs)


Settled: TypeAlias = dict[tuple[Quantity, sp.Expr], OutputProof]


@dataclass(frozen=True)
class Pass:
    """A named function from program to program."""

    name: str
    words: str
    apply: Callable[[StepProgram], StepProgram]


@dataclass(frozen=True)
class PassReport:
    """What a pass did, and the verdict on the program after it.

    Attributes
    ----------
    name, words : str
        The pass and what it does, in a sentence.
    before, after : OperationCounts
    verdict : Verdict
        Whether the program after the pass is the rule; always PROVED in a kernel that exists.
    method : str
    seconds : float
        The pass and its proof together.
    """

    name: str
    words: str
    before: OperationCounts
    after: OperationCounts
    verdict: Verdict
    method: str
    seconds: float


def real_passes() -> tuple[Pass, ...]:
    """The passes that are the same for every dtype, in order."""
    return (
        Pass("hoist", "Compute once for each step what no element changes.", hoist),
        Pass("share", "Compute a single time what occurs more than once.", share),
        Pass("reduce strength", "Use the fewest divisions, roots and powers for each element.", reduce_strength),
    )


def dtype_pass(dtype: str) -> Pass:
    """The pass that decides the floating-point type of the body."""
    return Pass(
        "assign dtype", f"Give arrays, scalars and literals one type, {dtype}.", lambda p: assign_dtype(p, dtype)
    )


def pipeline(dtype: str) -> tuple[Pass, ...]:
    """All passes after lowering, in order."""
    return (*real_passes(), dtype_pass(dtype))


def run_passes(
    rule: UpdateRule, passes: Iterable[Pass], settled: Settled | None = None, program: StepProgram | None = None
) -> tuple[StepProgram, tuple[PassReport, ...]]:
    """Run `passes` one after another, and prove the program after each.

    Parameters
    ----------
    rule : UpdateRule
    passes : iterable of Pass
    settled : dict, optional
        Identities about `rule` that were proved before; new ones are added.
    program : StepProgram, optional
        Where to begin; by default the rule is lowered first, which is reported as a pass, too.

    Raises
    ------
    KernelError
        If the program after a pass is not proved to be the rule; the message names the pass and the output.
    """
    known: Settled = {} if settled is None else settled
    steps = list(passes)
    if program is None:
        program = lower(rule)
        steps.insert(0, Pass("lower", "Write the rule as lines that assign every name once.", lambda p: p))
    reports: list[PassReport] = []
    before = count_operations(program)
    for step in steps:
        start = time.perf_counter()
        program = step.apply(program)
        proof = prove_program(rule, program.as_one_step(), f"the program after the pass {step.name!r}", known)
        after = count_operations(program)
        seconds = time.perf_counter() - start
        reports.append(PassReport(step.name, step.words, before, after, proof.verdict, proof.method, seconds))
        before = after
    return program, tuple(reports)


def prove_program(
    rule: UpdateRule, computed: Mapping[Quantity, sp.Expr], subject: str, settled: Settled | None = None
) -> ProgramProof:
    """Prove that `computed` is the one-step map of `rule`.

    Parameters
    ----------
    rule : UpdateRule
    computed : mapping
        theta and every state after the step, in terms of the inputs.
    subject : str
        What computes it; it begins the error message.
    settled : dict, optional
        Identities about `rule` that were proved before; new ones are added.

    Raises
    ------
    KernelError
        If an output is missing, or is not proved equal to the rule's.
    """
    from ..derive.prove import prove_identity

    known = {} if settled is None else settled
    outputs: list[OutputProof] = []
    for quantity, expected in rule.step().items():
        if quantity not in computed:
            raise KernelError(f"{subject} never computes {quantity}; no kernel is made of {rule.name!r}")
        key = (quantity, computed[quantity])
        if key not in known:
            found = prove_identity(computed[quantity], expected)
            if found.verdict is not Verdict.PROVED:
                raise KernelError(_unproved(rule, quantity, subject, computed[quantity], found.verdict, found.witness))
            known[key] = OutputProof(quantity.name, found.verdict, found.method, found.formal, found.seconds)
        outputs.append(known[key])
    return ProgramProof(subject, tuple(outputs))


def _unproved(
    rule: UpdateRule,
    quantity: Quantity,
    subject: str,
    computed: sp.Expr,
    verdict: Verdict,
    witness: Mapping[str, sp.Basic],
) -> str:
    text = (
        f"{subject} is not proved to be the rule {rule.name!r}: the new {quantity} would be {computed} ({verdict.value}"
    )
    if witness:
        text += ", " + ", ".join(f"{name} = {value}" for name, value in witness.items())
    return text + "); no kernel is made of it"
