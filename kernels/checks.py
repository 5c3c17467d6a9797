"""What a kernel is called with, looked at before any array is touched."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from itertools import combinations
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from ..derive import Domain, UpdateRule
from .errors import KernelError

if TYPE_CHECKING:
    from .form import Form

__all__ = [
    "Bounds",
    "HyperparameterReader",
    "check_array",
    "checked_arrays",
    "checked_count",
    "checked_counter",
    "checked_state",
    "checked_threads",
    "rounded",
]

Array = np.ndarray[Any, np.dtype[Any]]
_LARGEST = {np.float32: float(np.finfo(np.float32).max), np.float64: float(np.finfo(np.float64).max)}


@dataclass(frozen=True)
class Bounds:
    """A domain in a form that compares floats exactly and quickly."""

    name: str
    words: str
    lower: float | Fraction
    upper: float | Fraction
    lower_open: bool
    upper_open: bool

    @classmethod
    def of(cls, name: str, domain: Domain) -> Bounds:
        """The bounds of the quantity called `name`."""
        lower = -math.inf if domain.lower is None else _number(Fraction(int(domain.lower.p), int(domain.lower.q)))
        upper = math.inf if domain.upper is None else _number(Fraction(int(domain.upper.p), int(domain.upper.q)))
        return cls(name, domain.describe(name), lower, upper, domain.lower_open, domain.upper_open)

    def contain(self, value: float) -> bool:
        """Whether the finite number `value` lies in the domain."""
        if not math.isfinite(value):
            return False
        low = value > self.lower if self.lower_open else value >= self.lower
        return low and (value < self.upper if self.upper_open else value <= self.upper)


def _number(value: Fraction) -> float | Fraction:
    return float(value) if Fraction(float(value)) == value else value


def checked_state(rule: UpdateRule, state: Mapping[str, Array]) -> dict[str, Array]:
    """The state's arrays in the rule's order.

    Raises
    ------
    KernelError
        If one is missing, or there is one that the rule has not.
    """
    if not isinstance(state, Mapping):
        raise KernelError(
            f"state is a {type(state).__name__}; pass a dict of arrays, as kernel.initial_state(theta) makes"
        )
    names = [s.name for s in rule.state]
    for name in state:
        if name not in names:
            raise KernelError(f"{rule.name!r} has no state {name!r}{_known(str(name), names)}")
    missing = [name for name in names if name not in state]
    if missing:
        raise KernelError(
            f"the state {missing[0]!r} of {rule.name!r} is missing; kernel.initial_state(theta) makes all of it"
        )
    return {name: state[name] for name in names}


def _known(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it has {', '.join(names)}" if names else "; it has none"


def checked_arrays(form: Form, theta: Array, g: Array, state: Mapping[str, Array]) -> list[Array]:
    """All arrays as rows: views of one dimension, theta and the state to be written, g too if the form zeroes it.

    Raises
    ------
    KernelError
        If an array is not a NumPy array of its dtype and of theta's shape, is not contiguous, cannot be written, or
        shares memory with another.
    """
    arrays = [theta, g, *state.values()]
    dtypes = [form.dtype, form.dtype, *map(form.stored, state)]
    if _evidently_fit(arrays, [np.dtype(d) for d in dtypes], form.zero_gradient):
        return [a.reshape(-1) for a in arrays]
    names = ["theta", "g", *(f"state[{name!r}]" for name in state)]
    for name, array, dtype in zip(names, arrays, dtypes, strict=True):
        check_array(name, array, dtype, theta, written=name != "g" or form.zero_gradient)
    by_rows = all(a.flags.c_contiguous for a in arrays)
    if not by_rows and not all(a.flags.f_contiguous for a in arrays):
        orders = zip(names, ("C" if a.flags.c_contiguous else "Fortran" for a in arrays), strict=True)
        listed = ", ".join(f"{name} in {order} order" for name, order in orders)
        raise KernelError(f"the arrays are laid out differently: {listed}; give them one order")
    for (name, array), (other, second) in combinations(zip(names, arrays, strict=True), 2):
        # The bounds that NumPy compares are exact for contiguous arrays.
        if np.may_share_memory(array, second):
            raise KernelError(
                f"{name} and {other} share memory, and a step would overwrite one by the other; copy one of them"
            )
    plain = [np.asarray(a) for a in arrays]
    return [(a if by_rows else a.T).reshape(-1) for a in plain]


def _evidently_fit(arrays: list[Array], dtypes: list[np.dtype[Any]], gradient_is_written: bool) -> bool:
    """Whether nothing needs a closer look: the usual case, decided in few microseconds."""
    shape = getattr(arrays[0], "shape", None)
    for index, array in enumerate(arrays):
        if type(array) is not np.ndarray or array.dtype != dtypes[index] or array.shape != shape:
            return False
        flags = array.flags
        read_only = index == 1 and not gradient_is_written
        if not (flags.carray or (read_only and flags.c_contiguous and flags.aligned)):
            return False
    return not any(np.may_share_memory(a, b) for a, b in combinations(arrays, 2))


def check_array(name: str, array: Array, dtype: str, theta: Array, *, written: bool) -> None:
    """Raise KernelError if one array does not fit `theta` and `dtype`, or has to be written and cannot be."""
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):  # type: ignore[redundant-expr]
        raise KernelError(f"{name} is a {type(array).__name__}; a kernel works on plain NumPy arrays, in place")
    if array.dtype != np.dtype(dtype):
        raise KernelError(
            f"{name} has dtype {array.dtype}, and the kernel was compiled for {dtype}; convert it or compile another"
        )
    if array.shape != theta.shape:
        raise KernelError(f"{name} has shape {array.shape}, and theta has {theta.shape}; the shapes must be equal")
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        raise KernelError(
            f"{name} is not contiguous, with strides {array.strides}; pass a contiguous array, such as a copy"
        )
    if not array.flags.aligned:
        raise KernelError(f"{name} is not aligned in memory; pass an aligned array, such as a copy")
    if written and not array.flags.writeable:
        raise KernelError(f"{name} is read-only, and a step writes it in place; pass an array that can be written")


class HyperparameterReader:
    """Reads what a kernel is called with as one float for each hyperparameter, in the rule's order.

    Parameters
    ----------
    rule : UpdateRule
    dtype : str
        Of the kernel.
    rounded : iterable of str
        The hyperparameters that the body reads in `dtype`; they must lie in their domains after rounding, too.
    """

    def __init__(self, rule: UpdateRule, dtype: str, rounded: Iterable[str]) -> None:
        self._rule = rule
        self._dtype = dtype
        self._kind = np.dtype(dtype).type
        self._rounded = frozenset(rounded) if dtype != "float64" else frozenset()
        self.bounds = {h.name: Bounds.of(h.name, h.symbol.domain) for h in rule.hyper}
        self._defaults = {h.name: None if h.default is None else float(h.default) for h in rule.hyper}

    def read(self, given: Mapping[str, object]) -> list[float]:
        """The values, with the rule's defaults for those that are not given.

        Raises
        ------
        KernelError
            If one is unknown, missing, not a number, or outside its domain.
        """
        for name in given:
            if name not in self.bounds:
                raise KernelError(
                    f"{self._rule.name!r} has no hyperparameter {name!r}{_known(name, list(self.bounds))}"
                )
        return [self._value(name, given) for name in self.bounds]

    def _value(self, name: str, given: Mapping[str, object]) -> float:
        default = self._defaults[name]
        if name in given:
            value = _as_float(name, given[name])
        elif default is not None:
            value = default
        else:
            raise KernelError(f"the hyperparameter {name!r} of {self._rule.name!r} has no default; pass {name}=...")
        bounds = self.bounds[name]
        if not bounds.contain(value):
            raise KernelError(f"the hyperparameter {name} is {value!r}, outside its domain '{bounds.words}'")
        if name in self._rounded:
            self._check_rounded(value, bounds)
        return value

    def _check_rounded(self, value: float, bounds: Bounds) -> None:
        after = float(rounded(value, self._kind))
        if not bounds.contain(after):
            raise KernelError(
                f"the hyperparameter {bounds.name} is {value!r}, which {self._dtype} rounds to {after!r}, outside its "
                f"domain '{bounds.words}'; choose another value, or a float64 kernel"
            )


def rounded(value: float, kind: type[np.floating[Any]]) -> np.floating[Any]:
    """`value` in another type, an infinity where it is too large, without a warning."""
    if abs(value) > _LARGEST[kind]:
        with np.errstate(over="ignore"):
            return kind(value)
    return kind(value)


def _as_float(name: str, value: object) -> float:
    if type(value) is float:
        return value
    single = isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf"
    if isinstance(value, (bool, np.bool_)) or not (isinstance(value, Real) or single or _is_rational(value)):
        raise KernelError(f"the hyperparameter {name} is {value!r}; it must be a real number")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        raise KernelError(f"the hyperparameter {name} is {value!r}, too large for a float") from None


def _is_rational(value: object) -> bool:
    return bool(getattr(value, "is_Rational", False))


def checked_count(name: str, value: object) -> int:
    """A number that fits into 64 bits and is not negative.

    Raises
    ------
    KernelError
        If it is something else; the message begins with `name`.
    """
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        count = -1
    if isinstance(value, (bool, np.bool_)) or not 0 <= count < 2**64:
        raise KernelError(f"{name} is {value!r}; it must be an integer from 0 to 2**64 - 1")
    return count


def checked_counter(t: object) -> int:
    """The step counter as an int.

    Raises
    ------
    KernelError
        If it is not a whole number of at least 1.
    """
    try:
        count = operator.index(t)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if isinstance(t, (bool, np.bool_)) or count < 1:
        raise KernelError(f"the step counter t is {t!r}; it must be an integer, 1 in the first step")
    return count


def checked_threads(threads: object) -> int | None:
    """The number of threads, or None for an automatic choice.

    Raises
    ------
    KernelError
        If it is neither None nor a whole number of at least 1.
    """
    if threads is None:
        return None
    try:
        count = operator.index(threads)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if isinstance(threads, bool) or count < 1:
        raise KernelError(
            f"threads is {threads!r}; it must be an integer of at least 1, or None for an automatic choice"
        )
    return count
