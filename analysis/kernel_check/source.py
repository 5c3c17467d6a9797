"""The printed source, executed on symbols, equals the rule: proved for theta and every state.

What is executed is the text of the module, from the arguments of its ``step`` through the prologue and the loop to
what it stores.  The proof is about real arithmetic; that the machine's arithmetic stays close to it is what
:mod:`.compiled` measures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from ...derive import Quantity, UpdateRule
from ...derive.prove import Identity, Verdict, prove_identity
from .algebra import Symbols
from .execution import Execution
from .values import Array, NotUnderstood, Stored, Wrong

if TYPE_CHECKING:
    from ...kernels import Form

__all__ = ["Settled", "SourceCheck", "array_of", "check_source", "executed", "number_in", "run_step"]


@dataclass(frozen=True)
class SourceCheck:
    """What was found out about a printed module.

    Attributes
    ----------
    verdict : Verdict
        PROVED: the source computes the rule. REFUTED: it does not. UNKNOWN: it could not be decided.
    method : str
        How it was decided.
    problems : tuple of str
        Why it is not PROVED.
    notes : tuple of str
        What a reader of a proof about exact values should know, such as a literal that the machine rounds.
    seconds : float
    """

    verdict: Verdict
    method: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


Settled = dict[tuple[sp.Expr, sp.Expr], Identity]


def check_source(
    source: str, rule: UpdateRule, settled: Settled | None = None, form: Form | None = None
) -> SourceCheck:
    """Execute the text of a generated module on symbols and compare it with the one-step map of `rule`.

    Parameters
    ----------
    source : str
        The module; its function ``step`` takes theta, g, the states, t and the hyperparameters by the rule's names.
    rule : UpdateRule
    settled : dict, optional
        Identities that were decided before; new ones are added.
    form : Form, optional
        Which states are stored in a narrow format, and whether the gradient is set to zero; by default none and no.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> text = '''
    ... def step(theta, g, lr=0.01):
    ...     for i in range(theta.size):
    ...         theta[i] = theta[i] - lr * g[i]
    ... '''
    >>> check_source(text, rule("sgd")).verdict.name
    'PROVED'
    >>> check_source(text.replace("-", "+"), rule("sgd")).verdict.name
    'REFUTED'
    """
    start = time.perf_counter()
    try:
        computed, notes = executed(source, rule, form)
    except Wrong as error:
        return SourceCheck(Verdict.REFUTED, "execution on symbols", (str(error),), (), time.perf_counter() - start)
    except NotUnderstood as error:
        return SourceCheck(Verdict.UNKNOWN, "execution on symbols", (str(error),), (), time.perf_counter() - start)
    known: Settled = {} if settled is None else settled
    verdicts: list[Verdict] = []
    methods: dict[str, None] = {}
    problems: list[str] = []
    for quantity, value in rule.step().items():
        pair = (computed[quantity], value)
        identity = known[pair] if pair in known else known.setdefault(pair, prove_identity(*pair))
        verdicts.append(identity.verdict)
        methods[identity.method] = None
        if identity.verdict is not Verdict.PROVED:
            problems.append(_difference(quantity, identity.verdict, identity.witness))
    verdict = _worst(verdicts)
    method = f"source executed on symbols; identity by {', '.join(methods)}"
    return SourceCheck(verdict, method, tuple(problems), notes, time.perf_counter() - start)


def executed(
    source: str, rule: UpdateRule, form: Form | None = None
) -> tuple[dict[Quantity, sp.Expr], tuple[str, ...]]:
    """What the module's ``step`` leaves in theta and in every state, as expressions in the rule's symbols.

    Raises
    ------
    NotUnderstood
        If the source holds a construct that is not known, or `step` has a parameter that the rule does not have.
    Wrong
        If a store goes to an array that the step only reads, or the loop leaves elements out.
    """
    symbols = Symbols()
    execution = Execution(source, symbols)
    zeroed = form is not None and form.zero_gradient
    stored = {q.name: array_of(q.name, q, form) for q in (rule.theta, *(s.symbol for s in rule.state))}
    gradient = Array(rule.gradient.name, rule.gradient, writable=zeroed)
    arrays = {**stored, gradient.name: gradient}
    inputs = {name: quantity for name, quantity in rule.quantities.items() if quantity not in rule.temporaries}
    run_step(execution, {**inputs, **arrays})
    if zeroed and gradient.element != 0:
        raise Wrong(f"the step leaves {gradient.element} in the gradient, which should be zero")
    return {q: number_in(stored[q.name]) for q in rule.step()}, tuple(symbols.notes)


def array_of(name: str, element: object, form: Form | None) -> Array:
    """An array that a step may write; its elements are bits where the form stores it in a narrow format."""
    kept = form.storage.get(name) if form is not None else None
    narrow = kept if form is not None and kept in form.narrow else None
    return Array(name, element if narrow is None else Stored(narrow, element), writable=True, stored=narrow)


def number_in(array: Array) -> Any:
    """What is left in an array: the number, or what the bits stand for."""
    return array.element.number if isinstance(array.element, Stored) else array.element


def run_step(execution: Execution, arguments: Mapping[str, object]) -> None:
    """Call the module's ``step`` with those of `arguments` that it takes, by name.

    A name that Python or the module reserves stands there with an underscore.
    """
    wanted = execution.parameters("step")
    given = {p: arguments[n] for p in wanted for n in (p.removesuffix("_"), p) if n in arguments}
    function = execution.function("step")
    execution.call(function, [], given, function.node)  # type: ignore[arg-type]


def _difference(quantity: Quantity, verdict: Verdict, witness: Mapping[str, sp.Basic]) -> str:
    if verdict is Verdict.REFUTED:
        point = ", ".join(f"{name} = {value}" for name, value in witness.items())
        return f"the source computes another {quantity} than the rule, for example at {point}"
    return f"whether the source computes the rule's {quantity} was not decided"


def _worst(verdicts: list[Verdict]) -> Verdict:
    for verdict in (Verdict.REFUTED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED
