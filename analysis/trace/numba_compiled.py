"""A Numba function by its compiled code: the LLVM IR for float64 and for float32 becomes paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from ...derive.printing import expression_text
from ...derive.symbols import gradient, parameter, step_counter
from ..llvm import Argument, Executed, NotElementWise, NotUnderstood, executed
from ..llvm.cases import cases
from ..llvm.execution import Way
from ..llvm.nodes import Node, condition_expression, expressions
from .branches import settled
from .constants import exact_number
from .numba_source import Roles
from .record import THETA, Path, Traced

__all__ = ["traced_compiled"]


def traced_compiled(traced: Traced, dispatcher: Any, roles: Roles, given: Mapping[str, Any]) -> Traced:
    """The trace of the source, with those of the compiled code in ``compiled``, or with what stands in their way."""
    found: list[Traced] = []
    try:
        for dtype in ("float64", "float32"):
            found += _of_dtype(traced, dispatcher, roles, given, dtype)
    except (NotUnderstood, NotElementWise) as error:
        return replace(traced, compiled_trouble=str(error))
    return replace(traced, compiled=tuple(found))


def _of_dtype(traced: Traced, dispatcher: Any, roles: Roles, given: Mapping[str, Any], dtype: str) -> list[Traced]:
    if dispatcher.targetoptions.get("parallel"):
        raise NotUnderstood("it is compiled with parallel=True, which puts the loop into a function of its own")
    llvm, name, result = _compiled(dispatcher, roles, dtype)
    arguments = tuple(Argument(n, _kind(n, roles)) for n in roles.names)
    kind = "double" if result == "float64" else "float"
    returned = 0 if roles.arrays else 1 + len(roles.states)
    made = executed(llvm, name, arguments, kind, returned=returned)
    reader = _Reader(traced, roles, given, dtype, made)
    return [reader.traced(picked) for form in made.forms for picked in _picked(form)]


def _compiled(dispatcher: Any, roles: Roles, dtype: str) -> tuple[str, str, str]:
    """The LLVM IR, the function's name in it, and the type of what it overwrites or returns."""
    import numba

    number = getattr(numba, dtype)
    array = numba.types.Array(number, 1, "C") if roles.arrays else number
    kinds = {roles.theta: array, roles.g: array, **dict.fromkeys(roles.states, array), roles.t: numba.int64}
    signature = tuple(kinds.get(n, number) for n in roles.names)
    # Compiled anew, as what comes from a cache has no LLVM IR.
    options = {k: v for k, v in dispatcher.targetoptions.items() if k not in ("cache", "nopython")}
    try:
        fresh = numba.njit(**options)(dispatcher.py_func)
        fresh.compile(signature)
    except Exception as error:  # Numba has many errors of its own
        words = " ".join(str(error).split())[:200]
        raise NotUnderstood(f"Numba does not compile it for {dtype}: {words}") from None
    overload = fresh.overloads[signature]
    returned = overload.signature.return_type
    kinds_returned = {str(t) for t in getattr(returned, "types", (returned,))}
    if not roles.arrays and len(kinds_returned) > 1:
        raise NotUnderstood(f"compiled for {dtype}, it returns numbers of different types")
    result = dtype if roles.arrays else kinds_returned.pop()
    return str(fresh.inspect_llvm(signature)), str(overload.fndesc.llvm_func_name), result


def _kind(name: str, roles: Roles) -> str:
    if name == roles.t:
        return "count"
    return "array" if roles.arrays and name in (roles.theta, roles.g, *roles.states) else "scalar"


def _picked(form: tuple[Way, ...]) -> list[list[tuple[Way, dict[str, Node]]]]:
    """One node for each array and way, so often that each node is picked once."""
    ordered = [(way, {n: sorted(held, key=lambda x: x.number) for n, held in way[1].items()}) for way in form]
    count = max(len(nodes) for _, contents in ordered for nodes in contents.values())
    return [
        [(way, {n: nodes[min(i, len(nodes) - 1)] for n, nodes in contents.items()}) for way, contents in ordered]
        for i in range(count)
    ]


class _Reader:
    """Turns nodes into the quantities of the trace of the source."""

    def __init__(self, traced: Traced, roles: Roles, given: Mapping[str, Any], dtype: str, made: Executed) -> None:
        self._traced, self._roles, self._given, self._dtype, self._made = traced, roles, given, dtype, made

    def traced(self, picked: list[tuple[Way, dict[str, Node]]]) -> Traced:
        """One form of the code as a trace of its own."""
        paths = [path for way, nodes in picked for path in self._paths(way, nodes)]
        return replace(
            self._traced,
            target=f"{self._traced.target} (LLVM IR, {self._dtype})",
            paths=tuple(paths),
            first=(),
            notes=(*self._traced.notes, *self._made.notes),
            raises=tuple(dict.fromkeys(filter(None, map(self._raised, self._made.raised)))),
        )

    def _paths(self, way: Way, nodes: dict[str, Node]) -> list[Path]:
        roles = self._roles
        slots = {roles.theta: THETA, **{n: n for n in roles.states}}
        if not roles.arrays:
            nodes = {n: nodes[str(i)] for i, n in enumerate(slots)}
        elif nodes[roles.g].operation != "element" or nodes[roles.g].arguments != (roles.g,):
            raise NotUnderstood("the compiled code overwrites the gradient")
        outputs = {slot: nodes[n] for n, slot in slots.items()}
        return [Path(c.conditions, c.outputs, c.divisors) for c in cases(outputs, self._leaf, way[0])]

    def _leaf(self, kind: str, name: str) -> sp.Expr:
        if kind == "count":
            return step_counter()
        if name == self._roles.theta:
            return parameter()
        if name == self._roles.g:
            return gradient()
        if name in self._traced.state:
            return self._traced.state[name]
        if name in self._traced.hyper:
            return self._traced.hyper[name]
        value = self._given.get(name)
        if isinstance(value, (int, float)):
            return exact_number(float(value))[0]
        raise NotUnderstood(f"the argument {name} is not known")

    def _raised(self, conditions: tuple[Any, ...]) -> str:
        """When the compiled code raises, in a sentence; empty if it never does."""
        taken = {c.node: c.holds for c in conditions}
        asked, _ = expressions(tuple(taken), self._leaf, taken)
        said = [condition_expression(asked[c.node], c.holds) for c in conditions]
        known = [settled(c) for c in said]
        if False in known:
            return ""
        words = " and ".join(expression_text(c, "text") for c, k in zip(said, known, strict=True) if k is None)
        return f"the compiled code raises an exception if {words or 'anything'}"
