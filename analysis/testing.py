"""For people's own test suites: an implementation must be proved to be a rule, or the test fails with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..derive.prove.verdict import Verdict
from ..derive.rule import UpdateRule
from .trace.isolation import TIME_LIMIT
from .verification.record import FULL_SCOPE, Verification
from .verification.words import verification_text
from .verify import verify

__all__ = ["assert_implements"]


def assert_implements(
    target: str,
    rule: str | UpdateRule,
    *,
    names: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    scope: str | None = None,
    seconds: float = TIME_LIMIT,
) -> Verification:
    """Fail unless an implementation is proved to be a rule.

    Parameters
    ----------
    target : str
        As for :func:`optproof.verify`.
    rule : str or UpdateRule
        The rule that it should be.
    names, options, seconds
        As for :func:`optproof.verify`.
    scope : str, optional
        A part of the text of a weaker scope that is enough, such as ``"weight_decay = 0"``.  Without it,
        hyperparameters that had to be fixed for the proof make the assertion fail.

    Returns
    -------
    Verification
        The proof.

    Raises
    ------
    AssertionError
        With the explanation and the counterexample.
    """
    __tracebackhide__ = True
    found = verify(target, rule, names=names, options=options, seconds=seconds)
    # That a counter of a framework ends, after billions of steps, is no condition that a user can choose.
    whole = found.scope.partition(", before its step counter")[0] == FULL_SCOPE
    enough = whole or (scope is not None and scope in found.scope)
    if found.verdict is Verdict.PROVED and enough:
        return found
    text = verification_text(found)
    if found.verdict is Verdict.PROVED:
        text += "\nThe proof is for a weaker scope; if that is enough, say so with scope=..."
    raise AssertionError(text)
