"""What the timings say about what was asked: ratios to the memory limit and to peers, the lowest over the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .contestants import CONTESTANTS
from .kernel_speed import Timing
from .measure import Figure

__all__ = ["asked_and_measured"]

_LIMIT, _BFLOAT16, _TORCH, _FUSED = (
    "memory limit float32", "optproof bfloat16 state", "torch default", "torch fused",
)  # fmt: skip
_LARGE = ("10,000,000", "100,000,000")
_MANY_SMALL = "1,000 x 100"
_AGAINST_TORCH = ("adam", "adamw", "rmsprop", "adadelta")


def asked_and_measured(timings: Sequence[Timing]) -> list[Figure]:
    """The figures that the project has set itself, as far as they were measured.

    Every ratio is a time as a multiple of the float32 kernel's in the same turn; a ratio to the memory limit of 1 means
    that the kernel takes no longer than moving its memory does.
    """
    return [*_limits(timings), *_peers(timings), *_against_torch(timings), *_many(timings), *_bfloat16(timings)]


def _limits(timings: Sequence[Timing]) -> Iterable[Figure]:
    for layout in _LARGE:
        found = [t for t in timings if (t.layout, t.contestant) == (layout, _LIMIT)]
        yield from _lowest(f"of the memory limit, {layout} elements", found, 0.95)


def _peers(timings: Sequence[Timing]) -> Iterable[Figure]:
    for layout in dict.fromkeys(t.layout for t in timings):
        own = [t for t in timings if t.layout == layout and CONTESTANTS[t.contestant].peer]
        by_rule = {rule: [t for t in own if t.rule == rule] for rule in dict.fromkeys(t.rule for t in own)}
        fastest = [min(found, key=lambda t: t.ratio) for found in by_rule.values()]
        yield from _lowest(f"the fastest peer, {layout}", fastest, 1.0, named=True)


def _against_torch(timings: Sequence[Timing]) -> Iterable[Figure]:
    for t in timings:
        if (t.layout, t.contestant) == (_LARGE[0], _TORCH) and t.rule in _AGAINST_TORCH:
            yield Figure(f"torch's default, {t.rule}, {t.layout} elements", t.ratio, "times", at_least=5.0)


def _many(timings: Sequence[Timing]) -> Iterable[Figure]:
    for name, words, least in ((_TORCH, "torch's default", 50.0), (_FUSED, "torch's fused form", 20.0)):
        found = [t for t in timings if (t.layout, t.contestant) == (_MANY_SMALL, name)]
        yield from _lowest(f"{words}, {_MANY_SMALL}", found, least)
    own = [t for t in timings if t.layout == _MANY_SMALL and t.ratio == 1 and t.contestant.startswith("optproof")]
    if own:
        slowest = max(own, key=lambda t: t.seconds)
        name = f"an array of 100 among 1,000: the longest of {len(own)} rules ({slowest.rule})"
        yield Figure(name, 1e6 * slowest.seconds / 1000, "us", bound=1.0)


def _bfloat16(timings: Sequence[Timing]) -> Iterable[Figure]:
    found = [t for t in timings if (t.layout, t.contestant) == (_LARGE[1], _BFLOAT16)]
    if found:
        slowest = max(found, key=lambda t: t.ratio)
        name = f"bfloat16 state, how many times as fast at {_LARGE[1]}: the lowest of {_rules(found)} ({slowest.rule})"
        yield Figure(name, 1 / slowest.ratio, "times", at_least=1.3)


def _lowest(words: str, found: Sequence[Timing], least: float, *, named: bool = False) -> Iterable[Figure]:
    if found:
        lowest = min(found, key=lambda t: t.ratio)
        which = f"{lowest.rule}, {lowest.contestant}" if named else lowest.rule
        yield Figure(f"{words}: the lowest of {_rules(found)} ({which})", lowest.ratio, "times", at_least=least)


def _rules(found: Sequence[Timing]) -> str:
    return f"{len(found)} rule{'' if len(found) == 1 else 's'}"
