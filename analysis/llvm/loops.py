"""A loop over elements, for any number of iterations, by induction.

The body is executed once for an iteration ``k`` that stands for all.  Each of the loop's sizes and addresses must be a
linear form in k that the end of iteration k hands on to k + 1, and the numbers must be the element's own: each array
that is written is written in a window that moves by its own width, and read nowhere else.  Then the iterations do not
see each other, and what iteration k writes is what the loop leaves in window k.
"""

from __future__ import annotations

from dataclasses import replace

from .graph import Loop, Plan
from .machine import Memory, Pointer, State, Test
from .nodes import Condition, Real
from .problems import NotElementWise, NotUnderstood
from .sizes import ITERATION, Linear, Ranges, constant, symbol
from .walk import Leaf, Walker, joined

__all__ = ["summarised"]


def summarised(
    walker: Walker, loop: Loop, previous: str, state: State, raised: list[tuple[Condition, ...]]
) -> tuple[State, str, str]:
    """The state after a loop that is entered from `previous`, the block that it is left from, and the next one."""
    arithmetic, plan = walker.arithmetic, Plan.of(walker.function, loop)
    start = walker.entering(walker.function.blocks[loop.header], previous, state)
    k = symbol(ITERATION)
    moving = {name: _moved(value, k.times(plan.steps[name])) for name, value in start.items()}
    test = _test(walker, plan, State({**state.values, **moving}, state.memory))
    last = _last(test, plan, arithmetic.ranges)
    ranges = replace(arithmetic.ranges, last=last)
    one = _iteration(walker, plan, moving, state, ranges, raised)
    _check(walker, plan, one, moving, ranges, test)
    memory = state.memory.copy()
    _leave(one.state.memory, memory, ranges, arithmetic.ranges, last)
    values = {name: _at(one.state.values[name], last) for name in plan.needed & one.state.values.keys()}
    return State({**state.values, **values}, memory, state.decided), plan.latch, plan.goal


def _test(walker: Walker, plan: Plan, state: State) -> Test:
    """What the loop asks at its end, in terms of the iteration."""
    arithmetic = walker.arithmetic
    outside, arithmetic.ranges = arithmetic.ranges, replace(arithmetic.ranges, last=None)
    try:
        for line in plan.asking:
            arithmetic.execute(line, state)
        test = arithmetic.value(plan.condition, state)
    finally:
        arithmetic.ranges = outside
    if not isinstance(test, Test):
        raise NotUnderstood("how often a loop runs is not known")
    return test


def _iteration(
    walker: Walker,
    plan: Plan,
    start: dict[str, object],
    state: State,
    ranges: Ranges,
    raised: list[tuple[Condition, ...]],
) -> Leaf:
    """One iteration from given values of the header's phis."""
    arithmetic = walker.arithmetic
    outside, arithmetic.ranges = arithmetic.ranges, ranges
    try:
        fresh = State({**state.values, **start}, state.memory.layer(), dict(state.decided))
        ends = joined(walker.iteration(plan.loop, fresh), arithmetic, raised, plan.needed)
    finally:
        arithmetic.ranges = outside
    if len(ends) != 1 or ends[0].status is not None or ends[0].block != plan.latch:
        raise NotUnderstood("a loop is left before its last element")
    return ends[0]


def _moved(value: object, move: Linear) -> object:
    if isinstance(value, Pointer):
        return Pointer(value.base, value.offset + move)
    return value + move if isinstance(value, Linear) else value


def _at(value: object, last: Linear) -> object:
    """A value of the last iteration."""
    if isinstance(value, Linear):
        return value.put(ITERATION, last)
    if isinstance(value, Pointer):
        return Pointer(value.base, value.offset.put(ITERATION, last))
    if isinstance(value, Real) and value.lane is not None:
        return Real(value.node, value.lane.put(ITERATION, last))
    if isinstance(value, Condition) and value.lane is not None:
        return Condition(value.node, value.lane.put(ITERATION, last), value.holds)
    if isinstance(value, Test):
        return Test(value.predicate, value.left.put(ITERATION, last), value.right.put(ITERATION, last))
    return tuple(_at(v, last) for v in value) if isinstance(value, tuple) else value


_CONTRARY = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}


def _last(test: Test, plan: Plan, ranges: Ranges) -> Linear:
    """The last iteration: the first one whose test ends the loop."""
    relation = test.predicate if test.predicate in ("eq", "ne") else test.predicate[1:]
    relation = _CONTRARY[relation] if plan.stays else relation
    difference = test.left - test.right
    if relation in ("lt", "le"):
        difference, relation = difference.times(-1), {"lt": "gt", "le": "ge"}[relation]
    if relation == "gt":
        difference = difference - constant(1)
    slope = difference.factor(ITERATION)
    start = difference.put(ITERATION, constant(0))
    if relation == "eq" and slope < 0:
        slope, start = -slope, start.times(-1)
    if relation == "ne" or slope <= 0:
        raise NotUnderstood("how often a loop runs is not known")
    # The first k >= 0 with slope k + start = 0, or >= 0.
    rest = start.times(-1)
    if relation != "eq":
        rest = rest + constant(-rest.constant % slope)
    last = rest.over(slope)
    if last is None:
        raise NotUnderstood("how often a loop runs is not known: its end is no whole number of steps away")
    if not ranges.compare("sge", last, constant(0)):
        raise NotUnderstood("a loop runs past its end")
    return last


def _check(walker: Walker, plan: Plan, leaf: Leaf, moving: dict[str, object], ranges: Ranges, test: Test) -> None:
    """The induction: iteration k hands on to k + 1, and the numbers in its test do not wrap around."""
    handed_on = {name: _moved(value, constant(plan.steps[name])) for name, value in moving.items()}
    if walker.entering(walker.function.blocks[plan.loop.header], plan.latch, leaf.state) != handed_on:
        raise NotUnderstood("an index does not move by the same amount each time")
    for side in (test.left, test.right, test.left - test.right):
        ranges.signed(side)
    if test.predicate[0] == "u" and min(ranges.bounds(s)[0] for s in (test.left, test.right)) < 0:
        raise NotUnderstood("how often a loop runs is not known: a size may be negative")


def _leave(layer: Memory, memory: Memory, inside: Ranges, outside: Ranges, last: Linear) -> None:
    """Write what all iterations wrote."""
    for base, cells in layer.cells.items():
        starts = [ends[0] for ends in cells]
        width = starts[0].factor(ITERATION)
        offsets = [_offset(s, starts[0]) for s in starts]
        places = sorted(offsets)
        if any(ends[1] - ends[0] != constant(1) for ends in cells) or width <= 0:
            raise NotUnderstood(f"the loop does not move along {base}")
        if places != list(range(places[0], places[0] + width)):
            raise NotElementWise(f"a loop over {base} moves by {width} elements, and writes {len(places)} of them")
        read = [_offset(e, starts[0]) for b, e in layer.loads if b == base]
        if any(not places[0] <= place <= places[-1] for place in read):
            raise NotElementWise(f"an element of {base} is computed from another one")
        low = starts[0].put(ITERATION, constant(0)) + constant(places[0])
        high = low + (last + constant(1)).times(width)
        memory.write(base, (low, high), frozenset().union(*cells.values()), outside)
    memory.loads.update({(b, e.put(ITERATION, last)): None for b, e in layer.loads})


def _offset(element: Linear, origin: Linear) -> int:
    """How far apart two elements of one iteration are."""
    apart = element - origin
    if not apart.is_constant:
        raise NotElementWise("elements that are handled in one iteration move apart")
    return apart.constant
