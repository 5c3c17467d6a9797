"""The parameters of an optimizer: arrays of the user's, with names, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from .checks import Array
from .errors import KernelError
from .precision import DTYPES

__all__ = ["Parameter", "ParameterList"]

_HOW = "pass an array, a list of arrays, a dict of arrays by name, or a list of groups such as {'params': [...], ...}"


@dataclass(frozen=True, eq=False)
class Parameter:
    """One array that is updated in place, and what it was when the optimizer was made.

    Attributes
    ----------
    name : str or int
        Its key in the user's dict, or its place.
    words : str
        What a message calls it, after "parameter", "gradient" or "state".
    array : numpy.ndarray
    group : int
    dtype : str
    shape : tuple of int
    order : {"C", "F"}
        How it lies in memory; its gradient and its state lie alike.
    """

    name: str | int
    words: str
    array: Array
    group: int
    dtype: str
    shape: tuple[int, ...]
    order: str

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def bytes(self) -> int:
        """The memory of the array."""
        return self.size * np.dtype(self.dtype).itemsize


class ParameterList:
    """All parameters in order, and how gradients are matched with them.

    Parameters
    ----------
    params : array, iterable of arrays, mapping of str to array, or iterable of groups
        A group is a dict with "params", in one of the other forms, and hyperparameters by name.

    Raises
    ------
    KernelError
        If it has another form, there is no parameter, or a name occurs twice.
    """

    def __init__(self, params: object) -> None:
        self.single = isinstance(params, np.ndarray)
        groups = list(_groups(params))
        self.overrides = [{k: v for k, v in group.items() if k != "params"} for group in groups]
        self.items = tuple(_parameters([group["params"] for group in groups], self.single))
        if not self.items:
            raise KernelError(f"there are no parameters; {_HOW}")
        names = [p.name for p in self.items if isinstance(p.name, str)]
        self.names: tuple[str, ...] | None = tuple(names) if len(names) == len(self.items) else None
        self._look_up = itemgetter(*names) if self.names is not None and len(names) > 1 else None

    def __len__(self) -> int:
        return len(self.items)

    def in_order(self, grads: object, allow_missing: bool) -> Sequence[object]:
        """The gradients, one for each parameter in order; None for a name that is missing, if that is allowed.

        Raises
        ------
        KernelError
            If the gradients do not have the form of the parameters.
        """
        if self.single:
            return [grads[0] if isinstance(grads, (list, tuple)) and len(grads) == 1 else grads]
        if isinstance(grads, Mapping):
            return self._by_name(grads, allow_missing)
        if self.names is not None:
            raise KernelError(
                f"the gradients are a {type(grads).__name__}, and the parameters have names; pass a dict with a "
                f"gradient for each name"
            )
        if isinstance(grads, np.ndarray) or not isinstance(grads, Iterable):
            raise KernelError(
                f"the gradients are a {type(grads).__name__}; pass a list with one for each of the {len(self)} "
                f"parameters, in their order"
            )
        listed = grads if isinstance(grads, (list, tuple)) else list(grads)
        if len(listed) != len(self):
            raise KernelError(
                f"there are {len(listed)} gradients for {len(self)} parameters; pass one for each, in their order"
            )
        return listed

    def _by_name(self, grads: Mapping[object, object], allow_missing: bool) -> Sequence[object]:
        if self.names is None:
            raise KernelError("the gradients are a dict, and not all parameters have names; pass a list in their order")
        if len(grads) == len(self) and self._look_up is not None:
            try:
                return self._look_up(grads)
            except KeyError:
                pass
        missing = [name for name in self.names if name not in grads]
        strangers = [name for name in grads if name not in set(self.names)]
        if strangers:
            raise KernelError(f"there is a gradient {strangers[0]!r} and no parameter of that name")
        if missing and not allow_missing:
            raise KernelError(
                f"the gradient {missing[0]!r} is missing; pass one for each parameter, or allow_missing=True to leave "
                f"parameters without a gradient as they are"
            )
        return [grads.get(name) for name in self.names]


def _groups(params: object) -> Iterable[Mapping[str, Any]]:
    if isinstance(params, np.ndarray):
        return [{"params": params}]
    if isinstance(params, Mapping):
        if "params" in params and not all(isinstance(value, np.ndarray) for value in params.values()):
            return [_checked_group(0, params)]
        return [{"params": params}]
    if not isinstance(params, Iterable) or isinstance(params, (str, bytes)):
        raise KernelError(f"params is a {type(params).__name__}; {_HOW}")
    listed = list(params)
    if any(isinstance(item, Mapping) for item in listed):
        return [_checked_group(i, group) for i, group in enumerate(listed)]
    return [{"params": listed}]


def _checked_group(place: int, group: object) -> Mapping[str, Any]:
    if not isinstance(group, Mapping):
        raise KernelError(f"group {place} is a {type(group).__name__}, and other groups are dicts; {_HOW}")
    if "params" not in group:
        raise KernelError(f"group {place} has no 'params'; {_HOW}")
    return group


def _parameters(members: Sequence[object], single: bool) -> Iterable[Parameter]:
    place = 0
    seen: set[str | int] = set()
    for number, member in enumerate(members):
        for key, array in _members(number, member):
            name = place if key is None else key
            words = "" if single else f" {name!r}"
            if name in seen:
                raise KernelError(f"two parameters are called {name!r}; names must differ, in all groups")
            seen.add(name)
            yield _parameter(name, words, array, number)
            place += 1


def _members(number: int, member: object) -> Iterable[tuple[str | None, object]]:
    if isinstance(member, np.ndarray):
        return [(None, member)]
    if isinstance(member, Mapping):
        wrong = [key for key in member if not isinstance(key, str)]
        if wrong:
            raise KernelError(f"a parameter is called {wrong[0]!r}; names of parameters must be strings")
        return member.items()
    if not isinstance(member, Iterable) or isinstance(member, (str, bytes)):
        raise KernelError(f"the 'params' of group {number} are a {type(member).__name__}; {_HOW}")
    return ((None, array) for array in member)


def _parameter(name: str | int, words: str, array: object, group: int) -> Parameter:
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise KernelError(
            f"the parameter{words} is a {type(array).__name__}; an optimizer works on plain NumPy arrays, in place"
        )
    if array.dtype not in [np.dtype(d) for d in DTYPES]:
        raise KernelError(
            f"the parameter{words} has dtype {array.dtype}, and kernels exist for {' and '.join(DTYPES)}; convert it"
        )
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return Parameter(name, words, array, group, array.dtype.name, array.shape, order)
