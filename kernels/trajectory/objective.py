"""The function that a run minimises, as a formula; its gradient follows by differentiation."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from ...derive import Quantity
from ..errors import KernelError

__all__ = ["Objective", "objective"]


@dataclass(frozen=True)
class Objective:
    """A function of several coordinates.

    Attributes
    ----------
    value : expression
        In the coordinates alone, with exact numbers.
    coordinates : tuple of Quantity
        Its arguments in order, each a real number.
    name : str
        What a person calls it.
    """

    value: sp.Expr
    coordinates: tuple[Quantity, ...]
    name: str = "objective"

    @property
    def gradient(self) -> tuple[sp.Expr, ...]:
        """The partial derivatives in the order of the coordinates."""
        return tuple(sp.diff(self.value, q) for q in self.coordinates)


def objective(
    value: sp.Expr | str, coordinates: Sequence[sp.Symbol | str] | None = None, name: str = "objective"
) -> Objective:
    """An objective from a SymPy expression or from its text.

    Parameters
    ----------
    value : expression or str
        Made of + - * / **, sqrt, Abs, sign, Max, Min, Piecewise, exp and log; every number is exact.  Text is read
        without being run, and its decimals are exact.
    coordinates : sequence of symbols or names, optional
        The arguments in order; by default the symbols of `value` by name.
    name : str

    Raises
    ------
    KernelError
        If the text is no formula, holds a float, or has symbols that are not among the coordinates.

    Examples
    --------
    >>> valley = objective("(1 - x)^2 + 100*(y - x^2)^2", name="Rosenbrock")
    >>> valley.coordinates, valley.gradient[1]
    ((x, y), -200*x**2 + 200*y)
    """
    read = _read(value) if isinstance(value, str) else sp.sympify(value)
    if not isinstance(read, sp.Expr):
        raise KernelError(
            f"the objective {value} is a condition; write a formula such as '(1 - x)^2 + 100*(y - x^2)^2'"
        )
    floats = sorted(read.atoms(sp.Float), key=str)
    if floats:
        raise KernelError(
            f"the objective holds the float {floats[0]}, which is not exact; write a fraction, such as 1/10"
        )
    own = sorted(symbol.name for symbol in read.free_symbols)
    names = own if coordinates is None else [str(c) for c in coordinates]
    missing = sorted(set(own) - set(names))
    if missing:
        listed = ", ".join(names)
        raise KernelError(f"the objective reads {missing[0]!r}, which is no coordinate; the coordinates are {listed}")
    if not names or len(set(names)) != len(names):
        raise KernelError("an objective needs one coordinate or more, each with a name of its own")
    try:
        real = {symbol: Quantity(symbol) for symbol in names}
    except ValueError as error:
        raise KernelError(str(error)) from None
    return Objective(read.xreplace({s: real[s.name] for s in read.free_symbols}), tuple(real.values()), name)


def _read(text: str) -> sp.Expr:
    """A formula as text; every name in it that is no function is a coordinate."""
    from ...derive.mathematics import MathematicsError, read_expression

    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval")
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - called
        return read_expression(text, {name: Quantity(name) for name in names})
    except (MathematicsError, SyntaxError, ValueError) as error:
        raise KernelError(f"the objective cannot be read: {error}") from None
