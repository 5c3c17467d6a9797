"""Numbers in compiled code: expressions that are made once each, with the element that they belong to.

An expression does not say which element of its arrays it reads; the *lane* of a :class:`Real` does.  So the scalar
loop, each lane of a vector and every size give one and the same node if they compute the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ...derive.relations import eq, le, lt, negation
from ...derive.symbols import Quantity
from ..trace.constants import exact_number
from .problems import NotElementWise, NotUnderstood
from .sizes import Linear

__all__ = ["Condition", "Node", "Nodes", "Real", "condition_expression", "expressions", "together"]


@dataclass(frozen=True, eq=False)
class Node:
    """An operation on nodes; two are the same if and only if they are one object."""

    number: int
    operation: str
    arguments: tuple[object, ...]
    reads: bool
    """Whether it reads an element of an array."""


@dataclass(frozen=True)
class Real:
    """A number: what it is, and which element's it is (None if it reads none)."""

    node: Node
    lane: Linear | None = None


@dataclass(frozen=True)
class Condition:
    """A relation of numbers; `holds` is False for its negation."""

    node: Node
    lane: Linear | None = None
    holds: bool = True

    def __invert__(self) -> Condition:
        return Condition(self.node, self.lane, not self.holds)


def together(*values: Real | Condition) -> Linear | None:
    """The one element that values belong to."""
    lanes = {v.lane for v in values if v.node.reads}
    if len(lanes) > 1:
        raise NotElementWise("a number depends on more than one element")
    return lanes.pop() if lanes else None


@dataclass
class Nodes:
    """Makes nodes, each once."""

    held: dict[tuple[object, ...], Node] = field(default_factory=dict)

    def make(self, operation: str, *arguments: object) -> Node:
        """The node of an operation."""
        if operation in ("add", "mul", "max", "min", "eq"):
            arguments = tuple(sorted(arguments, key=lambda a: a.number if isinstance(a, Node) else -1))
        key = (operation, *(a.number if isinstance(a, Node) else a for a in arguments))
        found = self.held.get(key)
        if found is None:
            reads = operation == "element" or any(isinstance(a, Node) and a.reads for a in arguments)
            found = self.held[key] = Node(len(self.held), operation, arguments, reads)
        return found

    def apply(self, operation: str, *values: Real) -> Real:
        """An operation on numbers."""
        nodes = [v.node for v in values]
        one = self.make("number", sp.Integer(1))
        if operation in ("mul", "pow") and one in nodes[:1]:
            return values[1] if operation == "mul" else values[0]
        return Real(self.make(operation, *nodes), together(*values))

    def number(self, value: sp.Rational) -> Real:
        """A constant."""
        return Real(self.make("number", value))

    def relation(self, name: str, left: Real, right: Real) -> Condition | bool:
        """``"lt"``, ``"le"``, ``"eq"`` and their contraries, of real numbers."""
        lane = together(left, right)
        a, b = left.node, right.node
        if a is b:
            return name in ("le", "ge", "eq")
        for place, (one, other) in enumerate(((left, right), (right, left))):
            if other.node.operation == "number" and _is_choice_of_numbers(one.node):
                return self._distributed(name, one, other, swapped=place == 1)
        if a.operation == b.operation == "number":
            return _PLAIN[name](a.arguments[0], b.arguments[0])
        if name in ("gt", "le"):  # a <= b is the negation of b < a
            return Condition(self.make("lt", b, a), lane, name == "gt")
        if name in ("lt", "ge"):
            return Condition(self.make("lt", a, b), lane, name == "lt")
        return Condition(self.make("eq", a, b), lane, name == "eq")

    def _distributed(self, name: str, choice: Real, number: Real, *, swapped: bool) -> Condition | bool:
        """A relation of a number with one of several numbers: it is the condition that chooses, or joined of those."""
        asked, *ends = (_argument(choice.node, i) for i in range(3))
        condition = Condition(asked, choice.lane if asked.reads else None)
        found = []
        for end in ends:
            one = Real(end, choice.lane if end.reads else None)
            found.append(self.relation(name, *((number, one) if swapped else (one, number))))
        return self._choice_of(condition, *found)

    def _choice_of(self, condition: Condition, yes: Condition | bool, no: Condition | bool) -> Condition | bool:
        """``(condition and yes) or (not condition and no)``."""
        if yes == no:
            return yes
        if isinstance(yes, bool) and isinstance(no, bool):
            return condition if yes else ~condition
        if isinstance(yes, bool):
            return self._with("or" if yes else "and", condition if yes else ~condition, no)
        if isinstance(no, bool):
            return self._with("or" if no else "and", ~condition if no else condition, yes)
        return self._with("or", self.joined("and", condition, yes), self.joined("and", ~condition, no))

    def _with(self, operation: str, a: Condition | bool, b: Condition | bool) -> Condition | bool:
        for one, other in ((a, b), (b, a)):
            if isinstance(one, bool):
                return other if one == (operation == "and") else one
        return self.joined(operation, a, b)  # type: ignore[arg-type]

    def joined(self, operation: str, left: Condition, right: Condition) -> Condition | bool:
        """``"and"``, ``"or"`` or ``"xor"`` of conditions; relations of the same two numbers become one."""
        mine, others = _signs(left), _signs(right)
        if mine is not None and others is not None and mine[:2] == others[:2] and left.lane == right.lane:
            both = {"and": mine[2] & others[2], "or": mine[2] | others[2], "xor": mine[2] ^ others[2]}[operation]
            return self._relation_of(mine[0], mine[1], both, left.lane)
        if left == right and operation != "xor":
            return left
        ordered = sorted(((c.node, c.holds) for c in (left, right)), key=lambda s: (s[0].number, s[1]))
        return Condition(self.make(operation, *(x for s in ordered for x in s)), together(left, right))

    def _relation_of(self, a: Node, b: Node, signs: frozenset[int], lane: Linear | None) -> Condition | bool:
        """The relation that allows some of the signs of a - b."""
        if len(signs) in (0, 3):
            return bool(signs)
        (one,) = signs if len(signs) == 1 else _ALL - signs
        nodes = {-1: ("lt", a, b), 0: ("eq", a, b), 1: ("lt", b, a)}
        return Condition(self.make(*nodes[one]), lane, len(signs) == 1)

    def chosen(self, condition: Condition, yes: Real, no: Real) -> Real:
        """One of two numbers."""
        if yes.node is no.node and yes.lane == no.lane:
            return yes
        if not condition.holds:
            yes, no = no, yes
        if condition.node.operation == "eq" and yes.node in condition.node.arguments:
            # Where a number equals a constant, it is that constant.
            yes = next((Real(a) for a in _relatives(condition.node) if a.operation == "number"), yes)
            if yes.node is no.node:
                return yes
        ends = [_under(value.node, condition.node, i) for i, value in enumerate((yes, no))]
        if ends[0] is ends[1]:
            return Real(ends[0], yes.lane if yes.node.reads else no.lane) if ends[0].reads else Real(ends[0])
        return Real(self.make("if", condition.node, *ends), together(condition, yes, no))


_ALL = frozenset({-1, 0, 1})


def _signs(condition: Condition) -> tuple[Node, Node, frozenset[int]] | None:
    """Two numbers, the one that was made first before the other, and which signs of their difference are allowed."""
    if condition.node.operation not in ("lt", "eq"):
        return None
    a, b = (_argument(condition.node, i) for i in range(2))
    signs = frozenset({0}) if condition.node.operation == "eq" else frozenset({-1})
    if a.number > b.number:
        a, b, signs = b, a, frozenset(-s for s in signs)
    return a, b, signs if condition.holds else _ALL - signs


def _under(node: Node, condition: Node, place: int) -> Node:
    """What a choice by the same condition comes to, where that is decided."""
    while node.operation == "if" and node.arguments[0] is condition:
        node = _argument(node, 1 + place)
    return node


def _relatives(node: Node) -> list[Node]:
    """The operands that are nodes."""
    return [a for a in node.arguments if isinstance(a, Node)]


def _is_choice_of_numbers(node: Node) -> bool:
    """Whether a node is one of several constants, by conditions."""
    if node.operation != "if":
        return False
    ends = node.arguments[1:]
    return all(isinstance(e, Node) and (e.operation == "number" or _is_choice_of_numbers(e)) for e in ends)


_PLAIN: dict[str, Callable[[sp.Rational, sp.Rational], bool]] = {
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
}
_FUNCTIONS: dict[str, Callable[..., sp.Expr]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b,
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
    "exp": sp.exp,
    "expm1": lambda a: sp.exp(a) - 1,
    "log": sp.log,
    "log1p": lambda a: sp.log(1 + a),
    "max": sp.Max,
    "min": sp.Min,
    "copysign": lambda size, sign: sp.Piecewise((sp.Abs(size), le(0, sign)), (-sp.Abs(size), sp.true)),
    "lt": lt,
    "eq": eq,
}


def expressions(
    nodes: tuple[Node, ...], leaves: Callable[[str, str], sp.Expr], taken: Mapping[Node, bool] | None = None
) -> tuple[dict[Node, sp.Basic], list[sp.Expr]]:
    """Nodes as SymPy expressions, and what is divided by on the way.

    Parameters
    ----------
    nodes : tuple of Node
    leaves : callable
        From the kind (``"element"``, ``"scalar"`` or ``"count"``) and the name of a leaf to its symbol.
    taken : mapping of condition to bool, optional
        Cases that are decided; the others become ``Piecewise``.
    """
    found: dict[Node, sp.Basic] = {}
    divisors: dict[sp.Expr, None] = {}
    decided = taken or {}
    waiting = list(nodes)
    while waiting:
        node = waiting[-1]
        needed = [a for a in _needed(node, decided) if a not in found]
        if needed:
            waiting += needed
            continue
        waiting.pop()
        if node not in found:
            found[node] = _expression(node, found, leaves, decided)
            if node.operation == "div" and found[_argument(node, 1)].free_symbols:
                divisors[found[_argument(node, 1)]] = None
    return found, list(divisors)


def _needed(node: Node, decided: Mapping[Node, bool]) -> list[Node]:
    if node.operation == "if" and _argument(node, 0) in decided:
        return [_argument(node, 1 if decided[_argument(node, 0)] else 2)]
    return [a for a in node.arguments if isinstance(a, Node)]


def _argument(node: Node, place: int) -> Node:
    found = node.arguments[place]
    if not isinstance(found, Node):
        raise NotUnderstood(f"an operand of {node.operation} is no number")
    return found


def _expression(
    node: Node, found: Mapping[Node, sp.Basic], leaves: Callable[[str, str], sp.Expr], decided: Mapping[Node, bool]
) -> sp.Basic:
    if node.operation == "number":
        return node.arguments[0]
    if node.operation == "undefined":
        # A number of which nothing is known: what depends on it is equal to nothing else.
        return Quantity("undefined")
    if node.operation in ("element", "scalar", "count"):
        return leaves(node.operation, str(node.arguments[0]))
    if node.operation == "if":
        condition, yes, no = (_argument(node, i) for i in range(3))
        if condition in decided:
            return found[yes if decided[condition] else no]
        if found[yes] == found[no]:
            return found[yes]
        if found[condition] in (sp.true, sp.false):
            return found[yes if found[condition] == sp.true else no]
        return _choice(found[condition], found[yes], found[no])
    if node.operation in ("and", "or", "xor"):
        a, b = (condition_expression(found[_argument(node, i)], bool(node.arguments[i + 1])) for i in (0, 2))
        return {"and": sp.And, "or": sp.Or, "xor": sp.Xor}[node.operation](a, b)
    if node.operation == "div" and found[_argument(node, 1)] == 0:
        raise NotUnderstood("it divides by zero, whatever the values are")
    return _FUNCTIONS[node.operation](*(found[_argument(node, i)] for i in range(len(node.arguments))))


def _choice(condition: sp.Basic, yes: sp.Expr, no: sp.Expr) -> sp.Expr:
    """A case distinction, or a maximum or minimum where it is one."""
    if isinstance(condition, sp.StrictLessThan):
        if (yes, no) == (condition.rhs, condition.lhs):
            return sp.Max(yes, no)
        if (yes, no) == (condition.lhs, condition.rhs):
            return sp.Min(yes, no)
    if isinstance(no, sp.Piecewise):
        # The first condition that holds decides, in one distinction as in two nested ones.
        return sp.Piecewise((yes, condition), *no.args)
    return sp.Piecewise((yes, condition), (no, sp.true))


def condition_expression(e: sp.Basic, holds: bool) -> sp.Basic:
    """A condition or its negation."""
    if e in (sp.true, sp.false):
        return sp.true if (e == sp.true) == holds else sp.false
    return e if holds else negation(e)


def constant_value(text: str, kind: str) -> tuple[sp.Rational, str]:
    """The number that an LLVM constant of type float or double means, and a note if it was not simply read.

    Examples
    --------
    >>> constant_value("0x3FB99999A0000000", "float")[0], constant_value("1.000000e+00", "double")[0]
    (1/10, 1)
    """
    import struct

    import numpy as np

    if text.startswith("0x"):
        if not text[2:].isalnum() or len(text) != 18:
            raise NotUnderstood(f"the constant {text} is of no type that is known here")
        value = struct.unpack(">d", bytes.fromhex(text[2:]))[0]
    else:
        value = float(text)
    if not np.isfinite(value):
        raise NotUnderstood("an infinite constant or NaN takes part in the arithmetic")
    return exact_number(float(str(np.float32(value))) if kind == "float" else value)
