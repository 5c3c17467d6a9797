"""What ``verify`` is pointed at: a file, a function in a file or module, a class of a framework.

:func:`trace` runs in the process that belongs to the user's code.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ...derive.user_file import UserFileError, load_module
from .hyperparameters import readings
from .numba_source import is_dispatcher
from .numpy_functions import followed
from .outside_state import changes
from .record import Traced, TraceError, Untraceable

__all__ = ["FRAMEWORKS", "prepare_for", "require_plausible", "run", "split_target", "trace"]

FRAMEWORKS = {
    "torch": "torch_trace",
    "jax": "jax_function",
    "optax": "optax_trace",
    "keras": "keras_trace",
}
"""The frameworks whose optimizers can be traced, and what traces them; each is an extra of the package too."""

_CLASSES = ("torch", "keras")
"""Those whose optimizers are classes."""


def prepare_for(framework: str) -> None:
    """What must be set before a framework is imported: Keras is traced on JAX, whatever the user's backend is."""
    if framework == "keras":
        os.environ["KERAS_BACKEND"] = "jax"


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
    found, module = _found(target)
    if is_dispatcher(found):
        from .numba_trace import trace_numba

        return trace_numba(target, found, module, mapped=mapped, given=given, known=known)
    kind = _kind(found, module)
    if kind:
        return _trace_framework(kind, target, found, module, mapped=mapped, given=given, known=known)
    if inspect.isclass(found):
        raise TraceError(
            f"{target} is a class that is no optimizer of torch or Keras; a function step(...) can be verified"
        )
    if not callable(found):
        raise TraceError(f"{target} is of type {type(found).__name__}, not a function")
    from .numpy_trace import trace_numpy

    return trace_numpy(target, found, _home_of(found, module), mapped=mapped, given=given, known=known)


def run(
    target: str,
    mapped: Mapping[str, str],
    given: Mapping[str, Any],
    known: tuple[str, ...],
    *,
    hyper: Sequence[Mapping[str, float]],
    theta: float,
    gradients: Sequence[float],
) -> float | None:
    """Theta after running a target itself in float64; None for targets that are only traced."""
    found, module = _found(target)
    if is_dispatcher(found):
        from .numba_trace import theta_of

        return theta_of(target, found, module, mapped, given, hyper, theta=theta, gradients=gradients)
    kind = _kind(found, module)
    if kind not in ("jax", "optax", "keras"):
        return None
    from .jax_plain import thetas_of

    how = {"mapped": mapped, "given": given, "known": known}
    if kind == "jax":
        how["module"] = _home_of(found, module)
    subject = getattr(import_module(f".{FRAMEWORKS[kind]}", __package__), f"{kind}_subject")(target, found, **how)
    return float(thetas_of(subject, hyper, [theta], [[g] for g in gradients])[-1][0])


def _found(target: str) -> tuple[Any, ModuleType]:
    place, name = split_target(target)
    # While the module is imported nothing is traced yet, but what it takes from math and numpy is followed later.
    # Numba must not find the functions that follow traced values.
    with nullcontext() if _mentions_numba(place) else followed(lambda: None):
        module = _load(place)
    return _named(target, module, name), module


def _mentions_numba(place: str) -> bool:
    """Whether the text of a file or module speaks of Numba; it is not imported for the question."""
    path = Path(place)
    if not place.endswith(".py"):
        path = Path(*place.split(".")).with_suffix(".py")
    try:
        return "numba" in path.read_text(errors="replace")
    except OSError:
        return False


def _home_of(found: Any, module: ModuleType) -> ModuleType:
    """Where a function's ``init`` is looked up."""
    home = sys.modules.get(getattr(found, "__module__", ""), module)
    return home if hasattr(home, "init") else module


def _load(place: str) -> ModuleType:
    if place.endswith(".py"):
        try:
            return load_module(Path(place))
        except UserFileError as error:
            raise TraceError(str(error)) from None
    sys.path.insert(0, os.getcwd())
    prepare_for(place.partition(".")[0])
    try:
        return import_module(place)
    except ModuleNotFoundError as error:
        framework = place.partition(".")[0]
        missing = str(error.name).partition(".")[0]
        if framework in FRAMEWORKS and missing in FRAMEWORKS and sys.modules.get(missing) is None:
            raise TraceError(f"{missing} is not installed; pip install 'optproof[{framework}]'") from None
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


def _kind(found: Any, module: ModuleType) -> str:
    """Which tracer a target needs: that of a framework, or none of them (a NumPy function)."""
    if inspect.isclass(found):
        homes = {base.__module__.partition(".")[0] for base in inspect.getmro(found)}
        return next((framework for framework in _CLASSES if framework in homes), "")
    if _home(found) == "optax" or _home(type(found)) == "optax":
        return "optax"
    used = _used(found, module)
    if "optax" in used and callable(found) and _makes_transformation(found):
        return "optax"
    return "jax" if "jax" in used and callable(found) else ""


def _home(thing: Any) -> str:
    return str(getattr(thing, "__module__", "")).partition(".")[0]


def _used(found: Any, module: ModuleType) -> set[str]:
    """The frameworks that the module of a function has names from."""
    home = sys.modules.get(getattr(found, "__module__", ""), module)
    held = [*vars(module).values(), *vars(home).values()]
    return {x.__name__.partition(".")[0] if inspect.ismodule(x) else _home(x) for x in held}


def _makes_transformation(found: Any) -> bool:
    """Whether a function takes hyperparameters alone, and no theta first: it is a factory, not a step."""
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return False
    required = [
        p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return all(readings(p.name) for p in required)


def _trace_framework(kind: str, target: str, found: Any, module: ModuleType, **how: Any) -> Traced:
    if kind == "torch":
        from .torch_trace import trace_torch

        return trace_torch(target, found, mapped=how["mapped"], given=how["given"])
    if kind == "jax":
        how["module"] = _home_of(found, module)
    tracer = getattr(import_module(f".{FRAMEWORKS[kind]}", __package__), f"trace_{kind}")
    with changes(found) as changed:
        traced: Traced = tracer(target, found, **how)
    if changed:
        raise Untraceable(f"it keeps something elsewhere than in its state: {', '.join(changed)} changes when it runs")
    return traced
