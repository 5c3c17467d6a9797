"""A rule as a reader meets it: its formulas written, its symbols in a table."""

from __future__ import annotations

from dataclasses import dataclass

from .theorem import Citation

__all__ = ["RuleFacts", "SymbolFacts"]


@dataclass(frozen=True)
class SymbolFacts:
    """A row of the table of symbols.

    Attributes
    ----------
    name, latex : str
    kind : {"hyperparameter", "state"}
    meaning : str
    domain_latex, domain_text : str
    value_latex, value_text : str
        The default of a hyperparameter or the start of a state; empty where there is none.
    unit_latex, unit_text : str
        Empty where the unit is free.
    """

    name: str
    latex: str
    kind: str
    meaning: str
    domain_latex: str
    domain_text: str
    value_latex: str = ""
    value_text: str = ""
    unit_latex: str = ""
    unit_text: str = ""


@dataclass(frozen=True)
class RuleFacts:
    """An update rule with everything about it that is written and not proved.

    Attributes
    ----------
    name, title : str
    digest : str
        The SHA-256 of the rule.
    source : Citation or None
    update_latex, update_text : tuple of str
        The lines of one step.
    start_latex : tuple of str
        The state before the first step, as equations.
    gradient_at_latex : str
        The point at which the gradient is taken.
    symbols : tuple of SymbolFacts
    unit_condition_latex : str
        What must hold between the units; empty if nothing must.
    rate_latex, direction_latex : str
        The effective learning rate and what it multiplies; both empty where the step has no such form.
    first_step_latex : str
        What the first step adds to the parameter.
    """

    name: str
    title: str
    digest: str
    source: Citation | None
    update_latex: tuple[str, ...]
    update_text: tuple[str, ...]
    start_latex: tuple[str, ...]
    gradient_at_latex: str
    symbols: tuple[SymbolFacts, ...]
    unit_condition_latex: str = ""
    rate_latex: str = ""
    direction_latex: str = ""
    first_step_latex: str = ""

    @property
    def state(self) -> tuple[SymbolFacts, ...]:
        """The numbers kept for each parameter from step to step."""
        return tuple(s for s in self.symbols if s.kind == "state")
