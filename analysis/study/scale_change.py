"""When gradients change their size: runs beside the proved closed form, and the proved time of recovery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import Claim, UpdateRule, claims_of, rule_from_json
from ...derive.goal import ClosedForm
from ..evaluate import NUMPY, evaluator
from .choice import rules_or
from .effective_step import effective_rate
from .gradients import rescaled
from .records import csv_text, from_json, listed, to_json
from .simulate import hyperparameter_values, simulate
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["Recoveries", "Recovery", "recoveries"]

Array = NDArray[np.float64]
_RULES = ("adagrad", "rmsprop", "adam")


@dataclass(frozen=True)
class Recovery:
    """One rule on gradients that change their size once.

    Attributes
    ----------
    rule, state : str
        The rule, and its state that holds squared gradients.
    formula, verdict : str
        The closed form of that state after the change, and whether it is proved.
    recovery : float
        After how many steps the state is proved to be within the factor 1 + `share` of its new level.
    share : float
    simulated : array (steps,)
        The state after each step.
    closed_form : array (steps - change,)
        The state after each step that follows the change, by the formula.
    rate : array (steps,)
        The effective step size.
    """

    rule: str
    state: str
    formula: str
    verdict: str
    recovery: float
    share: float
    simulated: Array
    closed_form: Array
    rate: Array


@dataclass(frozen=True)
class Recoveries:
    """Several rules on one gradient sequence, which has its first size up to step `change`."""

    change: int
    gradients: Array
    runs: tuple[Recovery, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> Recoveries:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of each rule."""
        return csv_text(
            ["rule", "t", "gradient", "state", "closed_form", "effective_step"],
            (
                (run.rule, t + 1, g, run.simulated[t],
                 "" if t < self.change else run.closed_form[t - self.change], run.rate[t])
                for run in self.runs
                for t, g in enumerate(self.gradients)
            ),
        )  # fmt: skip


def recoveries(
    rules: Iterable[UpdateRule] | None = None,
    *,
    steps: int = 400,
    before: float = 1.0,
    after: float = 0.1,
    share: float = 0.1,
    sweep: Sweep = IN_PROCESS,
) -> Recoveries:
    """Run each rule over gradients of one size and then of another.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
        With a state that sums or averages squared gradients.
    steps : int
        Half of them before the change.
    before, after : float
        The sizes of the gradients.
    share : float
        How near to its new level a state counts as recovered: within the factor 1 + `share`.
    sweep : Sweep

    Raises
    ------
    StudyError
        If a rule has no such state.

    Examples
    --------
    >>> study = recoveries(steps=100)
    >>> [(run.rule, run.formula, round(run.recovery)) for run in study.runs][:1]
    [('adagrad', 'A^2 T + t B^2 + initial_accumulator', 49450)]
    """
    chosen = rules_or(rules, _RULES, lambda one: bool(_claims(one)), "keeps no sum or average of squared gradients")
    gradients = rescaled(steps, before=before, after=after)
    sizes = {"steps": steps, "before": before, "after": after, "share": share}
    points = [{"rule": one.to_json(), **sizes} for one in chosen]
    found = sweep.over(_run, points, "changes of scale")
    return Recoveries(steps // 2, gradients, tuple(from_json(Recovery, one) for one in found))


def _claims(one: UpdateRule) -> list[Claim]:
    return [c for c in claims_of(one) if c.name.startswith("scale-change-") and isinstance(c.goal, ClosedForm)]


def _run(point: Point) -> dict[str, Any]:
    from ...derive.derivation import prove

    one, change = rule_from_json(point["rule"]), point["steps"] // 2
    (result,) = prove(_claims(one)[:1])
    goal, state = result.claim.goal, result.claim.goal.symbol.name  # type: ignore[union-attr]
    recovery = next(c for c in claims_of(one) if c.name == f"scale-change-recovery-{state}")
    gradients = rescaled(point["steps"], before=point["before"], after=point["after"])
    run = simulate(one, gradients)
    settled = float(run.state[state][change - 1])
    t = np.arange(1, point["steps"] - change + 1, dtype=np.float64)
    # An average's formula starts from its level A^2, which the run has nearly reached: A is what it did reach.
    level = point["before"] if "T" in {s.name for s in goal.formula.free_symbols} else np.sqrt(settled)  # type: ignore[union-attr]
    values = {**hyperparameter_values(one, {}), "t": t, "T": float(change), "A": float(level), "B": point["after"]}
    formula = evaluator(goal.formula, NUMPY)(values)  # type: ignore[union-attr]
    share = next(s.name for s in recovery.derived.free_symbols if s.name not in values)  # type: ignore[union-attr]
    after = evaluator(recovery.derived, NUMPY)({**values, share: point["share"], "A": point["before"]})
    return {
        "rule": one.name,
        "state": state,
        "formula": result.derived_text() or str(goal.formula),  # type: ignore[union-attr]
        "verdict": result.verdict.name,
        "recovery": float(after),
        "share": point["share"],
        "simulated": listed(run.state[state]),
        "closed_form": listed(np.broadcast_to(formula, t.shape)),
        "rate": listed(effective_rate(run.displacement, gradients)),
    }
