"""A user's ``step`` and ``init``: how they are called, with which hyperparameters, and what is wrong with them."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np

from .hyperparameters import readings
from .record import TraceError, Untraceable

__all__ = ["HyperMapping", "StepFunction", "init_of", "where_it_raised"]

_DEFAULTS = ("DEFAULTS", "DEFAULT_HYPER", "HYPER", "HYPERPARAMETERS", "defaults", "hyper", "default_hyper")


class HyperMapping(dict[str, Any]):
    """The hyperparameters, which come into being when the code asks for them.

    Parameters
    ----------
    make : callable
        Makes the value of a hyperparameter from its name.
    known : iterable of str
        Names that are known beforehand, for code that asks which there are.
    """

    def __init__(
        self, make: Callable[[str], Any], record: Record, known: tuple[str, ...], given: Mapping[str, Any]
    ) -> None:
        super().__init__(given)
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_record", record)
        object.__setattr__(self, "_known", known)

    def __missing__(self, name: str) -> Any:
        self._record.names.setdefault(name)
        super().__setitem__(name, self._make(name))
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value; what is no number by default stays what it is by default."""
        if not dict.__contains__(self, name):
            if default is None or isinstance(default, (bool, str)):
                self._record.fixed[name] = default
                return default
            if isinstance(default, (int, float)) and type(default) in (int, float):
                self._record.defaults[name] = default
        return self[name]

    setdefault = get

    def pop(self, name: str, default: Any = None) -> Any:
        """The value, as :meth:`get`."""
        return self.get(name, default)

    def __contains__(self, name: object) -> bool:
        return True

    def _all(self) -> list[str]:
        names = list(dict.fromkeys((*dict.keys(self), *self._known)))
        if not names:
            raise Untraceable("the code asks for all hyperparameters without naming one; name the rule (--against)")
        for name in names:
            self[name]
        return names

    def keys(self) -> Any:
        """All names that are known."""
        self._all()
        return dict.keys(self)

    def values(self) -> Any:
        """All values of known names."""
        self._all()
        return dict.values(self)

    def items(self) -> Any:
        """All known pairs."""
        self._all()
        return dict.items(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __setitem__(self, name: str, value: Any) -> None:
        self._record.effects["the caller's hyperparameters are modified"] = None
        super().__setitem__(name, value)

    def copy(self) -> Any:
        """A mapping of its own."""
        return HyperMapping(self._make, self._record, self._known, dict(dict.items(self)))

    __copy__ = copy

    def known_names(self) -> tuple[str, ...]:
        """The names that the code asked for so far."""
        return tuple(self._record.names)

    def with_values(self, values: Mapping[str, Any], make: Callable[[str], Any]) -> HyperMapping:
        """The same names with other values; `make` is called for names that are not among them."""
        return HyperMapping(make, self._record, self._known, values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


@dataclass
class Record:
    """What was seen of the hyperparameters while the code ran."""

    names: dict[str, None] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    effects: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class StepFunction:
    """A step function with its way of taking hyperparameters.

    Attributes
    ----------
    target : str
    function, init : callables
        `init` is None where the module has none.
    mapping : bool
        Whether the fifth argument is a mapping of hyperparameters; else they are arguments of their own.
    takes_t : bool
        Whether there is an argument for the step counter.
    record : Record
    """

    target: str
    function: Callable[..., Any]
    init: Callable[..., Any] | None
    parameters: tuple[inspect.Parameter, ...]
    mapping: bool
    record: Record
    given: Mapping[str, Any]
    known: tuple[str, ...]

    @classmethod
    def of(
        cls, target: str, function: Any, module: ModuleType, given: Mapping[str, Any], known: tuple[str, ...]
    ) -> StepFunction:
        """Read the signature.

        Raises
        ------
        TraceError
            If it is none of the forms that are understood.
        """
        expected = "one is step(theta, g, state, t, hyper) or step(theta, g, state, t, *, lr, ...)"
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            raise TraceError(f"{target} has no signature that Python can read; {expected}") from None
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if len(positional) < 4 or any(p.kind is p.VAR_POSITIONAL for p in parameters):
            shown = f"{getattr(function, '__name__', 'it')}{inspect.signature(function)}"
            raise TraceError(f"{target} has the signature {shown}; {expected}")
        rest = [p for p in parameters if p not in positional[:4] and p.kind is not p.VAR_KEYWORD]
        required = [p for p in rest if p.default is p.empty]
        mapping = (
            len(positional) > 4
            and len(required) <= 1
            and (not readings(positional[4].name) and positional[4].default in (inspect.Parameter.empty, None))
        )
        record = Record()
        for name in _DEFAULTS:
            held = getattr(module, name, None)
            if isinstance(held, dict):
                record.defaults |= {k: v for k, v in held.items() if type(v) in (int, float) and isinstance(k, str)}
        init = init_of(getattr(function, "__name__", ""), module)
        return cls(target, function, init, tuple(rest), mapping, record, dict(given), known)

    def start(self, theta: Any, make: Callable[[str], Any]) -> Any:
        """The state before the first step."""
        if self.init is None:
            return {}
        count = sum(
            p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
            for p in inspect.signature(self.init).parameters.values()
        )
        return self.init(theta) if count < 2 else self.init(theta, self._hyper(make))

    def _hyper(self, make: Callable[[str], Any]) -> HyperMapping:
        known = tuple(dict.fromkeys((*self.record.defaults, *self.known)))
        return HyperMapping(make, self.record, known, self.given)

    def __call__(self, theta: Any, g: Any, state: Any, t: Any, make: Callable[[str], Any]) -> tuple[Any, Any]:
        """One step: theta and the state after it."""
        if self.mapping:
            found = self.function(theta, g, state, t, self._hyper(make))
        else:
            found = self.function(theta, g, state, t, **self._keywords(make))
        return self._read(found, theta, state)

    def _keywords(self, make: Callable[[str], Any]) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for p in self.parameters:
            if p.name in self.given:
                chosen[p.name] = self.given[p.name]
            elif p.default is not p.empty and type(p.default) not in (int, float):
                # An option, not a number: it stays what it is by default.
                self.record.fixed[p.name] = p.default
            else:
                self.record.names.setdefault(p.name)
                if type(p.default) in (int, float):
                    self.record.defaults[p.name] = p.default
                chosen[p.name] = make(p.name)
        return chosen

    def _read(self, found: Any, theta: Any, state: Any) -> tuple[Any, Any]:
        if found is None:
            return theta, state
        if isinstance(found, (tuple, list)) and len(found) == 2:
            return found[0], found[1]
        if isinstance(found, np.ndarray):
            return found, state
        shown = f"a tuple of {len(found)}" if isinstance(found, tuple) else type(found).__name__
        raise TraceError(f"{self.target} returns {shown}; a step returns (theta, state)")


def init_of(name: str, module: ModuleType) -> Callable[..., Any] | None:
    """The function that makes the state: ``adam_init`` for ``adam_step`` or ``adam``, else ``init``."""
    stem = name.removesuffix("_step").removesuffix("_update")
    for usual in (
        f"{name}_init",
        f"init_{name}",
        f"{stem}_init",
        f"init_{stem}",
        "init",
        "init_state",
        "initial_state",
    ):
        held = getattr(module, usual, None)
        if callable(held):
            return cast("Callable[..., Any]", held)
    return None


def where_it_raised(error: BaseException, path: str | None) -> str:
    """The user's line at which an exception was raised, with the exception, in one sentence."""
    lines = [
        f.lineno
        for f in traceback.extract_tb(error.__traceback__)
        if path and Path(f.filename).resolve() == Path(path).resolve()
    ]
    kind = type(error).__name__
    place = f"{path}:{lines[-1]}" if lines else (path or "the code")
    return f"{place} raises {kind}: {error}" if str(error) else f"{place} raises {kind}"
