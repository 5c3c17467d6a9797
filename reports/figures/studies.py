"""The studies: each with what computes it, the record it is read back into, and what draws it.

Everything is named, and loaded when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...analysis.study import Sweep
    from ...derive import UpdateRule
    from .drawing import Drawing

__all__ = ["STUDIES", "Study"]


@dataclass(frozen=True)
class Study:
    """One study.

    Attributes
    ----------
    name, words : str
        What it is called on the command line, and what it shows.
    function, record : str
        Of :mod:`optproof.analysis.study`: what computes it, and what it returns.
    module, drawer : str
        Of :mod:`optproof.reports.figures`: what draws it.
    """

    name: str
    words: str
    function: str
    record: str
    module: str
    drawer: str

    def compute(self, rules: Iterable[UpdateRule] | None, sweep: Sweep) -> Any:
        """The record of the study, of `rules` or of its own."""
        return _of_analysis(self.function)(rules, sweep=sweep)

    def read(self, data: Any) -> Any:
        """The record, from its JSON."""
        return _of_analysis(self.record).from_json(data)

    def draw(self, record: Any) -> tuple[Drawing, ...]:
        """The figures of a record."""
        drawer: Callable[[Any], tuple[Drawing, ...]] = getattr(
            import_module(f".{self.module}", __package__), self.drawer
        )
        return drawer(record)


def _of_analysis(name: str) -> Any:
    return getattr(import_module("...analysis.study", __package__), name)


_ALL = (
    ("effective-step", "Effective step size under six kinds of gradients",
     "effective_step_study", "EffectiveStepStudy", "per_rule", "draw_effective_step_study"),
    ("first-steps", "First steps with and without bias correction",
     "first_steps", "FirstSteps", "per_rule", "draw_first_steps"),
    ("scale-change", "Recovery after gradients change their size, beside the proved closed form",
     "recoveries", "Recoveries", "recoveries", "draw_recoveries"),
    ("stability", "Where a rule settles on a quadratic, with the proved boundary",
     "stability_maps", "StabilityMaps", "stability", "draw_stability"),
    ("paths", "Paths over Rosenbrock, Beale, an ill-conditioned quadratic and a saddle",
     "paths", "Paths", "paths", "draw_paths"),
    ("worst-cases", "The worst gradient sequences of the proofs, run",
     "worst_cases", "WorstCases", "worst_cases", "draw_worst_cases"),
    ("counterexamples", "Published and folklore statements that are false, refuted by a run",
     "counterexamples", "Counterexamples", "counterexamples", "draw_counterexamples"),
    ("noise", "The distribution of steps under noisy gradients",
     "noisy_steps", "NoisySteps", "noise", "draw_noise"),
    ("sensitivity", "Where runs end when each hyperparameter is changed",
     "sensitivities", "Sensitivities", "sensitivity", "draw_sensitivity"),
)  # fmt: skip
STUDIES = {one[0]: Study(*one) for one in _ALL}
