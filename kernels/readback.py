"""Read a printed module back into expressions, so that the proof covers the text and not only what was meant.

Nothing is executed: the source is parsed, and the few forms that the printer writes are interpreted.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import sympy as sp

from ..derive import Quantity
from .conversions import CONVERSIONS, COUNT, RANDOM
from .errors import KernelError
from .expression_reading import read_expression
from .form import Form
from .printer import code_names
from .program import StepProgram

__all__ = ["read_back"]

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
    # Over the real numbers a conversion changes nothing.
    return read_expression(node, values, CONVERSIONS)
