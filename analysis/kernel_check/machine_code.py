"""The compiled code of a kernel, its LLVM IR, equals the rule: proved for theta and every state, for every size.

The text of the module says what its ``step`` hands to the compiled function; the IR says what that function makes of
it, in its scalar loop and in its vectors' loop.  Together they are compared with the one-step map of the rule.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from ...derive import Quantity, UpdateRule
from ...derive.prove import Verdict, prove_identity
from ...derive.prove.solver import Solver
from ..llvm import Argument, Executed, NotElementWise, NotUnderstood as NotUnderstoodIR, executed
from ..llvm.execution import ASSUMPTIONS
from ..llvm.nodes import Condition, Node, condition_expression, expressions
from ..verification.decide import Prover
from .algebra import Symbols
from .execution import Execution
from .source import Settled, run_step
from .values import LENGTH, Array, Function, NotUnderstood, Wrong

if TYPE_CHECKING:
    from ...kernels import Form

__all__ = ["MachineCodeCheck", "check_machine_code"]

_COMPILED = "step_range"
_CHOICES = 6


@dataclass(frozen=True)
class MachineCodeCheck:
    """What was found out about a kernel's LLVM IR.

    Attributes
    ----------
    verdict : Verdict
        PROVED: within `scope` it computes the rule. REFUTED: it does not. UNKNOWN: it could not be decided.
    scope : str
    problems : tuple of str
        Why it is not PROVED.
    notes : tuple of str
    seconds : float
    """

    verdict: Verdict
    scope: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def check_machine_code(
    llvm: str, source: str, rule: UpdateRule, form: Form, settled: Settled | None = None, *, thorough: bool = True
) -> MachineCodeCheck:
    """Execute a kernel's LLVM IR on symbols and compare it with the one-step map of `rule`.

    Parameters
    ----------
    llvm : str
        The LLVM IR of the compiled function.
    source : str
        The module, whose ``step`` calls it.
    rule : UpdateRule
    form : Form
        The types of the arrays, and what the step does beside the rule.
    settled : dict, optional
        Identities that were decided before; new ones are added.
    thorough : bool, optional
        Decide it also where that takes many distinctions of cases, and seconds.
    """
    start = time.perf_counter()
    try:
        if form.narrow or form.stochastic_rounding or form.skip_nonfinite:
            raise NotUnderstoodIR("code that stores states in fewer bits, or skips steps, is not followed")
        given = _handed_over(source, rule)
        arguments = tuple(Argument(name, _kind(value)) for name, value in given.items())
        kind = {"float32": "float", "float64": "double"}[form.dtype]
        found = executed(llvm, _function_name(llvm), arguments, kind)
        if found.raised:
            raise NotUnderstoodIR("it may raise an exception")
        compare = _Comparison(rule, given, {} if settled is None else settled, thorough)
        problems, verdict = compare.all_forms(found, zeroed=form.zero_gradient)
    except (NotElementWise, Wrong) as error:
        return MachineCodeCheck(Verdict.REFUTED, "", (f"compiled code: {error}",), (), time.perf_counter() - start)
    except (NotUnderstoodIR, NotUnderstood) as error:
        return MachineCodeCheck(Verdict.UNKNOWN, "", (f"compiled code: {error}",), (), time.perf_counter() - start)
    scope = ASSUMPTIONS if verdict is Verdict.PROVED else ""
    return MachineCodeCheck(verdict, scope, tuple(problems), found.notes, time.perf_counter() - start)


class _Call(Execution):
    """The text of the module, executed up to its call of the compiled function."""

    def __init__(self, source: str) -> None:
        self.given: dict[str, object] = {}
        super().__init__(source, Symbols())

    def call(
        self, function: Function, arguments: Sequence[object], keywords: Mapping[str, object], node: ast.AST
    ) -> object:
        """Note what the compiled function is given; execute every other function."""
        definition = function.node
        if getattr(definition, "name", "") != _COMPILED:
            return super().call(function, arguments, keywords, node)
        if self.given:
            raise NotUnderstood("the compiled function is called more than once")
        bound = self._bound(function, arguments, keywords, node)
        self.given = {name: bound[name] for name in self.parameters(_COMPILED)}
        return None


def _handed_over(source: str, rule: UpdateRule) -> dict[str, object]:
    """What the module's ``step`` hands to the compiled function: arrays, the range, and expressions."""
    execution = _Call(source)
    arrays = [rule.theta, rule.gradient, *(s.symbol for s in rule.state)]
    inputs: dict[str, object] = {n: q for n, q in rule.quantities.items() if q not in rule.temporaries}
    run_step(execution, {**inputs, **{q.name: Array(q.name, q, writable=True) for q in arrays}})
    if not execution.given:
        raise NotUnderstood(f"the module's step does not call {_COMPILED}")
    return execution.given


def _kind(value: object) -> str:
    if isinstance(value, Array):
        return "array"
    if value is LENGTH:
        return "stop"
    return "start" if isinstance(value, int) and value == 0 else "scalar"


def _function_name(llvm: str) -> str:
    """The function with Numba's conventions; the others wrap it for Python and C."""
    names = re.findall(r"^define [^\n]*?i32 @(\"[^\"]+\"|[-$.\w]+)\(ptr [^,]*%retptr, ptr [^,]*%excinfo", llvm, re.M)
    if len(names) != 1:
        raise NotUnderstoodIR("the module holds no function with Numba's conventions, or several")
    return names[0].strip('"')


class _Comparison:
    """What the arrays hold afterwards, against the rule."""

    def __init__(self, rule: UpdateRule, given: Mapping[str, object], settled: Settled, thorough: bool) -> None:
        self._rule, self._given, self._settled, self._thorough = rule, given, settled, thorough
        self._names = {v.name: name for name, v in given.items() if isinstance(v, Array)}

    def all_forms(self, found: Executed, *, zeroed: bool) -> tuple[list[str], Verdict]:
        """Compare every form of the code with the rule; the gradient stays as it is, or is `zeroed`."""
        gradient = self._rule.gradient
        wanted = {**self._rule.step(), gradient: sp.Integer(0) if zeroed else gradient}
        ways = dict.fromkeys(
            (conditions, quantity, node)
            for form in found.forms
            for conditions, contents in form
            for quantity in wanted
            for node in contents[self._names[quantity.name]]
        )
        problems: dict[str, None] = {}
        verdict = Verdict.PROVED
        with Solver() as solver:
            for conditions, quantity, node in ways:
                one, problem = self._compared(quantity, node, conditions, wanted[quantity], solver)
                verdict = min(verdict, one, key=_ORDER.index)
                problems |= {problem: None} if problem else {}
        return list(problems), verdict

    def _compared(
        self, quantity: Quantity, node: Node, conditions: tuple[Condition, ...], value: sp.Expr, solver: Solver
    ) -> tuple[Verdict, str]:
        """Whether one value is the rule's where some conditions hold."""
        taken = {c.node: c.holds for c in conditions}
        asked, _ = expressions((node, *taken), self._leaf, taken)
        given = tuple(condition_expression(asked[c], holds) for c, holds in taken.items())
        pair = (asked[node], value)
        choices = {e for side in pair for e in side.atoms(sp.Piecewise, sp.Max, sp.Min, sp.Abs, sp.sign)}
        if pair not in self._settled and not self._thorough and len(choices) > _CHOICES:
            words = f"the compiled code's {quantity} takes many distinctions of cases; ask with --compiled"
            return Verdict.UNKNOWN, words
        identity = self._settled[pair] if pair in self._settled else prove_identity(*pair)
        if identity.verdict is not Verdict.PROVED and Prover(solver).equal(*pair, given):
            identity = replace(identity, verdict=Verdict.PROVED, method="case distinction", witness={})
            if given:
                return Verdict.PROVED, ""
        self._settled[pair] = identity
        if identity.verdict is Verdict.PROVED:
            return Verdict.PROVED, ""
        if identity.verdict is Verdict.REFUTED and not given:
            point = ", ".join(f"{name} = {number}" for name, number in identity.witness.items())
            return Verdict.REFUTED, f"compiled code computes another {quantity} than the rule, for example at {point}"
        return Verdict.UNKNOWN, f"whether the compiled code computes the rule's {quantity} was not decided"

    def _leaf(self, kind: str, name: str) -> sp.Expr:
        value = self._given.get(name)
        if kind == "element" and isinstance(value, Array):
            return value.element
        if kind == "scalar" and isinstance(value, sp.Expr):
            return value
        raise NotUnderstoodIR(f"the argument {name} is not known")


_ORDER = (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.PROVED)
