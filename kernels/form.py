"""What a kernel is beside its rule: the types its arrays are stored in, and what it does to memory.

The arithmetic of a step is that of the parameters, float32 or float64.  The states of a float32 kernel may be stored in
half the memory, as bfloat16 or float16: they are widened when they are read, exactly, and rounded when they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp

from ..derive import UpdateRule
from .errors import KernelError
from .extras import Extras, checked_extras
from .positive import is_nonnegative
from .precision import checked_dtype

__all__ = ["STORED_AS", "Form", "form_of"]

STORED_AS = {"bfloat16": "uint16", "float16": "float16", "float32": "float32", "float64": "float64"}
"""The NumPy dtype of an array of each format; NumPy has no bfloat16, so its bits are kept as integers."""
_NARROW = ("bfloat16", "float16")


@dataclass(frozen=True)
class Form:
    """What a kernel is beside its rule.

    Attributes
    ----------
    dtype : {"float32", "float64"}
        Of the parameters, the gradient and the arithmetic.
    states : tuple of (str, str)
        The format of each state, by its name in the rule's order.
    stochastic_rounding : bool
        Whether a bfloat16 state is rounded up or down at random, so that it is right in the mean.
    zero_gradient : bool
        Whether the step leaves zeros in the gradient.
    skip_nonfinite : bool
        Whether the step does nothing when a gradient is infinite or not a number.
    """

    dtype: str
    states: tuple[tuple[str, str], ...] = ()
    stochastic_rounding: bool = False
    zero_gradient: bool = False
    skip_nonfinite: bool = False

    @cached_property
    def storage(self) -> dict[str, str]:
        """The format of each state by name."""
        return dict(self.states)

    @property
    def narrow(self) -> tuple[str, ...]:
        """The formats of the states that are narrower than the arithmetic."""
        return tuple(f for f in _NARROW if f in self.storage.values())

    def stored(self, state: str) -> str:
        """The NumPy dtype of a state's array."""
        return STORED_AS[self.storage.get(state, self.dtype)]

    @property
    def moved(self) -> int:
        """How many bytes a step reads and writes for each element."""
        own = np.dtype(self.dtype).itemsize
        states = sum(np.dtype(self.stored(name)).itemsize for name in self.storage)
        # Theta and the states are read and written; the gradient is read, and written if it is zeroed.
        return 2 * own + (2 if self.zero_gradient else 1) * own + 2 * states

    @property
    def label(self) -> str:
        """The form in a word, as a file may be called."""
        parts = [self.dtype, *self.narrow]
        flags = ("stochastic_rounding", "zero_gradient", "skip_nonfinite")
        return "-".join(parts + [flag.split("_")[0] for flag in flags if getattr(self, flag)])

    def to_json(self) -> dict[str, object]:
        """The form as JSON-ready data."""
        return {
            "dtype": self.dtype,
            "states": self.storage,
            "stochastic_rounding": self.stochastic_rounding,
            "zero_gradient": self.zero_gradient,
            "skip_nonfinite": self.skip_nonfinite,
        }


def form_of(
    rule: UpdateRule,
    dtype: object,
    state_dtype: object = None,
    stochastic_rounding: bool = False,
    extras: Extras = (),
) -> Form:
    """The form that was asked for.

    Parameters
    ----------
    rule : UpdateRule
        With the extras that are formulas in it.
    dtype : {"float32", "float64"} or numpy dtype
    state_dtype : {"float32", "bfloat16", "float16", "float64"}, numpy dtype, or mapping from state to one, optional
        One for all states but the average of the weights, or each state's by name; by default `dtype`.
    stochastic_rounding : bool
    extras : names or mapping
        Those that are no formulas count.

    Raises
    ------
    KernelError
        If something does not go together.

    Examples
    --------
    >>> from optproof import rule
    >>> form_of(rule("adam"), "float32", {"m": "bfloat16"}).states
    (('m', 'bfloat16'), ('v', 'float32'))
    """
    compute = checked_dtype(dtype)
    names = [s.name for s in rule.state]
    given = _by_state(rule, names, state_dtype)
    states = tuple((name, _checked_format(name, given.get(name, compute), compute)) for name in names)
    chosen = checked_extras(extras)
    _require_safe_roots(rule, {name for name, kept in states if kept in _NARROW})
    form = Form(compute, states, bool(stochastic_rounding), "zero_gradient" in chosen, "skip_nonfinite" in chosen)
    if form.stochastic_rounding and "bfloat16" not in form.narrow:
        raise KernelError(
            f"stochastic rounding is for states in bfloat16, and {rule.name!r} would keep none; "
            f"pass state_dtype='bfloat16', or leave stochastic_rounding out"
        )
    return form


def _require_safe_roots(rule: UpdateRule, narrow: set[str]) -> None:
    """Refuse to round states apart whose difference has a root: v - m**2 would become negative, and theta NaN."""
    for value in rule.step().values() if narrow else ():
        for power in value.atoms(sp.Pow):
            states = {s.name for s in power.base.free_symbols} & {s.name for s in rule.state}
            risky = power.exp.is_Rational and not power.exp.is_Integer and len(states) > 1 and bool(states & narrow)
            if risky and not is_nonnegative(power.base):
                named = " and ".join(sorted(states))
                raise KernelError(
                    f"{rule.name!r} takes a root of a difference of {named}, which rounding them can make negative; "
                    f"keep {named} as float32"
                )


def _by_state(rule: UpdateRule, names: list[str], state_dtype: object) -> Mapping[str, object]:
    if state_dtype is None:
        return {}
    if isinstance(state_dtype, Mapping):
        strange = [name for name in state_dtype if name not in names]
        if strange:
            known = ", ".join(names) or "none"
            raise KernelError(
                f"state_dtype names the state {strange[0]!r}, and the states of {rule.name!r} are {known}"
            )
        return state_dtype
    own = [name for name in names if name != "theta_average"]
    if not own:
        raise KernelError(f"{rule.name!r} keeps no state that could be stored as {state_dtype}; leave state_dtype out")
    return dict.fromkeys(own, state_dtype)


def _checked_format(state: str, asked: object, compute: str) -> str:
    try:
        name = np.dtype(asked).name  # type: ignore[call-overload]
    except TypeError:
        name = str(asked)
    allowed = ("float32", *_NARROW) if compute == "float32" else ("float64",)
    if asked is None or name not in allowed:
        raise KernelError(
            f"the state {state!r} cannot be stored as {name!r} where the parameters are {compute}; "
            f"it can be {' or '.join(allowed)}"
        )
    return str(name)
