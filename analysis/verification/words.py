"""A verification in words: what the command line prints and what a failing test shows."""

from __future__ import annotations

from ...derive.prove.verdict import Verdict
from .record import Counterexample, Verification, decimal

__all__ = ["counterexample_lines", "facts", "headline", "verification_text"]


def headline(found: Verification) -> str:
    """The outcome in a sentence."""
    if found.verdict is Verdict.PROVED:
        return f"{found.target} is {found.rule}"
    if found.verdict is Verdict.REFUTED:
        return f"{found.target} is not {found.rule}"
    return f"whether {found.target} is {found.rule or 'a rule of the catalogue'} is not known"


def facts(found: Verification) -> list[tuple[str, str]]:
    """What a person wants to know, as pairs of a heading and its words."""
    rows = [("scope", found.scope)] if found.verdict is not Verdict.UNKNOWN else []
    if found.reason:
        rows.append(("because", found.reason))
    for d in found.differences:
        words = d.explanation + ("" if d.proved else " (where they part; no single known mistake explains it)")
        rows.append(("difference", words))
        rows += [("rule", d.rule)] if d.rule else []
        rows += [("implementation", d.implementation)] if d.implementation else []
    if found.counterexample is not None:
        rows += [("counterexample", line) for line in counterexample_lines(found.counterexample)]
    rows += [("size", found.effect)] if found.effect else []
    rows += [("but", w) for w in found.weaker]
    if found.state_map:
        rows.append(("state", ", ".join(f"{slot} = {e}" for slot, e in found.state_map.items())))
    rows += [("branch", c) for c in found.conditions]
    rows += [("also", s) for s in found.side_effects]
    rows += [("note", n) for n in found.notes if n != found.reason]
    rows.append(("seconds", f"{found.seconds:.2f}"))
    return rows


def counterexample_lines(run: Counterexample) -> list[str]:
    """An exact run in three lines."""
    varied = run.lr != ()
    hyper = ", ".join(f"{n} = {v}" for n, v in run.hyper.items() if not (varied and n == "lr"))
    gradients = ", ".join(str(g) for g in run.gradients)
    lr = f", lr = {', '.join(map(str, run.lr))} in turn" if varied else ""
    plural = "s" if len(run.gradients) > 1 else ""
    return [
        f"theta = {run.theta}, gradient{plural} {gradients}{lr}" + (f", {hyper}" if hyper else ""),
        f"after step {run.step} the rule gives theta = {_value(run.rule)}",
        f"and the implementation {_value(run.implementation)}",
    ]


def _value(e: object) -> str:
    import sympy as sp

    exact = sp.sympify(e)
    shown = decimal(exact)
    return shown if len(str(exact)) > 60 or not exact.is_number or shown.startswith("undef") else f"{exact} ({shown})"


def verification_text(found: Verification) -> str:
    """Everything as plain text."""
    lines = [f"{found.verdict.name}: {headline(found)}"]
    width = max(len(name) for name, _ in facts(found))
    last = ""
    for name, words in facts(found):
        lines.append(f"  {name if name != last else '':<{width}}  {words}")
        last = name
    return "\n".join(lines)
