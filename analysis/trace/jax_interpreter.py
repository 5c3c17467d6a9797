"""JAX's intermediate programs (jaxprs) run on expressions.

An array is described by what stands at *one* of its places, in symbols whose values differ from place to place
(theta, g, a moment) or not (a hyperparameter, a counter).  That is enough for whatever works element by element, for
arrays of any shape, and what does not do so (a sum over the places, a transposition) becomes a value that is *not
followed*: a symbol that carries the reason, which matters only where the result depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from ...derive.catalogue.vocabulary import T
from ...derive.relations import gt
from ...derive.symbols import Quantity
from .jax_control import branches, repeated, scanned
from .jax_elements import ELEMENTWISE, RELATIONS, Elements, chosen, is_boolean, logical, truth
from .numpy_values import as_number
from .record import ASKS_WHETHER_FINITE, Untraceable
from .requirements import for_logarithm, for_power
from .torch_run import Run

__all__ = ["Interpreter", "before_overflow", "not_followed", "reason_not_followed"]

_NOT_FOLLOWED = "not_followed__"
_CALLS = {
    **dict.fromkeys(("jit", "pjit", "remat", "remat2", "checkpoint"), "jaxpr"),
    **dict.fromkeys(
        ("closed_call", "core_call", "core_closed_call", "custom_jvp_call", "custom_vjp_call"), "call_jaxpr"
    ),
    "custom_vjp_call_jaxpr": "fun_jaxpr",
}
"""Primitives that do nothing but run another program.  Others hold programs too, and mean something else by them."""

_SAME = {"copy", "copy_p", "device_put", "optimization_barrier", "sharding_constraint", "pvary"}
_RESHAPES = {"reshape", "squeeze", "expand_dims"}
_PICKS = {"transpose", "rev", "slice", "dynamic_slice"}
_IDEMPOTENT = {"reduce_max", "reduce_min", "reduce_and", "reduce_or"}


@dataclass
class Interpreter:
    """Runs jaxprs on expressions.

    Attributes
    ----------
    run : Run
        It knows what numbers stand for, and is told what is divided by.
    spread : set of symbols
        Those whose values differ from place to place.
    counted : set of symbols
        Those that count steps, so that they stay below what an integer can hold.
    limits : dict
        Until when that is so, in words.
    """

    run: Run
    spread: frozenset[sp.Symbol]
    counted: frozenset[sp.Symbol]
    limits: dict[str, None] = field(default_factory=dict)
    _unknown: int = 0

    def closed(self, program: Any, inputs: Sequence[Elements]) -> list[Elements]:
        """Run a closed jaxpr."""
        return self._program(program.jaxpr, [self.constant(c) for c in program.consts], inputs)

    def _program(self, jaxpr: Any, consts: Sequence[Elements], inputs: Sequence[Elements]) -> list[Elements]:
        held: dict[Any, Elements] = dict(zip(jaxpr.constvars, consts, strict=True))
        held.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom: Any) -> Elements:
            return self.constant(atom.val) if hasattr(atom, "val") else held[atom]

        for equation in jaxpr.eqns:
            outcome = self._equation(equation, [read(v) for v in equation.invars])
            kept = [self._within(out.aval, made) for out, made in zip(equation.outvars, outcome, strict=True)]
            held.update(zip(equation.outvars, kept, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def constant(self, value: Any) -> Elements:
        """A constant: a number, or an array that holds the same number everywhere."""
        shape = tuple(np.shape(value))
        if not _is_plain(value):
            return Elements(self._not_followed(f"it uses constants of type {getattr(value, 'dtype', '?')}"), shape)
        values = np.asarray(value).ravel()
        if not values.size:
            return Elements(sp.Integer(0), shape)
        if not (values == values[0]).all():
            return Elements(
                self._not_followed("it is not element-wise: it uses a constant array of different numbers"), shape
            )
        number = values[0].item()
        if isinstance(number, bool):
            return Elements(sp.true if number else sp.false, shape)
        if isinstance(number, float) and not math.isfinite(number):
            return Elements(sp.nan if math.isnan(number) else sp.oo if number > 0 else -sp.oo, shape)
        try:
            return Elements(self.run.meaning_of(number), shape)
        except Untraceable as error:
            return Elements(self._not_followed(str(error)), shape)

    def _equation(self, equation: Any, inputs: list[Elements]) -> list[Elements]:
        name = equation.primitive.name
        if name in _SAME:
            return inputs
        if name in _SPECIAL:
            return _SPECIAL[name](self, equation, inputs)
        inner = equation.params.get(_CALLS.get(name, ""))
        if inner is not None:
            return self.closed(inner, inputs) if hasattr(inner, "consts") else self._program(inner, [], inputs)
        made = self._expression(name, equation, inputs) if len(equation.outvars) == 1 else None
        if made is not None:
            return [Elements(made, tuple(equation.outvars[0].aval.shape))]
        return self.unknown(equation, f"the JAX primitive {name} is not followed")

    def _expression(self, name: str, equation: Any, inputs: list[Elements]) -> sp.Basic | None:
        values = [x.expression for x in inputs]
        if name in RELATIONS:
            below = self._before_overflow(name, equation, values)
            if below is not None:
                return below
            if any(is_boolean(v) for v in values):
                same = sp.Or(sp.And(*map(truth, values)), sp.And(*(sp.Not(truth(v)) for v in values)))
                return {"eq": same, "ne": sp.Not(same)}.get(name)
            return RELATIONS[name](*values)
        if name == "is_finite":
            self.run.notes[ASKS_WHETHER_FINITE] = None
        if name in ELEMENTWISE:
            return ELEMENTWISE[name](*map(as_number, values))
        if name in ("and", "or", "not", "xor"):
            return logical(name, values) if _is_bool(equation.outvars[0].aval.dtype) else None
        if name in ("reduce_and", "reduce_or", "reduce_max", "reduce_min", "reduce_sum", "reduce_prod"):
            return self._reduced(name, equation, inputs[0])
        if name in _RESHAPES or name == "broadcast_in_dim":
            return self._arranged(equation, inputs[0])
        if name in _PICKS:
            return None if self.is_spread(inputs[0]) else values[0]
        return None

    def is_spread(self, x: Elements) -> bool:
        """Whether the array holds differing values."""
        return bool(x.expression.free_symbols & self.spread)

    def _arranged(self, equation: Any, x: Elements) -> sp.Basic:
        """Places keep their order where an array of differing values keeps its size."""
        shape = equation.outvars[0].aval.shape
        transposed = equation.primitive.name == "reshape" and equation.params["dimensions"] is not None
        moved = transposed or math.prod(shape) != math.prod(x.shape)
        if self.is_spread(x) and moved:
            return self._not_followed(f"values of some coordinates are handed to others ({equation.primitive.name})")
        return x.expression

    def _reduced(self, name: str, equation: Any, x: Elements) -> sp.Basic:
        axes = equation.params["axes"]
        if all(x.shape[a] == 1 for a in axes) or (name in _IDEMPOTENT and not self.is_spread(x)):
            return x.expression
        made = self._not_followed(f"it is not element-wise: it reduces an array to fewer numbers ({name})")
        return gt(made, 0) if _is_bool(equation.outvars[0].aval.dtype) else made

    def _before_overflow(self, name: str, equation: Any, values: list[sp.Basic]) -> sp.Basic | None:
        """A counter against the greatest number of its type, which it has not reached yet."""
        kind = np.dtype(equation.invars[0].aval.dtype) if _is_plain_type(equation.invars[0].aval.dtype) else None
        if kind is None or kind.kind not in "iu":
            return None
        most = sp.Integer(int(np.iinfo(kind).max))
        for counter, other, relation in ((0, 1, name), (1, 0, _MIRRORED.get(name, name))):
            symbols = values[counter].free_symbols
            if values[other] == most and symbols and symbols <= self.counted:
                self.limits[before_overflow(int(most))] = None
                return sp.true if relation in ("lt", "le", "ne") else sp.false
        return None

    def _within(self, kind: Any, made: Elements) -> Elements:
        """A whole number that does not overflow: a multiple of the step counter, up to a step that is noted."""
        number = made.expression
        if not number.free_symbols or is_boolean(number) or not _is_whole_type(getattr(kind, "dtype", None)):
            return made
        if reason_not_followed(number):
            return made
        most = int(np.iinfo(kind.dtype).max)
        for part in _alternatives(as_number(number)):
            last = _last_step(part, most)
            if last is None:
                return Elements(self._not_followed("it computes with whole numbers that may overflow"), made.shape)
            if last:
                self.limits[before_overflow(last)] = None
        return made

    def _not_followed(self, reason: str) -> Quantity:
        self._unknown += 1
        return not_followed(f"{self._unknown:04}", reason)

    def unknown(self, equation: Any, reason: str) -> list[Elements]:
        """Values of which nothing is known but why."""
        made = []
        for out in equation.outvars:
            symbol = self._not_followed(reason)
            shape = tuple(getattr(out.aval, "shape", ()))
            made.append(Elements(gt(symbol, 0) if _is_bool(getattr(out.aval, "dtype", None)) else symbol, shape))
        return made

    def power(self, equation: Any, base: sp.Expr, exponent: sp.Expr) -> list[Elements]:
        """A power; a negative exponent divides."""
        self.run.divide_by(for_power(base, exponent))
        if exponent.is_Rational and exponent < 0:
            self.run.divide_by(base)
        return _one(equation, base**exponent)

    def converted(self, equation: Any, inputs: list[Elements]) -> list[Elements]:
        """``convert_element_type``: between floats nothing, as the arithmetic is real."""
        value, target = inputs[0].expression, equation.params["new_dtype"]
        if _is_bool(target):
            return _one(equation, truth(value))
        number = as_number(value)
        if _is_whole_type(target):
            if not (number.is_integer or _is_whole_type(equation.invars[0].aval.dtype) or is_boolean(value)):
                return self.unknown(equation, "a number is rounded to a whole one")
        elif str(target) != "float64":
            self.run.notes[f"the code converts to {target}; the proof is about real numbers"] = None
        return _one(equation, number)

    def quotient(self, equation: Any, inputs: list[Elements]) -> list[Elements]:
        """``div``; of whole numbers it would round."""
        if _is_whole_type(equation.outvars[0].aval.dtype):
            return self.unknown(equation, "whole numbers are divided with rounding (div)")
        above, below = (as_number(x.expression) for x in inputs)
        self.run.divide_by(below)
        return _one(equation, above / below)

    def selected(self, equation: Any, inputs: list[Elements]) -> list[Elements]:
        """``select_n(which, if_false, if_true)``."""
        which, *cases = (x.expression for x in inputs)
        if len(cases) == 1:
            return _one(equation, cases[0])
        if len(cases) > 2:
            return self.unknown(equation, "the JAX primitive select_n is followed for two cases only")
        return _one(equation, chosen(truth(which), cases[1], cases[0]))


def before_overflow(step: int) -> str:
    """Up to which step what was traced holds: there a whole number of the code reaches the end of its type."""
    return f"before its step counter reaches {step}"


def _alternatives(number: sp.Expr) -> list[sp.Expr]:
    """The values that a whole number may have, by cases."""
    if isinstance(number, sp.Piecewise):
        return [part for value, _ in number.args for part in _alternatives(value)]
    if isinstance(number, (sp.Max, sp.Min)):
        return [part for value in number.args for part in _alternatives(value)]
    return [number]


def _last_step(number: sp.Expr, most: int) -> int | None:
    """The step at which ``slope * t + start`` reaches a number; 0 if it never does, None for other formulas."""
    if isinstance(number, sp.Integer):
        return 0
    line = sp.Poly(number, T) if number.free_symbols == {T} and number.is_polynomial(T) else None
    if line is None or line.degree() != 1 or not all(c.is_Integer for c in line.all_coeffs()):
        return None
    slope, start = (int(c) for c in line.all_coeffs())
    return (most - max(start - 1, 0)) // slope if slope > 0 else None


def not_followed(name: str, reason: str) -> Quantity:
    """A value of which nothing is known but why."""
    return Quantity(f"{_NOT_FOLLOWED}{name}", meaning=reason)


def reason_not_followed(expression: sp.Basic) -> str:
    """Why a value is not followed; empty if it is."""
    names = sorted((s for s in expression.free_symbols if s.name.startswith(_NOT_FOLLOWED)), key=str)
    return str(names[0].meaning) if names else ""


def _one(equation: Any, expression: sp.Basic) -> list[Elements]:
    return [Elements(expression, tuple(equation.outvars[0].aval.shape))]


def _is_plain_type(kind: Any) -> bool:
    return isinstance(kind, np.dtype) and kind.kind in "biuf"


def _is_bool(kind: Any) -> bool:
    return _is_plain_type(kind) and kind.kind == "b"


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or _is_plain_type(getattr(value, "dtype", None))


def _is_whole_type(kind: Any) -> bool:
    return _is_plain_type(kind) and kind.kind in "iu"


_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}


def _power(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    return interpreter.power(equation, *(as_number(x.expression) for x in inputs))


def _integer_power(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    return interpreter.power(equation, as_number(inputs[0].expression), sp.Integer(int(equation.params["y"])))


def _inverse_root(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    return interpreter.power(equation, as_number(inputs[0].expression), -sp.Rational(1, 2))


def _rounded(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    interpreter.run.notes["the code reduces the precision of its numbers; the proof is about real numbers"] = None
    return inputs


def _root(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    return interpreter.power(equation, as_number(inputs[0].expression), sp.Rational(1, 2))


def _logarithm(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    a = as_number(inputs[0].expression)
    if equation.primitive.name == "log1p":
        a = 1 + a
    interpreter.run.divide_by(for_logarithm(a))
    return _one(equation, sp.log(a))


_SPECIAL: dict[str, Callable[[Interpreter, Any, list[Elements]], list[Elements]]] = {
    "pow": _power,
    "integer_pow": _integer_power,
    "sqrt": _root,
    "rsqrt": _inverse_root,
    "log": _logarithm,
    "log1p": _logarithm,
    "reduce_precision": _rounded,
    "div": Interpreter.quotient,
    "convert_element_type": Interpreter.converted,
    "select_n": Interpreter.selected,
    "cond": branches,
    "scan": scanned,
    "while": repeated,
}
