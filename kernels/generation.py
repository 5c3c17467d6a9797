"""From a rule to the proved source of its kernel; Numba is not needed for that."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..derive import UpdateRule
from .extras import Extras, extended
from .form import Form, form_of
from .passes import Pass, PassReport, ProgramProof, Settled, dtype_pass, prove_program, real_passes, run_passes
from .printer import print_module
from .program import StepProgram
from .readback import read_back

__all__ = ["GeneratedKernel", "generate", "generate_in"]


@dataclass(frozen=True)
class GeneratedKernel:
    """The source of a kernel and everything that led to it.

    Attributes
    ----------
    rule : UpdateRule
        With the extras that are formulas.
    form : Form
        The types of the arrays, and what the kernel does to memory.
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
    form: Form
    source: str
    digest: str
    passes: tuple[PassReport, ...]
    program: StepProgram
    proof: ProgramProof

    @property
    def dtype(self) -> str:
        """Of the parameters, the gradient and the arithmetic."""
        return self.form.dtype

    def __repr__(self) -> str:
        return f"<GeneratedKernel {self.rule.name} {self.form.label}>"

    def _repr_html_(self) -> str:
        from .display import kernel_html

        return kernel_html(self.rule.name, self.form.label, self.passes, self.source)


def generate(
    rule: UpdateRule | str,
    dtype: object = "float32",
    *,
    state_dtype: object = None,
    stochastic_rounding: bool = False,
    extras: Extras = (),
    passes: Iterable[Pass] | None = None,
) -> GeneratedKernel:
    """Generate the kernel of `rule` and prove it.

    Parameters
    ----------
    rule : UpdateRule or str
        A rule or its name in the catalogue.
    dtype : {"float32", "float64"} or numpy dtype
    state_dtype : {"float32", "bfloat16", "float16"} or mapping from state to one, optional
        What the states are stored as; see :func:`optproof.kernels.form.form_of`.
    stochastic_rounding : bool, default False
        Round states in bfloat16 at random, so that they are right in the mean.
    extras : names or mapping from name to value, default none
        See :data:`optproof.kernels.extras.EXTRAS`.
    passes : iterable of Pass, optional
        Other passes than the usual ones; each is proved all the same.

    Raises
    ------
    KernelError
        If a dtype is not supported, an extra does not fit, or a pass or the printed text is not proved to be the rule.

    Examples
    --------
    >>> kernel = generate("sgd", "float64")
    >>> kernel.proof.verdict.name, str(kernel.passes[-1].after)
    ('PROVED', '1 add, 1 mul')
    """
    from ..derive import find_rule as named

    chosen = extended(named(rule) if isinstance(rule, str) else rule, extras)
    form = form_of(chosen, dtype, state_dtype, stochastic_rounding, extras)
    return generate_in(chosen, form, passes)


def generate_in(chosen: UpdateRule, form: Form, passes: Iterable[Pass] | None = None) -> GeneratedKernel:
    """Generate the kernel of a rule, with its extras in it, in a form; see :func:`generate`."""
    from .. import __version__

    if passes is None:
        program, reports, settled = _reduced(chosen)
        settled = dict(settled)
        program, more = run_passes(chosen, [dtype_pass(form.dtype)], settled, program)
        reports = (*reports, *more)
    else:
        settled = {}
        program, reports = run_passes(chosen, passes, settled)
    start = time.perf_counter()
    counts = reports[-1].after
    source = print_module(program, form, reports[0].after, counts, __version__)
    proof = prove_program(chosen, read_back(source, program, form), "the printed module, read back,", settled)
    words = "Write a module that needs only numpy and numba, and read it back."
    seconds = time.perf_counter() - start
    printed = PassReport("print", words, counts, counts, proof.verdict, proof.method, seconds)
    digest = hashlib.sha256(source.encode()).hexdigest()
    return GeneratedKernel(chosen, form, source, digest, (*reports, printed), program, proof)


@lru_cache(maxsize=128)
def _reduced(rule: UpdateRule) -> tuple[StepProgram, tuple[PassReport, ...], Settled]:
    """The passes that are the same for every dtype."""
    settled: Settled = {}
    program, reports = run_passes(rule, real_passes(), settled)
    return program, reports, settled
