"""Deriving and proving: every claim of the catalogue about the rules asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from .catalogue import names
from .user_file import find_rule
from .claim import Claim
from .prove.setting import setting_of
from .prove.solver import Solver
from .prove.tactics import settle
from .prove.verdict import Result
from .rule import UpdateRule
from .theorems import claims_of

__all__ = ["UnknownClaimError", "derive"]


class UnknownClaimError(ValueError):
    """A claim name that none of the rules asked for has."""


def derive(
    rules: UpdateRule | str | Iterable[UpdateRule | str] | None = None,
    *,
    claim: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Result]:
    """Derive and prove the catalogue's theorems.

    Parameters
    ----------
    rules : UpdateRule, str or several of them, optional
        Every listed rule by default.
    claim : str, optional
        Settle only the claim of this name.
    progress : callable, optional
        Called with what is being done, how many claims are done and how many there are.

    Returns
    -------
    list of Result
        Rule by rule, in the order of a report.

    Raises
    ------
    UnknownRuleError, UnknownClaimError
        If a name is unknown.

    Examples
    --------
    >>> [r.verdict.name for r in derive("rmsprop", claim="rate-never-grows")]
    ['REFUTED']
    """
    chosen = [r if isinstance(r, UpdateRule) else find_rule(r) for r in _listed(rules)]
    work = [(r, _selected(claims_of(r), claim)) for r in chosen]
    total = sum(len(claims) for _, claims in work)
    if claim is not None and total == 0:
        raise UnknownClaimError(_unknown_claim(claim, chosen))
    results: list[Result] = []
    with Solver() as solver:
        for rule, claims in work:
            if not claims:
                continue
            setting = setting_of(rule, solver)
            for one in claims:
                if progress is not None:
                    progress(f"{rule.name}: {one.name}", len(results), total)
                results.append(settle(one, setting, solver))
    if progress is not None:
        progress("done", total, total)
    return results


def _listed(rules: UpdateRule | str | Iterable[UpdateRule | str] | None) -> list[UpdateRule | str]:
    if rules is None:
        return list(names())
    return [rules] if isinstance(rules, (UpdateRule, str)) else list(rules)


def _selected(claims: tuple[Claim, ...], name: str | None) -> tuple[Claim, ...]:
    return claims if name is None else tuple(c for c in claims if c.name == name)


def _unknown_claim(name: str, rules: list[UpdateRule]) -> str:
    known = sorted({c.name for r in rules for c in claims_of(r)})
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"no claim is called {name!r}{hint}; the claims about these rules are {', '.join(known)}"
