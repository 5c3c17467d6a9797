"""What NumPy's other functions, and those of ``math``, mean for expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy import zeros as plain_zeros  # not those of traced code

from .numpy_array import SymbolicArray, apply_ufunc, as_array, chosen, exprs_of, values_of, wrapped
from .numpy_values import Condition, Scalar, Tracing
from .record import Untraceable

__all__ = ["apply_function", "followed", "following_builtins"]


def apply_function(tracing: Tracing, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """A NumPy function on traced values."""
    name = function.__name__
    if name in _PLAIN:
        return function(*(values_of(a) for a in args), **{k: values_of(v) for k, v in kwargs.items()})
    if name in _SHAPED:
        return _SHAPED_BOTH(tracing, function, args, kwargs)
    if name not in _FUNCTIONS:
        raise Untraceable(f"np.{name} is not followed by the tracer")
    try:
        return _FUNCTIONS[name](tracing, *args, **kwargs)
    except TypeError as error:
        raise Untraceable(f"np.{name} is called in a form that is not followed: {error}") from None


_PLAIN = {
    "shape",
    "ndim",
    "size",
    "result_type",
    "may_share_memory",
    "shares_memory",
    "iscomplexobj",
    "isrealobj",
    "can_cast",
}
_SHAPED = {
    "reshape",
    "ravel",
    "transpose",
    "squeeze",
    "expand_dims",
    "broadcast_to",
    "atleast_1d",
    "swapaxes",
    "moveaxis",
}


def _SHAPED_BOTH(tracing: Tracing, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
    first, *rest = args
    exprs = exprs_of(first, tracing)
    if not isinstance(exprs, np.ndarray):
        return _SHAPED_BOTH(tracing, function, (as_array(first, tracing), *rest), kwargs)
    return wrapped(function(values_of(first), *rest, **kwargs), function(exprs, *rest, **kwargs), tracing)


def _where(tracing: Tracing, condition: Any, *cases: Any) -> Any:
    if len(cases) != 2:
        raise Untraceable("np.where without values asks for positions, which are not followed")
    from .numpy_ufuncs import logical

    yes, no = cases
    conditions = np.frompyfunc(logical, 1, 1)(exprs_of(condition, tracing))
    exprs = np.frompyfunc(chosen, 3, 1)(conditions, exprs_of(yes, tracing), exprs_of(no, tracing))
    return wrapped(np.where(values_of(condition), values_of(yes), values_of(no)), exprs, tracing)


def _clip(tracing: Tracing, a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    low, high = kwargs.pop("min", a_min), kwargs.pop("max", a_max)
    found = a if low is None else apply_ufunc(tracing, np.maximum, "__call__", (a, low), {})
    found = found if high is None else apply_ufunc(tracing, np.minimum, "__call__", (found, high), {})
    if out is not None:
        out[...] = found
        return out
    return +found


def _like(tracing: Tracing, a: Any, value: Any) -> Any:
    found = as_array(plain_zeros(np.shape(values_of(a))), tracing)
    found[...] = value
    return found


def _copyto(tracing: Tracing, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, SymbolicArray):
        raise Untraceable("np.copyto writes into an array that was made before the step was traced")
    dst[...] = src if where is True else _where(tracing, where, src, dst)


def _select(tracing: Tracing, conditions: Any, choices: Any, default: Any = 0) -> Any:
    found = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        found = _where(tracing, condition, choice, found)
    return found


def _reduced(ufunc: np.ufunc) -> Callable[..., Any]:
    def apply(tracing: Tracing, a: Any, axis: Any = None, **kwargs: Any) -> Any:
        x = as_array(a, tracing)
        return apply_ufunc(tracing, ufunc, "reduce", (x.reshape(-1) if x.ndim == 0 else x,), {"axis": axis, **kwargs})

    return apply


def _mean(tracing: Tracing, a: Any, axis: Any = None, **kwargs: Any) -> Any:
    count = np.size(values_of(a)) if axis is None else np.shape(values_of(a))[axis]
    return _FUNCTIONS["sum"](tracing, a, axis=axis, **kwargs) / int(count)


def _dot(tracing: Tracing, a: Any, b: Any) -> Any:
    return _FUNCTIONS["sum"](tracing, apply_ufunc(tracing, np.multiply, "__call__", (a, b), {}))


def _norm(tracing: Tracing, x: Any, ord: Any = None, **kwargs: Any) -> Any:
    if ord not in (None, 2, "fro") or kwargs:
        raise Untraceable("this form of np.linalg.norm is not followed")
    return np.sqrt(_dot(tracing, x, x))


def _stack(tracing: Tracing, arrays: Any, axis: int = 0, **kwargs: Any) -> Any:
    return _joined(np.stack, tracing, arrays, axis)


def _concatenate(tracing: Tracing, arrays: Any, axis: int = 0, **kwargs: Any) -> Any:
    return _joined(np.concatenate, tracing, arrays, axis)


def _joined(function: Any, tracing: Tracing, arrays: Any, axis: int) -> Any:
    several = [as_array(a, tracing) for a in arrays]
    return SymbolicArray(
        function([values_of(a) for a in several], axis=axis), function([a.exprs for a in several], axis=axis), tracing
    )


def _putmask(tracing: Tracing, a: Any, mask: Any, values: Any) -> None:
    a[...] = _where(tracing, mask, values, a)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": _where,
    "clip": _clip,
    "zeros_like": lambda tracing, a, *args, **kwargs: _like(tracing, a, 0),
    "ones_like": lambda tracing, a, *args, **kwargs: _like(tracing, a, 1),
    "empty_like": lambda tracing, a, *args, **kwargs: _like(tracing, a, math.nan),
    "full_like": lambda tracing, a, fill_value, *args, **kwargs: _like(tracing, a, fill_value),
    "copy": lambda tracing, a, **kwargs: as_array(a, tracing),
    "copyto": _copyto,
    "putmask": _putmask,
    "place": _putmask,
    "select": _select,
    "sum": _reduced(np.add),
    "prod": _reduced(np.multiply),
    "max": _reduced(np.maximum),
    "amax": _reduced(np.maximum),
    "min": _reduced(np.minimum),
    "amin": _reduced(np.minimum),
    "any": _reduced(np.logical_or),
    "all": _reduced(np.logical_and),
    "mean": _mean,
    "average": _mean,
    "dot": _dot,
    "vdot": _dot,
    "inner": _dot,
    "norm": _norm,
    "stack": _stack,
    "concatenate": _concatenate,
    "nan_to_num": lambda tracing, x, **kwargs: tracing.asked_whether_finite(as_array(x, tracing)),
    "real": lambda tracing, x: x,
    "real_if_close": lambda tracing, x: x,
}

_MATH = {
    "sqrt": np.sqrt, "pow": np.power, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
    "fabs": np.fabs, "hypot": np.hypot, "copysign": np.copysign, "isnan": np.isnan, "isinf": np.isinf,
    "isfinite": np.isfinite,
}  # fmt: skip


@contextmanager
def followed(tracing: Callable[[], Tracing | None]) -> Iterator[None]:
    """While a user's code is loaded and traced, ``math`` and NumPy's makers of arrays know about traced values.

    On plain numbers they do what they always do.  Only the process that traces lives with this, and only meanwhile.
    """
    changed: list[tuple[Any, str, Any]] = []

    def replace(module: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = getattr(module, name, None)
        if original is not None:
            changed.append((module, name, original))
            setattr(module, name, make(original))

    for name, ufunc in _MATH.items():
        replace(math, name, lambda original, ufunc=ufunc: _math_function(original, ufunc))  # type: ignore[misc]
    for name in (n for n in dir(math) if callable(getattr(math, n)) and not n.startswith("_") and n not in _MATH):
        replace(math, name, lambda original, name=name: _refusing(original, f"math.{name}"))  # type: ignore[misc]
    for name in ("zeros", "ones", "empty", "full"):
        replace(np, name, lambda original: _maker(original, tracing))
    for name in ("array", "asarray", "asanyarray", "ascontiguousarray", "asfarray", "copy"):
        replace(np, name, lambda original, name=name: _converter(original, name in ("array", "copy")))  # type: ignore[misc]
    try:
        yield
    finally:
        for module, name, original in reversed(changed):
            setattr(module, name, original)


def _is_traced(x: Any) -> bool:
    return isinstance(x, (Scalar, Condition, SymbolicArray))


def _math_function(original: Any, ufunc: np.ufunc) -> Any:
    def function(*args: Any) -> Any:
        traced = next((a for a in args if _is_traced(a)), None)
        return original(*args) if traced is None else apply_ufunc(traced.tracing, ufunc, "__call__", args, {})

    return function


def _refusing(original: Any, name: str) -> Any:
    def function(*args: Any) -> Any:
        if any(map(_is_traced, args)):
            raise Untraceable(f"{name} is not followed by the tracer")
        return original(*args)

    return function


def _maker(original: Any, tracing: Callable[[], Tracing | None]) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        running = tracing()
        if running is None:
            return original(*args, **kwargs)
        plain = original(*map(values_of, args), **{k: values_of(v) for k, v in kwargs.items()})
        if plain.dtype.kind != "f":
            return plain
        made = as_array(plain_zeros(plain.shape), running)
        made[...] = (
            math.nan
            if original.__name__ == "empty"
            else args[1]
            if len(args) > 1 and original.__name__ == "full"
            else kwargs.get("fill_value", float(plain.flat[0]) if plain.size else 0)
        )
        return made

    return function


def _converter(original: Any, copies: bool) -> Any:
    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(x, SymbolicArray):
            dtype = kwargs.get("dtype", args[0] if args else None)
            same = x if dtype is None else x.astype(dtype, copy=False)
            return same.copy() if copies and kwargs.get("copy", True) else same
        inside = _traced_inside(x)
        return original(x, *args, **kwargs) if inside is None else as_array(x, inside.tracing)

    return function


def _traced_inside(x: Any) -> Any:
    if _is_traced(x):
        return x
    if isinstance(x, (list, tuple)):
        return next((found for found in map(_traced_inside, x) if found is not None), None)
    return None


@contextmanager
def following_builtins(module: ModuleType) -> Iterator[None]:
    """While code of a module is traced, its ``float`` and ``int`` pass traced numbers on."""
    names = {"float": _FollowedFloat, "int": _FollowedInt}
    added = [name for name in names if name not in vars(module)]
    for name in added:
        setattr(module, name, names[name])
    try:
        yield
    finally:
        for name in added:
            delattr(module, name)


class _PassesOn(type):
    """Makes a class that stands in for a number type: calls and ``isinstance`` know about traced numbers."""

    plain: type

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], SymbolicArray):
            return cls(args[0].item())
        if args and isinstance(args[0], Scalar) and cls._may_be(args[0]):
            return args[0]
        return cls.plain(*args, **kwargs)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.plain) or (isinstance(value, Scalar) and cls._may_be(value))

    def _may_be(cls, value: Scalar) -> bool:
        return cls.plain is float or value.whole


class _FollowedFloat(metaclass=_PassesOn):
    plain = float


class _FollowedInt(metaclass=_PassesOn):
    plain = int
