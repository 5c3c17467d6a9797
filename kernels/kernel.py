"""A compiled kernel: call it, and one step of the rule happens in place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from ..derive import UpdateRule
from .build import LLVM
from .checks import (
    Array,
    HyperparameterReader,
    check_array,
    checked_arrays,
    checked_count,
    checked_counter,
    checked_state,
    checked_threads,
    rounded,
)
from .conversions import narrowed, widened
from .errors import KernelError
from .form import Form
from .generation import GeneratedKernel
from .passes import PassReport, ProgramProof
from .threads import chunks, in_threads, threads_for

__all__ = ["Kernel", "bits_of"]

_TAKEN = ("self", "theta", "g", "state", "t", "threads", "seed", "array")


class Kernel:
    """One step of a rule as machine code.

    Made by :func:`optproof.kernels.compile_kernel`.

    Attributes
    ----------
    rule : UpdateRule
    dtype : str
        Of theta, the gradient and the arithmetic.
    form : Form
        Also what the states are stored as, and what a step does to memory beside the rule.
    path : pathlib.Path
        The generated module in the cache.

    Examples
    --------
    >>> import numpy as np
    >>> from optproof.kernels import compile_kernel
    >>> kernel = compile_kernel("adam")
    >>> theta = np.ones(3, np.float32)
    >>> state = kernel.initial_state(theta)
    >>> for t in (1, 2):
    ...     kernel(theta, 2 * theta, state, t, lr=0.1)
    >>> sorted(state), theta.dtype.name
    (['m', 'v'], 'float32')
    """

    def __init__(self, generated: GeneratedKernel, module: ModuleType, path: Path) -> None:
        self._generated = generated
        self._module = module
        self.rule: UpdateRule = generated.rule
        self.dtype: str = generated.dtype
        self.form: Form = generated.form
        self.path = path
        self._kind = np.dtype(self.dtype).type
        self._largest = float(np.finfo(self.dtype).max)
        self._scalars = tuple(q.name for q in generated.program.scalars)
        self._hyperparameters = HyperparameterReader(self.rule, self.dtype, self._scalars)
        clash = sorted(set(self._hyperparameters.bounds) & set(_TAKEN))
        if clash:
            raise KernelError(
                f"the hyperparameter {clash[0]!r} of {self.rule.name!r} has the name of an argument; rename it"
            )

    @property
    def source(self) -> str:
        """The generated module, which needs only numpy and numba."""
        return self._generated.source

    @property
    def digest(self) -> str:
        """The SHA-256 of the source."""
        return self._generated.digest

    @property
    def passes(self) -> tuple[PassReport, ...]:
        """What each pass did, and the verdict after it."""
        return self._generated.passes

    @property
    def proof(self) -> ProgramProof:
        """That the source is the rule."""
        return self._generated.proof

    @property
    def module(self) -> ModuleType:
        """The generated module, loaded."""
        return self._module

    @property
    def generated(self) -> GeneratedKernel:
        """The source and everything that led to it."""
        return self._generated

    @property
    def from_cache(self) -> bool:
        """Whether the machine code came from the cache rather than from the compiler."""
        stats = getattr(self._module.step_range, "stats", None)
        return stats is not None and bool(stats.cache_hits)

    def llvm(self) -> str:
        """The LLVM code of the compiled function, after LLVM's optimisations.

        It was kept when the machine code was made; where it was not, the source is compiled once more.
        """
        try:
            return self.path.with_name(LLVM).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return _fresh_llvm(self.source)

    def initial_state(self, theta: Array, **hyper: object) -> dict[str, Array]:
        """The state before the first step, one array like `theta` for each state variable.

        Parameters
        ----------
        theta : array of the kernel's dtype
        **hyper : float
            Hyperparameters by name; some rules' initial values depend on them.

        Raises
        ------
        KernelError
            If theta is not an array of the kernel's dtype, or a hyperparameter is unknown or outside its domain.
        """
        check_array("theta", theta, self.dtype, theta, written=False)
        starts = self.stored_initial_values(**hyper)
        return {name: np.full_like(theta, value, dtype=value.dtype, subok=False) for name, value in starts.items()}

    def stored_initial_values(self, **hyper: object) -> dict[str, np.generic[Any]]:
        """What each element of a state is at first, as it is stored.

        Raises
        ------
        KernelError
            As :meth:`initial_values`, and if a state's format cannot hold the number.
        """
        stored: dict[str, np.generic[Any]] = {}
        for name, value in self.initial_values(**hyper).items():
            kept = self.form.storage[name]
            one = np.full(1, value, self.dtype) if kept == self.dtype else narrowed([value], kept)
            back = one if kept == self.dtype else widened(one, kept)
            if math.isfinite(value) and not np.isfinite(back[0]):
                raise KernelError(f"the state {name!r} starts at {value!r}, which is too large for {kept}")
            stored[name] = one[0]
        return stored

    def initial_values(self, **hyper: object) -> dict[str, float]:
        """The number that each state variable starts at, by its name.

        Raises
        ------
        KernelError
            If a hyperparameter is unknown, outside its domain, or needed and not given.
        """
        needed = {s.name for state in self.rule.state for s in state.initial.free_symbols}
        lacking = {h.name: 0.5 for h in self.rule.hyper if h.default is None and h.name not in (needed | set(hyper))}
        values = self._hyperparameters.read({**hyper, **lacking})
        exact = {h.symbol: sp.Rational(v) for h, v in zip(self.rule.hyper, values, strict=True)}
        return {s.name: float(s.initial.xreplace(exact)) for s in self.rule.state}

    def __call__(
        self,
        theta: Array,
        g: Array,
        state: Mapping[str, Array],
        t: int,
        *,
        threads: int | None = None,
        seed: int = 0,
        array: int = 0,
        **hyper: object,
    ) -> int | None:
        """Do step `t`: overwrite `theta` and the arrays of `state`.

        Parameters
        ----------
        theta, g : array
            The parameters and the gradient, of one shape and of the kernel's dtype, contiguous; g is only read, unless
            the kernel was made with ``"zero_gradient"``.
        state : mapping of str to array
            As :meth:`initial_state` makes it.
        t : int
            1 in the first step.
        threads : int, optional
            1 for a serial run; by default one thread for each processor if the arrays are large. The result is the
            same bit by bit.
        seed, array : int
            What the random bits of stochastic rounding are made of, beside `t` and the place in the array: give
            different arrays different numbers.
        **hyper : float
            Hyperparameters by name; the rule's defaults for the others.

        Returns
        -------
        int or None
            From a kernel with ``"skip_nonfinite"``, how many gradients are infinite or NaN. If there are any, theta
            and the state are as they were.

        Raises
        ------
        KernelError
            If an argument is wrong; no array has been touched then.
        """
        rows = [bits_of(a) for a in checked_arrays(self.form, theta, g, checked_state(self.rule, state))]
        values = self._hyperparameters.read(hyper)
        step = checked_counter(t)
        scalars: list[Any] = list(self.scalars(step, values))
        if self.form.stochastic_rounding:
            scalars.append(self.stream_key(checked_count("seed", seed), step, checked_count("array", array)))
        return self._run(rows, scalars, checked_threads(threads))

    def stream_key(self, seed: int, step: int, array: int) -> np.uint64:
        """What the random bits of one array in one step are made of."""
        return np.uint64(self._module.stream_key(np.uint64(seed), np.uint64(step), np.uint64(array)))

    def scalars(self, t: int, values: list[float]) -> list[np.floating[Any]]:
        """What no element changes in step `t`, computed in float64 and rounded once to the kernel's dtype.

        Parameters
        ----------
        t : int
            1 in the first step.
        values : list of float
            One for each hyperparameter in the rule's order, in its domain.

        Raises
        ------
        KernelError
            If one of them would not be finite.
        """
        try:
            exact = self._module.prologue(t, *values)
            # The usual case, for small arrays, whose step takes less than a look at each number: NaN and infinity are
            # not below, and neither is a sum with them.
            if sum(map(abs, exact)) <= self._largest:
                return [self._kind(x) for x in exact]
            scalars = [rounded(x, self._kind) for x in exact]
        except (ArithmeticError, ValueError) as error:
            raise KernelError(f"{self._attempt(t, values)}: {error}") from error
        for name, scalar in zip(self._scalars, scalars, strict=True):
            if not math.isfinite(scalar):
                raise KernelError(f"{self._attempt(t, values)}: {name} would be {scalar} in {self.dtype}")
        return scalars

    def _attempt(self, t: int, values: list[float]) -> str:
        chosen = ", ".join(f"{n} = {v!r}" for n, v in zip(self._hyperparameters.bounds, values, strict=True))
        return f"{self.rule.name!r} cannot take step t = {t} with {chosen}"

    def _run(self, rows: list[Array], scalars: list[Any], threads: int | None) -> int | None:
        run = self._module.step_range
        size = rows[0].size
        bounds = chunks(size, threads_for(size, self.form.moved) if threads is None else threads)
        found = self._count_nonfinite(rows[1], bounds) if self.form.skip_nonfinite else None
        if found:
            if self.form.zero_gradient:
                rows[1].fill(0)
        else:
            in_threads(lambda start, stop: run(start, stop, *rows, *scalars), bounds)
        return found

    def _count_nonfinite(self, gradient: Array, bounds: list[tuple[int, int]]) -> int:
        found: list[int] = []
        count = self._module.count_nonfinite
        in_threads(lambda start, stop: found.append(int(count(start, stop, gradient))), bounds)
        return sum(found)

    def __repr__(self) -> str:
        return f"<Kernel {self.rule.name} {self.form.label}>"

    def _repr_html_(self) -> str:
        return self._generated._repr_html_()


def bits_of(row: Array) -> Array:
    """A row as the compiled function takes it: halves of a float32 as integers."""
    return row.view(np.uint16) if row.dtype == np.float16 else row


def _fresh_llvm(source: str) -> str:
    """The LLVM code of `source`, compiled without the cache, which keeps machine code only."""
    scope: dict[str, Any] = {"__name__": "optproof_kernel_without_cache"}
    exec(compile(source.replace("cache=True, ", ""), "<optproof kernel>", "exec"), scope)
    dispatcher = scope["step_range"]
    return str(dispatcher.inspect_llvm(dispatcher.signatures[0]))
