"""What a tracer hands over: an implementation's step as exact expressions, however it was written.

Every tracer (NumPy functions, torch, JAX, ...) produces a :class:`Traced`; what decides equality reads nothing else.
The expressions speak of one coordinate: ``theta``, ``g`` and ``t`` are optproof's own quantities, a hyperparameter that
was recognised is the catalogue's quantity of that name, and every slot of the state is a quantity made by
:func:`state_quantity`, which stands for its value *before* the step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import sympy as sp

from ...derive.symbols import REAL, Domain, Quantity

__all__ = [
    "ASKS_WHETHER_FINITE",
    "MAKES_TEXT",
    "STEPS_SO_FAR",
    "THETA",
    "Path",
    "TraceError",
    "Traced",
    "Untraceable",
    "not_swallowed",
    "state_quantity",
    "tolerated",
]

THETA = "theta"
"""The key of theta among the outputs of a path."""

STEPS_SO_FAR = Domain("number of steps", lower=sp.Integer(0), integer=True)
"""The domain of a slot that counts steps: give it to slots that start as a whole number and stay one."""

ASKS_WHETHER_FINITE = "it asks whether numbers are finite; in the proof all are"
"""A note on code that goes another way where it divides by zero."""

MAKES_TEXT = "it turns a number into text, and what it does with the text is not followed"
"""A doubt about code that may go another way where a number reads otherwise."""


class TraceError(ValueError):
    """A target that is missing, does not import, has another signature, raises, or never ends: the user's to mend."""


class Untraceable(Exception):
    """Code that runs but cannot be read as expressions; the message says what stands in the way."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        _raised.set((*_raised.get(), self))


_raised: ContextVar[tuple[Untraceable, ...]] = ContextVar("_raised", default=())


@contextmanager
def not_swallowed() -> Iterator[None]:
    """Raise an :class:`Untraceable` that was raised inside once more at the end: traced code may catch exceptions.

    Examples
    --------
    >>> with not_swallowed():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     try:
    ...         raise Untraceable("a value is rounded")
    ...     except Exception:
    ...         pass
    Traceback (most recent call last):
        ...
    optproof.analysis.trace.record.Untraceable: a value is rounded
    """
    token = _raised.set(())
    try:
        yield
        for error in _raised.get():
            raise error
    finally:
        _raised.reset(token)


@contextmanager
def tolerated() -> Iterator[None]:
    """Go on without what an :class:`Untraceable` raised inside has stopped."""
    before = _raised.get()
    try:
        yield
    except Untraceable:
        _raised.set(before)


def state_quantity(slot: str, domain: Domain = REAL) -> Quantity:
    """The value of a slot of the implementation's state before the step.

    The name begins with ``state__`` so that it never meets a quantity of the catalogue.

    Examples
    --------
    >>> state_quantity("exp_avg").name, state_quantity("m.0").name
    ('state__exp_avg', 'state__m_0')
    """
    return Quantity(f"state__{re.sub(r'[^0-9A-Za-z_]', '_', slot)}", domain, meaning=slot)


@dataclass(frozen=True)
class Path:
    """One way through the code.

    Attributes
    ----------
    conditions : tuple of Boolean
        What was true on this path, in the quantities before the step; all of them hold together.  Build them with
        ``derive.relations`` so that SymPy leaves them as they are.
    outputs : mapping
        ``"theta"`` and every slot, after the step.
    divisors : tuple of expressions
        What the code divides by on this path, where the tracer knows: SymPy cancels ``g * g / g`` without a trace.
        Roots and logarithms stand here too, by what is zero exactly where they are no numbers (``requirements``), and
        zero itself where theta is no number, whatever the values are: its output then means nothing.
    """

    conditions: tuple[sp.Basic, ...]
    outputs: Mapping[str, sp.Expr]
    divisors: tuple[sp.Expr, ...] = ()


@dataclass(frozen=True)
class Traced:
    """An implementation as exact expressions.

    Attributes
    ----------
    target : str
        As the user named it.
    hyper : mapping
        From each hyperparameter's name in the implementation to its quantity: the catalogue's where it was recognised
        or mapped, otherwise a real quantity of its own name.  Only what was an input of the trace: what was fixed by
        an option is in `fixed`.
    defaults : mapping
        The implementation's defaults by its own names, exact (0.001 is 1/1000); also of those in `fixed`.
    state : mapping
        From each slot to the quantity that stands for it before the step.
    initial : mapping
        What each slot holds before the first step, in hyperparameters and theta.
    paths : tuple of Path
        They exclude each other; if `complete`, they also cover everything.
    side_effects : tuple of str
        Sentences, such as "the gradient is overwritten".
    notes : tuple of str
        What belongs beside the verdict: constants that were snapped to short decimals, shapes that were traced.
    complete : bool
        Whether all branches are covered; if not, `notes` names the bound.
    fixed : mapping
        Options and hyperparameters that were constants of the trace, as text: ``{"nesterov": "True"}``.
    element_wise : bool
        Whether each coordinate depends on nothing but itself.  Nothing is proved of a trace that is not.
    first : tuple of Path
        The first step from the empty state, where the code treats it apart from the others (a state that is made in the
        first step); empty if `initial` and `paths` say it all.  Its outputs use theta, g, t and hyperparameters only.
    raises : tuple of str
        Where the code raises an exception instead, in sentences; `paths` leave these cases out.
    compiled : tuple of Traced
        The same function by its compiled code, once for each type and each form of its loop.
    compiled_trouble : str
        Why there is compiled code and `compiled` does not show what it does.
    doubt : str
        Why nothing is proved of it, though runs of it may show a difference; empty if there is no such reason.
    limits : tuple of str
        Up to where `paths` hold, as parts of a sentence: "before its step counter reaches 2147483647".
    """

    target: str
    hyper: Mapping[str, Quantity]
    defaults: Mapping[str, sp.Rational]
    state: Mapping[str, Quantity]
    initial: Mapping[str, sp.Expr]
    paths: tuple[Path, ...]
    side_effects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True
    fixed: Mapping[str, str] = field(default_factory=dict)
    element_wise: bool = True
    first: tuple[Path, ...] = ()
    raises: tuple[str, ...] = ()
    doubt: str = ""
    limits: tuple[str, ...] = ()
    compiled: tuple[Traced, ...] = ()
    compiled_trouble: str = ""
