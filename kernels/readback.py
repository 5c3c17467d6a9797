"""Read a printed module back into expressions, so that the proof covers the text and not only what was meant.

Nothing is executed: the source is parsed, and the few forms that the printer writes are interpreted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

import sympy as sp

from ..derive import Quantity
from .conversions import CONVERSIONS, COUNT, RANDOM
from .errors import KernelError
from .form import Form
from .printer import code_names
from .program import StepProgram

__all__ = ["read_back"]

_BINARY: dict[type[ast.operator], Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARE: dict[type[ast.cmpop], Callable[[sp.Expr, sp.Expr], sp.Basic]] = {
    ast.Eq: sp.Eq,
    ast.NotEq: sp.Ne,
    ast.Lt: sp.StrictLessThan,
    ast.LtE: sp.LessThan,
    ast.Gt: sp.StrictGreaterThan,
    ast.GtE: sp.GreaterThan,
}
_CALLS: dict[str, Callable[..., sp.Expr]] = {
    "np.sqrt": sp.sqrt,
    "math.sqrt": sp.sqrt,
    "np.abs": sp.Abs,
    "abs": sp.Abs,
    "np.sign": sp.sign,
    "np.exp": sp.exp,
    "math.exp": sp.exp,
    "np.log": sp.log,
    "math.log": sp.log,
    "np.maximum": sp.Max,
    "np.minimum": sp.Min,
    "max": sp.Max,
    "min": sp.Min,
    "np.float32": lambda x: x,
    "np.float64": lambda x: x,
}


_HELPERS = {**CONVERSIONS, **RANDOM, "count_nonfinite": COUNT}


def read_back(source: str, program: StepProgram, form: Form | None = None) -> dict[Quantity, sp.Expr]:
    """The one-step map that `source` computes.

    Parameters
    ----------
    source : str
        A module as :func:`optproof.kernels.printer.print_module` writes it.
    program : StepProgram
        What was printed; only its rule and the names of its inputs are used.
    form : Form, optional
        Of the module; by default without anything special.

    Raises
    ------
    KernelError
        If the source is not of the form that the printer writes.
    """
    try:
        return _read(ast.parse(source), program, form or Form(program.dtype or "float64"))
    except KernelError:
        raise
    except (SyntaxError, KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise KernelError(
            f"the source of {program.rule.name!r} is not a module as the printer writes it: {error}"
        ) from error


def _read(module: ast.Module, program: StepProgram, form: Form) -> dict[Quantity, sp.Expr]:
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    for name, text in _HELPERS.items():
        _require(name not in functions or _is_as_written(functions[name], text), f"the lines of {name}")
    names = code_names(program)
    prologue = functions["prologue"]
    values: dict[str, sp.Basic] = {names[q]: q for q in program.uniform_inputs}
    _require([a.arg for a in prologue.args.args] == [names[q] for q in program.uniform_inputs], "prologue's arguments")
    returned: list[sp.Basic] = []
    for statement in prologue.body[1:]:
        if isinstance(statement, ast.Return):
            _require(isinstance(statement.value, ast.Tuple), "the prologue's results")
            returned = [_evaluate(e, values) for e in statement.value.elts]  # type: ignore[union-attr]
        else:
            _assign(statement, values)
    return _read_range(functions["step_range"], program, form, names, returned)


def _is_as_written(function: ast.FunctionDef, text: str) -> bool:
    """Whether a function is the helper of the `text`, whose own proof is elsewhere."""
    (expected,) = ast.parse(text).body
    return ast.dump(ast.Module(function.body, [])) == ast.dump(ast.Module(expected.body, [])) and ast.dump(  # type: ignore[attr-defined]
        function.args
    ) == ast.dump(expected.args)  # type: ignore[attr-defined]


def _read_range(
    function: ast.FunctionDef,
    program: StepProgram,
    form: Form,
    names: Mapping[Quantity, str],
    scalars: list[sp.Basic],
) -> dict[Quantity, sp.Expr]:
    arguments = [a.arg for a in function.args.args]
    if form.stochastic_rounding:
        _require(arguments.pop() == "key", "the key of the random bits")
    arrays = {names[q]: q for q in program.elements}
    _require(arguments[:2] == ["start", "stop"], "the range")
    _require(arguments[2 : 2 + len(arrays)] == list(arrays), "the arrays")
    values: dict[str, sp.Basic] = dict(zip(arguments[2 + len(arrays) :], scalars, strict=True))
    loop = function.body[-1]
    _require(isinstance(loop, ast.For) and ast.unparse(loop.iter) == "range(start, stop)", "the loop")
    values |= {f"{name}[i]": q for name, q in arrays.items()}
    for statement in loop.body:  # type: ignore[attr-defined]
        # Reading an element after it was overwritten gives the new value, as it does in the machine.
        _assign(statement, values)
    gradient = program.rule.gradient
    left = sp.S.Zero if form.zero_gradient else gradient
    _require(values[f"{names[gradient]}[i]"] == left, "what the step leaves in the gradient")
    return {q: values[f"{names[q]}[i]"] for q, _ in program.outputs}


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise KernelError(f"{what} of the printed module are not where the printer puts them")


def _assign(statement: ast.stmt, values: dict[str, sp.Basic]) -> None:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        raise KernelError(f"the printed module holds {ast.unparse(statement)!r}, which is no assignment")
    values[ast.unparse(statement.targets[0])] = _evaluate(statement.value, values)


def _evaluate(node: ast.expr, values: Mapping[str, sp.Basic]) -> sp.Basic:
    if isinstance(node, (ast.Name, ast.Subscript)):
        return values[ast.unparse(node)]
    if isinstance(node, ast.Attribute) and node.attr == "nan":
        return sp.nan
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        exact = Fraction(cast("float", node.value))
        return sp.Rational(exact.numerator, exact.denominator)
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_evaluate(node.left, values), _evaluate(node.right, values))
    if isinstance(node, ast.UnaryOp):
        inner = _evaluate(node.operand, values)
        return sp.Not(inner) if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.Compare):
        return _COMPARE[type(node.ops[0])](_evaluate(node.left, values), _evaluate(node.comparators[0], values))
    if isinstance(node, ast.BoolOp):
        return (sp.And if isinstance(node.op, ast.And) else sp.Or)(*(_evaluate(v, values) for v in node.values))
    if isinstance(node, ast.IfExp):
        return _cases(node, values)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in CONVERSIONS:
        # Over the real numbers a conversion changes nothing; the random bits that it may take are no part of its value.
        return _evaluate(node.args[0], values)
    if isinstance(node, ast.Call):
        return _CALLS[ast.unparse(node.func)](*(_evaluate(a, values) for a in node.args))
    raise KernelError(f"the printed module holds {ast.unparse(node)!r}, which the printer never writes")


def _cases(node: ast.expr, values: Mapping[str, sp.Basic]) -> sp.Basic:
    """A chain of conditional expressions as one case distinction; where it ends in NaN, nothing is defined."""
    cases: list[tuple[sp.Basic, sp.Basic]] = []
    while isinstance(node, ast.IfExp):
        cases.append((_evaluate(node.body, values), _evaluate(node.test, values)))
        node = node.orelse
    otherwise = _evaluate(node, values)
    return sp.Piecewise(*cases) if otherwise is sp.nan else sp.Piecewise(*cases, (otherwise, sp.true))
