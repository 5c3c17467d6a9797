"""Python statements executed in an algebra: a generated module's ``step``, from its arguments to what it stores.

A loop over the elements is taken once, for one element that stands for all.  That is sound because the loop may read
and write arrays at its own index only, and may read no name that another element assigned.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from .algebra import Algebra
from .expressions import Expressions
from .helpers import meaning_of
from .values import ELEMENT, LENGTH, Array, Function, Imported, NotUnderstood, Stored, Wrong

__all__ = ["Execution"]


# Options of njit, and the values with which they leave the results alone.
_HARMLESS = {"cache": "any", "nogil": "any", "error_model": "'numpy'", "boundscheck": "any", "fastmath": "False"}


class _Returned(Exception):
    """A return statement was reached."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Execution:
    """One module's source, ready to have its functions executed.

    Parameters
    ----------
    source : str
        The module's text.
    algebra : Algebra
        What numbers are.

    Raises
    ------
    NotUnderstood
        If the text is no Python, or the module does more than import, assign and define.
    """

    def __init__(self, source: str, algebra: Algebra) -> None:
        self.expressions = Expressions(source, algebra, self.call)
        self._algebra = algebra
        self._globals: dict[str, object] = {}
        self._depth = 0
        self._in_loop = False
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            raise NotUnderstood(f"line {error.lineno}: the source is not Python: {error.msg}") from None
        for node in tree.body:
            self._define(node)

    def function(self, name: str) -> Function:
        """The function called `name`."""
        found = self._globals.get(name)
        if not isinstance(found, Function):
            raise NotUnderstood(f"the module defines no function {name!r}")
        return found

    def parameters(self, name: str) -> tuple[str, ...]:
        """The names of the parameters of the function called `name`, in order."""
        return tuple(a.arg for a in _arguments(self.function(name)))

    def _define(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef):
            if node.name in self._globals:
                raise self.expressions.unknown(node.args, f"belongs to {node.name!r}, which is defined twice")
            self._require_plain_decorators(node)
            self._globals[node.name] = Function(node, self._globals)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                path = alias.name if alias.asname else alias.name.split(".")[0]
                self._globals[alias.asname or path] = Imported(path)
        elif isinstance(node, ast.ImportFrom) and all(alias.name != "*" for alias in node.names):
            for alias in node.names:
                self._globals[alias.asname or alias.name] = Imported(f"{node.module}.{alias.name}")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._global_constant(node)
        elif not (_is_docstring(node) or _is_main_guard(node)):
            raise self.expressions.unknown(node)

    def _require_plain_decorators(self, node: ast.FunctionDef) -> None:
        """Only Numba's compilation without licence to change the arithmetic leaves a function what its text says."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            known = self._globals.get(ast.unparse(call.func)) == Imported("numba.njit")
            options = {k.arg: ast.unparse(k.value) for k in call.keywords}
            if not known or any(_HARMLESS.get(str(name)) not in (text, "any") for name, text in options.items()):
                raise self.expressions.unknown(decorator, f"may change what {node.name!r} computes")

    def _global_constant(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) != 1 or not isinstance(targets[0], ast.Name) or node.value is None:
            raise self.expressions.unknown(node)
        name = targets[0].id
        # A constant that cannot be read matters only where it is used.
        try:
            self._globals[name] = self.expressions.evaluate(node.value, self._globals)
        except NotUnderstood:
            self._globals.pop(name, None)

    def call(
        self, function: Function, arguments: Sequence[object], keywords: Mapping[str, object], node: ast.AST
    ) -> object:
        """Execute a function of the module; `arguments` are numbers, arrays and markers."""
        definition: Any = function.node
        meaning = meaning_of(function)
        if meaning is not None:
            if keywords:
                raise self.expressions.unknown(node, "names its arguments")
            return meaning(self._algebra, arguments)
        if self._depth > 8:
            raise self.expressions.unknown(node, "calls itself, or too many functions deep")
        names = self._bound(function, arguments, keywords, node)
        self._depth += 1
        try:
            self._block(definition.body, names, definition)
        except _Returned as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _bound(
        self, function: Function, arguments: Sequence[object], keywords: Mapping[str, object], node: ast.AST
    ) -> dict[str, object]:
        definition: Any = function.node
        spec = definition.args
        parameters = [a.arg for a in _arguments(function)]
        positional = len(spec.posonlyargs) + len(spec.args)
        extra = {name: value for name, value in keywords.items() if name not in parameters}
        if spec.vararg or len(arguments) > positional or (extra and not spec.kwarg):
            raise self.expressions.unknown(node, f"does not fit the parameters of {definition.name!r}")
        given = {**dict(zip(parameters, arguments, strict=False)), **keywords}
        if spec.kwarg:
            given = {**{n: v for n, v in given.items() if n not in extra}, spec.kwarg.arg: extra}
        defaults = dict(zip(parameters[positional - len(spec.defaults) : positional], spec.defaults, strict=True))
        defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
        for name in parameters:
            if name not in given:
                if name not in defaults:
                    raise NotUnderstood(f"{definition.name!r} has a parameter {name!r} for which there is no value")
                given[name] = self.expressions.evaluate(defaults[name], function.globals)
        return {**function.globals, **given}

    def _block(self, statements: Sequence[ast.stmt], names: dict[str, object], inside: ast.FunctionDef) -> None:
        for statement in statements:
            self._statement(statement, names, inside)

    def _statement(self, node: ast.stmt, names: dict[str, object], inside: ast.FunctionDef) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._store(node.targets[0], self.expressions.evaluate(node.value, names), names)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._store(node.target, self.expressions.evaluate(node.value, names), names)
        elif isinstance(node, ast.AugAssign):
            value = self.expressions.evaluate(
                ast.copy_location(ast.BinOp(_as_load(node.target), node.op, node.value), node), names
            )
            self._store(node.target, value, names)
        elif isinstance(node, ast.For) and _only_raises(node):
            for name in (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)):
                names.pop(name, None)
        elif isinstance(node, ast.For):
            self._loop(node, names, inside)
        elif isinstance(node, ast.Return):
            raise _Returned(None if node.value is None else self.expressions.evaluate(node.value, names))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self.expressions.evaluate(node.value, names)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and type(names.get(node.test.id)) is int:
            self._block(node.body if names[node.test.id] else node.orelse, names, inside)
        elif isinstance(node, ast.With) and all(_is_errstate(item) for item in node.items):
            self._block(node.body, names, inside)
        elif not (isinstance(node, ast.Pass) or _is_docstring(node) or _only_raises(node)):
            raise self.expressions.unknown(node)

    def _store(self, target: ast.expr, value: object, names: dict[str, object]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, ast.Tuple) and isinstance(value, tuple) and len(value) == len(target.elts):
            for part, one in zip(target.elts, value, strict=True):
                self._store(part, one, names)
        elif isinstance(target, ast.Subscript):
            self._store_element(target, value, names)
        else:
            raise self.expressions.unknown(target, "is no target that is known here")

    def _store_element(self, target: ast.Subscript, value: object, names: dict[str, object]) -> None:
        array = self.expressions.evaluate(target.value, names)
        if not isinstance(array, Array) or self.expressions.index(target, names) is not ELEMENT:
            raise self.expressions.unknown(target, "does not store into the element of the loop's index")
        fits = isinstance(value, Stored) and value.format == array.stored
        if not fits and (array.stored is not None or not self._algebra.is_number(value)):
            raise self.expressions.unknown(target, "stores something that is no number of the arrays' kind")
        if not array.writable:
            raise Wrong(
                f"line {target.lineno}: {ast.unparse(target)!r} stores into {array.name}, which a step only reads"
            )
        array.element = value

    def _loop(self, node: ast.For, names: dict[str, object], inside: ast.FunctionDef) -> None:
        self._require_every_element(node, names, inside)
        if not isinstance(node.target, ast.Name) or node.orelse or self._in_loop:
            raise self.expressions.unknown(node, "is no simple loop over the elements")
        if any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in ast.walk(node)):
            raise self.expressions.unknown(node, "may leave the loop before the last element")
        own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        # Whatever the loop assigns has no value at its start, so that no element sees another's.
        outer = {name: value for name, value in names.items() if name not in own}
        self._in_loop = True
        self._block(node.body, {**outer, node.target.id: ELEMENT}, inside)
        self._in_loop = False
        for name in own:
            names.pop(name, None)

    def _require_every_element(self, node: ast.For, names: dict[str, object], inside: ast.FunctionDef) -> None:
        bounds = node.iter
        if not (isinstance(bounds, ast.Call) and ast.unparse(bounds.func) == "range" and "range" not in names):
            raise self.expressions.unknown(bounds, "is not range(start, stop)")
        try:
            values = [self.expressions.evaluate(a, names) for a in bounds.args]
        except NotUnderstood:
            raise self.expressions.unknown(bounds, "is not the whole range of elements") from None
        if len(values) == 1:
            values.insert(0, 0)
        if len(values) != 2 or bounds.keywords or not _is_zero(values[0]) or values[1] is not LENGTH:
            raise Wrong(f"line {node.lineno}: {ast.unparse(bounds)!r} does not run over every element")
        # A function that is given a range by its caller must take that range and no other.
        parameters = {a.arg for a in (*inside.args.posonlyargs, *inside.args.args, *inside.args.kwonlyargs)}
        given = {p for p in parameters if names.get(p) is LENGTH or _is_zero(names.get(p))}
        used = {a.id for a in bounds.args if isinstance(a, ast.Name)}
        if given - used:
            raise Wrong(
                f"line {node.lineno}: {ast.unparse(bounds)!r} does not keep to the range that {inside.name!r} was given"
            )


def _arguments(function: Function) -> list[ast.arg]:
    definition: Any = function.node
    return [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]


def _is_zero(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == 0


def _as_load(target: ast.expr) -> ast.expr:
    loaded = ast.parse(ast.unparse(target), mode="eval").body
    return ast.fix_missing_locations(ast.copy_location(loaded, target))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _is_errstate(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and ast.unparse(call.func) in ("np.errstate", "numpy.errstate")


def _only_raises(node: ast.stmt) -> bool:
    """Whether `node` only refuses bad input: what it lets pass, it does not change."""
    if isinstance(node, ast.For):
        return _is_quiet(node.iter) and not node.orelse and all(_only_raises(s) for s in node.body)
    if not isinstance(node, ast.If) or not _is_quiet(node.test):
        return False
    return all(isinstance(s, ast.Raise) for s in (*node.body, *node.orelse))


def _is_quiet(node: ast.expr) -> bool:
    """Whether evaluating `node` changes nothing: it only calls ``items()``, ``values()`` and ``get(name, ...)``."""
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr):
            return False
        if isinstance(part, ast.Call):
            called = part.func.attr if isinstance(part.func, ast.Attribute) else ""
            plain = not part.args or (called == "get" and all(isinstance(a, ast.Name) for a in part.args))
            if called not in ("items", "values", "get") or not plain or part.keywords:
                return False
    return True
