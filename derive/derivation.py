"""Deriving and proving: every claim of the catalogue about the rules asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from .catalogue import names
from .claim import Claim
from .parallel import each_rule, processes_for
from .prove.setting import Setting, setting_of
from .prove.solver import Solver
from .prove.tactics import settle
from .prove.verdict import Result
from .rule import UpdateRule
from .theorems import claims_of
from .user_file import find_rule

__all__ = ["UnknownClaimError", "derive", "prove"]


class UnknownClaimError(ValueError):
    """A claim name that none of the rules asked for has."""


def derive(
    rules: UpdateRule | str | Iterable[UpdateRule | str] | None = None,
    *,
    claim: str | None = None,
    folklore: bool = False,
    processes: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Result]:
    """Derive and prove the catalogue's theorems.

    Parameters
    ----------
    rules : UpdateRule, str or several of them, optional
        Every listed rule by default.
    claim : str, optional
        Settle only the claim of this name.
    folklore : bool
        Settle only what is commonly said and false.
    processes : int, optional
        How many processes share several rules (on Linux); as many as there are processors by default.
    progress : callable, optional
        Called with what is being done, how many claims, or of several rules how many rules, are done and how many
        there are.

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

    def stated(rule: UpdateRule) -> list[Claim]:
        return [c for c in claims_of(rule) if claim in (None, c.name) and (c.folklore or not folklore)]

    shared = processes_for(chosen, processes)
    if shared > 1:
        found = each_rule(chosen, lambda rule: prove(stated(rule)), processes=shared, progress=progress)
        results = [result for of_rule in found for result in of_rule]
    else:
        claims: list[Claim] = []
        for rule in chosen:
            if progress is not None:
                progress(f"{rule.name}: stating the claims", 0, 0)
            claims += stated(rule)
        results = prove(claims, progress=progress)
    if claim is not None and not results and not folklore:
        raise UnknownClaimError(_unknown_claim(claim, chosen))
    return results


def prove(claims: Iterable[Claim], *, progress: Callable[[str, int, int], None] | None = None) -> list[Result]:
    """Prove or refute claims, the catalogue's or a user's own.

    Parameters
    ----------
    claims : iterable of Claim
    progress : callable, optional
        Called with what is being done, how many claims are done and how many there are.

    Raises
    ------
    ContradictoryHypothesesError
        If no values satisfy the hypotheses of a claim together.

    Examples
    --------
    >>> from optproof.derive.user_claims import claim
    >>> bounded = claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G")
    >>> [result.verdict.name for result in prove([bounded])]
    ['PROVED']
    """
    claims = list(claims)
    settings: dict[str, Setting] = {}
    results: list[Result] = []
    with Solver() as solver:
        for one in claims:
            if progress is not None:
                progress(f"{one.rule.name}: {one.name}", len(results), len(claims))
            key = one.rule.digest
            if key not in settings:
                settings[key] = setting_of(one.rule, solver)
            results.append(settle(one, settings[key], solver))
    if progress is not None:
        progress("done", len(claims), len(claims))
    return results


def _listed(rules: UpdateRule | str | Iterable[UpdateRule | str] | None) -> list[UpdateRule | str]:
    if rules is None:
        return list(names())
    return [rules] if isinstance(rules, (UpdateRule, str)) else list(rules)


def _unknown_claim(name: str, rules: list[UpdateRule]) -> str:
    known = sorted({c.name for r in rules for c in claims_of(r)})
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"no claim is called {name!r}{hint}; the claims about these rules are {', '.join(known)}"
