"""The loops of a function, and how each of them is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .problems import NotUnderstood
from .text import Block, Function, Instruction, Operand

__all__ = ["Loop", "Plan", "loops_of"]


@dataclass(frozen=True)
class Loop:
    """A natural loop: its header, and every block from which the header is reached without leaving."""

    header: str
    body: frozenset[str]


def loops_of(function: Function) -> dict[str, Loop]:
    """The loops by their headers."""
    blocks = function.blocks
    before: dict[str, set[str]] = {name: set() for name in blocks}
    for name, block in blocks.items():
        for after in block.successors:
            before[after].add(name)
    above = _dominators(blocks, before, function.entry)
    bodies: dict[str, set[str]] = {}
    for name, block in blocks.items():
        for header in block.successors:
            if header in above[name]:
                bodies.setdefault(header, {header}).update(_reaching(name, header, before))
    return {header: Loop(header, frozenset(body)) for header, body in bodies.items()}


def _dominators(blocks: Mapping[str, Block], before: Mapping[str, set[str]], entry: str) -> dict[str, set[str]]:
    """For each block those that every way to it goes through."""
    above = {name: set(blocks) for name in blocks}
    above[entry] = {entry}
    changed = True
    while changed:
        changed = False
        for name in blocks:
            if name == entry or not before[name]:
                continue
            fresh = {name} | set.intersection(*(above[b] for b in before[name]))
            changed |= fresh != above[name]
            above[name] = fresh
    return above


def _reaching(start: str, header: str, before: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {header}, [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += before[name]
    return found


@dataclass(frozen=True)
class Plan:
    """A loop with its test at its end.

    Attributes
    ----------
    loop : Loop
    latch : str
        The block at the end of an iteration.
    goal : str
        The block after the loop.
    stays : bool
        The answer of the test with which it goes on.
    condition : Operand
        The test.
    asking : tuple of Instruction
        What computes the test from the header's phis.
    steps : mapping
        By how much each of the header's phis seems to move; the induction has to show it.
    needed : frozenset of str
        The names that an iteration leaves to the next, or to what comes after the loop.
    """

    loop: Loop
    latch: str
    goal: str
    stays: bool
    condition: Operand
    asking: tuple[Instruction, ...]
    steps: Mapping[str, int]
    needed: frozenset[str]

    @staticmethod
    def of(function: Function, loop: Loop) -> Plan:
        """Read the shape of a loop.

        Raises
        ------
        NotUnderstood
            If it has another one.
        """
        latches = [n for n in loop.body if loop.header in function.blocks[n].successors]
        last = function.blocks[latches[0]].instructions[-1]
        goals = [s for s in function.blocks[latches[0]].successors if s != loop.header]
        if len(latches) != 1 or last.opcode != "br" or len(goals) != 1 or goals[0] in loop.body:
            raise NotUnderstood("a loop has no test at its end")
        lines = {i.result: i for n in loop.body for i in function.blocks[n].instructions if i.result}
        handed = {
            i.result: next(v.text for v, b in _pairs(i) if b.text == latches[0])
            for i in function.blocks[loop.header].instructions
            if i.opcode == "phi"
        }
        used = {
            o.text for n, b in function.blocks.items() if n not in loop.body for i in b.instructions for o in i.operands
        }
        return Plan(
            loop,
            latches[0],
            goals[0],
            function.blocks[latches[0]].successors[0] == loop.header,
            last.operands[0],
            _asking(last.operands[0].text, lines, handed),
            {phi: _step(phi, name, lines) for phi, name in handed.items()},
            frozenset((used & lines.keys()) | set(handed.values())),
        )


def _pairs(phi: Instruction) -> list[tuple[Operand, Operand]]:
    return list(zip(phi.operands[::2], phi.operands[1::2], strict=True))


def _asking(name: str, lines: Mapping[str, Instruction], phis: Mapping[str, str]) -> tuple[Instruction, ...]:
    """The instructions in the loop that a name is computed by, in order."""
    found: dict[str, Instruction] = {}

    def visit(name: str) -> None:
        line = lines.get(name)
        if line is None or name in phis or name in found:
            return
        if line.opcode == "phi":
            raise NotUnderstood("how far a loop runs depends on the way that was taken in it")
        for operand in line.operands:
            visit(operand.text)
        found[name] = line

    visit(name)
    return tuple(found.values())


def _step(phi: str, name: str, lines: Mapping[str, Instruction]) -> int:
    """By how much a name is ahead of a phi of the header."""
    step = 0
    while name != phi:
        line = lines.get(name)
        if line is None or len(line.operands) != 2 or (line.opcode, line.detail) not in _MOVES:
            raise NotUnderstood("a number is carried from one element to the next")
        texts = [o.text for o in line.operands]
        name, amount = (
            (texts[1], texts[0]) if line.opcode == "add" and not _is_number(texts[1]) else (texts[0], texts[1])
        )
        if not _is_number(amount):
            raise NotUnderstood("an index does not move by the same amount each time")
        step += int(amount) * (-1 if line.opcode == "sub" else _MOVES[line.opcode, line.detail])
    return step


_MOVES = {
    ("add", ""): 1,
    ("sub", ""): 1,
    ("getelementptr", "i8"): 1,
    ("getelementptr", "float"): 4,
    ("getelementptr", "double"): 8,
}


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit()
