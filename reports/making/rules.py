"""A rule as facts that are written already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...derive import UpdateRule, first_step
from ...derive.printing import claim_notation, expression_text, notation as written, rule_lines
from ...derive.units import unit_system
from .. import notation
from ..records import RuleFacts, SymbolFacts
from .theorems import citation

if TYPE_CHECKING:
    from ...derive import Quantity, State, Unit

__all__ = ["rule_facts"]


def rule_facts(rule: UpdateRule) -> RuleFacts:
    r"""Everything about a rule that a page writes and that needs no proof.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> rule_facts(rule("adam")).first_step_latex
    '-\\frac{\\alpha \\, g}{\\left|g\\right| + \\epsilon}'
    """
    rate, direction = _rate(rule)
    return RuleFacts(
        name=rule.name,
        title=rule.title,
        digest=rule.digest,
        source=citation(rule.source),
        update_latex=tuple(rule_lines(rule, "latex")),
        update_text=tuple(rule_lines(rule, "text")),
        start_latex=tuple(_start(rule, s) for s in rule.state),
        gradient_at_latex=written(rule, "latex", indexed=True).write(rule.gradient_at),
        symbols=_symbols(rule),
        unit_condition_latex=notation.unit_condition(rule),
        rate_latex=rate,
        direction_latex=direction,
        first_step_latex=expression_text(first_step(rule), "latex", rule),
    )


def _rate(rule: UpdateRule) -> tuple[str, str]:
    from ...derive.structure import movement

    found = movement(rule)
    if found is None:
        return "", ""
    writer = claim_notation(rule, "latex", now=False)
    return writer.write(found.rate), writer.write(found.direction)


def _start(rule: UpdateRule, state: State) -> str:
    symbol = state.symbol.latex_form
    left = rf"{{{symbol}}}_{{0}}" if "_" in symbol else rf"{symbol}_{{0}}"
    return f"{left} = {expression_text(state.initial, 'latex', rule)}"


def _symbols(rule: UpdateRule) -> tuple[SymbolFacts, ...]:
    units = unit_system(rule).units
    hyper = (
        _symbol(
            h.symbol,
            "hyperparameter",
            ("", "") if h.default is None else (notation.number_latex(h.default), notation.decimal(h.default)),
            units.get(h.symbol),
        )
        for h in rule.hyper
    )
    state = (
        _symbol(
            s.symbol,
            "state",
            (expression_text(s.initial, "latex", rule), expression_text(s.initial, "text", rule)),
            units.get(s.symbol),
        )
        for s in rule.state
    )
    return (*hyper, *state)


def _symbol(quantity: Quantity, kind: str, value: tuple[str, str], unit: Unit | None) -> SymbolFacts:
    return SymbolFacts(
        name=quantity.name,
        latex=quantity.latex_form,
        kind=kind,
        meaning=quantity.meaning,
        domain_latex=notation.domain_latex(quantity),
        domain_text=quantity.domain.describe(quantity.name),
        value_latex=value[0],
        value_text=value[1],
        unit_latex="" if unit is None else notation.unit_latex(unit),
        unit_text="" if unit is None else str(unit),
    )
