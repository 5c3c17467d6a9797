"""What compiled code works on: pointers into arrays, the arrays' contents, and the values of its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .nodes import Condition, Node, Nodes, Real
from .problems import NotElementWise, NotUnderstood
from .sizes import Linear, Ranges, constant

__all__ = ["NULL", "POISON", "UNDETERMINED", "Array", "Memory", "Pointer", "State", "Test", "apart"]


class _Poison:
    """A value that the code may not use."""


class _Undetermined:
    """A number or a truth value that depends on where arrays lie: both ways are looked at."""


POISON, UNDETERMINED = _Poison(), _Undetermined()


@dataclass(frozen=True)
class Pointer:
    """An address: so many bytes into an object."""

    base: str
    offset: Linear = field(default_factory=Linear)


NULL = Pointer("null")


@dataclass(frozen=True)
class Test:
    """A comparison that differs between the iterations of a loop."""

    predicate: str
    left: Linear
    right: Linear


@dataclass(frozen=True)
class Array:
    """An array that the code was given: the type and the size in bytes of its elements."""

    kind: str
    itemsize: int


Cells = dict[tuple[Linear, Linear], frozenset[Node]]


@dataclass
class Memory:
    """The contents of arrays.

    A cell is a range of elements, from one up to but not including another, all of which hold the same node of their
    own element, or one of several nodes.  Elements in no cell hold what the memory below holds, or what they held at
    the start.
    """

    arrays: Mapping[str, Array]
    cells: dict[str, Cells] = field(default_factory=dict)
    loads: dict[tuple[str, Linear], None] = field(default_factory=dict)
    below: Memory | None = None

    def copy(self) -> Memory:
        """Contents of their own, over the same contents below."""
        return Memory(self.arrays, {b: dict(c) for b, c in self.cells.items()}, dict(self.loads), self.below)

    def layer(self) -> Memory:
        """A memory over this one, which keeps apart what is written from now on."""
        return Memory(self.arrays, below=self)

    def place(self, pointer: object, kind: str) -> tuple[str, Linear]:
        """The array and the element that a pointer leads to."""
        if not isinstance(pointer, Pointer) or pointer.base not in self.arrays:
            raise NotUnderstood("it reads or writes memory that belongs to none of the arrays")
        array = self.arrays[pointer.base]
        element = pointer.offset.over(array.itemsize)
        if kind != array.kind or element is None:
            raise NotUnderstood(f"it reads or writes {pointer.base}, an array of {array.kind}, as {kind}")
        return pointer.base, element

    def load(self, base: str, element: Linear, nodes: Nodes, ranges: Ranges) -> Real:
        """What an element holds."""
        self.loads[base, element] = None
        held = self.holding(base, element, ranges)
        if held is None:
            return Real(nodes.make("element", base), element)
        if len(held) > 1:
            raise NotUnderstood(f"{base} is read where it may hold one of several values")
        (node,) = held
        return Real(node, element if node.reads else None)

    def holding(self, base: str, element: Linear, ranges: Ranges) -> frozenset[Node] | None:
        """The contents of the cell that an element lies in; None if it lies in none."""
        found = next((held for ends, held in self.cells.get(base, {}).items() if _inside(element, ends, ranges)), None)
        return found if found is not None or self.below is None else self.below.holding(base, element, ranges)

    def pieces(self, base: str) -> list[tuple[Linear, Linear]]:
        """The ranges that were written, also in the memory below."""
        return [*self.cells.get(base, {}), *([] if self.below is None else self.below.pieces(base))]

    def store(self, base: str, element: Linear, value: object, ranges: Ranges) -> None:
        """Overwrite an element."""
        if not isinstance(value, Real):
            raise NotUnderstood(f"something that is no number is stored into {base}")
        if value.node.reads and value.lane != element:
            raise NotElementWise(f"an element of {base} gets what belongs to another element")
        self.write(base, (element, element + constant(1)), frozenset({value.node}), ranges)

    def write(self, base: str, ends: tuple[Linear, Linear], held: frozenset[Node], ranges: Ranges) -> None:
        """Overwrite a cell, or add one that meets no other."""
        cells = self.cells.setdefault(base, {})
        for other in cells:
            if other != ends and not apart(ends, other, ranges):
                raise NotUnderstood(f"parts of {base} are written again in other pieces")
        cells[ends] = held


def _inside(element: Linear, ends: tuple[Linear, Linear], ranges: Ranges) -> bool:
    """Whether an element lies in a cell, for all sizes, or outside."""
    if element.terms == ends[0].terms and _is_single(ends):
        return element == ends[0]
    return ranges.compare("sge", element, ends[0]) and ranges.compare("slt", element, ends[1])


def apart(a: tuple[Linear, Linear], b: tuple[Linear, Linear], ranges: Ranges) -> bool:
    """Whether two ranges of elements do not meet."""
    if a[0].terms == b[0].terms and _is_single(a) and _is_single(b):
        return a[0] != b[0]
    return ranges.compare("sle", a[1], b[0]) or ranges.compare("sge", a[0], b[1])


def _is_single(ends: tuple[Linear, Linear]) -> bool:
    return ends[0].terms == ends[1].terms and ends[1].constant - ends[0].constant == 1


@dataclass
class State:
    """Where the execution is: values of names, memory, and which conditions were decided on the way."""

    values: dict[str, object]
    memory: Memory
    decided: dict[tuple[Node, Linear | None], bool] = field(default_factory=dict)

    def copy(self) -> State:
        """A state to go another way with."""
        return State(dict(self.values), self.memory.copy(), dict(self.decided))

    def known(self, condition: Condition) -> bool | None:
        """Whether a condition was decided before."""
        found = self.decided.get((condition.node, condition.lane))
        return None if found is None else found == condition.holds

    def decide(self, condition: Condition, holds: bool) -> None:
        """Remember a decision."""
        self.decided[condition.node, condition.lane] = holds == condition.holds
