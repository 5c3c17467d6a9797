"""How the parts of a rule and of a theorem are worded and grouped, the same in every format."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .records import VERDICTS, RulePage, Theorem

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from .records import CheckFacts, ComparisonFacts, ImplementationFacts

__all__ = [
    "by_subject",
    "comparison_words",
    "conformance_counts",
    "conformance_title",
    "counted",
    "first_step",
    "folklore",
    "implementation_words",
    "is_number",
    "of_bound",
    "operations",
    "options_words",
    "recheck_command",
    "relation_words",
    "step_kind",
    "ulps",
    "verdict_counts",
    "verdict_title",
    "verdict_words",
]


def first_step(one: RulePage) -> str:
    """The first step in LaTeX: as proved, else as the one-step map gives it."""
    proved = next((t.derived_latex for t in one.theorems if t.name == "first-step" and t.derived_latex), "")
    return proved or one.rule.first_step_latex


def by_subject(theorems: Iterable[Theorem]) -> dict[str, list[Theorem]]:
    """Theorems under their headings, in the order in which these first occur."""
    groups: dict[str, list[Theorem]] = {}
    for theorem in theorems:
        groups.setdefault(theorem.subject, []).append(theorem)
    return groups


def folklore(theorems: Iterable[Theorem]) -> list[Theorem]:
    """What is commonly said and was shown false."""
    return [t for t in theorems if t.folklore and t.verdict == "REFUTED"]


def verdict_counts(theorems: Iterable[Theorem]) -> dict[str, int]:
    """How many theorems have each verdict, all three named."""
    found = Counter(t.verdict for t in theorems)
    return {verdict: found[verdict] for verdict in VERDICTS}


def recheck_command(one: RulePage, theorem: Theorem) -> str:
    """The commands that prove a theorem again, write its certificate and have that checked independently."""
    name = shlex.quote(one.command_name)
    return f"optproof derive {name} --claim {theorem.name} --out proofs && optproof recheck proofs"


def comparison_words(found: ComparisonFacts) -> str:
    """The outcome of a comparison in a sentence."""
    if found.verdict == "PROVED":
        return "They are the same rule, which is proved."
    if found.verdict == "UNKNOWN":
        return "Whether they are the same is not settled."
    if found.translation and all(map(is_number, found.translation.values())):
        values = " and ".join(f"{name} = {value}" for name, value in found.translation.items())
        return f"They are different rules, which an exact run shows; they are the same where {values}."
    if found.translation:
        return "They are the same rule under a translation of hyperparameters, and different without it."
    return "They are different rules, which an exact run shows."


def conformance_counts(matrix: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """How many forms of each framework have each verdict; the empty one counts what is not element-wise."""
    counts: dict[str, Counter[str]] = {f["name"]: Counter() for f in matrix["frameworks"]}
    for cell in matrix["cells"]:
        counts.setdefault(cell["framework"], Counter())[cell["verdict"] or ""] += 1
    return {name: found for name, found in counts.items() if found}


def is_number(value: str) -> bool:
    """Whether a value is a number, and no formula of hyperparameters."""
    return not any(c.isalpha() for c in value)


def conformance_title(cell: Mapping[str, Any]) -> str:
    """An optimizer's own name with the options that were set."""
    name = str(cell["target"]).rpartition(".")[2]
    shown = ", ".join(f"{option}={value}" for option, value in (cell.get("options") or {}).items())
    return f"{name}({shown})" if shown else name


def implementation_words(found: ImplementationFacts) -> str:
    """The outcome of a verification in a sentence."""
    if found.verdict == "PROVED":
        return f"It is {found.rule}, which is proved."
    if found.verdict == "REFUTED":
        return f"It is not {found.rule}, which an exact run shows."
    return f"Whether it is {found.rule or 'a rule of the catalogue'} is not known."


def options_words(options: Iterable[str]) -> str:
    """The ways in which an optimizer was measured.

    Examples
    --------
    >>> options_words(["", "maximize=True"])
    'default options; maximize=True'
    """
    return "; ".join(one or "default options" for one in options)


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


def verdict_title(verdict: str) -> str:
    """What a verdict means, in a few words."""
    return {
        "PROVED": "proved for all values in the domains",
        "REFUTED": "refuted by an exact counterexample",
        "UNKNOWN": "neither proved nor refuted",
    }[verdict]


def verdict_words(verdict: str) -> str:
    """What a verdict means, in a sentence."""
    return {
        "PROVED": "Shown for all values of all symbols in their domains, by the steps that stand under it.",
        "REFUTED": "Shown false by a counterexample in exact numbers, which anybody can evaluate by hand.",
        "UNKNOWN": "Neither: the engine did not find a proof or a counterexample, and says why.",
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


def ulps(check: CheckFacts | CrossCheck) -> str:
    """The largest error of a kernel, in units in the last place."""
    if check.max_ulps is None or math.isnan(check.max_ulps):
        return "not measured"
    return f"{check.max_ulps:.2f}" if check.max_ulps < 1000 else f"{check.max_ulps:,.0f}"


def of_bound(check: CheckFacts | CrossCheck) -> str:
    """The largest error of a kernel as a part of what it may be."""
    if check.error_over_bound is None or math.isnan(check.error_over_bound):
        return "not measured"
    return f"{100 * check.error_over_bound:.0f} %"


def counted(counts: Mapping[str, int]) -> str:
    """Operation counts in words."""
    return ", ".join(f"{n} {op}" for op, n in counts.items() if n) or "none"
