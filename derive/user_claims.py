"""Claims of a user's own, in a vocabulary that reads like mathematics."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from .catalogue import rule as rule_by_name
from .claim import Claim, Hypothesis
from .goal import EachStep, Goal, Holds, Invariant, LimitIs
from .mathematics import read_condition, read_expression
from .prove.verdict import Verdict
from .rule import UpdateRule
from .symbols import AFTER, POSITIVE, REAL, Quantity

__all__ = ["KINDS", "ClaimError", "claim"]

KINDS = ("always", "each_step", "holds", "limit")


class ClaimError(ValueError):
    """A claim that is not well stated; the message says how to state it."""


def claim(  # noqa: PLR0913 - the vocabulary is its keywords
    rule: UpdateRule | str,
    *,
    always: str = "",
    each_step: str = "",
    holds: str = "",
    limit: tuple[str, str, str, str] | None = None,
    given: str | Iterable[str] = (),
    lemmas: str | Iterable[str] = (),
    positive: str | Iterable[str] = (),
    real: str | Iterable[str] = (),
    name: str = "",
    title: str = "",
    expected: str = "PROVED",
) -> Claim:
    """State a claim about a rule; exactly one of `always`, `each_step`, `holds` and `limit` says what is claimed.

    Parameters
    ----------
    rule : UpdateRule or str
        The rule, or its name in the catalogue.
    always : str
        A condition on the states that holds at every time t >= 1, for every gradient sequence, as ``"v <= G^2"``.
    each_step : str
        A condition between the states before and ``after(...)`` every step, as ``"after(v) >= v"``.
    holds : str
        A condition that holds for all values in the domains, as ``"1/(1 - beta1^t) >= 1"``.
    limit : (expression, symbol, point, value)
        As ``("1/(1 - beta1^t)", "t", "oo", "1")``.
    given : str or several
        The hypotheses, as ``"abs(g) <= G"``.
    lemmas : str or several
        With `always`: invariants that are proved first and then used.
    positive, real : str or several
        Names that are neither the rule's nor known, and where their values lie.
    name, title : str, optional
        What the claim is called, and the claim in a sentence.
    expected : {"PROVED", "REFUTED"}
        What you expect; a REFUTED claim that was expected is no failure.

    Raises
    ------
    ClaimError, MathematicsError, UnknownRuleError
        If it is not stated as above, with a sentence that says what to change.

    Examples
    --------
    >>> bounded = claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G")
    >>> print(bounded.text())
    v[t] <= G^2 for all t >= 1
    """
    made = rule_by_name(rule) if isinstance(rule, str) else rule
    stated = [kind for kind, said in zip(KINDS, (always, each_step, holds, limit), strict=True) if said]
    if len(stated) != 1:
        listed = " and ".join(stated) or "nothing"
        raise ClaimError(f"a claim says one of {', '.join(KINDS)}, and this one says {listed}")
    symbols = _symbols(made, positive, real)
    goal = _goal(symbols, always, each_step, holds, limit, _several(lemmas))
    if expected not in ("PROVED", "REFUTED"):
        raise ClaimError(f"expected is {expected!r}; it is 'PROVED' or 'REFUTED'")
    return Claim(
        name or stated[0],
        "Your claims",
        title or "Stated by the user.",
        made,
        goal,
        tuple(Hypothesis(read_condition(text, symbols)) for text in _several(given)),
        expected=Verdict[expected],
    )


def _several(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _symbols(rule: UpdateRule, positive: str | Iterable[str], real: str | Iterable[str]) -> dict[str, Quantity]:
    known = {name: q for name, q in rule.quantities.items() if q not in rule.temporaries}
    for domain, names in ((POSITIVE, _several(positive)), (REAL, _several(real))):
        for name in (n.strip() for text in names for n in text.split(",")):
            if name in known:
                raise ClaimError(f"{name} is already a quantity of the rule {rule.name!r}; give yours another name")
            known[name] = Quantity(name, domain)
    return known


def _goal(
    symbols: dict[str, Quantity],
    always: str,
    each_step: str,
    holds: str,
    limit: tuple[str, str, str, str] | None,
    lemmas: tuple[str, ...],
) -> Goal:
    if lemmas and not always:
        raise ClaimError("lemmas are invariants and serve a claim with always= only")
    if always:
        condition = read_condition(always, symbols)
        if any(isinstance(s, Quantity) and s.name.endswith(AFTER) for s in condition.free_symbols):
            raise ClaimError(f"always={always!r} speaks of one time; a condition with after(...) belongs to each_step=")
        return Invariant(condition, tuple(read_condition(text, symbols) for text in lemmas))
    if each_step:
        return EachStep(read_condition(each_step, symbols))
    if holds:
        return Holds(read_condition(holds, symbols))
    if limit is None or len(limit) != 4:
        raise ClaimError("limit= takes four texts: the expression, the symbol, the point (or 'oo') and the value")
    expression, symbol, point, value = limit
    if symbol not in symbols:
        raise ClaimError(
            f"the limit is taken in {symbol!r}, which is not a quantity here; known are {', '.join(symbols)}"
        )
    where = sp.oo if point.strip() == "oo" else read_expression(point, symbols)
    return LimitIs(read_expression(expression, symbols), symbols[symbol], where, read_expression(value, symbols))
