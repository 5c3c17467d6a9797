"""Implementation against rule: proved the same, or where and how they differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..derive.prove.verdict import Verdict
from ..derive.rule import UpdateRule
from ..derive.user_file import find_rule
from .trace.isolation import TIME_LIMIT, Tracer
from .trace.record import Untraceable
from .verification.compiled_code import with_compiled_code
from .verification.confirmation import confirmed
from .verification.deciding import against as decide_against
from .verification.identification import identify
from .verification.record import Counterexample, Difference, Verification
from .verification.workbench import Workbench

__all__ = ["Counterexample", "Difference", "Verification", "verify", "verify_with"]


def verify(
    target: str,
    against: str | UpdateRule | None = None,
    *,
    names: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    seconds: float = TIME_LIMIT,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Verification:
    """Trace an implementation and prove it equal to a rule, or show the difference.

    The implementation runs in a process of its own.

    Parameters
    ----------
    target : str
        ``"FILE.py"``, ``"FILE.py:step"``, ``"package.module:step"``, a class such as ``"torch.optim.Adam"`` or
        ``"keras.optimizers.Adam"``, or a factory such as ``"optax.adam"``.
    against : str or UpdateRule, optional
        The rule; without it, the rule of the catalogue that fits, or the nearest.
    names : mapping, optional
        Hyperparameters whose names say nothing: theirs to ours.
    options : mapping, optional
        Options and hyperparameters with fixed values, such as ``{"centered": True}``; ``"any"`` makes an input of a
        hyperparameter of optax or Keras that is off by default.
    seconds : float, optional
        How long the implementation may take to be imported and traced.
    progress : callable, optional
        Where no rule was named: told the rule that is tried, how many were tried and how many there are.

    Returns
    -------
    Verification
        PROVED, REFUTED with differences and a counterexample, or UNKNOWN with the reason.

    Raises
    ------
    TraceError
        If the target is missing, does not import, has another signature, raises, or does not end.
    UnknownRuleError
        If there is no such rule.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> code = "def step(theta, g, state, t, lr=0.1): return theta - lr * g, state"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "mine.py")
    ...     _ = path.write_text(code)
    ...     verify(str(path)).rule
    'sgd'
    """
    with Workbench() as bench, Tracer(seconds) as tracer:
        return verify_with(tracer, bench, target, against, names=names, options=options, progress=progress)


def verify_with(
    tracer: Tracer,
    bench: Workbench,
    target: str,
    against: str | UpdateRule | None = None,
    *,
    names: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Verification:
    """:func:`verify` with processes that are already running, for many targets."""
    start = time.perf_counter()
    rule = find_rule(against) if isinstance(against, str) else against
    known = tuple(h.name for h in rule.hyper) if rule else ()
    try:
        traced = tracer.trace(target, mapped=names, given=options, known=known)
    except Untraceable as error:
        elapsed = time.perf_counter() - start
        return Verification(target, rule.name if rule else "", Verdict.UNKNOWN, reason=str(error), seconds=elapsed)
    found = decide_against(traced, rule, bench) if rule else identify(traced, bench, progress)
    if traced.compiled or traced.compiled_trouble:
        found = with_compiled_code(found, traced, bench)
    found = confirmed(found, tracer, mapped=names, given=options)
    return replace(found, seconds=time.perf_counter() - start)
