"""Mistakes about bias corrections and the step counter."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ....derive.symbols import Quantity, step_counter
from ..drafts import Draft, Edit
from .shapes import nodes, swap

__all__ = ["bias_correction"]


def bias_correction(draft: Draft) -> Iterator[Edit]:
    """A correction forgotten, upside down, or at another step."""
    t = step_counter()
    powers = [p for p in nodes(draft, sp.Pow) if p.exp == t and isinstance(p.base, Quantity)]
    corrections = [1 - p for p in powers]
    for p in powers:
        correction = 1 - p
        name = _corrected(draft, correction) or f"what {p.base} weighs"
        for words, new in (
            (f"the bias correction of {name} is missing", sp.Integer(1)),
            (
                f"the bias correction of {name} is off by a step: the step counter starts at 0",
                1 - p.base ** (t - 1),
            ),
            (
                f"the bias correction of {name} is off by a step: the step counter starts at 2",
                1 - p.base ** (t + 1),
            ),
            (f"the bias correction of {name} is that of the first step in every step", 1 - p.base),
            (f"{name} is divided by the power itself instead of by one minus it", p),
            (f"{name} is divided by one plus the power", 1 + p),
            (f"{name} is multiplied by its bias correction instead of divided", 1 / correction),
            (f"the bias correction of {name} takes the root of one minus the power", sp.sqrt(correction)),
            (f"the bias correction of {name} uses twice the step counter", 1 - p.base ** (2 * t)),
            (
                f"the bias correction of {name} is a power of 1 - {p.base}, not one minus a power of {p.base}",
                (1 - p.base) ** t,
            ),
        ):
            yield Edit(words, draft.mapped(swap(correction, new)))
    if len(corrections) == 2:
        a, b = powers
        both = {c: sp.Integer(1) for c in corrections}
        yield Edit("both bias corrections are missing", draft.mapped(lambda q, e: e.xreplace(both)))
        shifted = {p: p.base ** (t - 1) for p in powers}
        yield Edit("the step counter starts at 0 instead of 1", draft.mapped(lambda q, e: e.xreplace(shifted)))
        later = {p: p.base ** (t + 1) for p in powers}
        yield Edit("the step counter starts at 2 instead of 1", draft.mapped(lambda q, e: e.xreplace(later)))
        doubled = {p: p.base ** (2 * t) for p in powers}
        yield Edit("the step counter advances by two in every step", draft.mapped(lambda q, e: e.xreplace(doubled)))
        crossed = {a: b, b: a}
        yield Edit("the two bias corrections are exchanged", draft.mapped(lambda q, e: e.xreplace(crossed)))
        for p, o in ((a, b), (b, a)):
            name = _corrected(draft, 1 - p)
            yield Edit(f"the bias correction of {name} uses {o.base} instead of {p.base}", draft.mapped(swap(p, o)))


def _corrected(draft: Draft, correction: sp.Expr) -> str:
    for _, e in draft.lines:
        factors = sp.Mul.make_args(e)
        if 1 / correction in factors:
            states = [s for f in factors for s in f.free_symbols if s in draft.states]
            if states:
                return str(states[0])
        if sp.sqrt(correction) in factors:
            return "v"
    return "m" if "1" in str(correction.free_symbols) else "v"
