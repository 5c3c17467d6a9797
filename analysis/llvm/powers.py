"""The loop that computes a power by squaring, as Numba writes it for ``x ** t`` with a whole number t.

It keeps ``r * a**e`` the same: in each iteration an odd exponent e multiplies r by a, then a is squared and e halved.
It ends when e is 0, so that r has become ``r * a**e`` of the beginning.
"""

from __future__ import annotations

from .instructions import Arithmetic
from .machine import State
from .nodes import Real
from .problems import NotUnderstood
from .sizes import Linear, constant
from .text import Block, Instruction

__all__ = ["power_loop"]


def power_loop(block: Block, start: dict[str, object], state: State, arithmetic: Arithmetic) -> State | None:
    """The state after the loop, if this block is one, whatever the number of iterations; else None."""
    found = _shape(block)
    if found is None:
        return None
    result, base, exponent, last = found
    r, a, e = (start[name] for name in (result, base, exponent))
    if not isinstance(r, Real) or not isinstance(a, Real) or not isinstance(e, Linear):
        return None
    if arithmetic.ranges.bounds(e)[0] < 0:
        raise NotUnderstood("a power with an exponent that may be negative is computed by squaring")
    power = arithmetic.nodes.apply("pow", a, arithmetic.counted(e))
    after = State(dict(state.values), state.memory, state.decided)
    after.values[last] = arithmetic.nodes.apply("mul", r, power) if e != constant(0) else r
    return after


def _shape(block: Block) -> tuple[str, str, str, str] | None:
    """The names of r, a, e, and of r at the end, if the block is exactly the loop."""
    phis = [line for line in block.instructions if line.opcode == "phi"]
    lines = {line.result: line for line in block.instructions if line.opcode != "phi" and line.result}
    if len(phis) != 3 or len(block.successors) != 2 or block.successors[1] != block.name:
        return None
    carried = {p.result: _from(p, block.name) for p in phis}
    for exponent in (p.result for p in phis if p.detail == "i64"):
        halved = lines.get(carried[exponent])
        if halved is None or (halved.opcode, _texts(halved)) != ("lshr", [exponent, "1"]):
            continue
        others = [p.result for p in phis if p.result != exponent]
        for result, base in (others, others[::-1]):
            held = (carried[base], carried[result], carried[exponent])
            used = _used(block, lines, result, base, exponent, held)
            if used is not None and used == set(lines):
                return result, base, exponent, carried[result]
    return None


def _used(
    block: Block, lines: dict[str, Instruction], result: str, base: str, exponent: str, carried: tuple[str, str, str]
) -> set[str] | None:
    """The instructions that make up the loop, if each does what it should."""
    squared, grown = lines.get(carried[0]), lines.get(carried[1])
    if squared is None or (squared.opcode, _texts(squared)) != ("fmul", [base, base]):
        return None
    multiplied = None if grown is None else _multiplied(grown, result, base, exponent, lines)
    ended = _ends(block, exponent, carried[2], lines)
    return None if ended is None or multiplied is None else {*carried, ended, *multiplied}


def _multiplied(
    grown: Instruction, result: str, base: str, exponent: str, lines: dict[str, Instruction]
) -> set[str] | None:
    """The instructions that multiply r by a if the exponent is odd: a choice of products, or of factors."""
    choice = grown
    if grown.opcode == "fmul":
        choice = next((lines[t] for t in _texts(grown) if t in lines), grown)
        if set(_texts(grown)) != {result, choice.result}:
            return None
    odd = _odd_when(_texts(choice)[0], exponent, lines) if choice.opcode == "select" else None
    if odd is None:
        return None
    _, yes, no = _texts(choice)
    more, same = (yes, no) if odd[0] else (no, yes)
    if choice is not grown:
        return {choice.result, *odd[1]} if (more, same) == (base, "1.000000e+00") else None
    product = lines.get(more)
    if same != result or product is None or (product.opcode, set(_texts(product))) != ("fmul", {result, base}):
        return None
    return {more, *odd[1]}


def _odd_when(condition: str, exponent: str, lines: dict[str, Instruction]) -> tuple[bool, set[str]] | None:
    """Whether the condition is true for odd exponents (or for even ones), and the instructions it needs."""
    line = lines.get(condition)
    if line is None:
        return None
    if (line.opcode, line.detail, _texts(line)) == ("trunc", "i1", [exponent]):
        return True, {condition}
    if line.opcode != "icmp" or line.detail not in ("eq", "ne") or _texts(line)[1:] != ["0"]:
        return None
    bit = lines.get(_texts(line)[0])
    if bit is None or (bit.opcode, _texts(bit)) != ("and", [exponent, "1"]):
        return None
    return line.detail == "ne", {condition, bit.result}


def _ends(block: Block, exponent: str, halved: str, lines: dict[str, Instruction]) -> str | None:
    """The instruction that ends the loop when the halved exponent is zero."""
    name = block.instructions[-1].operands[0].text
    line = lines.get(name)
    if line is None or line.opcode != "icmp":
        return None
    asked = (line.detail, _texts(line))
    return name if asked in (("eq", [halved, "0"]), ("ult", [exponent, "2"])) else None


def _from(phi: Instruction, origin: str) -> str:
    pairs = zip(phi.operands[::2], phi.operands[1::2], strict=True)
    return next((value.text for value, block in pairs if block.text == origin), "")


def _texts(line: Instruction) -> list[str]:
    return [o.text for o in line.operands]
