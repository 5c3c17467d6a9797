"""How rules, theorems, kernels and checks look in a notebook.

The objects of the lower floors show themselves (``_repr_html_`` in their own modules, which may not import this one);
this module is for what belongs together: several results as one table, and a rule with everything that is known of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from . import view
from .making import rule_facts

if TYPE_CHECKING:
    from ..analysis import CrossCheck
    from ..derive import UpdateRule
    from ..derive.prove.verdict import Result

__all__ = ["Shown", "check_table", "result_table", "rule_card"]


class Shown(str):
    """HTML that a notebook displays as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def result_table(results: Iterable[Result]) -> Shown:
    """Theorems with their verdicts as one table; formulas are set by the notebook's own MathJax.

    Examples
    --------
    >>> from optproof import derive  # doctest: +SKIP
    >>> result_table(derive("rmsprop"))  # doctest: +SKIP
    """
    rows = "".join(
        f"<tr><td>{escape(r.claim.rule.name)}</td><td>{escape(r.claim.title)}</td>"
        f'<td style="text-align:left">{_math(r.claim.latex())}</td><td><b>{r.verdict.name}</b></td>'
        f"<td>{escape(r.method)}</td></tr>"
        for r in results
    )
    return _table(("rule", "claim", "statement", "verdict", "method"), rows)


def check_table(checks: Iterable[CrossCheck]) -> Shown:
    """Cross-checks as one table."""
    rows = "".join(
        f"<tr><td>{escape(c.rule)}</td><td>{escape(str(c.dtype))}</td>"
        f"<td><b>{'passed' if c.passed else 'FAILED'}</b></td>"
        f"<td>{c.source_verdict.name}</td><td>{c.cases}</td><td>{view.of_bound(c)}</td><td>{view.ulps(c)}</td>"
        f"<td>{escape('; '.join(c.problems))}</td></tr>"
        for c in checks
    )
    return _table(("rule", "dtype", "check", "source", "cases", "of bound", "ulps", "problems"), rows)


def rule_card(rule: UpdateRule) -> Shown:
    """A rule with its equations, source and symbols."""
    facts = rule_facts(rule)
    source = f"<p>{escape(str(facts.source))}</p>" if facts.source else ""
    rows = "".join(
        f"<tr><td>{_math(s.latex)}</td><td><code>{escape(s.name)}</code></td>"
        f"<td>{escape(s.meaning)}</td><td>{_math(s.domain_latex)}</td>"
        f"<td>{_math(s.value_latex) if s.value_latex else 'none'}</td></tr>"
        for s in facts.symbols
    )
    table = _table(("symbol", "name", "meaning", "domain", "default or start"), rows) if rows else ""
    return Shown(
        f"<div><b>{escape(rule.title)}</b> <code>{escape(rule.name)}</code>{source}{_math(rule.latex())}{table}</div>"
    )


def _table(columns: tuple[str, ...], rows: str) -> Shown:
    head = "".join(f'<th scope="col">{c}</th>' for c in columns)
    return Shown(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")


def _math(latex: str) -> str:
    """A formula between dollar signs; a dollar sign in it would end it, and `<` would begin an element."""
    return f"${escape(latex.replace('$', ''))}$"
