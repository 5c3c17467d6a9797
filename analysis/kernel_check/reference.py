"""A kernel's source run by the reference interpreter: NumPy, one operation at a time, no compiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule
from .execution import Execution
from .rounded import Bounded, Rounded
from .source import array_of, run_step
from .values import Array, Stored

if TYPE_CHECKING:
    from ...kernels import Form

__all__ = ["Reference", "bits_of", "same_bits"]

Values = NDArray[np.floating]


class Reference:
    """The step of a printed module, ready to be run in NumPy.

    Parameters
    ----------
    source : str
        The module.
    rule : UpdateRule
    bounds : bool
        Whether error bounds are wanted too.
    form : Form, optional
        Of the kernel, if it is not a plain one.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> text = '''
    ... def step(theta, g, lr):
    ...     for i in range(theta.size):
    ...         theta[i] = theta[i] - lr * g[i]
    ... '''
    >>> run = Reference(text, rule("sgd"), bounds=True)
    >>> values, errors = run({"theta": np.array([1.0]), "g": np.array([3.0])}, 1, {"lr": 0.1})
    >>> values["theta"].tolist(), bool(0 < errors["theta"][0] < 1e-15)
    ([0.7], True)
    """

    def __init__(self, source: str, rule: UpdateRule, *, bounds: bool, form: Form | None = None) -> None:
        self._arithmetic = Rounded(bounds=bounds)
        self._execution = Execution(source, self._arithmetic)
        self._rule = rule
        self._form = form

    @property
    def uses_library(self) -> bool:
        """Whether exp, log or pow of elements was computed so far; no standard fixes their last bit."""
        return self._arithmetic.uses_library

    def __call__(
        self, inputs: Mapping[str, Values], t: int, hyper: Mapping[str, float]
    ) -> tuple[dict[str, Values], dict[str, NDArray[np.float64]]]:
        """Theta and the states after one step, and the bounds of their errors.

        States in a narrow format go in as they are stored, and come out as the numbers that their bits stand for.

        Raises
        ------
        NotUnderstood
            If the source holds what the interpreter does not know.
        Wrong
            If the source stores where a step may not.
        """
        gradient = self._rule.gradient.name
        arrays = {n: array_of(n, Bounded(bits_of(a)), self._form) for n, a in inputs.items()}
        arrays[gradient].writable = self._form is not None and self._form.zero_gradient
        self._arithmetic.shape = inputs[gradient].shape
        scalars: dict[str, Any] = {name: Bounded(np.float64(value)) for name, value in hyper.items()}
        scalars[self._rule.step_counter.name] = Bounded(np.int64(t))
        with np.errstate(all="ignore"):
            run_step(self._execution, {**scalars, **arrays})
        shape = inputs[gradient].shape
        results = {n: self._number(array) for n, array in arrays.items() if n != gradient}
        values = {name: np.broadcast_to(r.value, shape) for name, r in results.items()}
        return values, {name: np.broadcast_to(np.float64(r.error), shape) for name, r in results.items()}

    def _number(self, array: Array) -> Bounded:
        if isinstance(array.element, Stored):
            return self._arithmetic.widen(array.element)
        assert isinstance(array.element, Bounded)
        return array.element


def bits_of(array: Values) -> Any:
    """An array as the printed module takes it: the halves of a float32 as integers."""
    return array.view(np.uint16) if array.dtype == np.float16 else array


def same_bits(left: Values, right: Values) -> NDArray[np.bool_]:
    """Where two arrays of one dtype agree bit by bit; signed zeros differ, and any NaN equals any NaN.

    Which payload a NaN carries is not part of what a kernel promises: IEEE 754 leaves it to the machine.

    Examples
    --------
    >>> same_bits(np.array([0.0, np.nan, 1.0]), np.array([-0.0, -np.nan, 1.0])).tolist()
    [False, True, True]
    """
    if left.dtype != right.dtype or left.shape != right.shape:
        return np.zeros(left.shape, dtype=bool)
    if left.dtype.kind in "iu":
        return np.asarray(left == right)
    bits = np.uint32 if left.dtype.itemsize == 4 else np.uint64
    same: NDArray[np.bool_] = np.ascontiguousarray(left).view(bits) == np.ascontiguousarray(right).view(bits)
    if same.all():
        return same
    return np.asarray(same | (np.isnan(left) & np.isnan(right)))
