"""The text of one LLVM function as data: blocks of instructions with typed operands.

LLVM itself parses, verifies and prints the text first, so that what is read here is its canonical form, one
instruction a line.  A line that is not of a form known here stays as it is; to execute it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .problems import NotUnderstood

__all__ = ["Block", "Function", "Instruction", "Operand", "read_function", "split_at_commas"]

_FLAGS = {
    "nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc", "fast", "nuw", "nsw", "exact", "disjoint", "nneg",
    "samesign", "inbounds", "nusw",
}  # fmt: skip
_BINARY = {
    "add", "sub", "mul", "shl", "lshr", "ashr", "and", "or", "xor", "udiv", "sdiv", "urem", "srem", "fadd", "fsub",
    "fmul", "fdiv", "fneg", "freeze", "insertelement", "extractelement", "shufflevector", "select", "store",
}  # fmt: skip
_CASTS = ["sext", "zext", "trunc", "sitofp", "uitofp", "fpext", "fptrunc", "bitcast"]
_ATTRIBUTES = re.compile(
    r"\b(?:noundef|nonnull|noalias|signext|zeroext|nofpclass\([^)]*\)|align \d+|writeonly|readonly|readnone|immarg|"
    r"captures\([^)]*\)|dereferenceable\(\d+\)|dereferenceable_or_null\(\d+\)|range\([^)]*\)|fastcc|ccc|inreg)\s*"
)


@dataclass(frozen=True)
class Operand:
    """A value as it is written, with its type."""

    type: str
    text: str


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes
    ----------
    result : str
        The name it defines, empty if none.
    opcode : str
    flags : tuple of str
        Such as ``"nnan"`` or ``"nuw"``.
    detail : str
        The predicate of a comparison, the function of a call, the type that a cast makes or an address is counted in.
    operands : tuple of Operand
        Of a phi, each value is followed by the block that it comes from.
    text : str
        The line.
    """

    result: str
    opcode: str
    flags: tuple[str, ...] = ()
    detail: str = ""
    operands: tuple[Operand, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Block:
    """A basic block; its last instruction says where to go."""

    name: str
    instructions: tuple[Instruction, ...]

    @property
    def successors(self) -> tuple[str, ...]:
        """The blocks that may come next."""
        return tuple(o.text for o in self.instructions[-1].operands if o.type == "label")


@dataclass(frozen=True)
class Function:
    """A function: its arguments in order, and its blocks, the entry first."""

    name: str
    arguments: tuple[Operand, ...]
    blocks: dict[str, Block]

    @property
    def entry(self) -> str:
        """The first block."""
        return next(iter(self.blocks))


def read_function(module: str, name: str) -> Function:
    """Read one function of a module.

    Raises
    ------
    NotUnderstood
        If the text is no LLVM IR, or holds no function of that name.
    """
    from llvmlite import binding

    try:
        parsed = binding.parse_assembly(module)
        parsed.verify()
        return _function(name, str(parsed.get_function(name)))
    except RuntimeError as error:
        raise NotUnderstood(f"LLVM does not accept the text: {' '.join(str(error).split())[:200]}") from None
    except NameError:
        raise NotUnderstood(f"the compiled module holds no function {name!r}") from None


def _function(name: str, text: str) -> Function:
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith(("; ", "attributes"))]
    head = next((i for i, line in enumerate(lines) if line.startswith("define ")), None)
    if head is None or not lines[head].endswith("{"):
        raise NotUnderstood(f"the function {name!r} has no body")
    blocks: dict[str, Block] = {}
    label, held = "0", list[Instruction]()
    for line in (*_joined(lines[head + 1 :]), ""):
        named = re.match(r'^("[^"]*"|[-$.\w]+):', line)
        if (named or not line) and held:
            blocks[label] = Block(label, tuple(held))
            held = []
        if named:
            label = named.group(1).strip('"')
        elif line and line != "}":
            held.append(_instruction(line))
    return Function(name, tuple(_arguments(lines[head])), blocks)


def _joined(lines: list[str]) -> Iterator[str]:
    """The lines, with the cases of a switch on one."""
    held = ""
    for line in lines:
        held = f"{held} {line.strip()}" if held else line
        if held.count("[") == held.count("]"):
            yield held
            held = ""


def _arguments(head: str) -> Iterator[Operand]:
    inside = head[head.index("(", head.index("@")) + 1 : _closing(head, head.index("(", head.index("@")))]
    for part in split_at_commas(inside):
        words = _ATTRIBUTES.sub("", part)
        kind, _, value = words.rpartition(" ")
        yield Operand(kind.strip(), _name(value))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for i in range(opening, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    raise NotUnderstood("a bracket is not closed")


def split_at_commas(text: str) -> list[str]:
    """The parts between commas that stand in no bracket.

    Examples
    --------
    >>> split_at_commas("<2 x float> <float 1.0, float 2.0>, ptr %p")
    ['<2 x float> <float 1.0, float 2.0>', 'ptr %p']
    """
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "(<[{") - (character in ")>]}")
        if character == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()] if text.strip() else []


def _name(text: str) -> str:
    return "%" + text[1:].strip('"') if text.startswith("%") else text


def _operand(text: str) -> Operand:
    """A type and a value."""
    if text.startswith(("<", "[", "{")):
        depth = 0
        for i, character in enumerate(text):
            depth += (character in "<[{") - (character in ">]}")
            if depth == 0:
                return Operand(text[: i + 1], _name(text[i + 1 :].strip()))
    kind, _, value = text.partition(" ")
    value = _name(value.strip())
    return Operand(kind, value.removeprefix("%") if kind == "label" else value)


def _instruction(line: str) -> Instruction:
    text = re.sub(r"(, ![-\w.]+ ![\w]+|, ![-\w.]+ !\{.*\})+$", "", line.strip())
    text = re.sub(r", align \d+$", "", text)
    text = re.sub(r"(, ![-\w.]+ ![\w]+)+$", "", text)
    named = re.match(r'^(%"[^"]*"|%[-$.\w]+) = ', text)
    result = _name(named.group(1)) if named else ""
    rest = text[named.end() :] if named else text
    rest = re.sub(r"^(tail|musttail|notail) call", "call", rest)
    opcode, _, rest = rest.partition(" ")
    flags = []
    while rest.split(" ", 1)[0] in _FLAGS:
        flag, _, rest = rest.partition(" ")
        flags.append(flag)
    found = _formed(opcode, rest)
    if found is None:
        return Instruction(result, "unknown", text=text)
    detail, operands = found
    return Instruction(result, opcode, tuple(flags), detail, tuple(operands), text)


def _formed(opcode: str, rest: str) -> tuple[str, list[Operand]] | None:
    """The detail and the operands of an instruction; None if it is of no known form."""
    if opcode in ("icmp", "fcmp"):
        predicate, _, operands = rest.partition(" ")
        return predicate, _shared(operands)
    if opcode in _CASTS:
        source, _, kind = rest.rpartition(" to ")
        return kind, [_operand(source)]
    if opcode in ("load", "getelementptr") and not rest.startswith(("volatile", "atomic")):
        kind, *parts = split_at_commas(rest)
        return kind, [_operand(p) for p in parts]
    if opcode == "phi":
        first = _operand(rest)
        pairs = [split_at_commas(p[1:-1]) for p in split_at_commas(first.text)]
        return first.type, [
            o for v, b in pairs for o in (Operand(first.type, _name(v)), Operand("label", _name(b)[1:]))
        ]
    if opcode == "call":
        return _call(rest)
    if opcode in ("br", "ret", "switch", "unreachable"):
        return _terminator(opcode, rest)
    if opcode in _BINARY and not rest.startswith(("volatile", "atomic")):
        return "", _shared(rest)
    return None


def _shared(text: str) -> list[Operand]:
    """Operands of which all but the first may leave out the type they share."""
    parts = split_at_commas(text)
    first = _operand(parts[0])
    return [first, *(_operand(p) if _has_type(p) else Operand(first.type, _name(p)) for p in parts[1:])]


def _has_type(part: str) -> bool:
    return bool(re.match(r"^(ptr|i\d+|float|double|half|<\d+ x \w+>) ", part))


def _call(rest: str) -> tuple[str, list[Operand]] | None:
    found = re.match(r'^(.*?)@("[^"]*"|[-$.\w]+)\(', _ATTRIBUTES.sub("", rest))
    if found is None:
        return None
    words = _ATTRIBUTES.sub("", rest)
    inside = words[found.end() : _closing(words, found.end() - 1)]
    return found.group(2).strip('"'), [_operand(p) for p in split_at_commas(inside)]


def _terminator(opcode: str, rest: str) -> tuple[str, list[Operand]] | None:
    if opcode == "switch":
        value, _, cases = rest.partition("[")
        pairs = re.findall(r"(i\d+ -?\d+), (label \S+)", cases)
        return "", [*map(_operand, split_at_commas(value)), *(_operand(p) for pair in pairs for p in pair)]
    if opcode == "unreachable" or rest == "void":
        return "", []
    return "", [_operand(p) for p in split_at_commas(rest)]
