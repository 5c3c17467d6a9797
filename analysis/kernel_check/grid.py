"""The inputs on which compiled kernels are checked: an edge grid and ordinary numbers.

Nothing here is left to chance: every generator of random numbers starts from :data:`SEED`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Quantity, UpdateRule
from ..study import simulate
from .narrow import FORMATS, Format

__all__ = ["COUNTERS", "SEED", "SIZES", "Point", "edge_grid", "ordinary_inputs", "points", "tiled"]

Array = NDArray[np.floating]
SEED = 20260607
COUNTERS = (1, 2, 10**3, 10**6)
SIZES = (0, 1, 7, 1024, 10**6)
_WARM_UP = 8  # steps that lead to the states of half of the ordinary inputs


@dataclass(frozen=True)
class Point:
    """One step counter and one set of hyperparameters.

    Attributes
    ----------
    name : str
        ``"defaults"``, ``"inside"`` or ``"lower ends"``.
    t : int
    hyper : dict
        A float for every hyperparameter.
    """

    name: str
    t: int
    hyper: dict[str, float]


def points(rule: UpdateRule) -> Iterator[Point]:
    """Every step counter with the defaults, with another point inside the domains, and with their lower ends.

    A hyperparameter without a default takes the value inside its domain.
    """
    inside = {h.name: _inside(h.symbol, place) for place, h in enumerate(rule.hyper)}
    defaults = {**inside, **{name: float(value) for name, value in rule.defaults.items()}}
    lower = {h.name: _lower_end(h.symbol, defaults[h.name]) for h in rule.hyper}
    for name, hyper in (("defaults", defaults), ("inside", inside), ("lower ends", lower)):
        for t in COUNTERS:
            yield Point(name, t, hyper)


def _inside(symbol: Quantity, place: int) -> float:
    """A value inside the domain, another one for every `place`: no hyperparameter can then stand in for another."""
    lower, upper = symbol.domain.lower, symbol.domain.upper
    share = sp.Rational(3, 10 + 7 * place)
    if upper is None:
        return float((lower or 0) + share)
    # Close to the upper end is where decay rates live.
    return float(upper - share * (upper - lower if lower is not None else 1))


def _lower_end(symbol: Quantity, default: float) -> float:
    lower = symbol.domain.lower
    return float(lower) if lower is not None and symbol.domain.contains(lower) else default


def edge_grid(rule: UpdateRule, dtype: str, narrow: Mapping[str, str] | None = None) -> dict[str, Array]:
    """All combinations of zero, subnormal, tiny, 1, huge, infinity and NaN as gradient and states.

    A state that is stored in a `narrow` format takes the values of that format, as numbers.

    Returns
    -------
    dict of name to array (n,)
        theta, the gradient and the states.  Signs are both taken where the domain has both, the zeros included;
        theta takes four values, among them one that is huge and NaN.
    """
    axes = {rule.theta.name: [0.0, -1.5, FORMATS[dtype].max, np.nan], rule.gradient.name: _axis(FORMATS[dtype])}
    formats = {s.name: FORMATS[(narrow or {}).get(s.name, dtype)] for s in rule.state}
    axes |= {s.name: _axis(formats[s.name], nonnegative=_is_nonnegative(s.symbol)) for s in rule.state}
    columns = np.array(list(product(*axes.values())), dtype=dtype).T
    return {name: np.ascontiguousarray(column) for name, column in zip(axes, columns, strict=True)}


def _axis(form: Format, *, nonnegative: bool = False) -> list[float]:
    sizes = [0.0, form.smallest_subnormal, form.tiny, 1.0, form.max, np.inf]
    return [*sizes, np.nan] if nonnegative else [*sizes, *(-x for x in sizes), np.nan]


def _is_nonnegative(symbol: Quantity) -> bool:
    lower = symbol.domain.lower
    return lower is not None and lower >= 0


def ordinary_inputs(rule: UpdateRule, hyper: Mapping[str, float], count: int) -> dict[str, NDArray[np.float64]]:
    """Inputs of ordinary size: half of them free, half of them states that the rule itself reaches.

    Magnitudes are spread evenly over the exponents from 1e-6 to 1e3; squares, over those from 1e-12 to 1e6.
    """
    random = np.random.default_rng(SEED)
    free, reached = count - count // 2, count // 2
    values = {rule.theta.name: random.normal(size=count), rule.gradient.name: _spread(random, count, -6, 3)}
    values[rule.gradient.name] *= random.choice((-1.0, 1.0), size=count)
    start = {s.name: _state(random, s.symbol, free) for s in rule.state}
    run = simulate(rule, _spread(random, (_WARM_UP, reached), -3, 1), hyper=hyper, theta=1.0)
    return {**values, **{name: np.concatenate([part, run.state[name][-1]]) for name, part in start.items()}}


def _state(random: np.random.Generator, symbol: Quantity, count: int) -> NDArray[np.float64]:
    if _is_nonnegative(symbol):
        return _spread(random, count, -12, 6)
    return _spread(random, count, -6, 3) * random.choice((-1.0, 1.0), size=count)


def _spread(random: np.random.Generator, shape: int | tuple[int, ...], low: float, high: float) -> NDArray[np.float64]:
    return np.asarray(10.0 ** random.uniform(low, high, size=shape))


def tiled(arrays: Mapping[str, Array], size: int, *, offset: int = 0) -> dict[str, Array]:
    """The arrays repeated or cut to `size` elements; with `offset`, they start that many elements into their memory."""
    made: dict[str, Array] = {}
    for name, array in arrays.items():
        room = np.empty(size + offset, dtype=array.dtype)
        room[offset:] = np.resize(array, size)
        made[name] = room[offset:]
    return made
