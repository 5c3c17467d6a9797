"""Whole numbers computed: the instructions on sizes, indices and addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .machine import UNDETERMINED, Pointer
from .problems import NotUnderstood
from .sizes import Linear, Ranges, constant
from .text import Instruction

__all__ = ["INTEGERS", "addresses"]


def _mul(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    if not (a.is_constant or b.is_constant):
        raise NotUnderstood("two sizes are multiplied")
    return b.times(a.constant) if a.is_constant else a.times(b.constant)


def _and(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    if a.is_constant and b.is_constant:
        return constant(a.constant & b.constant)
    form, mask = (a, b.constant) if b.is_constant else (b, a.constant)
    if not (a.is_constant or b.is_constant):
        raise NotUnderstood(f"the instruction {line.text!r} joins two sizes bit by bit")
    if mask < 0:
        mask += 2**64
    top = mask.bit_length()
    bottom = (mask & -mask).bit_length() - 1
    if mask != 2**top - 2**bottom:
        raise NotUnderstood(f"the instruction {line.text!r} takes scattered bits of a size")
    if top < 63:
        form = ranges.low_bits(form, top)
    elif ranges.bounds(form)[0] < 0:
        raise NotUnderstood(f"the instruction {line.text!r} takes bits of what may be negative")
    return form - ranges.low_bits(form, bottom) if bottom else form


def _or(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    if "disjoint" in line.flags:
        return a + b
    if a.is_constant and b.is_constant:
        return constant(a.constant | b.constant)
    raise NotUnderstood(f"the instruction {line.text!r} joins sizes bit by bit")


def _xor(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    for form, other in ((a, b), (b, a)):
        if other == constant(-1):
            return constant(-1) - form
    raise NotUnderstood(f"the instruction {line.text!r} joins sizes bit by bit")


def _shl(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    if not b.is_constant or not 0 <= b.constant < 64:
        raise NotUnderstood(f"the instruction {line.text!r} moves bits by a size")
    return a.times(2**b.constant)


def _lshr(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    if not b.is_constant or not 0 <= b.constant < 64:
        raise NotUnderstood(f"the instruction {line.text!r} moves bits by a size")
    return ranges.shifted(a, b.constant)


def _division(ranges: Ranges, line: Instruction, a: Linear, b: Linear) -> Linear:
    count = b.constant.bit_length() - 1
    if not b.is_constant or b.constant != 2**count or ranges.bounds(a)[0] < 0:
        raise NotUnderstood(f"the instruction {line.text!r} divides a size")
    return ranges.shifted(a, count) if line.opcode.endswith("div") else ranges.low_bits(a, count)


def addresses(opcode: str, a: Any, b: Any) -> Any:
    """The sum or difference of addresses and numbers."""
    if opcode == "sub" and isinstance(a, Pointer) and isinstance(b, Pointer):
        return a.offset - b.offset if a.base == b.base else UNDETERMINED
    if opcode in ("add", "sub") and isinstance(a, Pointer) and isinstance(b, Linear):
        return Pointer(a.base, a.offset + b.times(1 if opcode == "add" else -1))
    return UNDETERMINED


INTEGERS: dict[str, Callable[[Ranges, Instruction, Linear, Linear], Linear]] = {
    "add": lambda ranges, line, a, b: a + b,
    "sub": lambda ranges, line, a, b: a - b,
    "mul": _mul,
    "and": _and,
    "or": _or,
    "xor": _xor,
    "shl": _shl,
    "lshr": _lshr,
    "ashr": _lshr,
    **dict.fromkeys(("udiv", "sdiv", "urem", "srem"), _division),
}
"""What each instruction makes of two whole numbers."""
