"""What an optimizer remembers, as data: for a dict in memory and for a checkpoint file."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .checks import Array
from .errors import KernelError
from .parameters import Parameter

__all__ = ["Entry", "GroupEntry", "Snapshot", "Storage", "from_dict"]


@dataclass(frozen=True)
class GroupEntry:
    """The hyperparameters of a group and the names of its parameters."""

    hyper: Mapping[str, float]
    names: tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Entry:
    """One parameter: the steps it has taken and its states by name, in a checkpoint theta before them."""

    name: str | int
    t: int
    arrays: Mapping[str, Array]


@dataclass(frozen=True)
class Storage:
    """The states that are not stored as their parameters are, by name, and the seed of stochastic rounding, if any."""

    states: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What an optimizer remembers.

    Attributes
    ----------
    rule, digest : str
        Of the rule.
    groups : tuple of GroupEntry
    entries : tuple of Entry
        In the order of the parameters.
    storage : Storage
    """

    rule: str
    digest: str
    groups: tuple[GroupEntry, ...]
    entries: tuple[Entry, ...]
    storage: Storage

    def as_dict(self) -> dict[str, Any]:
        """As a dict of plain values and copies of the arrays."""
        return {
            "rule": self.rule,
            "digest": self.digest,
            "storage": {"states": dict(self.storage.states), "seed": self.storage.seed},
            "groups": [{"hyper": dict(g.hyper), "params": list(g.names)} for g in self.groups],
            "state": {e.name: {"t": e.t, **{n: a.copy(order="K") for n, a in e.arrays.items()}} for e in self.entries},
        }

    def check(self, what: str, expected: Snapshot, parameters: Sequence[Parameter]) -> None:
        """Check that this can be loaded where `expected` is now.

        Parameters
        ----------
        what : str
            What a message calls this.
        expected : Snapshot
            Of the optimizer; its arrays are what can be loaded.
        parameters : sequence of Parameter
            Of the optimizer.

        Raises
        ------
        KernelError
            If it is of another rule, or of parameters of other groups, names, shapes or dtypes.
        """
        if self.digest != expected.digest:
            other = f"the rule {self.rule!r}" if self.rule != expected.rule else f"another rule called {self.rule!r}"
            raise KernelError(f"{what} is of {other}, and this optimizer runs {expected.rule!r}; nothing was loaded")
        self._check_storage(what, expected)
        if [g.names for g in self.groups] != [g.names for g in expected.groups]:
            raise KernelError(
                f"{what} is of {_counted(self)}, and this optimizer has {_counted(expected)}"
                f"{_first_difference(self, expected)}; nothing was loaded"
            )
        if [e.name for e in self.entries] != [e.name for e in expected.entries]:
            raise KernelError(f"{what} does not have one state for each of its parameters; nothing was loaded")
        for entry, here, parameter in zip(self.entries, expected.entries, parameters, strict=True):
            _check_entry(what, entry, here, parameter)

    def _check_storage(self, what: str, expected: Snapshot) -> None:
        theirs, ours = self.storage.states, expected.storage.states
        for name in {**theirs, **ours}:
            if theirs.get(name) != ours.get(name):
                one, other = (kept.get(name, "its parameter is") for kept in (theirs, ours))
                raise KernelError(
                    f"{what} has {name!r} stored as {one}, and this optimizer as {other}; make an optimizer with the "
                    f"state_dtype of the run; nothing was loaded"
                )
        if (self.storage.seed is None) != (expected.storage.seed is None):
            first, second = ("without", "with") if self.storage.seed is None else ("with", "without")
            raise KernelError(
                f"{what} is of a run {first} stochastic rounding, and this optimizer is one {second}; nothing was "
                f"loaded"
            )


def _check_entry(what: str, entry: Entry, here: Entry, parameter: Parameter) -> None:
    of = f"of the parameter{parameter.words}"
    for name in here.arrays:
        if name != "theta" and name not in entry.arrays:
            raise KernelError(f"{what} lacks the state {name!r} {of}; nothing was loaded")
    for name, array in entry.arrays.items():
        if name not in here.arrays:
            raise KernelError(f"{what} has a state {name!r} {of}, which the rule has not; nothing was loaded")
        for kind, found, wanted in (
            ("dtype", array.dtype, here.arrays[name].dtype),
            ("shape", array.shape, parameter.shape),
        ):
            if found != wanted:
                raise KernelError(
                    f"{what} has {name!r} {of} with {kind} {found}, and the {_holder(name, here, parameter)} has "
                    f"{wanted}; nothing was loaded"
                )


def _holder(name: str, here: Entry, parameter: Parameter) -> str:
    return "parameter" if here.arrays[name].dtype == np.dtype(parameter.dtype) else "state"


def _counted(snapshot: Snapshot) -> str:
    sizes = [len(g.names) for g in snapshot.groups]
    parts = " and ".join(f"{size} parameter{'' if size == 1 else 's'}" for size in sizes)
    return parts if len(sizes) == 1 else f"{len(sizes)} groups of {parts}"


def _first_difference(one: Snapshot, other: Snapshot) -> str:
    pairs = zip((n for g in one.groups for n in g.names), (n for g in other.groups for n in g.names), strict=False)
    differing = next(((a, b) for a, b in pairs if a != b), None)
    return "" if differing is None else f", where {differing[0]!r} stands for {differing[1]!r}"


def from_dict(content: object) -> Snapshot:
    """Read what :meth:`Snapshot.as_dict` made.

    Raises
    ------
    KernelError
        If it is something else.
    """
    try:
        return _read(content)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise KernelError(f"this is no state_dict of an optimizer: {reason}; nothing was loaded") from None


def _read(content: Any) -> Snapshot:
    groups = [GroupEntry(dict(g["hyper"]), tuple(g["params"])) for g in content["groups"]]
    entries = []
    for name, values in content["state"].items():
        arrays = {key: value for key, value in values.items() if key != "t"}
        for key, value in arrays.items():
            if not isinstance(value, np.ndarray):
                raise TypeError(f"the state {key!r} of {name!r} is a {type(value).__name__}, not a NumPy array")
        entries.append(Entry(name, counted(name, values["t"]), arrays))
    return Snapshot(
        str(content["rule"]), str(content["digest"]), tuple(groups), tuple(entries), storage_of(content.get("storage"))
    )


def storage_of(content: Any) -> Storage:
    """Read what is stored as what; KeyError, TypeError or AttributeError if it is something else."""
    if content is None:
        return Storage()
    seed = content["seed"]
    if seed is not None and not 0 <= operator.index(seed) < 2**64:
        raise TypeError(f"the seed is {seed!r}")
    states = {str(name): str(kept) for name, kept in content["states"].items()}
    return Storage(states, None if seed is None else operator.index(seed))


def counted(name: object, t: object) -> int:
    """A step counter as an int; TypeError if it is none."""
    count = operator.index(t)  # type: ignore[arg-type]
    if isinstance(t, (bool, np.bool_)) or not 0 <= count < 2**62:
        raise TypeError(f"the step counter of {name!r} is {t!r}")
    return count
