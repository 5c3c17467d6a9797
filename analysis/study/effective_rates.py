"""Several rules side by side on one gradient sequence: how fast each adapts when the gradient changes its size.

The default sequence is of size 1 for the first half and of size 0.1 afterwards.  Adagrad's rate goes on falling from
where it stood, because its sum never forgets; RMSprop's recovers within a few multiples of 1/(1 - rho) steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...derive import UpdateRule, rule
from .effective_step import effective_rate
from .gradients import rescaled
from .records import to_json
from .simulate import simulate

__all__ = ["EffectiveRates", "adagrad_against_rmsprop", "effective_rates"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveRates:
    """The effective step sizes of several rules on one gradient sequence.

    Attributes
    ----------
    rules : tuple of str
        Their names.
    gradients : array (steps,)
        The sequence that all were given.
    rate : dict of rule name to array (steps,)
        ``-displacement / gradient``; NaN where the gradient is 0.
    displacement : dict of rule name to array (steps,)
        What each step adds to theta.
    """

    rules: tuple[str, ...]
    gradients: Array
    rate: dict[str, Array]
    displacement: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data; NaN becomes null."""
        return dict(to_json(self))


def effective_rates(
    rules: Iterable[UpdateRule], gradients: Array | None = None, *, hyper: Mapping[str, float] | None = None
) -> EffectiveRates:
    """Run several rules over one gradient sequence.

    Parameters
    ----------
    rules : iterable of UpdateRule
    gradients : float64 array (steps,), optional
        The sequence; by default 400 steps, of size 1 and then of size 0.1.
    hyper : mapping, optional
        Values by name; each rule takes those that it knows, and its own defaults otherwise.

    Raises
    ------
    ValueError
        If a value in `hyper` is known to none of the rules.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> study = effective_rates([rule("adagrad"), rule("rmsprop")], hyper={"lr": 0.01})
    >>> study.rate["rmsprop"][399] > 3 * study.rate["adagrad"][399]
    np.True_
    """
    chosen, sequence = tuple(rules), rescaled(400) if gradients is None else np.asarray(gradients, dtype=np.float64)
    known = {h.name for r in chosen for h in r.hyper}
    strange = sorted(set(hyper or {}) - known)
    if strange:
        raise ValueError(f"none of the rules {', '.join(r.name for r in chosen)} has a hyperparameter {strange[0]!r}")
    moved: dict[str, Array] = {}
    for one in chosen:
        own = {h.name for h in one.hyper}
        moved[one.name] = simulate(
            one, sequence, hyper={n: v for n, v in (hyper or {}).items() if n in own}
        ).displacement
    rate = {name: effective_rate(d, sequence) for name, d in moved.items()}
    return EffectiveRates(tuple(moved), sequence, rate, moved)


def adagrad_against_rmsprop(steps: int = 400, *, lr: float = 0.01) -> EffectiveRates:
    """Adagrad and RMSprop at one learning rate, on a gradient that falls to a tenth halfway."""
    return effective_rates([rule("adagrad"), rule("rmsprop")], rescaled(steps), hyper={"lr": lr})
