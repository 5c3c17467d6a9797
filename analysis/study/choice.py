"""Which rules a study is about: those asked for, if it can be made of them, or its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ...derive import UpdateRule, rule

__all__ = ["StudyError", "has_rate", "rules_or"]


class StudyError(ValueError):
    """A study that cannot be made; the message says why and what to do."""


def has_rate(one: UpdateRule) -> bool:
    """Whether a rule has a learning rate."""
    return any(h.name == "lr" for h in one.hyper)


def rules_or(
    asked: Iterable[UpdateRule] | None, default: Sequence[str], fits: Callable[[UpdateRule], bool], why: str
) -> tuple[UpdateRule, ...]:
    """The rules that were asked for, or the default ones.

    Raises
    ------
    StudyError
        If one of them does not fit; the message ends in `why`.
    """
    chosen = tuple(asked or ())
    for one in chosen:
        if not fits(one):
            raise StudyError(f"the rule {one.name} {why}; this study can be made of {', '.join(default)}")
    return chosen or tuple(rule(name) for name in default)
