"""The worst gradient sequences, from the proofs: each is run, and approaches the bound that no sequence exceeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Claim, Quantity, UpdateRule, claims_of, rule_from_json
from ...derive.prove.exact import holds_at
from ...derive.recurrence_goals import StepWithin, SupremumIs
from ..evaluate import NUMPY, evaluator
from .choice import rules_or
from .records import csv_text, from_json, listed, to_json
from .simulate import simulate
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["WorstCase", "WorstCases", "worst_cases"]

Array = NDArray[np.float64]
_RULES = ("adam", "amsgrad", "rmsprop[momentum]")


@dataclass(frozen=True)
class WorstCase:
    """One sequence, run.

    Attributes
    ----------
    rule, claim, statement, verdict : str
        The theorem, and whether it is proved.
    measure : str
        What is bounded, as a formula.
    hyper : dict of str to float
    bound : float
        The proved bound at these hyperparameters.
    gradients : array (steps,)
    reached : array (steps,)
        What is bounded, on this run.
    closed_form : array (steps,) or None
        What the proof says that it is, where it says so.
    """

    rule: str
    claim: str
    statement: str
    verdict: str
    measure: str
    hyper: dict[str, float]
    bound: float
    gradients: Array
    reached: Array
    closed_form: Array | None

    @property
    def share(self) -> Array:
        """What was reached, of the bound."""
        return self.reached / self.bound


@dataclass(frozen=True)
class WorstCases:
    """Every such sequence of the rules."""

    cases: tuple[WorstCase, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> WorstCases:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of each sequence."""
        return csv_text(
            ["rule", "claim", "t", "gradient", "reached", "bound", "closed_form"],
            (
                (c.rule, c.claim, t + 1, c.gradients[t], c.reached[t], c.bound,
                 "" if c.closed_form is None else c.closed_form[t])
                for c in self.cases
                for t in range(len(c.gradients))
            ),
        )  # fmt: skip


def worst_cases(
    rules: Iterable[UpdateRule] | None = None, *, steps: int = 100, sweep: Sweep = IN_PROCESS
) -> WorstCases:
    """Run the sequences that the proofs of bounds hold.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
    steps : int
        Of sequences that are given by a formula; others are as long as the proof's.
    sweep : Sweep

    Raises
    ------
    StudyError
        If no proof about a rule holds such a sequence.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> case = worst_cases([rule("adam")], steps=50).cases[0]
    >>> case.claim, case.verdict, bool((case.reached <= case.bound).all()), round(float(case.share[-1]), 4)
    ('moment-bound', 'PROVED', True, 1.0)
    """
    chosen = rules_or(rules, _RULES, lambda one: bool(_claims(one)), "has no proof that holds a worst sequence")
    points = [{"rule": one.to_json(), "claim": c.name, "steps": steps} for one in chosen for c in _claims(one)]
    return WorstCases(tuple(from_json(WorstCase, one) for one in sweep.over(_run, points, "worst cases")))


def _claims(one: UpdateRule) -> list[Claim]:
    """The bounds that come with a sequence, as a formula or as numbers."""
    return [c for c in claims_of(one) if isinstance(c.goal, SupremumIs) or _has_run(c)]


def _has_run(claim: Claim) -> bool:
    """Whether it bounds steps, and comes with a run to which its hypotheses apply."""
    if not isinstance(claim.goal, StepWithin) or not claim.goal.trials:
        return False
    values = dict(claim.goal.trials[0].values)
    return all(holds_at(h.condition, values) for h in claim.hypotheses)


def _run(point: Point) -> dict[str, Any]:
    from ...derive.derivation import prove

    one = rule_from_json(point["rule"])
    (result,) = prove(c for c in _claims(one) if c.name == point["claim"])
    claim = result.claim
    case = _moments(one, claim.goal, point["steps"]) if isinstance(claim.goal, SupremumIs) else _steps(one, claim.goal)
    about = {"rule": one.name, "claim": claim.name, "statement": claim.text(), "verdict": result.verdict.name}
    return {**about, **case}


def _at(expression: sp.Expr, values: dict[str, Any]) -> Any:
    return evaluator(expression, NUMPY)(values)


def _moments(one: UpdateRule, goal: SupremumIs, steps: int) -> dict[str, Any]:
    """The square of one moment over the other, on the run that approaches the supremum."""
    hyper = {h.name: float(h.default) for h in one.hyper if h.default is not None}
    t = np.arange(1, steps + 1, dtype=np.float64)
    values: dict[str, Any] = {**hyper, "t": t}
    gradients = np.broadcast_to(_at(goal.gradient, values), t.shape)
    states = simulate(one, gradients).state
    reached = states[goal.numerator.name] ** 2 / states[goal.scale.name]
    return {
        "measure": f"{goal.numerator.name}^2 / {goal.scale.name}",
        "hyper": hyper,
        "bound": float(_at(goal.value, values)),
        "gradients": listed(gradients),
        "reached": listed(reached),
        "closed_form": listed(np.broadcast_to(_at(goal.ratio, values), t.shape)),
    }


def _steps(one: UpdateRule, goal: Any) -> dict[str, Any]:
    """The length of each step, on the run that comes with the proof."""
    trial = goal.trials[0]
    names: dict[Quantity, Any] = dict(trial.values)
    hyper = {h.name: float(names.get(h.symbol, h.default or 0)) for h in one.hyper}
    gradients = np.array([float(g) for g in trial.gradients])
    run = simulate(one, gradients, hyper=hyper)
    kept = float(_at(goal.keep, {**hyper, "t": 1.0}))
    before = np.concatenate([[0.0], run.theta[:-1]])
    return {
        "measure": "|theta[t] - theta[t-1]|" if kept == 1 else f"|theta[t] - {kept:g} theta[t-1]|",
        "hyper": hyper,
        "bound": float(_at(goal.bound, {**hyper, "t": 1.0})),
        "gradients": listed(gradients),
        "reached": listed(np.abs(run.displacement + (1 - kept) * before)),
        "closed_form": None,
    }
