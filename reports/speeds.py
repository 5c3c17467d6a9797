"""Speeds of kernels beside their peers, as tables: for one rule all of them, for all rules the largest array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .records import Content, Timing

__all__ = ["SpeedLine", "speed_lines", "speed_table"]

SpeedRow: TypeAlias = "tuple[str, tuple[Timing | None, ...]]"
"""A contestant, and its timing on each layout."""

_OURS = "optproof float32"
_LIMIT = "memory limit"
_USUAL = ("torch default", "torch")


@dataclass(frozen=True)
class SpeedLine:
    """A kernel on the largest array that it was timed on.

    Attributes
    ----------
    ours : Timing
    of_limit : float or None
        Its time in times that of moving the same bytes.
    usual : float or None
        The time of PyTorch's default in times the kernel's.
    peer : Timing or None
        The fastest of all peers.
    """

    ours: Timing
    of_limit: float | None
    usual: float | None
    peer: Timing | None

    @property
    def ahead(self) -> float | None:
        """The time of the fastest peer in times the kernel's."""
        return None if self.peer is None else self.peer.seconds / self.ours.seconds


def speed_lines(content: Content) -> tuple[SpeedLine, ...]:
    """A line for each rule of the report that was timed."""
    lines = (_line(content, one.rule.name) for one in content.rules)
    return tuple(line for line in lines if line is not None)


def _line(content: Content, rule: str) -> SpeedLine | None:
    single = [t for t in content.speeds if t.rule == rule and " x " not in t.layout]
    ours = max((t for t in single if t.contestant == _OURS), key=lambda t: t.elements, default=None)
    if ours is None:
        return None
    same = {t.contestant: t for t in single if t.elements == ours.elements}
    limit, usual = same.get(f"{_LIMIT} float32"), next((same[name] for name in _USUAL if name in same), None)
    peers = [t for name, t in same.items() if not name.startswith(("optproof", _LIMIT))]
    return SpeedLine(
        ours,
        None if limit is None else ours.seconds / limit.seconds,
        None if usual is None else usual.seconds / ours.seconds,
        min(peers, key=lambda t: t.seconds, default=None),
    )


def speed_table(content: Content, rule: str) -> tuple[tuple[str, ...], tuple[SpeedRow, ...]]:
    """The layouts, and for each contestant its timing on each of them, or None where it was not timed."""
    own = [t for t in content.speeds if t.rule == rule]
    layouts = tuple(dict.fromkeys(t.layout for t in own))
    found = {(t.contestant, t.layout): t for t in own}
    names = dict.fromkeys(t.contestant for t in own)
    return layouts, tuple((name, tuple(found.get((name, layout)) for layout in layouts)) for name in names)
