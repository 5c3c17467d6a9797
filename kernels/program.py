"""What a kernel computes, held as data: outputs plus single-assignment temporaries.

A :class:`StepProgram` has two parts.  The *prologue* runs once for each step, in float64, and computes what no
element changes: it reads hyperparameters and the step counter only.  The *body* runs for each element.  Every name
is assigned once: ``m`` is the value before the step, ``m_new`` the one after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import sympy as sp

from ..derive import Quantity, UpdateRule
from ..derive.rule import Assignment
from .errors import KernelError

__all__ = ["StepProgram", "symbols_of"]


def symbols_of(expression: sp.Basic) -> set[Quantity]:
    """The quantities that `expression` reads."""
    return cast("set[Quantity]", expression.free_symbols)


@dataclass(frozen=True)
class StepProgram:
    """One step of a rule as straight-line code.

    Parameters
    ----------
    rule : UpdateRule
        The rule that the program computes.
    prologue, body : tuple of Assignment
        Lines in order; each reads inputs and earlier lines only.
    outputs : tuple of (Quantity, Quantity)
        For theta and every state, the name that holds its value after the step.
    dtype : str, optional
        The floating-point type of the body, once it is decided: ``"float32"`` or ``"float64"``.

    Raises
    ------
    KernelError
        If a name is assigned twice or read too early, or the prologue reads an element.

    Examples
    --------
    >>> from optproof import rule
    >>> from optproof.kernels.lowering import lower
    >>> program = lower(rule("sgd[momentum]"))
    >>> [f"{line.target} = {line.value}" for line in program.body]
    ['b_new = b*momentum + g', 'theta_new = -b_new*lr + theta']
    """

    rule: UpdateRule
    prologue: tuple[Assignment, ...]
    body: tuple[Assignment, ...]
    outputs: tuple[tuple[Quantity, Quantity], ...]
    dtype: str | None = None

    def __post_init__(self) -> None:
        """Check that every line is well placed."""
        known = set(self.uniform_inputs)
        self._check_lines("prologue", self.prologue, known)
        known |= set(self.elements)
        self._check_lines("body", self.body, known)
        for quantity, result in self.outputs:
            if result not in known:
                raise KernelError(f"the program of {self.rule.name!r} never computes {result}, the new {quantity}")

    def _check_lines(self, part: str, lines: Iterable[Assignment], known: set[Quantity]) -> None:
        for line in lines:
            early = sorted(symbols_of(line.value) - known, key=str)
            if early:
                raise KernelError(
                    f"the {part} of {self.rule.name!r} reads {early[0]} in the line of {line.target}, "
                    f"where it is not known"
                )
            if line.target in known:
                raise KernelError(f"the {part} of {self.rule.name!r} assigns {line.target} twice")
            known.add(line.target)

    @property
    def hyperparameters(self) -> tuple[Quantity, ...]:
        """The hyperparameters in the rule's order."""
        return tuple(h.symbol for h in self.rule.hyper)

    @property
    def states(self) -> tuple[Quantity, ...]:
        """The state variables in the rule's order, as names of their values before the step."""
        return tuple(s.symbol for s in self.rule.state)

    @property
    def elements(self) -> tuple[Quantity, ...]:
        """The inputs that are arrays: theta, the gradient, the states."""
        return (self.rule.theta, self.rule.gradient, *self.states)

    @property
    def uniform_inputs(self) -> tuple[Quantity, ...]:
        """The inputs that are one number for all elements: the step counter and the hyperparameters."""
        return (self.rule.step_counter, *self.hyperparameters)

    @property
    def inputs(self) -> tuple[Quantity, ...]:
        """Everything the step reads."""
        return (*self.elements, *self.uniform_inputs)

    @property
    def temporaries(self) -> tuple[Quantity, ...]:
        """Every assigned name in order."""
        return tuple(line.target for line in (*self.prologue, *self.body))

    @property
    def uniform(self) -> frozenset[Quantity]:
        """Every name whose value no element changes."""
        return frozenset(self.uniform_inputs) | {line.target for line in self.prologue}

    @property
    def scalars(self) -> tuple[Quantity, ...]:
        """The uniform names that the body reads: what the prologue hands over, in a fixed order."""
        read: set[Quantity] = set().union(*(symbols_of(line.value) for line in self.body))
        read |= {result for _, result in self.outputs}
        ordered = (*self.hyperparameters, self.rule.step_counter, *(line.target for line in self.prologue))
        return tuple(q for q in ordered if q in read)

    @property
    def names(self) -> frozenset[str]:
        """Every name in use."""
        return frozenset(q.name for q in (*self.inputs, *self.rule.temporaries, *self.temporaries))

    def with_lines(
        self, prologue: Iterable[Assignment] | None = None, body: Iterable[Assignment] | None = None
    ) -> StepProgram:
        """The same program with another prologue or body."""
        return replace(
            self,
            prologue=self.prologue if prologue is None else tuple(prologue),
            body=self.body if body is None else tuple(body),
        )

    def with_dtype(self, dtype: str) -> StepProgram:
        """The same program with the body's floating-point type decided."""
        return replace(self, dtype=dtype)

    def definitions(self) -> dict[Quantity, sp.Expr]:
        """Every temporary as an expression in the inputs alone."""
        values: dict[Quantity, sp.Expr] = {}
        for line in (*self.prologue, *self.body):
            values[line.target] = _substituted(line.value, values)
        return values

    def as_one_step(self) -> dict[Quantity, sp.Expr]:
        """The one-step map that the program computes: theta and every state in terms of the inputs.

        Examples
        --------
        >>> from optproof import rule
        >>> from optproof.kernels.lowering import lower
        >>> [str(e) for e in lower(rule("sgd[momentum]")).as_one_step().values()]
        ['-lr*(b*momentum + g) + theta', 'b*momentum + g']
        """
        values = self.definitions()
        return {quantity: values.get(result, result) for quantity, result in self.outputs}


def _substituted(expression: sp.Expr, values: Mapping[Quantity, sp.Expr]) -> sp.Expr:
    return cast("sp.Expr", expression.xreplace(dict(values)))
