"""What is inside an optimizer: arrays, states, step counters, and the kernels that update them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .arrays import ArrayTable
from .errors import KernelError
from .groups import ParameterGroup
from .native import compiled
from .parameters import Parameter
from .snapshot import Entry, GroupEntry, Snapshot, Storage
from .state import StateBuffers
from .work import Batch, Work

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .form import Form

__all__ = ["Engine"]


class Engine:
    """Does the steps of an optimizer; for one thread at a time.

    Parameters
    ----------
    rule : UpdateRule
    parameters : sequence of Parameter
    given : sequence of mapping
        The hyperparameters of each group that are not the rule's defaults.
    forms : mapping of str to Form
        For each dtype of the parameters.
    seed : int
        Of the random bits of stochastic rounding.

    Attributes
    ----------
    rule : UpdateRule
    parameters : sequence of Parameter
    groups : tuple of ParameterGroup
    states : StateBuffers
    counters : array of int
        How many steps each parameter has taken.
    seed : int
    nonfinite : int
        How many gradients of the last step were infinite or NaN, if the kernels look at that.
    """

    def __init__(
        self,
        rule: UpdateRule,
        parameters: Sequence[Parameter],
        given: Sequence[Mapping[str, object]],
        forms: Mapping[str, Form],
        seed: int,
    ) -> None:
        self.rule = rule
        self.parameters = parameters
        self.seed = seed
        self.nonfinite = 0
        self._compiled = {dtype: compiled(rule, form) for dtype, form in sorted(forms.items())}
        self._form = next(iter(forms.values()))
        self.groups = tuple(self._group(number, values, len(given) > 1) for number, values in enumerate(given))
        self.states = StateBuffers([s.name for s in rule.state], parameters, lru_cache(self._initial), forms)
        evidently_fit = next(iter(self._compiled.values())).evidently_fit
        self._arrays = ArrayTable(parameters, self.states.buffers, evidently_fit, self._form.zero_gradient)
        self._addresses = np.zeros((2 + len(rule.state), len(parameters)), np.uintp)
        self._addresses[2:] = self.states.addresses()
        self._batches = list(self._all_batches())
        self.counters = np.zeros(len(parameters), np.int64)
        self._even = True
        self._torn = False

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes of the parameters."""
        return tuple(self._compiled)

    def _members(self, group: int) -> list[tuple[int, Parameter]]:
        return [(place, p) for place, p in enumerate(self.parameters) if p.group == group]

    def _group(self, number: int, given: Mapping[str, object], several: bool) -> ParameterGroup:
        members = [p for _, p in self._members(number)]
        kernels = [self._compiled[dtype].kernel for dtype in sorted({p.dtype for p in members})]
        words = f"group {number}: " if several else ""
        return ParameterGroup(self.rule, words, [p.array for p in members], kernels, given)

    def _initial(self, group: int, dtype: str) -> Mapping[str, np.generic]:
        return self._compiled[dtype].kernel.stored_initial_values(**self.groups[group])

    def _all_batches(self) -> Iterator[Batch]:
        for group in range(len(self.groups)):
            members = self._members(group)
            for dtype, what in self._compiled.items():
                own = [(place, p.size) for place, p in members if p.dtype == dtype]
                if own:
                    yield Batch(group, what, [place for place, _ in own], [size for _, size in own])

    def step(self, gradients: npt.NDArray[np.object_], allow_missing: bool, threads: int | None) -> None:
        """Do one step with the gradients of all parameters in order, which the array keeps alive."""
        self.refuse_if_torn()
        present = self._arrays.locate(gradients, self._addresses, allow_missing)
        work = [w for batch in self._batches for w in self._work(batch, present, threads, (gradients, self))]
        self.nonfinite = sum(part.nonfinite() for part in work) if self._form.skip_nonfinite else 0
        if self.nonfinite:
            if self._form.zero_gradient:
                for gradient in gradients:
                    if gradient is not None:
                        gradient.fill(0)
            return
        # From here on nothing is refused; only an interrupt can leave a step half done.
        self._torn = True
        for part in work:
            part.do()
        if present is None:
            self.counters += 1
        else:
            self.counters[present] += 1
            self._even = _all_equal(self.counters)
        self._torn = False

    def _work(
        self, batch: Batch, present: npt.NDArray[np.bool_] | None, threads: int | None, alive: object
    ) -> list[Work]:
        values = self.groups[batch.group].values_in_order()
        return batch.work(values, self.counters, self._even, present, self._addresses, threads, alive, self.seed)

    def refuse_if_torn(self) -> None:
        """Raise KernelError if a step was interrupted and the arrays hold half of it."""
        if self._torn:
            raise KernelError("the last step was interrupted half-way; load a checkpoint or make a new optimizer")

    def snapshot(self, *, parameters: bool) -> Snapshot:
        """What there is to remember, as views."""
        entries = []
        for p, t, states in zip(self.parameters, self.counters.tolist(), self.states.shaped(), strict=True):
            entries.append(Entry(p.name, t, {"theta": p.array, **states} if parameters else states))
        groups = [
            GroupEntry(dict(group), tuple(p.name for _, p in self._members(number)))
            for number, group in enumerate(self.groups)
        ]
        form = self._compiled["float32"].kernel.form if "float32" in self._compiled else self._form
        narrow = {name: kept for name, kept in form.states if kept != form.dtype}
        kept = Storage(narrow, self.seed if form.stochastic_rounding else None)
        return Snapshot(self.rule.name, self.rule.digest, tuple(groups), tuple(entries), kept)

    def look_at_parameters(self) -> None:
        """Raise KernelError if a parameter is not what it was, or cannot be written."""
        self._arrays.look_at_parameters()

    def load(self, what: str, snapshot: Snapshot, *, parameters: bool) -> None:
        """Take over `snapshot`, which a message calls `what`; it may hold `parameters`.

        Raises
        ------
        KernelError
            If it does not fit; nothing is loaded then.
        """
        here = self.snapshot(parameters=parameters)
        snapshot.check(what, here, self.parameters)
        hyper = [group.loaded(what, entry.hyper) for group, entry in zip(self.groups, snapshot.groups, strict=True)]
        self.look_at_parameters()
        # Nothing below is refused.
        self._torn = True
        for place, (entry, mine) in enumerate(zip(snapshot.entries, here.entries, strict=True)):
            for name, array in entry.arrays.items():
                np.copyto(mine.arrays[name], array)
            self.counters[place] = entry.t
        for group, values in zip(self.groups, hyper, strict=True):
            group.replace(values)
        if snapshot.storage.seed is not None:
            self.seed = snapshot.storage.seed
        self._even = _all_equal(self.counters)
        self._torn = False


def _all_equal(counters: npt.NDArray[np.int64]) -> bool:
    return bool((counters == counters[0]).all())
