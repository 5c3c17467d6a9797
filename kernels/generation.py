"""From a rule to the proved source of its kernel; Numba is not needed for that."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..derive import UpdateRule
from .passes import Pass, PassReport, ProgramProof, Settled, dtype_pass, prove_program, real_passes, run_passes
from .precision import checked_dtype
from .printer import print_module
from .program import StepProgram
from .readback import read_back

__all__ = ["GeneratedKernel", "generate"]


@dataclass(frozen=True)
class GeneratedKernel:
    """The source of a kernel and everything that led to it.

    Attributes
    ----------
    rule : UpdateRule
    dtype : str
    source : str
        A module that needs only numpy and numba.
    digest : str
        The SHA-256 of the source.
    passes : tuple of PassReport
    program : StepProgram
        What was printed.
    proof : ProgramProof
        That the printed text, read back, is the rule.
    """

    rule: UpdateRule
    dtype: str
    source: str
    digest: str
    passes: tuple[PassReport, ...]
    program: StepProgram
    proof: ProgramProof

    def __repr__(self) -> str:
        return f"<GeneratedKernel {self.rule.name} {self.dtype}>"

    def _repr_html_(self) -> str:
        from .display import kernel_html

        return kernel_html(self.rule.name, self.dtype, self.passes, self.source)


def generate(
    rule: UpdateRule | str, dtype: object = "float32", *, passes: Iterable[Pass] | None = None
) -> GeneratedKernel:
    """Generate the kernel of `rule` and prove it.

    Parameters
    ----------
    rule : UpdateRule or str
        A rule or its name in the catalogue.
    dtype : {"float32", "float64"} or numpy dtype
    passes : iterable of Pass, optional
        Other passes than the usual ones; each is proved all the same.

    Raises
    ------
    KernelError
        If the dtype is not supported, or a pass or the printed text is not proved to be the rule.

    Examples
    --------
    >>> kernel = generate("sgd", "float64")
    >>> kernel.proof.verdict.name, str(kernel.passes[-1].after)
    ('PROVED', '1 add, 1 mul')
    """
    from .. import __version__
    from ..derive import find_rule as named

    chosen = named(rule) if isinstance(rule, str) else rule
    name = checked_dtype(dtype)
    if passes is None:
        program, reports, settled = _reduced(chosen)
        settled = dict(settled)
        program, more = run_passes(chosen, [dtype_pass(name)], settled, program)
        reports = (*reports, *more)
    else:
        settled = {}
        program, reports = run_passes(chosen, passes, settled)
    start = time.perf_counter()
    counts = reports[-1].after
    source = print_module(program, reports[0].after, counts, __version__)
    proof = prove_program(chosen, read_back(source, program), "the printed module, read back,", settled)
    words = "Write a module that needs only numpy and numba, and read it back."
    seconds = time.perf_counter() - start
    printed = PassReport("print", words, counts, counts, proof.verdict, proof.method, seconds)
    digest = hashlib.sha256(source.encode()).hexdigest()
    return GeneratedKernel(chosen, name, source, digest, (*reports, printed), program, proof)


@lru_cache(maxsize=128)
def _reduced(rule: UpdateRule) -> tuple[StepProgram, tuple[PassReport, ...], Settled]:
    """The passes that are the same for every dtype."""
    settled: Settled = {}
    program, reports = run_passes(rule, real_passes(), settled)
    return program, reports, settled
