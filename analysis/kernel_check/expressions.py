"""Python expressions executed in an algebra: a strict interpreter that stops at whatever it does not know."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .algebra import Algebra, Meaningless
from .values import ELEMENT, LENGTH, Array, DType, Function, Imported, Method, NotUnderstood, Wrong

__all__ = ["Expressions"]

_CASTS = {
    "builtins.float": "float64",
    "builtins.int": "int64",
    "numpy.float32": "float32",
    "numpy.float64": "float64",
    "numpy.int64": "int64",
    "numpy.uint64": "uint64",
}
_FUNCTIONS = {
    **dict.fromkeys(("numpy.sqrt", "math.sqrt"), ("sqrt", 1)),
    **dict.fromkeys(("numpy.abs", "numpy.absolute", "numpy.fabs", "math.fabs", "builtins.abs"), ("abs", 1)),
    **dict.fromkeys(("numpy.exp", "math.exp"), ("exp", 1)),
    **dict.fromkeys(("numpy.log", "math.log"), ("log", 1)),
    **dict.fromkeys(("numpy.maximum", "builtins.max"), ("max", 2)),
    **dict.fromkeys(("numpy.minimum", "builtins.min"), ("min", 2)),
    "numpy.sign": ("sign", 1),
}
_POWERS = {"numpy.power", "math.pow", "builtins.pow"}
_BUILTINS = ("abs", "float", "int", "len", "map", "max", "min", "pow", "range")
_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
_RELATIONS = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!="}


class Expressions:
    """Evaluates expressions of one source text.

    Parameters
    ----------
    source : str
        The whole text; literals are read from it.
    algebra : Algebra
        What numbers are.
    call : callable
        Called as ``call(function, arguments, keywords, node)`` for functions that the module defines.
    """

    def __init__(self, source: str, algebra: Algebra, call: Callable[..., object]) -> None:
        self._lines = source.splitlines()
        self._algebra = algebra
        self._call_function = call

    def unknown(self, node: ast.AST, why: str = "is not known to the interpreter of kernels") -> NotUnderstood:
        """The error that names the construct at `node` and its line."""
        line = getattr(node, "lineno", 0)
        return NotUnderstood(f"line {line}: {ast.unparse(node)!r} ({type(node).__name__}) {why}")

    def evaluate(self, node: ast.expr, names: Mapping[str, object]) -> Any:
        """The value of `node`: a number, a condition, an array, a tuple, a function or a marker."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self.unknown(node)
        try:
            return method(node, names)
        except Meaningless as error:
            raise self.unknown(node, str(error)) from None

    def number(self, node: ast.expr, names: Mapping[str, object]) -> Any:
        """The value of `node`, which must be a number."""
        return self._as_number(node, self.evaluate(node, names))

    def _as_number(self, node: ast.expr, value: object) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return self._algebra.integer(value)
        if value in (Imported("math.nan"), Imported("numpy.nan")):
            return self._algebra.nan()
        if not self._algebra.is_number(value):
            raise self.unknown(node, "is used as a number and is none")
        return value

    def condition(self, node: ast.expr, names: Mapping[str, object]) -> Any:
        """The value of `node`, which must be a comparison or a combination of some."""
        value = self.evaluate(node, names)
        if not self._algebra.is_condition(value):
            raise self.unknown(node, "is used as a condition and is no comparison")
        return value

    def _constant(self, node: ast.Constant, names: Mapping[str, object]) -> object:
        if not isinstance(node.value, float):
            return node.value
        line = self._lines[node.lineno - 1].encode()
        return self._algebra.literal(line[node.col_offset : node.end_col_offset].decode(), node.value)

    def _name(self, node: ast.Name, names: Mapping[str, object]) -> object:
        if node.id in names:
            return names[node.id]
        if node.id in _BUILTINS:
            return Imported(f"builtins.{node.id}")
        raise self.unknown(node, "has no value here (in a loop: no value of this element's own)")

    def _tuple(self, node: ast.Tuple | ast.List, names: Mapping[str, object]) -> tuple[object, ...]:
        return self._values(node.elts, names)

    _list = _tuple

    def _values(self, nodes: Sequence[ast.expr], names: Mapping[str, object]) -> tuple[object, ...]:
        """The values of `nodes`, with starred ones unpacked."""
        found: list[object] = []
        for node in nodes:
            if not isinstance(node, ast.Starred):
                found.append(self.evaluate(node, names))
                continue
            several = self.evaluate(node.value, names)
            if not isinstance(several, tuple):
                raise self.unknown(node, "does not unpack a tuple")
            found.extend(several)
        return tuple(found)

    def _listcomp(self, node: ast.ListComp, names: Mapping[str, object]) -> tuple[object, ...]:
        (loop,) = node.generators if len(node.generators) == 1 else (None,)
        if loop is None or loop.ifs or loop.is_async or not isinstance(loop.target, ast.Name):
            raise self.unknown(node)
        values = self.evaluate(loop.iter, names)
        if not isinstance(values, tuple):
            raise self.unknown(loop.iter, "is no tuple to go through")
        return tuple(self.evaluate(node.elt, {**names, loop.target.id: value}) for value in values)

    def _attribute(self, node: ast.Attribute, names: Mapping[str, object]) -> object:
        value = self.evaluate(node.value, names)
        if isinstance(value, Imported):
            return Imported(f"{value.path}.{node.attr}")
        if isinstance(value, Array) and node.attr == "size":
            return LENGTH
        if isinstance(value, Array) and node.attr == "shape":
            return (LENGTH,)
        if isinstance(value, DType) and node.attr == "type":
            return Imported(f"numpy.{value.name}")
        if isinstance(value, (Array, dict)):
            return Method(value, node.attr)
        raise self.unknown(node)

    def _subscript(self, node: ast.Subscript, names: Mapping[str, object]) -> object:
        value, index = self.evaluate(node.value, names), self.index(node, names)
        if isinstance(value, Array) and index is ELEMENT:
            return value.element
        if isinstance(value, tuple) and isinstance(index, int) and -len(value) <= index < len(value):
            return value[index]
        raise self.unknown(node, "does not read the element of the loop's index")

    def index(self, node: ast.Subscript, names: Mapping[str, object]) -> object:
        """What stands in the brackets."""
        try:
            return self.evaluate(node.slice, names)
        except NotUnderstood:
            raise self.unknown(node, "does not stand for the element of the loop's index") from None

    def _unaryop(self, node: ast.UnaryOp, names: Mapping[str, object]) -> Any:
        if isinstance(node.op, ast.Not):
            return self._algebra.logic("not", [self.condition(node.operand, names)])
        if isinstance(node.op, ast.USub):
            return self._algebra.function("neg", [self.number(node.operand, names)])
        raise self.unknown(node)

    def _binop(self, node: ast.BinOp, names: Mapping[str, object]) -> Any:
        if type(node.op) not in _BINARY:
            raise self.unknown(node)
        left, right = self.number(node.left, names), self.number(node.right, names)
        return self._algebra.binary(_BINARY[type(node.op)], left, right)

    def _compare(self, node: ast.Compare, names: Mapping[str, object]) -> Any:
        if len(node.ops) != 1 or type(node.ops[0]) not in _RELATIONS:
            raise self.unknown(node)
        left, right = self.number(node.left, names), self.number(node.comparators[0], names)
        return self._algebra.compare(_RELATIONS[type(node.ops[0])], left, right)

    def _boolop(self, node: ast.BoolOp, names: Mapping[str, object]) -> Any:
        operation = "and" if isinstance(node.op, ast.And) else "or"
        return self._algebra.logic(operation, [self.condition(v, names) for v in node.values])

    def _ifexp(self, node: ast.IfExp, names: Mapping[str, object]) -> Any:
        condition = self.condition(node.test, names)
        return self._algebra.choose(condition, self.number(node.body, names), self.number(node.orelse, names))

    def _call(self, node: ast.Call, names: Mapping[str, object]) -> object:
        function = self.evaluate(node.func, names)
        if isinstance(function, Function):
            keywords = {str(k.arg): self.evaluate(k.value, names) for k in node.keywords if k.arg is not None}
            if len(keywords) < len(node.keywords):
                raise self.unknown(node)
            return self._call_function(function, self._values(node.args, names), keywords, node)
        if node.keywords:
            raise self.unknown(node)
        if isinstance(function, Method):
            return self._call_method(node, function, self._values(node.args, names))
        if isinstance(function, Imported):
            return self._call_imported(node, function.path, names)
        raise self.unknown(node)

    def _call_method(self, node: ast.Call, method: Method, arguments: Sequence[object]) -> object:
        if isinstance(method.owner, Array) and method.name in ("reshape", "ravel"):
            if all(ast.unparse(a) == "-1" for a in node.args):
                return method.owner
        elif isinstance(method.owner, Array) and method.name == "fill" and ast.unparse(node.args[0]) == "0":
            if not method.owner.writable or method.owner.stored is not None:
                raise Wrong(f"line {node.lineno}: {method.owner.name} is filled with zeros, and a step only reads it")
            method.owner.element = self._algebra.integer(0)
            return None
        elif isinstance(method.owner, dict) and method.name == "values" and not arguments:
            return tuple(method.owner.values())
        raise self.unknown(node)

    def _call_imported(self, node: ast.Call, path: str, names: Mapping[str, object]) -> object:
        if path == "builtins.len" and len(node.args) == 1 and isinstance(self.evaluate(node.args[0], names), Array):
            return LENGTH
        if path == "numpy.dtype" and len(node.args) == 1:
            kind = self.evaluate(node.args[0], names)
            if isinstance(kind, Imported) and kind.path in ("numpy.float32", "numpy.float64"):
                return DType(kind.path.removeprefix("numpy."))
            raise self.unknown(node)
        if path == "builtins.map" and len(node.args) == 2:
            function, values = (self.evaluate(a, names) for a in node.args)
            if isinstance(function, Imported) and isinstance(values, tuple):
                return tuple(self._known_function(node, function.path, [self._as_number(node, v)]) for v in values)
            raise self.unknown(node)
        return self._known_function(node, path, [self.number(a, names) for a in node.args])

    def _known_function(self, node: ast.Call, path: str, arguments: list[Any]) -> Any:
        if path in _CASTS and len(arguments) == 1:
            return self._algebra.cast(_CASTS[path], arguments[0])
        if path in _POWERS and len(arguments) == 2:
            return self._algebra.binary("pow", *arguments)
        name, arity = _FUNCTIONS.get(path, ("", -1))
        if len(arguments) != arity:
            raise self.unknown(node)
        return self._algebra.function(name, arguments)
