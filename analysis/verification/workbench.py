"""What several verifications share: a solver, and what was proved of the rules."""

from __future__ import annotations

from collections.abc import Hashable
from types import TracebackType
from typing import Any

from ...derive.prove.setting import Setting, setting_of
from ...derive.prove.solver import Solver
from ...derive.rule import UpdateRule
from .system import System, of_rule

__all__ = ["Workbench"]


class Workbench:
    """A solver, and rules with their invariants proved once.

    Attributes
    ----------
    solver : Solver
    memory : dict
        What was decided with this workbench, by everything that the decision reads; theirs to fill who decide.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> with Workbench() as bench:
    ...     [str(fact) for fact in bench.system(rule("rmsprop[centered]")).facts]
    ['m**2 <= v']
    """

    def __init__(self) -> None:
        self.solver = Solver()
        self.memory: dict[Hashable, Any] = {}
        self._settings: dict[str, Setting] = {}
        self._systems: dict[str, System] = {}

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the solver's process."""
        self.solver.close()

    def setting(self, rule: UpdateRule) -> Setting:
        """The rule with its proved invariants."""
        if rule.digest not in self._settings:
            self._settings[rule.digest] = setting_of(rule, self.solver)
        return self._settings[rule.digest]

    def system(self, rule: UpdateRule) -> System:
        """The rule as a system, with the invariants that hold whatever changes between steps."""
        key = rule.digest
        if key not in self._systems:
            hyper = {h.symbol for h in rule.hyper}
            facts = tuple(f for f in self.setting(rule).facts if not f.free_symbols & hyper)
            self._systems[key] = of_rule(rule, facts)
        return self._systems[key]
