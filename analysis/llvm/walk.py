"""Ways through the blocks of a function: every decision on numbers is taken both ways, and what comes out is joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .graph import Loop
from .instructions import Arithmetic
from .machine import UNDETERMINED, Memory, State, apart
from .nodes import Condition, Node, Nodes, Real
from .problems import NotElementWise, NotUnderstood
from .sizes import Linear, Ranges, constant
from .text import Block, Function

__all__ = ["Family", "Leaf", "Tree", "Walker", "families", "joined"]

_BOUND = 4096
"""How many blocks are executed before it is given up."""


@dataclass(frozen=True)
class Leaf:
    """Where a way ends: at a return with a status, or at the end of an iteration with the test of its loop."""

    state: State
    block: str
    status: int | None = None
    test: object = None


@dataclass(frozen=True)
class Fork:
    """A decision, and what comes of both answers; no condition if either may happen, whatever the numbers."""

    condition: Condition | None
    yes: Tree
    no: Tree


Tree = Leaf | Fork
Loops = Callable[[Loop, str, State, bool], tuple[State, str, str]]


@dataclass
class Walker:
    """Executes blocks.

    Parameters
    ----------
    function : Function
    loops : mapping
        By their headers.
    arithmetic : Arithmetic
    summarise : callable
        Called with a loop that is entered; returns the state after it, the block that it is left from, and the next.
    """

    function: Function
    loops: dict[str, Loop]
    arithmetic: Arithmetic
    summarise: Loops
    visited: set[str] = field(default_factory=set)
    count: int = 0

    def iteration(self, loop: Loop, state: State) -> Tree:
        """Execute one iteration of a loop; the values of its header's phis are in the state."""
        return self.walk(loop.header, "", state, loop, starting=True)

    def walk(
        self, name: str, previous: str, state: State, inside: Loop | None = None, *, starting: bool = False
    ) -> Tree:
        """Execute from the beginning of a block; `inside` a loop, up to the end of the iteration."""
        while True:
            loop = self.loops.get(name)
            if loop is not None and not starting:
                state, previous, name = self.summarise(loop, previous, state, inside is not None)
                continue
            block = self.function.blocks[name]
            self._block(block, previous, state, phis=not starting)
            starting = False
            last = block.instructions[-1]
            if last.opcode == "ret":
                return Leaf(state, name, self._status(block, state))
            if inside is not None and inside.header in block.successors:
                return Leaf(state, name, test=self._condition(block, state))
            goal = self._goal(block, state)
            if isinstance(goal, str):
                name, previous = goal, name
                continue
            return self._forked(goal, block, state, inside)

    def _forked(self, condition: Condition | None, block: Block, state: State, inside: Loop | None) -> Fork:
        ways = []
        for holds, goal in zip((True, False), block.successors, strict=True):
            copy = state.copy()
            if condition is not None:
                copy.decide(condition, holds)
            ways.append(self.walk(goal, block.name, copy, inside) if not self._begins(goal, inside) else None)
        if ways[0] is None or ways[1] is None:
            raise NotUnderstood("a loop begins anew before its end")
        return Fork(condition, ways[0], ways[1])

    @staticmethod
    def _begins(goal: str, inside: Loop | None) -> bool:
        return inside is not None and goal == inside.header

    def _block(self, block: Block, previous: str, state: State, *, phis: bool) -> None:
        self.count += 1
        if self.count > _BOUND:
            raise NotUnderstood(f"it has more ways than {_BOUND} blocks hold")
        self.visited.add(block.name)
        if phis:
            state.values.update(self.entering(block, previous, state))
        for line in block.instructions[:-1]:
            if line.opcode != "phi":
                self.arithmetic.execute(line, state)

    def entering(self, block: Block, previous: str, state: State) -> dict[str, object]:
        """The values of the block's phis when it is reached from another."""
        found: dict[str, object] = {}
        for line in block.instructions:
            if line.opcode == "phi":
                pairs = zip(line.operands[::2], line.operands[1::2], strict=True)
                chosen = next((value for value, origin in pairs if origin.text == previous), None)
                if chosen is None:
                    raise NotUnderstood(f"the value of {line.text!r} is not known")
                found[line.result] = self.arithmetic.value(chosen, state)
        return found

    def _status(self, block: Block, state: State) -> int:
        (value,) = (self.arithmetic.value(o, state) for o in block.instructions[-1].operands)
        if not isinstance(value, Linear) or not value.is_constant:
            raise NotUnderstood("the status that the function returns is not known")
        return value.constant

    def _condition(self, block: Block, state: State) -> object:
        last = block.instructions[-1]
        if last.opcode != "br":
            raise NotUnderstood(f"the jump {last.text!r} is not known")
        return True if len(block.successors) == 1 else self.arithmetic.value(last.operands[0], state)

    def _goal(self, block: Block, state: State) -> str | Condition | None:
        """The next block, or what decides between two."""
        condition = self._condition(block, state)
        if isinstance(condition, Condition):
            known = state.known(condition)
            condition = condition if known is None else known
        if isinstance(condition, bool):
            return block.successors[0 if condition else 1]
        if isinstance(condition, Condition):
            return condition
        if condition is UNDETERMINED:
            return None
        raise NotUnderstood(f"the jump {block.instructions[-1].text!r} differs between the iterations of a loop")


@dataclass
class Joiner:
    """Joins the ways of a tree; what raises an exception is set apart, and only `needed` values are kept."""

    nodes: Nodes
    ranges: Ranges
    raised: list[tuple[Condition, ...]]
    needed: frozenset[str]

    def join(self, tree: Tree, taken: tuple[Condition, ...] = ()) -> list[Leaf]:
        """The ends of a tree: one, or several where undetermined decisions were taken."""
        if isinstance(tree, Leaf):
            if tree.status is not None and tree.status > 0:
                self.raised.append(taken)
                return []
            return [tree]
        if tree.condition is None:
            return [*self.join(tree.yes, taken), *self.join(tree.no, taken)]
        yes = self.join(tree.yes, (*taken, tree.condition))
        no = self.join(tree.no, (*taken, ~tree.condition))
        if not yes or not no:
            return yes or no
        return [self._both(tree.condition, a, b) for a in yes for b in no]

    def _both(self, condition: Condition, a: Leaf, b: Leaf) -> Leaf:
        if a.status != b.status or (a.status is None and (a.block, a.test) != (b.block, b.test)):
            raise NotUnderstood("how far a loop runs depends on the numbers")
        memory = self._memories(condition, a.state.memory, b.state.memory)
        values: dict[str, object] = {}
        for name in self.needed & a.state.values.keys():
            found = self._values(condition, a.state.values[name], b.state.values.get(name))
            if found is not None:
                values[name] = found
        decided = {c: d for c, d in a.state.decided.items() if b.state.decided.get(c) == d}
        return Leaf(State(values, memory, decided), a.block, a.status, a.test)

    def _values(self, condition: Condition, a: object, b: object) -> object | None:
        if a is b or (a == b and type(a) is type(b)):
            return a
        if isinstance(a, Real) and isinstance(b, Real):
            try:
                return self.nodes.chosen(condition, a, b)
            except NotElementWise:
                return None
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            lanes = [self._values(condition, x, y) for x, y in zip(a, b, strict=True)]
            return None if None in lanes else tuple(lanes)
        return None

    def _memories(self, condition: Condition, a: Memory, b: Memory) -> Memory:
        made = Memory(a.arrays, {}, {**a.loads, **b.loads}, a.below)
        for base in dict.fromkeys((*a.cells, *b.cells)):
            mine, others = a.cells.get(base, {}), b.cells.get(base, {})
            cells = made.cells.setdefault(base, {})
            for ends in dict.fromkeys((*mine, *others)):
                sides = [
                    side.get(ends) or self._untouched(memory, base, ends) for side, memory in ((mine, a), (others, b))
                ]
                cells[ends] = self._contents(condition, base, ends, sides)
        return made

    def _untouched(self, memory: Memory, base: str, ends: tuple[Linear, Linear]) -> frozenset[Node]:
        """What a range that this way does not write as a whole holds on it."""
        if ends[1] == ends[0] + constant(1):
            held = memory.holding(base, ends[0], self.ranges)
        elif all(apart(ends, other, self.ranges) for other in memory.pieces(base)):
            held = None
        else:
            raise NotUnderstood(f"{base} is written in different pieces by different ways")
        return frozenset({self.nodes.make("element", base)}) if held is None else held

    def _contents(
        self, condition: Condition, base: str, ends: tuple[Linear, Linear], sides: list[frozenset[Node]]
    ) -> frozenset[Node]:
        if sides[0] == sides[1]:
            return sides[0]
        if len(sides[0]) > 1 or len(sides[1]) > 1:
            raise NotUnderstood(f"{base} may hold one of several values")
        (yes,), (no,) = sides
        if condition.node.reads and (condition.lane != ends[0] or ends[1] != ends[0] + constant(1)):
            raise NotElementWise(f"an element of {base} depends on a decision about another element")
        lane = ends[0] if yes.reads or no.reads or condition.node.reads else None
        found = self.nodes.chosen(
            condition, Real(yes, lane if yes.reads else None), Real(no, lane if no.reads else None)
        )
        return frozenset({found.node})


def joined(
    tree: Tree, arithmetic: Arithmetic, raised: list[tuple[Condition, ...]], needed: frozenset[str] = frozenset()
) -> list[Leaf]:
    """The ends of a tree, joined, with the values that are still needed; ways that raise are added to `raised`."""
    return Joiner(arithmetic.nodes, arithmetic.ranges, raised, needed).join(tree)


Family = list[tuple[tuple[Condition, ...], Leaf]]


def families(tree: Tree, arithmetic: Arithmetic, raised: list[tuple[Condition, ...]]) -> list[Family]:
    """The ends of a tree, each with the conditions on hyperparameters and the step counter that lead to it.

    One family for each way that undetermined decisions may go; what depends on elements is joined.
    """
    joiner = Joiner(arithmetic.nodes, arithmetic.ranges, raised, frozenset())

    def visit(tree: Tree, taken: tuple[Condition, ...]) -> list[Family]:
        if isinstance(tree, Leaf) or (tree.condition is not None and tree.condition.node.reads):
            return [[(taken, leaf)] for leaf in joiner.join(tree, taken)] or [[]]
        if tree.condition is None:
            return [*visit(tree.yes, taken), *visit(tree.no, taken)]
        yes, no = visit(tree.yes, (*taken, tree.condition)), visit(tree.no, (*taken, ~tree.condition))
        return [[*a, *b] for a in yes for b in no]

    return visit(tree, ())
