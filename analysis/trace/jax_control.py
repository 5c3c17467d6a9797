"""Branches and loops of JAX's programs, run on expressions: all branches of a choice, and every turn of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from ...derive.relations import eq, le
from .branches import settled
from .jax_elements import Elements, chosen, negated, truth
from .numpy_values import as_number

if TYPE_CHECKING:
    from .jax_interpreter import Interpreter

__all__ = ["branches", "repeated", "scanned"]

_MOST_TURNS = 100


def branches(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    """``cond`` and ``switch``: all branches, chosen by the first operand."""
    index, rest = inputs[0].expression, inputs[1:]
    programs = equation.params["branches"]
    if isinstance(index, sp.Integer):
        return interpreter.closed(programs[min(max(int(index), 0), len(programs) - 1)], rest)
    found = interpreter.closed(programs[-1], rest)
    for k in reversed(range(len(programs) - 1)):
        # An index out of range is moved to the nearest branch.
        holds = negated(truth(index)) if len(programs) == 2 else (eq if k else le)(as_number(index), k)
        found = [
            Elements(chosen(holds, yes.expression, no.expression), no.shape)
            for yes, no in zip(interpreter.closed(programs[k], rest), found, strict=True)
        ]
    return found


def scanned(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    """``scan``, turn by turn."""
    p = equation.params
    if p["length"] > _MOST_TURNS:
        return interpreter.unknown(equation, f"a scan of {p['length']} turns is not followed; up to {_MOST_TURNS} are")
    start = p["num_consts"] + p["num_carry"]
    consts, carry, rows = inputs[: p["num_consts"]], inputs[p["num_consts"] : start], inputs[start:]
    if any(interpreter.is_spread(x) for x in rows):
        return interpreter.unknown(equation, "it is not element-wise: a scan runs over the coordinates")
    rows = [Elements(x.expression, x.shape[1:]) for x in rows]
    stacked: list[list[Elements]] = []
    for _ in range(p["length"]):
        outcome = interpreter.closed(p["jaxpr"], [*consts, *carry, *rows])
        carry, made = outcome[: p["num_carry"]], outcome[p["num_carry"] :]
        stacked.append(made)
    unknown = interpreter.unknown(equation, "the rows that a scan stacks differ")[p["num_carry"] :]
    uniform = [
        len({m[i] for m in stacked}) == 1 and not interpreter.is_spread(stacked[0][i]) for i in range(len(unknown))
    ]
    rows_after = [Elements(stacked[0][i].expression, u.shape) if uniform[i] else u for i, u in enumerate(unknown)]
    return [*carry, *rows_after]


def repeated(interpreter: Interpreter, equation: Any, inputs: list[Elements]) -> list[Elements]:
    """``while``, as long as it is known whether it goes on."""
    p = equation.params
    asking, doing = p["cond_nconsts"], p["body_nconsts"]
    for_cond, for_body, carry = inputs[:asking], inputs[asking : asking + doing], inputs[asking + doing :]
    for _ in range(_MOST_TURNS):
        holds = settled(truth(interpreter.closed(p["cond_jaxpr"], [*for_cond, *carry])[0].expression))
        if holds is None:
            return interpreter.unknown(equation, "how often a while loop turns depends on traced values (while)")
        if not holds:
            return list(carry)
        carry = interpreter.closed(p["body_jaxpr"], [*for_body, *carry])
    return interpreter.unknown(equation, f"a while loop turns more than {_MOST_TURNS} times (while)")
