"""Mistakes about weight decay."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ....derive.symbols import Quantity, gradient, parameter
from ..drafts import Draft, Edit
from .shapes import HALF, hyper, swap

__all__ = ["weight_decay"]


def weight_decay(draft: Draft) -> Iterator[Edit]:
    """Decay coupled, decoupled, unscaled, doubled or with the wrong sign."""
    theta, g, lr = parameter(), gradient(), hyper(draft, "lr")
    value = draft.value(theta)
    for name in ("weight_decay", "l2"):
        decay = hyper(draft, name)
        if decay is None or value is None:
            continue
        without = draft.mapped(swap(decay, sp.Integer(0)))
        plain = without.value(theta)
        if plain is None:
            continue
        yield Edit("weight decay has no effect", without)
        decoupled = decay in value.free_symbols
        if decoupled:
            total = Quantity("g_l2")
            inner = [(q, e.xreplace({g: total})) for q, e in without.lines]
            yield Edit(
                "weight decay goes through the moments: it is added to the gradient",
                without.with_lines([(total, g + decay * theta), *inner]),
            )
            yield Edit(
                "weight decay is applied twice: to the gradient, and to theta itself",
                draft.with_lines([(total, g + decay * theta), *((q, e.xreplace({g: total})) for q, e in draft.lines)]),
            )
            if lr is not None:
                yield Edit(
                    "weight decay is applied a second time, after the step",
                    draft.with_value(theta, value * (1 - lr * decay)),
                )
                yield Edit(
                    "weight decay is not multiplied by the learning rate",
                    without.with_value(theta, plain - decay * theta),
                )
                yield Edit(
                    "weight decay is multiplied by the square of the learning rate",
                    without.with_value(theta, plain - lr**2 * decay * theta),
                )
                yield Edit(
                    "weight decay is applied after the step, to the new theta",
                    without.with_value(theta, plain * (1 - lr * decay)),
                )
                yield Edit("weight decay is halved", without.with_value(theta, plain - lr * decay * theta / 2))
                yield Edit(
                    "weight decay decays the sign of theta, not theta (L1)",
                    without.with_value(theta, plain - lr * decay * sp.sign(theta)),
                )
        else:
            for words, scale in (("is not multiplied by the learning rate and", sp.Integer(1)), ("is", lr)):
                if scale is not None:
                    yield Edit(
                        f"weight decay {words} decoupled: it is applied to theta, not added to the gradient",
                        without.with_value(theta, plain - scale * decay * theta),
                    )
            for factor, words in ((2, "doubled"), (HALF, "halved")):
                yield Edit(f"weight decay is {words}", draft.mapped(swap(decay, factor * decay)))
            if lr is not None:
                yield Edit(
                    "weight decay is multiplied by the learning rate a second time",
                    draft.mapped(swap(decay, lr * decay)),
                )
            yield Edit(
                "weight decay adds the sign of theta, not theta (L1)",
                draft.mapped(swap(decay * theta, decay * sp.sign(theta))),
            )
            yield Edit(
                "weight decay is added to the gradient after the moments have seen it", _late_decay(draft, decay)
            )
        yield Edit("weight decay has the wrong sign: it pushes theta away from zero", draft.mapped(swap(decay, -decay)))


def _late_decay(draft: Draft, decay: Quantity) -> Draft:
    """The L2 term only in theta's line."""
    theta, g = parameter(), gradient()
    total = next((q for q, e in draft.lines if e == g + decay * theta), None)
    if total is None:
        return draft
    lines = [(q, e if q == theta else e.xreplace({total: g})) for q, e in draft.lines if q != total]
    return draft.with_lines([(q, e.xreplace({total: g + decay * theta})) for q, e in lines])
