"""Implementations that a report is about: which names mean one, and what is found out about each.

What a user's code does is found out anew in every report: it may read other files, so nothing tells that it is the
same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from .records import Failure, ImplementationPage, ReportError, implementation_page

if TYPE_CHECKING:
    from ..analysis.trace.isolation import Tracer
    from ..analysis.verify import Verification
    from ..derive import UpdateRule
    from .figures.drawing import Drawing

__all__ = ["implementation_pages", "is_implementation", "require_found"]

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+(:\w+)?|[A-Za-z_]\w*:\w+")


def is_implementation(asked: str) -> bool:
    """Whether a name means an implementation, and not a rule; no code is run to find out.

    A class or a function of a file is one, and so is a file that defines ``step``.

    Examples
    --------
    >>> is_implementation("torch.optim.Adam"), is_implementation("adam[l2]")
    (True, False)
    """
    place, _, name = asked.partition(".py:") if ".py:" in asked else (asked.removesuffix(".py"), "", "")
    if ".py:" not in asked and not asked.endswith(".py"):
        return _DOTTED.fullmatch(asked) is not None
    try:
        body = ast.parse(Path(f"{place}.py").read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    if name:
        return any(isinstance(node, _DEFINED) and node.name == name for node in body)
    return any("step" in _names(node) for node in body)


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _names(node: ast.stmt) -> set[str]:
    """What a statement gives a name to."""
    if isinstance(node, _DEFINED):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def require_found(targets: Sequence[str]) -> None:
    """Check that every target can be meant and has a page of its own, before the work.

    Raises
    ------
    TraceError
        If a file is missing.
    ReportError
        If two would have one page.
    """
    if not targets:
        return
    from ..analysis.trace.target import require_plausible

    pages: dict[str, str] = {}
    for target in targets:
        require_plausible(target)
        other = pages.setdefault(implementation_page(target), target)
        if other != target:
            raise ReportError(
                f"the implementations {other} and {target} would have one page; report on them one by one"
            )


def implementation_pages(
    targets: Iterable[str], against: str | None, tell: Callable[[str, int, int], None]
) -> tuple[ImplementationPage, ...]:
    """The page of each implementation; one that fails costs only itself."""
    from ..analysis.trace.isolation import Tracer
    from ..analysis.verification.workbench import Workbench

    listed = tuple(targets)
    pages = []
    with Workbench() as bench, Tracer() as tracer:
        for count, target in enumerate(listed):
            tell(f"{target}: verification", count, len(listed))
            try:
                pages.append(_page(target, against, tracer, bench))
            except Exception as error:
                words = str(error).strip() or "no reason was given"
                failure = Failure(f"The verification of {target}", words, "implementations")
                pages.append(ImplementationPage(None, target, failures=(failure,)))
    return tuple(pages)


def _page(target: str, against: str | None, tracer: Tracer, bench: Any) -> ImplementationPage:
    from ..analysis.verify import verify_with
    from .making import implementation_facts

    found = verify_with(tracer, bench, target, against)
    drawings: tuple[Drawing, ...] = ()
    failures: tuple[Failure, ...] = ()
    undrawn = ""
    try:
        drawings, undrawn = _drawn(found, against or found.rule, tracer)
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        failures = (Failure(f"The figure of {target}", words, "figures"),)
    facts = implementation_facts(found, against=against or "", undrawn=undrawn)
    return ImplementationPage(facts, target, drawings, failures)


def _drawn(found: Verification, called: str, tracer: Tracer) -> tuple[tuple[Drawing, ...], str]:
    """The figure of both beside each other, or none and the reason."""
    from ..analysis import study
    from ..derive import find_rule
    from .figures.beside import draw_beside

    if not called:
        return (), "no rule of the catalogue is near enough to run beside it"
    if not found.arguments and found.verdict.name == "UNKNOWN":
        return (), "it could not be traced, so it is not known which hyperparameters are whose"
    rule = find_rule(called)
    lacking = _without_default(rule)
    told_apart = study.at_the_counterexample(found, rule, tracer)
    usual = None if lacking else study.at_the_defaults(found, rule, tracer)
    if told_apart is None and usual is None:
        return (), f"the rule has no default for {', '.join(lacking)}"
    return (draw_beside(told_apart, usual, rule.name, PurePath(found.target).name),), ""


def _without_default(rule: UpdateRule) -> list[str]:
    return [h.name for h in rule.hyper if h.default is None]
