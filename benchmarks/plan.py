"""What is measured: rules, sizes and contestants; a quarter of an hour by default, everything if that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .contestants import CONTESTANTS, REFERENCE

__all__ = ["MANY", "RULES", "SIZES", "Case", "default_plan", "plan", "whole_plan"]

RULES = ("sgd", "sgd[momentum]", "rmsprop", "adadelta", "adam", "adamw")
"""The rules that are compared with all peers if none is named."""
SIZES = (10**3, 10**5, 10**7, 10**8)
"""Of single arrays."""
MANY = ((1000, 100), (1000, 10_000))
"""How many arrays of which size."""
_TURNS = 9
_LARGE = 10**8  # elements from which there are fewer turns
_TURNS_OF_LARGE = 5


@dataclass(frozen=True)
class Case:
    """A rule and the sizes of its arrays, and who competes.

    Attributes
    ----------
    rule : str
    sizes : tuple of int
    contestants : tuple of str
    turns : int
        How many are counted.
    """

    rule: str
    sizes: tuple[int, ...]
    contestants: tuple[str, ...] = tuple(CONTESTANTS)
    turns: int = _TURNS

    @property
    def elements(self) -> int:
        """Of all arrays together."""
        return sum(self.sizes)

    @property
    def layout(self) -> str:
        """The sizes in words: an array's, or how many of which size."""
        return f"{self.sizes[0]:,}" if len(self.sizes) == 1 else f"{len(self.sizes):,} x {self.sizes[0]:,}"


def plan(
    rules: Sequence[str],
    sizes: Sequence[int],
    many: Sequence[tuple[int, int]] = (),
    contestants: Sequence[str] = tuple(CONTESTANTS),
    turns: int | None = None,
) -> list[Case]:
    """Every rule with every size.

    Examples
    --------
    >>> [case.layout for case in plan(["adam"], [1000], [(1000, 100)])]
    ['1,000', '1,000 x 100']
    """
    layouts = [(size,) for size in sizes] + [(size,) * count for count, size in many]
    named = (REFERENCE, *(name for name in contestants if name != REFERENCE))
    return [Case(rule, layout, named, turns or _turns(sum(layout))) for rule in rules for layout in layouts]


def _turns(elements: int) -> int:
    return _TURNS_OF_LARGE if elements >= _LARGE else _TURNS


def default_plan(every_rule: Sequence[str]) -> list[Case]:
    """A few rules against all peers up to 10^7 elements, Adam also at 10^8, and every rule against the memory limit.

    Optax, which compiles for half a minute where there are 1,000 arrays, meets them with Adam alone.
    """
    limit = "memory limit float32"
    others = [rule for rule in every_rule if rule not in RULES]
    quick = [name for name in CONTESTANTS if name != "optax jit donated"]
    return [
        *plan(["adam"], SIZES, MANY),
        *plan([rule for rule in RULES if rule != "adam"], [size for size in SIZES if size < _LARGE]),
        *plan([rule for rule in RULES if rule != "adam"], [], MANY, quick),
        *plan(others, [10**7], contestants=[limit], turns=5),
    ]


def whole_plan(every_rule: Sequence[str]) -> list[Case]:
    """Every rule, every size, every contestant."""
    return plan(every_rule, SIZES, MANY)
