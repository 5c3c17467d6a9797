"""An optimizer as JAX sees it: a function that makes a state and a function that makes a step, over named parameters.

Parameters are dictionaries from a name to an array; the state is any pytree.  A slot of the state belongs to the
parameter whose name stands in its path, and to all of them if none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import numpy as np

from .torch_options import Constructor

__all__ = ["PARAMETERS", "SCALAR", "Layout", "Slot", "Steps", "Subject", "first_line", "slots_of"]

Parameters: TypeAlias = dict[str, Any]

SCALAR = "theta_scalar"

PARAMETERS: dict[str, tuple[int, ...]] = {"theta_matrix": (130, 141), "theta_vector": (5,), SCALAR: ()}
"""The parameters of a trace and their shapes: large enough for what treats large matrices in a way of its own."""


def first_line(error: BaseException) -> str:
    """An exception in one line: JAX's explain themselves at length."""
    text = str(error).strip().partition("\n")[0].rstrip(":")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass(frozen=True)
class Steps:
    """An optimizer with its hyperparameters.

    Attributes
    ----------
    init : callable
        The state before the first step, from the parameters.
    step : callable
        ``step(parameters, gradients, state, t)`` gives the parameters and the state after step t.
    """

    init: Callable[[Parameters], Any]
    step: Callable[[Parameters, Parameters, Any, Any], tuple[Parameters, Any]]


@dataclass(frozen=True)
class Subject:
    """What is traced.

    Attributes
    ----------
    target : str
        As the user named it.
    constructor : Constructor
        Its hyperparameters and options.
    begin : callable
        Makes the steps from the values of the hyperparameters by their own names.
    names : tuple of str
        Those of :data:`PARAMETERS` that it takes.
    compiled : bool
        Whether its step can be compiled as a whole; otherwise it may be code that must run line by line.
    where : callable
        Where an exception was raised, in words.
    """

    target: str
    constructor: Constructor
    begin: Callable[[Mapping[str, Any]], Steps]
    names: tuple[str, ...] = tuple(PARAMETERS)
    compiled: bool = True
    where: Callable[[BaseException], str] = first_line
    effects: dict[str, None] = field(default_factory=dict)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters' shapes."""
        return {n: PARAMETERS[n] for n in self.names}


@dataclass(frozen=True)
class Slot:
    """A place of the state.

    Attributes
    ----------
    name : str
        Its name without the parameter's.
    owner : str
        The parameter it belongs to, or empty.
    """

    name: str
    owner: str


@dataclass(frozen=True)
class Layout:
    """How a state is laid out: its tree, its slots, and what in it is no number."""

    tree: Any
    slots: tuple[Slot, ...]
    kinds: tuple[str, ...]
    static: tuple[Any, ...]

    def rebuilt(self, values: Iterable[Any]) -> Any:
        """A state of this layout, with `values` for its arrays and numbers in order."""
        left = iter(values)
        leaves = [s if k == "static" else next(left) for k, s in zip(self.kinds, self.static, strict=True)]
        return jax.tree_util.tree_unflatten(self.tree, leaves)

    def numeric(self, state: Any) -> list[Any]:
        """The arrays and numbers of a state in order."""
        leaves = jax.tree_util.tree_leaves(state)
        return [x for x, k in zip(leaves, self.kinds, strict=True) if k != "static"]

    @property
    def numbered(self) -> list[tuple[Slot, str]]:
        """The slots of arrays and numbers in order, each with its kind."""
        return [(s, k) for s, k in zip(self.slots, self.kinds, strict=True) if k != "static"]


def slots_of(state: Any, names: Sequence[str]) -> Layout:
    """The layout of a state; ``kinds`` are ``"array"``, ``"number"`` (of Python) and ``"static"``."""
    paths, tree = jax.tree_util.tree_flatten_with_path(state)
    found = [_slot(path, names) for path, _ in paths]
    short = _shortened([s.name for s in found])
    slots = tuple(Slot(short[s.name], s.owner) for s in found)
    kinds = tuple(_kind(leaf) for _, leaf in paths)
    static = tuple(leaf if k == "static" else None for (_, leaf), k in zip(paths, kinds, strict=True))
    return Layout(tree, slots, kinds, static)


def _kind(leaf: Any) -> str:
    if isinstance(leaf, (bool, str, bytes)) or callable(leaf):
        return "static"
    if isinstance(leaf, (int, float)):
        return "number"
    return "array" if isinstance(leaf, (jax.Array, np.ndarray, np.generic)) else "static"


def _slot(path: tuple[Any, ...], names: Sequence[str]) -> Slot:
    parts = [str(getattr(p, "name", getattr(p, "key", getattr(p, "idx", p)))) for p in path]
    owner = next((p for p in parts if p in names), "")
    return Slot(".".join(p for p in parts if p != owner) or "state", owner)


def _shortened(names: Sequence[str]) -> dict[str, str]:
    """Names without the positions in them, where that leaves them distinct."""
    plain = {n: ".".join(p for p in n.split(".") if not p.isdigit()) or n for n in names}
    shared = list(plain.values())
    distinct = {n: p for n, p in plain.items() if shared.count(p) == 1}
    return {n: distinct.get(n, n) for n in names}
