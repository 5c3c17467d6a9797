"""A compiled function executed on symbols, for every number of elements.

The number of elements is written as ``modulus * q + r``, where the modulus is what the code's vectors need, so that all
sizes are looked at in a few ranges of q and r.  In each range every comparison of sizes is decided, every loop is
summarised by induction, and what is left in the arrays must cover all elements.  What is assumed: arrays are contiguous
and do not overlap, and have fewer than 2**48 elements; the step counter is a whole number from 1 to 2**53.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .graph import Loop, loops_of
from .instructions import Arithmetic
from .loops import summarised
from .machine import Array, Memory, Pointer, State
from .nodes import Condition, Node, Nodes, Real
from .powers import power_loop
from .problems import NeedsModulus, NotElementWise, NotUnderstood, Split
from .sizes import LARGEST, Linear, Ranges, constant, symbol
from .text import Function, read_function
from .walk import Leaf, Walker, families

__all__ = ["ASSUMPTIONS", "Argument", "Executed", "Way", "executed"]

ASSUMPTIONS = (
    "any number of elements below 2**48, contiguous arrays of one length that do not overlap, a step counter from 1 to "
    "2**53, real arithmetic"
)
"""What a proof about compiled code rests on."""

_SPLITS, _MODULUS = 200, 256
_RETURNED = "retptr"


@dataclass(frozen=True)
class Argument:
    """An argument of the function.

    Attributes
    ----------
    name : str
        As the function calls it.
    kind : str
        ``"array"``, ``"scalar"`` (a float), ``"count"`` (the step counter as a whole number), ``"start"`` or ``"stop"``
        (the elements from start up to, but not including, stop).
    """

    name: str
    kind: str


Way = tuple[tuple[Condition, ...], Mapping[str, frozenset[Node]]]
"""Conditions on hyperparameters and the step counter, and what is left in the arrays where they hold."""


@dataclass
class Executed:
    """What a compiled function does.

    Attributes
    ----------
    forms : list of tuples of Way
        The ways through the code, once for each form of it that is run for some sizes or some addresses, as far as they
        differ.  Each way tells for each array the nodes that its elements may hold afterwards, more than one if, say,
        the vectors' loop and the loop over the rest compute differently.  With scalars instead of arrays, what is
        returned is called ``"0"``, ``"1"`` and so on.
    raised : list of tuples of Condition
        The decisions on numbers after which an exception is raised.
    nodes : Nodes
    notes : tuple of str
    unreached : tuple of str
        Blocks that are not executed, for any size, in the domains.
    modulus : int
        The widest step of its loops.
    """

    forms: list[tuple[Way, ...]] = field(default_factory=list)
    raised: list[tuple[Condition, ...]] = field(default_factory=list)
    nodes: Nodes = field(default_factory=Nodes)
    notes: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    modulus: int = 1


def executed(module: str, name: str, arguments: tuple[Argument, ...], kind: str, *, returned: int = 0) -> Executed:
    """Execute a function of an LLVM module on symbols.

    Parameters
    ----------
    module : str
        LLVM IR.
    name : str
        Of the function, with Numba's conventions for arguments.
    arguments : tuple of Argument
        In any order.
    kind : {"float", "double"}
        What arrays hold.
    returned : int, optional
        How many floats the function returns, if it takes scalars and no arrays.

    Raises
    ------
    NotUnderstood
        If something in the code is not known.
    NotElementWise
        If an element is left out or depends on another.
    """
    function = read_function(module, name)
    modulus = _likely_modulus(function)
    while True:
        try:
            return _Run(function, arguments, kind, returned, modulus).all_sizes()
        except NeedsModulus as needed:
            modulus = max(2 * modulus, needed.modulus)
            if modulus > _MODULUS:
                raise NotUnderstood("its vectors are too long") from None


def _likely_modulus(function: Function) -> int:
    """The largest power of two that a mask in the code leaves the multiples of."""
    lines = (line for block in function.blocks.values() for line in block.instructions)
    held = [(line.opcode, o.text) for line in lines for o in line.operands if o.text.lstrip("-").isdigit()]
    # Masks look like ...11110000; they may stand in an `and`, or in front of it as a constant.
    masks = [int(t) for opcode, t in held if int(t) >= 2**62 or (opcode == "and" and -_MODULUS <= int(t) < 0)]
    sizes = [m & -m for m in masks]
    return max((s for s in sizes if s <= _MODULUS), default=1)


@dataclass
class _Run:
    function: Function
    arguments: tuple[Argument, ...]
    kind: str
    returned: int
    modulus: int
    found: Executed = field(default_factory=Executed)
    visited: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)

    def all_sizes(self) -> Executed:
        """Execute it for every size, range by range."""
        waiting = [{"q": (0, LARGEST // self.modulus), "r": (0, self.modulus - 1)}]
        if not any(a.kind == "array" for a in self.arguments):
            waiting = [{"q": (1, 1), "r": (0, 0)}]
        for _ in range(_SPLITS):
            if not waiting:
                break
            ranges = waiting.pop()
            try:
                self._sizes(ranges)
            except Split as split:
                low, high = ranges[split.symbol]
                waiting.append({**ranges, split.symbol: (split.at + 1, high)})
                waiting.append({**ranges, split.symbol: (low, split.at)})
        if waiting:
            raise NotUnderstood("what it does depends on the number of elements in too many ways")
        self.found.notes = tuple(self.notes)
        self.found.unreached = tuple(b for b in self.function.blocks if b not in self.visited)
        self.found.modulus = self.modulus
        return self.found

    def _sizes(self, held: Mapping[str, tuple[int, int]]) -> None:
        ranges = Ranges({**held, "start": (0, LARGEST), "t": (1, 2**53)})
        size = Linear()
        for name, factor in (("q", self.modulus), ("r", 1)):
            low, high = held[name]
            size = size + (constant(low) if low == high else symbol(name)).times(factor)
        raised: list[tuple[Condition, ...]] = []
        arithmetic = Arithmetic(self.found.nodes, ranges)
        loops = loops_of(self.function)

        def summarise(loop: Loop, previous: str, state: State, nested: bool) -> tuple[State, str, str]:
            block = self.function.blocks[loop.header]
            if loop.body == {loop.header}:
                after = power_loop(block, walker.entering(block, previous, state), state, arithmetic)
                if after is not None:
                    walker.visited.add(block.name)
                    return after, block.name, block.successors[0]
            if nested:
                raise NotUnderstood("there is a loop inside the loop over the elements")
            return summarised(walker, loop, previous, state, raised)

        walker = Walker(self.function, loops, arithmetic, summarise)
        tree = walker.walk(self.function.entry, "", self._state(size))
        for family in families(tree, arithmetic, raised):
            ways = tuple((taken, self._left(leaf, size)) for taken, leaf in family)
            if any(contents for _, contents in ways) and ways not in self.found.forms:
                self.found.forms.append(ways)
        self.found.raised += [r for r in raised if r not in self.found.raised]
        self.visited |= walker.visited
        self.notes |= arithmetic.notes

    def _state(self, size: Linear) -> State:
        """The values of the arguments."""
        itemsize = {"float": 4, "double": 8}[self.kind]
        given = {argument.text: argument.type for argument in self.function.arguments}
        values: dict[str, object] = {n: Pointer(n[1:]) for n in ("%retptr", "%excinfo") if n in given}
        first = symbol("start") if any(a.kind == "start" for a in self.arguments) else Linear()
        arrays = {a.name: Array(self.kind, itemsize) for a in self.arguments if a.kind == "array"}
        for argument in self.arguments:
            name = f"%arg.{argument.name}"
            if argument.kind == "array":
                values[f"{name}.0"] = values[f"{name}.1"] = Pointer("argument")
                values[f"{name}.4"] = Pointer(argument.name)
                values[f"{name}.3"] = values[f"{name}.6.0"] = constant(itemsize)
                # A range of elements says nothing of how many there are.
                if first == Linear():
                    values[f"{name}.2"] = values[f"{name}.5.0"] = size
            else:
                values[name] = self._single(argument, given.get(name, ""), first, size)
        if self.returned:
            arrays[_RETURNED] = Array(self.kind, itemsize)
        return State(values, Memory(arrays))

    def _single(self, argument: Argument, kind: str, first: Linear, size: Linear) -> object:
        if argument.kind in ("start", "stop"):
            return first if argument.kind == "start" else first + size
        if argument.kind == "count" and kind == "i64":
            return symbol("t")
        if kind not in ("float", "double"):
            raise NotUnderstood(f"the argument {argument.name} is of type {kind or 'another function'}")
        if argument.kind == "count":
            return Real(self.found.nodes.make("count", "t"))
        return Real(self.found.nodes.make("scalar", argument.name))

    def _left(self, leaf: Leaf, size: Linear) -> dict[str, frozenset[Node]]:
        """What one way leaves in the arrays, or returns."""
        if leaf.status not in (0, -2):
            raise NotUnderstood(f"it returns the status {leaf.status}")
        if self.returned:
            return {str(i): self._returned(leaf, i) for i in range(self.returned)}
        first = symbol("start") if any(a.kind == "start" for a in self.arguments) else Linear()
        arrays = [a.name for a in self.arguments if a.kind == "array"]
        return {} if size == Linear() else {n: self._covering(n, leaf, first, first + size) for n in arrays}

    def _returned(self, leaf: Leaf, place: int) -> frozenset[Node]:
        held = leaf.state.memory.cells.get(_RETURNED, {}).get((constant(place), constant(place + 1)))
        if held is None:
            raise NotUnderstood("what it returns is not known")
        return held

    def _covering(self, base: str, leaf: Leaf, first: Linear, stop: Linear) -> frozenset[Node]:
        """The contents of cells that follow each other from the first element to the last."""
        cells = dict(leaf.state.memory.cells.get(base, {}))
        if not cells:
            return frozenset({self.found.nodes.make("element", base)})
        held: frozenset[Node] = frozenset()
        at = first
        while at != stop:
            ends = next((e for e in cells if e[0] == at), None)
            if ends is None:
                raise NotElementWise(f"not every element of {base} is written: element {at} of {stop - first} is not")
            held |= cells.pop(ends)
            at = ends[1]
        if cells:
            raise NotElementWise(f"{base} is written beyond its last element")
        return held
