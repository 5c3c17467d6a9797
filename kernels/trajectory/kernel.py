"""Trajectory kernels: many runs of a rule side by side, compiled, and their results."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...derive import Quantity, UpdateRule
from .. import cache
from ..build import cache_digest, load_source
from ..errors import KernelError
from ..passes import ProgramProof
from ..threads import in_threads, threads_for
from .objective import Objective
from .printing import WIDTH, print_trajectories
from .program import TrajectoryProgram, trajectory_program
from .reading import prove_trajectories

__all__ = ["Trajectories", "TrajectoryKernel", "generate_trajectories", "trajectory_kernel"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectories:
    """What many runs did.

    Attributes
    ----------
    t : int array (records,)
        The steps after which something was recorded.
    recorded : dict of name to array (records, lanes)
    final : dict of name to array (lanes,)
        Every coordinate and every state after the last step.
    """

    t: NDArray[np.int64]
    recorded: dict[str, Array]
    final: dict[str, Array]


@dataclass(frozen=True)
class GeneratedTrajectories:
    """The source of a trajectory kernel, the program it was printed from, and the proof of the text."""

    program: TrajectoryProgram
    source: str
    proof: ProgramProof

    @property
    def digest(self) -> str:
        """The SHA-256 of the source."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def generate_trajectories(
    rule: UpdateRule | str,
    objective: Objective | None = None,
    *,
    varying: Sequence[str] = (),
    record: Sequence[str] = (),
) -> GeneratedTrajectories:
    """The proved source of a trajectory kernel, not compiled; see :func:`trajectory_kernel`.

    Examples
    --------
    >>> from optproof.kernels.trajectory import objective
    >>> generate_trajectories("sgd[momentum]", objective("x^2 + 3*y^2/2")).proof.verdict.name
    'PROVED'
    """
    from ... import __version__
    from ...derive import find_rule

    chosen = find_rule(rule) if isinstance(rule, str) else rule
    program = trajectory_program(chosen, objective, varying, record)
    source = print_trajectories(program, __version__)
    return GeneratedTrajectories(program, source, prove_trajectories(source, program))


def trajectory_kernel(
    rule: UpdateRule | str,
    objective: Objective | None = None,
    *,
    varying: Sequence[str] = (),
    record: Sequence[str] = (),
    cache_dir: str | os.PathLike[str] | None = None,
) -> TrajectoryKernel:
    """One fused kernel that runs a rule many times side by side, in float64.

    Parameters
    ----------
    rule : UpdateRule or str
        A rule or its name in the catalogue.
    objective : Objective, optional
        What is minimised; its gradient follows by differentiation. Without one, gradients are given to each run.
    varying : sequence of str
        Names of the hyperparameters that may differ between lanes.
    record : sequence of str
        What is kept of the run beside its end: coordinates (``theta`` where gradients are given), states (``m`` of the
        coordinate x is ``m_x``) and ``"objective"``.
    cache_dir : path, optional
        Where compiled kernels are kept; see :func:`optproof.kernels.cache.cache_directory`.

    Raises
    ------
    KernelError
        If a name is unknown, or the kernel is not proved to be the rule on the objective.

    Examples
    --------
    >>> from optproof.kernels.trajectory import objective
    >>> kernel = trajectory_kernel("sgd", objective("x^2 / 2"), varying=["lr"], record=["objective"])
    >>> runs = kernel.run({"x": 1.0}, steps=2, hyper={"lr": [0.5, 1.0, 2.0]})
    >>> runs.final["x"]
    array([0.25, 0.  , 1.  ])
    >>> runs.recorded["objective"]
    array([[0.125  , 0.     , 0.5    ],
           [0.03125, 0.     , 0.5    ]])
    """
    generated = generate_trajectories(rule, objective, varying=varying, record=record)
    directory = cache.cache_directory(cache_dir)
    try:
        return TrajectoryKernel(generated, *_load(generated, directory))
    except OSError as error:
        warnings.warn(
            f"the cache directory {directory} cannot be used ({error.strerror or error}); kernels are compiled in a "
            f"temporary directory, and again in the next process. Set OPTPROOF_CACHE_DIR to a writable directory",
            RuntimeWarning,
            stacklevel=2,
        )
        return TrajectoryKernel(generated, *_load(generated, cache.temporary_directory()))


def _load(generated: GeneratedTrajectories, directory: Path) -> tuple[ModuleType, Path]:
    digest = cache_digest(generated.digest)
    name = f"{generated.program.rule.name}-trajectories"
    path = cache.store(directory, name, "float64", digest, generated.source)
    what = f"the trajectory kernel of {generated.program.rule.name!r}"
    return load_source(generated.source, path, f"optproof_trajectories_{digest[:16]}", what), path


class TrajectoryKernel:
    """A compiled trajectory kernel.

    Attributes
    ----------
    program : TrajectoryProgram
    source : str
        A module that needs only numpy and numba.
    proof : ProgramProof
        That the source, read back, runs the rule on the objective.
    path : pathlib.Path
        Where it is kept.
    """

    def __init__(self, generated: GeneratedTrajectories, module: ModuleType, path: Path) -> None:
        self.program, self.source, self.proof = generated.program, generated.source, generated.proof
        self.path = path
        self._run_lanes = module.run_lanes

    def __repr__(self) -> str:
        on = "given gradients" if self.program.objective is None else self.program.objective.name
        return f"<TrajectoryKernel {self.program.rule.name} on {on}>"

    def run(
        self,
        start: Mapping[str, ArrayLike],
        steps: int,
        *,
        hyper: Mapping[str, ArrayLike] | None = None,
        gradients: ArrayLike | None = None,
        every: int = 1,
        threads: int | None = None,
    ) -> Trajectories:
        """Run `steps` steps in every lane.

        Parameters
        ----------
        start : mapping of coordinate to number or array (lanes,)
        steps : int
        hyper : mapping of name to number, or to array (lanes,) for what varies
            Defaults of the rule otherwise.
        gradients : array (steps,) or (steps, lanes), optional
            Exactly where the kernel has no objective.
        every : int
            Record after each `every`-th step.
        threads : int, optional
            By default one for small work, else one for each processor. The result does not depend on it.

        Raises
        ------
        KernelError
            If something is missing, unknown, outside its domain, or of another shape.
        """
        counted = {"steps": steps, "every": every, "threads": 1 if threads is None else threads}
        for name, value in counted.items():
            if value < 1:
                raise KernelError(f"{name} is {value}, and at least 1 is needed")
        asked = self._asked(start, hyper or {}, gradients)
        lanes = _lanes(asked)
        begin, given = (_rows([asked[q.name] for q in qs], lanes) for qs in (self._positions, self.program.varying))
        uniform = [float(asked[q.name]) for q in self.program.uniform]
        flow = [] if gradients is None else [self._checked_gradients(asked["gradients"], steps, lanes)]
        final = np.empty((len(self.program.final), lanes))
        record = np.empty((len(self.program.recorded), steps // every, lanes))

        def work(first: int, last: int) -> None:
            self._run_lanes(first, last, steps, every, begin, given, *flow, *uniform, final, record)

        in_threads(work, _cut(lanes, threads or threads_for(lanes * steps)))
        names = [name for name, _ in self.program.recorded]
        t = np.arange(1, steps // every + 1) * every
        return Trajectories(
            t,
            dict(zip(names, record, strict=True)),
            {q.name: a for q, a in zip(self.program.final, final, strict=True)},
        )

    @property
    def _positions(self) -> tuple[Quantity, ...]:
        return tuple(c.before[self.program.rule.theta] for c in self.program.coordinates)

    def _asked(
        self, start: Mapping[str, ArrayLike], hyper: Mapping[str, ArrayLike], gradients: ArrayLike | None
    ) -> dict[str, Array]:
        """Every input by name, as an array; hyperparameters inside their domains."""
        positions = [q.name for q in self._positions]
        if set(start) != set(positions):
            raise KernelError(f"the runs start at {', '.join(start) or 'nothing'}; give exactly {', '.join(positions)}")
        known = {h.name: h for h in self.program.rule.hyper}
        strange = [name for name in hyper if name not in known]
        if strange:
            raise KernelError(
                f"the rule {self.program.rule.name!r} has no hyperparameter {strange[0]!r}; it has {', '.join(known)}"
            )
        asked = {name: _numbers(name, start[name]) for name in positions}
        for name, one in known.items():
            if name not in hyper and one.default is None:
                raise KernelError(f"the rule {self.program.rule.name!r} has no default for {name!r}; give it a value")
            asked[name] = _numbers(name, hyper[name] if name in hyper else float(one.default or 0))
            _require_domain(one.symbol, asked[name])
            if asked[name].ndim and one.symbol not in self.program.varying:
                raise KernelError(
                    f"{name} is an array, but this kernel shares it between lanes; pass varying=[{name!r}]"
                )
        if (gradients is None) is (self.program.objective is None):
            way = "give it no gradients" if self.program.objective else "give it gradients"
            raise KernelError(f"this kernel runs on {'an objective' if self.program.objective else 'gradients'}; {way}")
        if gradients is not None:
            asked["gradients"] = _numbers("gradients", gradients, 2)
        return asked

    @staticmethod
    def _checked_gradients(values: Array, steps: int, lanes: int) -> Array:
        if len(values) != steps:
            raise KernelError(f"there are gradients for {len(values)} steps, and {steps} are asked for")
        wide = values[:, None] if values.ndim == 1 else values
        return np.require(np.broadcast_to(wide, (steps, lanes)), np.float64, ["C", "W"])


def _numbers(name: str, value: ArrayLike, most: int = 1) -> Array:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise KernelError(f"{name} is {value!r}, and a number or an array of numbers is needed") from None
    if array.ndim > most or (most == 2 and array.ndim == 0):
        raise KernelError(f"{name} has {array.ndim} axes; it has {'one or two' if most == 2 else 'one, of the lanes'}")
    return array


def _require_domain(q: Quantity, values: Array) -> None:
    low = -np.inf if q.domain.lower is None else float(q.domain.lower)
    high = np.inf if q.domain.upper is None else float(q.domain.upper)
    above = values > low if q.domain.lower_open else values >= low
    below = values < high if q.domain.upper_open else values <= high
    if not (above & below & np.isfinite(values)).all():
        raise KernelError(f"{q.name} holds a number outside its domain, {q.domain.describe(q.name)}")


def _lanes(asked: Mapping[str, Array]) -> int:
    """How many lanes there are: the one length of all arrays."""
    sizes = {name: a.shape[-1] for name, a in asked.items() if a.ndim == (2 if name == "gradients" else 1)}
    if not asked or len(set(sizes.values())) > 1 or 0 in sizes.values():
        raise KernelError(f"the arrays disagree on how many lanes there are, or hold none: {sizes}")
    return next(iter(sizes.values()), 1)


def _rows(arrays: Sequence[Array], lanes: int) -> Array:
    return np.array([np.broadcast_to(a, (lanes,)) for a in arrays], np.float64).reshape(-1, lanes)


def _cut(lanes: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of nearly equal size that begin where blocks do, so that every lane is computed as in one range."""
    blocks = -(-lanes // WIDTH)
    share = -(-blocks // min(threads, blocks)) * WIDTH
    return [(first, min(first + share, lanes)) for first in range(0, lanes, share)]
