"""Mistakes about momentum and Nesterov's look-ahead."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ....derive.symbols import gradient, parameter
from ..drafts import Draft, Edit
from .shapes import hyper

__all__ = ["momentum"]


def momentum(draft: Draft) -> Iterator[Edit]:
    """The buffer or the look-ahead in another form."""
    theta, g, lr, mu = parameter(), gradient(), hyper(draft, "lr"), hyper(draft, "momentum")
    value = draft.value(theta)
    if mu is None or lr is None or value is None:
        return
    for q, e in draft.lines:
        if q not in draft.states or mu not in e.free_symbols:
            continue
        fresh = sp.expand(e - mu * q)
        for words, new in (
            (
                f"lr is inside the momentum buffer {q}: equal only while lr is constant",
                value.xreplace({lr: sp.Integer(1)}),
            ),
        ):
            inner = mu * q + lr * fresh
            yield Edit(words, draft.with_value(q, inner).with_value(theta, new.xreplace({g: lr * g})))
        yield Edit(f"momentum has no effect: {q} is the gradient alone", draft.with_value(q, fresh))
        yield Edit("Nesterov's look-ahead is missing: plain momentum is used", draft.with_value(theta, theta - lr * q))
        yield Edit(
            "Nesterov's look-ahead is applied, which the rule does not have",
            draft.with_value(theta, theta - lr * (fresh + mu * q)),
        )
        yield Edit("the look-ahead uses momentum twice", draft.with_value(theta, theta - lr * (fresh + mu**2 * q)))
        yield Edit("the look-ahead lacks the factor momentum", draft.with_value(theta, theta - lr * (fresh + q)))
        yield Edit(f"{q} enters with the wrong sign", draft.with_value(q, -mu * q + fresh))
        yield Edit(f"theta is moved by {q} and by the gradient", draft.with_value(theta, value - lr * fresh))
        yield Edit(f"{q} is kept with its sign reversed", draft.with_value(q, mu * q - fresh))
