"""How the parts of a rule and of a theorem are worded and grouped, the same in HTML and in Markdown."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import sympy as sp

from ..derive import UpdateRule, first_step
from ..derive.printing import claim_notation, expression_text, notation, rule_lines
from ..derive.prove.verdict import Result, Verdict
from .notation import name_latex, number_latex

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from ..derive import State
    from .records import RuleContent

__all__ = [
    "anchor",
    "by_subject",
    "counted",
    "effective_rate",
    "first_step_latex",
    "gradient_at",
    "hypotheses",
    "of_bound",
    "operations",
    "relation_words",
    "slug",
    "start_latex",
    "step_kind",
    "ulps",
    "update_lines",
    "verdict_counts",
    "verdict_words",
    "witness_latex",
]


def slug(name: str) -> str:
    """A rule's name as a file name.

    Examples
    --------
    >>> slug("rmsprop[centered,momentum]")
    'rmsprop-centered-momentum'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-").lower() or "rule"


def anchor(text: str, kind: str = "theorem") -> str:
    """A name as an anchor; `kind` keeps theorems, figures and headings of one name apart.

    Examples
    --------
    >>> anchor("closed-form-G"), anchor("First step", "subject")
    ('theorem-closed-form-G', 'subject-First-step')
    """
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', text).strip('-')}"


def update_lines(rule: UpdateRule) -> tuple[str, ...]:
    """The lines of the algorithm box in LaTeX."""
    return tuple(rule_lines(rule, "latex"))


def effective_rate(one: RuleContent) -> tuple[str, str]:
    """The effective learning rate and what it multiplies, in LaTeX; both empty where the step has no such form."""
    from ..derive.structure import movement  # the provers are not needed for a list of rules

    found = movement(one.rule)
    if found is None:
        return "", ""
    written = claim_notation(one.rule, "latex", now=False)
    return written.write(found.rate), written.write(found.direction)


def first_step_latex(one: RuleContent) -> str:
    """The first step in LaTeX: as derived, else from the one-step map."""
    for result in one.results:
        if result.claim.name == "first-step" and result.derived is not None:
            return result.derived_text("latex")
    return expression_text(first_step(one.rule), "latex", one.rule)


def by_subject(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Theorems under their headings, in the order in which these first occur."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.claim.subject, []).append(result)
    return groups


def hypotheses(result: Result) -> list[tuple[str, str]]:
    """Each hypothesis as LaTeX and words."""
    return [(h.text("latex"), h.words) for h in result.claim.hypotheses]


def verdict_counts(results: Iterable[Result]) -> dict[str, int]:
    """How many theorems have each verdict, all three named."""
    found = Counter(r.verdict for r in results)
    return {v.name: found[v] for v in Verdict}


def start_latex(rule: UpdateRule, state: State) -> str:
    """A state before the first step, as an equation."""
    symbol = state.symbol.latex_form
    left = rf"{{{symbol}}}_{{0}}" if "_" in symbol else rf"{symbol}_{{0}}"
    return f"{left} = {expression_text(state.initial, 'latex', rule)}"


def gradient_at(rule: UpdateRule) -> str:
    """The point at which the gradient is evaluated, as LaTeX with step indices."""
    return notation(rule, "latex", indexed=True).write(rule.gradient_at)


def witness_latex(result: Result, name: str, value: sp.Basic) -> str:
    """A value of a counterexample, as an equation."""
    return f"{name_latex(result.claim.rule, name)} = {number_latex(value)}"


def relation_words(relation: str) -> str:
    """How a derived formula relates to the published one, in words."""
    known = {
        "equal": "the derived formula is the published one",
        "upper": "the published formula is an upper bound",
        "lower": "the published formula is a lower bound",
    }
    return known.get(relation, relation)


def step_kind(kind: str) -> str:
    """How a step of a proof was decided, in words."""
    known = {
        "identity": "decided as an identity",
        "smt": "decided by an SMT solver",
        "evaluation": "evaluated exactly",
        "definition": "",
    }
    return known.get(kind, kind)


def verdict_words(verdict: Verdict) -> str:
    """What a verdict means, in a sentence."""
    return {
        Verdict.PROVED: "Shown for all values of all symbols in their domains, by the steps that stand under it.",
        Verdict.REFUTED: "Shown false by a counterexample in exact numbers, which anybody can evaluate by hand.",
        Verdict.UNKNOWN: "Neither: the engine did not find a proof or a counterexample, and says why.",
    }[verdict]


def operations(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """The operation counts after a pass, and what changed.

    Examples
    --------
    >>> operations({"mul": 5, "div": 2}, {"mul": 6, "div": 1})
    '6 mul, 1 div (was 5 mul, 2 div)'
    """
    now, was = counted(after), counted(before)
    return now if now == was else f"{now} (was {was})"


def ulps(check: CrossCheck) -> str:
    """The largest error of a kernel, in units in the last place."""
    if math.isnan(check.max_ulps):
        return "not measured"
    return f"{check.max_ulps:.2f}" if check.max_ulps < 1000 else f"{check.max_ulps:,.0f}"


def of_bound(check: CrossCheck) -> str:
    """The largest error of a kernel as a part of what it may be."""
    return "not measured" if math.isnan(check.error_over_bound) else f"{100 * check.error_over_bound:.0f} %"


def counted(counts: Mapping[str, int]) -> str:
    """Operation counts in words."""
    return ", ".join(f"{n} {op}" for op, n in counts.items() if n) or "none"
