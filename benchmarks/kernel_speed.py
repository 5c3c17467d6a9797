"""How fast a step is: every rule, from a thousand to a hundred million elements, next to its peers.

Contestants take turns, in another order each time, so that a slow moment of the machine meets all of them; the first
turn does not count.  What is reported is the median of the turns, how far they spread (the middle half, as a part of
the median), and the median and spread of the ratios to the float32 kernel, turn by turn.

Where not all contestants fit into memory at once they run in several rounds, with the float32 kernel in each.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from optproof.kernels import KernelError

from .contestants import CONTESTANTS, REFERENCE, Contestant, Step
from .plan import Case
from .results import available_memory, machine, read_json, write_json

__all__ = ["LeftOut", "Timing", "compare", "kernel_speed"]

_SHORTEST = 0.02  # seconds: a step is repeated until one turn takes as long
_PAUSE = 0.002  # seconds: threads of the contestant before, which wait for work without sleeping, come to rest
_OF_MEMORY = 0.6  # of what is available may be taken at once
_INSTALL = {"deepspeed": "pip install deepspeed"}  # which compiles C++ code, and so is not in the extra


@dataclass(frozen=True)
class Timing:
    """The time of a step of one contestant.

    Attributes
    ----------
    rule, layout, contestant : str
    elements : int
    seconds : float
        The median over the turns.
    spread : float
        The distance of the quartiles as a part of the median.
    ratio, ratio_spread : float
        The same of the time as a multiple of the float32 kernel's in the same turn.
    """

    rule: str
    layout: str
    contestant: str
    elements: int
    seconds: float
    spread: float
    ratio: float
    ratio_spread: float


@dataclass(frozen=True)
class LeftOut:
    """A contestant that was not measured in a case, and why, in a sentence."""

    rule: str
    layout: str
    contestant: str
    reason: str


def compare(
    case: Case,
    contestants: Mapping[str, Contestant] = CONTESTANTS,
    *,
    memory: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Timing | LeftOut]:
    """Time one step for each contestant of a case that knows its rule, in turns.

    Parameters
    ----------
    case : Case
    contestants : mapping
        Those that there are, by name.
    memory : int, optional
        How many bytes may be taken at once; no limit if it is not known.
    clock : callable, optional
        What time it is, in seconds.
    """
    names = [name for name in case.contestants if name != REFERENCE]
    needed = {name: contestants[name].memory(case.rule, case.sizes) for name in (REFERENCE, *names)}
    reported: set[str] = set()
    for batch, too_large in _rounds(names, needed, memory):
        for name in too_large:
            yield _left_out(case, name, f"it needs about {needed[name] / 1e9:.1f} GB, and so much memory is not free")
        if REFERENCE in too_large:
            return
        for one in _round(case, batch, contestants, clock):
            if one.contestant not in reported:
                reported.add(one.contestant)
                yield one


def _rounds(
    names: Sequence[str], needed: Mapping[str, int], memory: int | None
) -> Iterator[tuple[list[str], list[str]]]:
    """Contestants that fit into memory together with the reference, and those that do not even alone."""
    free = float("inf") if memory is None else memory - needed[REFERENCE]
    fitting = [name for name in names if needed[name] <= free]
    batch: list[str] = []
    for name in fitting:
        if batch and sum(needed[n] for n in (*batch, name)) > free:
            yield batch, []
            batch = []
        batch.append(name)
    yield batch, ([REFERENCE] if free < 0 else []) + [name for name in names if name not in fitting]


def _round(
    case: Case, names: Sequence[str], contestants: Mapping[str, Contestant], clock: Callable[[], float]
) -> Iterator[Timing | LeftOut]:
    steps: dict[str, Step] = {}
    for name in (REFERENCE, *names):
        made = _made(contestants[name], case)
        if isinstance(made, str):
            yield _left_out(case, name, made)
        else:
            steps[name] = made
    if REFERENCE in steps:
        taken = _in_turns(steps, case.turns, clock)
        for name in steps:
            yield _timing(case, name, taken[name], taken[REFERENCE])


def _timing(case: Case, name: str, taken: list[float], reference: list[float]) -> Timing:
    ratios = [own / other for own, other in zip(taken, reference, strict=True)]
    return Timing(case.rule, case.layout, name, case.elements, *_middle(taken), *_middle(ratios))


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The median, and the distance of the quartiles as a part of it."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return middle, (high - low) / middle


def _left_out(case: Case, name: str, reason: str) -> LeftOut:
    return LeftOut(case.rule, case.layout, name, reason)


def _made(contestant: Contestant, case: Case) -> Step | str:
    """The step, or why there is none."""
    try:
        step = contestant.make(case.rule, case.sizes)
    except ModuleNotFoundError as error:
        how = _INSTALL.get(str(error.name), "pip install 'optproof[bench]'")
        return f"{error.name} is not installed; {how} installs it"
    except (ImportError, KernelError, MemoryError) as error:
        return str(error) or type(error).__name__
    return f"it does not have {case.rule}" if step is None else step


def _in_turns(steps: Mapping[str, Step], turns: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """The seconds of a step in each turn but the first, in which compilers and caches get ready."""
    repeats = {name: _repeats(step, clock) for name, step in steps.items()}
    taken: dict[str, list[float]] = {name: [] for name in steps}
    order = np.random.default_rng(len(steps))
    gc.collect()
    gc.disable()
    try:
        for turn in range(turns + 1):
            for name in order.permutation(list(steps)).tolist():
                time.sleep(_PAUSE)
                seconds = _timed(steps[name], repeats[name], clock)
                if turn:
                    taken[name].append(seconds)
    finally:
        gc.enable()
    return taken


def _repeats(step: Step, clock: Callable[[], float]) -> int:
    step()
    return max(1, int(_SHORTEST / max(_timed(step, 1, clock), 1e-9)))


def _timed(step: Step, repeats: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(repeats):
        step()
    return (clock() - start) / repeats


def kernel_speed(
    cases: Sequence[Case], out: Path, say: Callable[[str], None], *, resume: bool = False
) -> tuple[list[Timing], list[LeftOut]]:
    """Measure `cases`; after each, write what there is to ``kernel_speed.json`` in `out`.

    Parameters
    ----------
    cases : sequence of Case
    out : pathlib.Path
    say : callable
        Told what is measured now.
    resume : bool
        Go on from what the files hold, if it was measured with the same machine and packages.
    """
    timings, left_out = _kept(out) if resume else ([], [])
    done = {(one.rule, one.layout, one.contestant) for one in (*timings, *left_out)}
    for number, case in enumerate(cases, 1):
        missing = [name for name in case.contestants if (case.rule, case.layout, name) not in done]
        if not missing:
            continue
        say(f"kernels {number}/{len(cases)}: {case.rule}, {case.layout}, {len(case.contestants)} contestants")
        free = available_memory()
        found = list(compare(case, memory=None if free is None else int(_OF_MEMORY * free)))
        timings = [t for t in timings if (t.rule, t.layout) != (case.rule, case.layout)]
        left_out = [t for t in left_out if (t.rule, t.layout) != (case.rule, case.layout)]
        timings += [one for one in found if isinstance(one, Timing)]
        left_out += [one for one in found if isinstance(one, LeftOut)]
        _keep(out, timings, left_out)
    return timings, left_out


def _keep(out: Path, timings: Iterable[Timing], left_out: Iterable[LeftOut]) -> None:
    write_json(out / "kernel_speed.json", [asdict(t) for t in timings])
    write_json(
        out / "kernel_speed_left_out.json", {"machine": machine(), "left_out": [asdict(one) for one in left_out]}
    )


def _kept(out: Path) -> tuple[list[Timing], list[LeftOut]]:
    """What was measured before; nothing if that was elsewhere, or cannot be read."""
    rows = read_json(out / "kernel_speed.json", [])
    other = read_json(out / "kernel_speed_left_out.json", {})
    if other.get("machine") != machine():
        return [], []
    timings = [t for row in rows if (t := _read(Timing, row))]
    return timings, [t for row in other["left_out"] if (t := _read(LeftOut, row))]


def _read(kind: type[Any], row: Mapping[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    return kind(**row) if set(row) == known else None
