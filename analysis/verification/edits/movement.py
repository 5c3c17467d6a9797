"""Mistakes about the direction and the size of the step."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ....derive.symbols import gradient, parameter, step_counter
from ..drafts import Draft, Edit
from .shapes import HALF, hyper, outside_states, swap

__all__ = ["movement"]


def movement(draft: Draft) -> Iterator[Edit]:  # noqa: PLR0912 - a list of mistakes, one after another
    """The step reversed, scaled, or made of something else."""
    theta, g, lr = parameter(), gradient(), hyper(draft, "lr")
    value = draft.value(theta)
    if value is None:
        return
    moved = sp.expand(value - theta, deep=False) if isinstance(value, sp.Add) else value - theta
    yield Edit("theta moves along the gradient instead of against it", draft.with_value(theta, theta - moved))
    yield Edit("theta is replaced by the step instead of moved by it", draft.with_value(theta, moved))
    yield Edit("theta does not move", draft.with_value(theta, theta))
    if lr is not None:
        yield Edit(
            "only the sign of the step is used",
            draft.with_value(theta, theta + lr * sp.sign(moved.xreplace({lr: sp.Integer(1)}))),
        )
    for low, words in ((-1, "clipped to [-1, 1]"), (None, "cut off above 1")):
        cut = sp.Min(g, 1) if low is None else sp.Max(sp.Min(g, 1), low)
        yield Edit(f"the gradient is {words}", draft.mapped(swap(g, cut)))
    for q, e in draft.lines:
        roots = {p: p.base**-p.exp for p in e.atoms(sp.Pow) if abs(p.exp) == HALF}
        if len(roots) > 1:
            yield Edit(f"the quotient of roots in {q} is upside down", draft.with_value(q, e.xreplace(roots)))
    for factor, words in (
        (2, "twice as far"),
        (HALF, "half as far"),
        (10, "ten times as far"),
        (sp.Rational(1, 10), "a tenth as far"),
    ):
        yield Edit(f"theta moves {words}", draft.with_value(theta, theta + factor * moved))
        yield Edit(f"the gradient is multiplied by {factor}", draft.mapped(swap(g, factor * g)))
    yield Edit("the sign of the gradient is wrong everywhere", draft.mapped(swap(g, -g)))
    for state in draft.states:
        if value.has(state):
            yield Edit(
                f"the step uses the gradient instead of {state}", draft.with_value(theta, value.xreplace({state: g}))
            )
            yield Edit(
                f"the step uses only the sign of {state}",
                draft.with_value(theta, value.xreplace({state: sp.sign(state)})),
            )
            for other in draft.states:
                if other != state:
                    yield Edit(
                        f"the step uses {other} instead of {state}",
                        draft.mapped(outside_states(draft, state, other)),
                    )
        if g in value.free_symbols:
            yield Edit(
                f"the step uses {state} instead of the gradient", draft.with_value(theta, value.xreplace({g: state}))
            )
    if g in value.free_symbols:
        yield Edit(
            "the step uses only the sign of the gradient", draft.with_value(theta, value.xreplace({g: sp.sign(g)}))
        )
        yield Edit(
            "the step does not use the gradient itself", draft.with_value(theta, value.xreplace({g: sp.Integer(0)}))
        )
    if lr is not None:
        for words, new in (
            ("the learning rate is missing", sp.Integer(1)),
            ("the learning rate is squared", lr**2),
            ("theta is divided by the learning rate instead of multiplied", 1 / lr),
            ("the root of the learning rate is used", sp.sqrt(lr)),
            ("the learning rate decays with the square root of the step counter", lr / sp.sqrt(step_counter())),
            ("the learning rate decays with the step counter", lr / step_counter()),
        ):
            yield Edit(words, draft.mapped(swap(lr, new)))
