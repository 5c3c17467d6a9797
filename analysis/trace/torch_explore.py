"""Every way through a step, each traced at two sets of numbers.

The second trace is the guard: what leaked into the first as a plain number would be another number in the second, and
the expressions would differ.  The values that torch computed are held against the expressions as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TypeAlias

import sympy as sp

from ...derive.prove.smt import NotEncodableError, encode
from ...derive.prove.solver import Solver
from .outcome import Outcome, RefusedError
from .record import TraceError, Untraceable
from .torch_run import Question, Run, linear_in_one
from .torch_witness import agrees, values_for

__all__ = ["MOST_WAYS", "every_way"]

Step: TypeAlias = Callable[[Run, random.Random, int], Outcome]

MOST_WAYS = 48
"""More ways than this through one step are not looked at."""

_SEEDS = 6


def every_way(target: str, step: Step) -> tuple[list[Outcome], bool]:
    """Run `step` along every way, depth first.

    Parameters
    ----------
    target : str
        What the user called it, for messages.
    step : callable
        Called with a run, a source of numbers, and 0 or 1 for the first or second trace.

    Returns
    -------
    outcomes, complete
        Those of ways that raised an exception have `refused` set.

    Raises
    ------
    TraceError
        If every way raises an exception.
    Untraceable
        If the two traces of a way differ, or the expressions do not give what was computed.
    """
    found: list[Outcome] = []
    waiting: list[tuple[dict[Question, bool], tuple[sp.Basic, ...]]] = [({}, ())]
    with ExitStack() as stack:
        solver: Solver | None = None
        while waiting and len(found) < MOST_WAYS:
            plan, conditions = waiting.pop()
            if _needs_solver(conditions):
                solver = solver or stack.enter_context(Solver(rlimit=4_000_000, seconds=3.0))
                if _impossible(conditions, solver):
                    continue
            outcome = _traced(step, plan, conditions)
            found.append(outcome)
            taken = outcome.run.decisions
            for i, decision in enumerate(taken):
                if decision.question not in plan:
                    other = {d.question: d.outcome for d in taken[:i]} | {decision.question: not decision.outcome}
                    waiting.append((other, (*(d.condition for d in taken[:i]), decision.contrary)))
    if all(o.refused for o in found):
        raise TraceError(f"{target} raises an exception: {found[0].refused}")
    return found, not waiting


def _needs_solver(conditions: Sequence[sp.Basic]) -> bool:
    """Whether a condition speaks of more than one symbol; domains have settled the others."""
    return any(linear_in_one(c.lhs - c.rhs) is None for c in map(_relation, conditions) if c is not None)


def _relation(condition: sp.Basic) -> sp.Rel | None:
    inner = condition.args[0] if isinstance(condition, sp.Not) else condition
    return inner if isinstance(inner, sp.core.relational.Relational) else None


def _impossible(conditions: Sequence[sp.Basic], solver: Solver) -> bool:
    try:
        return solver.check(encode(conditions)).result == "unsat"
    except NotEncodableError:
        return False


def _traced(step: Step, plan: Mapping[Question, bool], conditions: tuple[sp.Basic, ...]) -> Outcome:
    first = _one(step, plan, conditions, 0)
    if first.refused:
        return first
    answers = {d.question: d.outcome for d in first.run.decisions}
    second = _one(step, answers, first.run.conditions, 1)
    # The second trace rehearses longer, and may be asked more while it does.
    asked = {d.question: d.outcome for d in second.run.decisions if d.question in answers or not d.rehearsed}
    if (asked, second.outputs, second.effects) != (answers, first.outputs, first.effects):
        raise Untraceable(
            "two traces at different numbers gave different formulas: the step depends on something that the trace "
            "does not see, such as a global variable, random numbers, or a number that was converted on the way"
        )
    return first


def _one(step: Step, plan: Mapping[Question, bool], conditions: tuple[sp.Basic, ...], turn: int) -> Outcome:
    """A trace whose expressions give what was computed; other numbers are tried where they have no value."""
    for attempt in range(_SEEDS):
        generator = random.Random(f"{turn} {attempt}")
        run = Run(plan, values_for(conditions, generator) or {})
        try:
            outcome = step(run, generator, turn)
        except RefusedError as error:
            return Outcome(run, refused=str(error))
        infinite = [n for n, e in outcome.outputs.items() if e.has(sp.nan, sp.zoo, sp.oo)]
        if infinite:
            raise Untraceable(f"after the step, {infinite[0]} is infinite or no number, whatever the inputs are")
        pinned = run.pinned()
        checks = [agrees(outcome.outputs[n], run.witness, v) for n, v in outcome.values.items()]
        if False in checks:
            name = list(outcome.values)[checks.index(False)]
            raise Untraceable(
                f"the formula that was traced for {name} does not give what the step computed: part of the computation "
                f"was not seen"
            )
        outcome.outputs = {n: e.xreplace(pinned) for n, e in outcome.outputs.items()}
        if None not in checks:
            return outcome
    branch = " and ".join(map(str, conditions)) or "taken"
    run.doubts[f"at none of the numbers that were tried the step gives a finite one on the branch {branch}"] = None
    return outcome
