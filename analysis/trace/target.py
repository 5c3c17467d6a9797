"""What ``verify`` is pointed at: a file, a function in a file or module, a class of a framework.

:func:`trace` runs in the process that belongs to the user's code.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ...derive.user_file import UserFileError, load_module
from .numpy_functions import followed
from .record import Traced, TraceError, Untraceable

__all__ = ["require_plausible", "split_target", "trace"]


def split_target(target: str) -> tuple[str, str]:
    """Where a target lives, and its name there; the name is empty where none was given.

    Examples
    --------
    >>> split_target("mine.py:step"), split_target("package.module:step"), split_target("torch.optim.SGD")
    (('mine.py', 'step'), ('package.module', 'step'), ('torch.optim', 'SGD'))
    """
    if target.endswith(".py"):
        return target, ""
    place, colon, name = target.rpartition(":")
    if colon:
        return place, name
    place, _, name = target.rpartition(".")
    return place, name


def require_plausible(target: str) -> None:
    """Raise TraceError if a target cannot be meant, before a process is started for it."""
    place, name = split_target(target)
    if place.endswith(".py"):
        if not Path(place).is_file():
            raise TraceError(f"there is no file {place}")
    elif not place or not name:
        raise TraceError(
            f"{target!r} is no target; one is FILE.py, FILE.py:step, package.module:step or a class as torch.optim.Adam"
        )


def trace(target: str, mapped: Mapping[str, str], given: Mapping[str, Any], known: tuple[str, ...]) -> Traced:
    """Load and trace a target.

    Raises
    ------
    TraceError, Untraceable
        See :mod:`.record`.
    """
    place, name = split_target(target)
    # While the module is imported nothing is traced yet, but what it takes from math and numpy is followed later.
    with followed(lambda: None):
        module = _load(place)
    found = _named(target, module, name)
    if inspect.isclass(found) or _is_factory(found):
        return _trace_other(target, found, mapped, given)
    if not callable(found):
        raise TraceError(f"{target} is of type {type(found).__name__}, not a function")
    from .numpy_trace import trace_numpy

    home = sys.modules.get(getattr(found, "__module__", ""), module)
    return trace_numpy(
        target, found, home if hasattr(home, "init") else module, mapped=mapped, given=given, known=known
    )


def _load(place: str) -> ModuleType:
    if place.endswith(".py"):
        try:
            return load_module(Path(place))
        except UserFileError as error:
            raise TraceError(str(error)) from None
    sys.path.insert(0, os.getcwd())
    try:
        return import_module(place)
    except ModuleNotFoundError as error:
        raise TraceError(f"there is no module {error.name}; it is imported as {place}") from None
    except (Exception, SystemExit) as error:
        raise TraceError(f"{place} does not import: {type(error).__name__}: {error}") from None


def _named(target: str, module: ModuleType, name: str) -> Any:
    if name:
        if not hasattr(module, name):
            close = get_close_matches(name, vars(module), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            place = split_target(target)[0]
            raise TraceError(f"{place} defines no {name!r}{hint}")
        return getattr(module, name)
    for usual in ("step", "update"):
        if callable(getattr(module, usual, None)):
            return getattr(module, usual)
    raise TraceError(f"{target} defines no function 'step'; name another as {target}:NAME")


def _is_factory(found: Any) -> bool:
    """Whether it makes an optax transformation: optax's functions are told by their home."""
    return str(getattr(found, "__module__", "")).partition(".")[0] == "optax"


def _trace_other(target: str, found: Any, mapped: Mapping[str, str], given: Mapping[str, Any]) -> Traced:
    homes = (
        {base.__module__.partition(".")[0] for base in inspect.getmro(found)} if inspect.isclass(found) else {"optax"}
    )
    for framework, module in (("torch", "torch_trace"), ("keras", "keras_trace"), ("optax", "jax_trace")):
        if framework in homes:
            try:
                tracer = import_module(f".{module}", __package__)
            except ModuleNotFoundError:
                raise Untraceable(f"implementations of {framework} cannot be traced yet") from None
            traced: Traced = getattr(tracer, f"trace_{module.partition('_')[0]}")(
                target, found, mapped=mapped, given=given
            )
            return traced
    raise TraceError(
        f"{target} is a class that is no optimizer of torch or Keras; a function step(...) can be verified"
    )
