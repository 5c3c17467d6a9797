"""The columns in which rules stand beside each other: every cell is taken from a theorem, and names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .records import RulePage, Theorem
from .view import first_step

__all__ = ["COLUMNS", "Cell", "cells"]


@dataclass(frozen=True)
class Cell:
    """A formula or a few words, and the theorem that says so; both empty where nothing is known.

    Attributes
    ----------
    latex, words : str
        At most one of them where they are exclusive; words follow the formula otherwise.
    theorem : Theorem or None
    """

    latex: str = ""
    words: str = ""
    theorem: Theorem | None = None


def cells(one: RulePage) -> tuple[Cell, ...]:
    """What is known of a rule, in the order of :data:`COLUMNS`."""
    known = {t.name: t for t in one.theorems}
    return tuple(make(one, known) for make in COLUMNS.values())


def _settled(known: dict[str, Theorem], name: str, verdict: str = "PROVED") -> Theorem | None:
    found = known.get(name)
    return found if found is not None and found.verdict == verdict else None


def _rate(one: RulePage, known: dict[str, Theorem]) -> Cell:
    proved = _settled(known, "effective-rate")
    if proved is None or not proved.derived_latex:
        return Cell(words="has none")
    return Cell(proved.derived_latex, "", proved)


def _bound(one: RulePage, known: dict[str, Theorem]) -> Cell:
    for name in ("step-bound", "step-within-lr", "moves-by-lr-or-not"):
        proved = _settled(known, name)
        if proved is not None:
            # A bound without a formula of its own says what it bounds in its statement.
            words = "beside its decay" if "decay" in proved.title else ""
            return Cell(proved.derived_latex or proved.statement_latex, words, proved)
    return Cell(words="none proved")


def _first(one: RulePage, known: dict[str, Theorem]) -> Cell:
    return Cell(first_step(one), "", _settled(known, "first-step"))


def _adaptive(one: RulePage, known: dict[str, Theorem]) -> Cell:
    linear, bent = _settled(known, "additive-in-the-gradients"), _settled(known, "additive-in-the-gradients", "REFUTED")
    if linear is not None:
        return Cell(words="no, linear in the gradients", theorem=linear)
    if bent is not None:
        return Cell(words="yes", theorem=bent)
    return Cell(words="not settled")


def _scale(one: RulePage, known: dict[str, Theorem]) -> Cell:
    if proved := _settled(known, "sees-signs-only"):
        return Cell(words="yes", theorem=proved)
    if proved := _settled(known, "gradient-scale-without-eps"):
        return Cell(r"\epsilon = 0", "yes, at", proved)
    if proved := _settled(known, "gradient-scale"):
        if proved.derived_text == "1":
            return Cell("", "yes, once its constants are converted", proved)
        return Cell(proved.derived_latex, "only with the learning rate times", proved)
    return Cell(words="not settled")


def _units(one: RulePage, known: dict[str, Theorem]) -> Cell:
    proved = _settled(known, "units")
    if proved is None:
        return Cell(words="not settled")
    if one.rule.unit_condition_latex:
        return Cell(one.rule.unit_condition_latex, "only where", proved)
    if not proved.derived_latex:
        return Cell(words="yes", theorem=proved)
    return Cell(_upright(proved.derived_latex), "yes, with a rate in", proved)


def _upright(unit: str) -> str:
    return "".join(rf"\text{{{c}}}" if c in "FT" else c for c in unit)


COLUMNS: dict[str, Callable[[RulePage, dict[str, Theorem]], Cell]] = {
    "effective rate": _rate,
    "no step longer than": _bound,
    "first step": _first,
    "adaptive": _adaptive,
    "blind to the gradients' scale": _scale,
    "right in units": _units,
}
"""Each column's heading, and what fills it."""
