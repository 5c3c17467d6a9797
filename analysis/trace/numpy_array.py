"""Arrays whose elements carry expressions: a float array of witnesses beside an object array of expressions.

Both are NumPy arrays that share memory with their views, so operations in place on slices work as they do on numbers.
Every ufunc comes through ``__array_ufunc__``, every other NumPy function through ``__array_function__``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy import array as plain_array, asarray as plain_asarray, empty as plain_empty  # not those of traced code

from .numpy_ufuncs import ELEMENTWISE, REDUCTIONS
from .numpy_values import Condition, Scalar, Tracing, as_number, note_rounding
from .record import Untraceable

__all__ = ["SymbolicArray", "apply_ufunc", "as_array", "exprs_of", "values_of", "wrapped"]


class SymbolicArray(np.ndarray):
    """An array of witnesses (its own memory) with an array of expressions."""

    exprs: Any
    tracing: Tracing

    def __new__(cls, values: Any, exprs: Any, tracing: Tracing) -> SymbolicArray:
        """Join `values` and `exprs`, without copying."""
        self = plain_asarray(values).view(cls)
        self.exprs, self.tracing = exprs, tracing
        return self

    def __array_finalize__(self, obj: object) -> None:
        # Whoever makes an array in a way that is not followed gets one without expressions, and is told on its use.
        self.exprs = None

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(
            _tracing_of((*inputs, *(kwargs.get("out") or ()), kwargs.get("where"))), ufunc, method, inputs, kwargs
        )

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .numpy_functions import apply_function

        return apply_function(_tracing_of((*args, *kwargs.values(), self)), function, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        key = _plain_key(key)
        return wrapped(values_of(self)[key], exprs_of(self, self.tracing)[key], self.tracing)

    def __setitem__(self, key: Any, value: Any) -> None:
        tracing, exprs = self.tracing, exprs_of(self, self.tracing)
        if isinstance(key, SymbolicArray) and key.dtype == bool and np.ndim(value) == 0:
            cases = np.frompyfunc(chosen, 3, 1)(exprs_of(key, tracing), exprs_of(value, tracing), exprs)
            values_of(self)[...] = np.where(values_of(key), values_of(value), values_of(self))
            exprs[...] = cases
            return
        key = _plain_key(key)
        values_of(self)[key] = values_of(value)
        exprs[key] = exprs_of(value, tracing)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        raise Untraceable("an array's value is turned into a plain float")

    def __int__(self) -> int:
        raise Untraceable("an array's values are rounded to whole numbers")

    __index__ = __int__

    def __contains__(self, value: object) -> bool:
        raise Untraceable("it is asked whether an array contains a value")

    def __reduce__(self) -> Any:
        raise Untraceable("a traced array is pickled")

    def __copy__(self) -> SymbolicArray:
        return self.copy()

    def __deepcopy__(self, memo: object) -> SymbolicArray:
        return self.copy()

    def item(self, *args: Any) -> Any:
        """The one element, with its expression."""
        flat = self.ravel()
        if not args and self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return flat[args[0] if args else 0] if len(args) < 2 else self[args]

    def copy(self, order: Any = "C") -> SymbolicArray:
        """The same values in memory of their own."""
        return SymbolicArray(values_of(self).copy(), exprs_of(self, self.tracing).copy(), self.tracing)

    def astype(self, dtype: Any, *args: Any, copy: bool = True, **kwargs: Any) -> Any:  # type: ignore[override]
        """The same values: the arithmetic is real, whatever the type; conditions become 1 and 0."""
        kind = np.dtype(dtype).kind
        if kind == "b":
            return self if self.dtype == bool else self != 0
        if kind != "f" and not (kind in "iu" and self.dtype == bool):
            raise Untraceable(f"an array is converted to {np.dtype(dtype)}")
        note_rounding(self.tracing, dtype if kind == "f" else np.float64)
        if self.dtype == bool:
            return SymbolicArray(values_of(self).astype(float), _mapped(as_number, self.exprs), self.tracing)
        return self.copy() if copy else self

    def fill(self, value: Any) -> None:
        """Set every element."""
        self[...] = value

    def tolist(self) -> Any:
        """The elements as a list."""
        return [x.tolist() if isinstance(x, SymbolicArray) else x for x in self]

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """The same memory in another shape."""
        return self._both("reshape", *shape, **kwargs)

    def ravel(self, *args: Any) -> Any:
        """The same memory in one dimension."""
        return self._both("ravel", *args)

    def flatten(self, *args: Any) -> Any:
        """A copy in one dimension."""
        return self._both("flatten", *args)

    def transpose(self, *axes: Any) -> Any:
        """The same memory with the axes reordered."""
        return self._both("transpose", *axes)

    def squeeze(self, *args: Any, **kwargs: Any) -> Any:
        """The same memory without axes of length one."""
        return self._both("squeeze", *args, **kwargs)

    def view(self, *args: Any, **kwargs: Any) -> Any:
        """The same memory."""
        if args or kwargs:
            raise Untraceable("an array is viewed as another type")
        return SymbolicArray(values_of(self), self.exprs, self.tracing)

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.transpose()

    def conj(self) -> Any:
        """Itself."""
        return self

    def _both(self, name: str, *args: Any, **kwargs: Any) -> Any:
        values, exprs = values_of(self), exprs_of(self, self.tracing)
        return SymbolicArray(
            getattr(values, name)(*args, **kwargs), getattr(exprs, name)(*args, **kwargs), self.tracing
        )

    def _by_function(self, name: str, *args: Any, **kwargs: Any) -> Any:
        from .numpy_functions import apply_function

        return apply_function(self.tracing, getattr(np, name), (self, *args), kwargs)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """The sum of the elements."""
        return self._by_function("sum", *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """The mean of the elements."""
        return self._by_function("mean", *args, **kwargs)

    def any(self, *args: Any, **kwargs: Any) -> Any:
        """Whether one element is true."""
        return self._by_function("any", *args, **kwargs)

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """Whether every element is true."""
        return self._by_function("all", *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Any:
        """The largest element."""
        return self._by_function("max", *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Any:
        """The smallest element."""
        return self._by_function("min", *args, **kwargs)

    def dot(self, *args: Any, **kwargs: Any) -> Any:
        """The inner product."""
        return self._by_function("dot", *args, **kwargs)

    def clip(self, *args: Any, **kwargs: Any) -> Any:
        """The elements, kept between bounds."""
        return self._by_function("clip", *args, **kwargs)


def _refused(name: str) -> Any:
    def method(self: SymbolicArray, *args: Any, **kwargs: Any) -> Any:
        raise Untraceable(f"the array's method {name} is not followed by the tracer")

    return method


# What is not defined above would read the witnesses, and the code could then go ways that nobody sees.
for _name in dir(np.ndarray):
    if not _name.startswith("_") and _name not in vars(SymbolicArray) and callable(getattr(np.ndarray, _name)):
        setattr(SymbolicArray, _name, _refused(_name))


def _mapped(function: Any, exprs: Any) -> Any:
    found = plain_empty(exprs.shape, dtype=object)
    for index in np.ndindex(exprs.shape):
        found[index] = function(exprs[index])
    return found


def _tracing_of(values: Iterable[object]) -> Tracing:
    found = next(_tracings(values), None)
    if found is None:
        raise Untraceable("NumPy made a new array of a traced one in a way that is not followed")
    return found


def _tracings(values: Iterable[object]) -> Iterator[Tracing]:
    for value in values:
        if isinstance(value, (Scalar, Condition)) or (isinstance(value, SymbolicArray) and value.exprs is not None):
            yield value.tracing
        elif isinstance(value, (list, tuple)):
            yield from _tracings(value)


def values_of(x: Any) -> Any:
    """The witnesses of anything that takes part in arithmetic."""
    if isinstance(x, SymbolicArray):
        return np.ndarray.view(x, np.ndarray)
    if isinstance(x, Scalar):
        return np.float64(x.value)
    if isinstance(x, Condition):
        return np.bool_(x.truth)
    if isinstance(x, (list, tuple)):
        return plain_array([values_of(y) for y in x])
    return x


def exprs_of(x: Any, tracing: Tracing) -> Any:
    """The expressions of anything that takes part in arithmetic: an object array, or one expression."""
    if isinstance(x, SymbolicArray):
        if x.exprs is None:
            raise Untraceable("NumPy made a new array of a traced one in a way that is not followed")
        return x.exprs
    if isinstance(x, (np.ndarray, list, tuple)):
        plain = plain_asarray(x, dtype=object) if not isinstance(x, np.ndarray) else x
        found = plain_empty(plain.shape, dtype=object)
        for index in np.ndindex(plain.shape):
            found[index] = tracing.lift(plain[index])
        return found if found.ndim else found[()]
    return tracing.lift(x)


def wrapped(values: Any, exprs: Any, tracing: Tracing) -> Any:
    """An array, or a number where NumPy would give one."""
    if isinstance(exprs, np.ndarray) and isinstance(values, np.ndarray):
        return SymbolicArray(values, exprs, tracing)
    if isinstance(exprs, np.ndarray):
        exprs = exprs[()]
    if isinstance(values, (bool, np.bool_)):
        return Condition(bool(values), exprs, tracing)
    return tracing.scalar(float(values), exprs)


def as_array(x: Any, tracing: Tracing) -> Any:
    """A symbolic array of its own for anything that is array-like."""
    if isinstance(x, SymbolicArray):
        return x.copy()
    values, exprs = plain_array(values_of(x)), exprs_of(x, tracing)
    if not isinstance(exprs, np.ndarray):
        holder = plain_empty((), dtype=object)
        holder[()] = exprs
        exprs = holder
    return SymbolicArray(values, exprs.copy(), tracing)


def _plain_key(key: Any) -> Any:
    """An index without symbols: a symbolic mask is decided element by element."""
    if isinstance(key, tuple):
        return tuple(_plain_key(k) for k in key)
    if isinstance(key, SymbolicArray):
        if key.dtype != bool:
            raise Untraceable("an array is indexed by values that depend on the inputs")
        exprs = exprs_of(key, key.tracing)
        found = plain_empty(key.shape, dtype=bool)
        for index in np.ndindex(key.shape):
            found[index] = key.tracing.decide(exprs[index], bool(values_of(key)[index]))
        return found
    if isinstance(key, Condition):
        return bool(key)
    if isinstance(key, Scalar):
        raise Untraceable("an array is indexed by a hyperparameter or the step counter")
    return key


def chosen(condition: sp.Basic, yes: sp.Basic, no: sp.Basic) -> sp.Basic:
    """One of two expressions, by a condition."""
    if condition in (sp.true, sp.false):
        return yes if condition == sp.true else no
    if not isinstance(condition, sp.logic.boolalg.Boolean) or isinstance(condition, sp.Symbol):
        raise Untraceable("a number is used as a condition for the elements of an array")
    if _is_boolean(yes) and _is_boolean(no):
        return sp.Or(sp.And(condition, yes), sp.And(sp.Not(condition), no))
    yes, no = as_number(yes), as_number(no)
    return yes if yes == no else sp.Piecewise((yes, condition), (no, sp.true))


def _is_boolean(e: sp.Basic) -> bool:
    return isinstance(e, sp.logic.boolalg.Boolean) and not isinstance(e, sp.Symbol)


def apply_ufunc(tracing: Tracing, ufunc: np.ufunc, method: str, inputs: Any, kwargs: Mapping[str, Any]) -> Any:
    """A ufunc on witnesses and expressions at once."""
    if method == "reduce":
        return _reduce(tracing, ufunc, inputs, dict(kwargs))
    if method != "__call__" or ufunc.__name__ not in ELEMENTWISE:
        shown = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise Untraceable(f"np.{shown} is not followed by the tracer")
    rest = {k: v for k, v in kwargs.items() if k not in ("out", "where", "dtype", "casting")}
    if rest:
        raise Untraceable(f"np.{ufunc.__name__} is called with {', '.join(rest)}, which is not followed")
    out = kwargs.get("out")
    target = out[0] if isinstance(out, tuple) else out
    where = kwargs.get("where", True)
    with np.errstate(all="ignore"):
        values = ufunc(*(values_of(x) for x in inputs))
    exprs = ELEMENTWISE[ufunc.__name__](tracing, *(exprs_of(x, tracing) for x in inputs))
    if where is not True:
        if target is None:
            raise Untraceable(f"np.{ufunc.__name__} has where= without out=: what it leaves out is undefined")
        exprs = np.frompyfunc(chosen, 3, 1)(exprs_of(where, tracing), exprs, exprs_of(target, tracing))
        values = np.where(values_of(where), values, values_of(target))
    if target is None:
        return wrapped(values, exprs, tracing)
    if not isinstance(target, SymbolicArray):
        raise Untraceable(f"np.{ufunc.__name__} writes into an array that was made before the step was traced")
    values_of(target)[...] = values
    exprs_of(target, tracing)[...] = exprs
    return target


def _reduce(tracing: Tracing, ufunc: np.ufunc, inputs: Any, kwargs: dict[str, Any]) -> Any:
    axis = kwargs.pop("axis", 0)
    kwargs = {k: v for k, v in kwargs.items() if v is not None and not (k == "keepdims" and v is False)}
    (x,) = inputs
    exprs, values = exprs_of(x, tracing), values_of(x)
    if ufunc.__name__ not in REDUCTIONS or kwargs.keys() - {"dtype"} or not isinstance(exprs, np.ndarray):
        raise Untraceable(f"np.{ufunc.__name__}.reduce is not followed by the tracer in this form")
    if axis is None:
        exprs, axis = exprs.ravel(), 0
        values = values.ravel()
    join = REDUCTIONS[ufunc.__name__]
    rows = np.moveaxis(exprs, axis, -1)
    found = plain_empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(found.shape):
        found[index] = join(list(rows[index]))
    return wrapped(ufunc.reduce(values, axis=axis), found if found.ndim else found[()], tracing)
