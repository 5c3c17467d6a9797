"""Mistakes about averages and accumulators, and what they start at."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ....derive.relations import eq
from ....derive.symbols import Quantity, gradient, parameter, step_counter
from ..drafts import Draft, Edit
from .shapes import hyper

__all__ = ["averages", "starts"]


def averages(draft: Draft) -> Iterator[Edit]:  # noqa: PLR0912 - a list of mistakes, one after another
    """A rate or a weight forgotten or exchanged, something else averaged."""
    g = gradient()
    for q, e in draft.lines:
        if q not in draft.states:
            continue
        for rate in (h for h in draft.hyper if h.domain.upper is not None and h in e.free_symbols):
            weight = 1 - rate
            if e.has(weight):
                yield Edit(
                    f"{q} is summed, not averaged: the factor 1 - {rate} of what is new is missing",
                    draft.with_value(q, e.xreplace({weight: sp.Integer(1)})),
                )
                yield Edit(
                    f"the weights {rate} and 1 - {rate} of {q} are exchanged",
                    draft.with_value(q, _exchanged(e, rate)),
                )
                yield Edit(
                    f"{q} weighs what is new by {rate} instead of 1 - {rate}",
                    draft.with_value(q, e.xreplace({weight: rate})),
                )
                yield Edit(
                    f"{q} is not decayed: the factor {rate} is missing", draft.with_value(q, e.xreplace({rate * q: q}))
                )
                yield Edit(f"{q} weighs what is new by 1 + {rate}", draft.with_value(q, e.xreplace({weight: 1 + rate})))
            else:
                yield Edit(
                    f"{q} is averaged: what is new is weighed by 1 - {rate}",
                    draft.with_value(q, rate * q + (1 - rate) * (e - rate * q)),
                )
                yield Edit(
                    f"{q} is not decayed: the factor {rate} is missing", draft.with_value(q, e.xreplace({rate * q: q}))
                )
                yield Edit(
                    f"{q} is decayed by 1 - {rate} instead of {rate}", draft.with_value(q, e.xreplace({rate: 1 - rate}))
                )
            for other in draft.hyper:
                if other != rate and other.domain.upper is not None:
                    yield Edit(f"{q} uses {other} instead of {rate}", draft.with_value(q, e.xreplace({rate: other})))
            squared = e.xreplace({rate * q: rate**2 * q})
            yield Edit(f"{q} is decayed twice", draft.with_value(q, squared))
        if e != q:
            yield Edit(f"{q} is never updated", draft.with_value(q, q))
        square = next((p for p in _powers_of_gradient(e, draft)), None)
        if square is not None:
            for words, new in (
                (f"{q} accumulates the gradient itself, not its square", square.base),
                (f"{q} accumulates the size of the gradient, not its square", sp.Abs(square.base)),
                (f"{q} accumulates the cube of the gradient's size", sp.Abs(square.base) ** 3),
                (f"{q} accumulates the fourth power of the gradient", square.base**4),
            ):
                yield Edit(words, draft.with_value(q, e.xreplace({square: new})))
            if square.base != g:
                yield Edit(
                    f"{q} accumulates the square of the gradient, not of {square.base}",
                    draft.with_value(q, e.xreplace({square: g**2})),
                )
            for other in draft.states:
                if other != q:
                    gap = (square.base - other) ** 2
                    yield Edit(
                        f"{q} accumulates the squared distance of the gradient from {other}, not the squared gradient",
                        draft.with_value(q, e.xreplace({square: gap})),
                    )
                    yield Edit(
                        f"{q} accumulates the square of {other}, not of the gradient",
                        draft.with_value(q, e.xreplace({square: other**2})),
                    )
            yield Edit(
                f"{q} forgets the past: it is replaced in every step",
                draft.with_value(q, e.xreplace({q: sp.Integer(0)})),
            )
        if square is None and e.has(g):
            yield Edit(
                f"{q} forgets the past: it is replaced in every step",
                draft.with_value(q, e.xreplace({q: sp.Integer(0)})),
            )
            yield Edit(f"{q} takes the gradient with the wrong sign", draft.with_value(q, e.xreplace({g: -g})))
            yield Edit(f"{q} takes only the sign of the gradient", draft.with_value(q, e.xreplace({g: sp.sign(g)})))
        if isinstance(e, sp.Add) and not any(h.domain.upper is not None for h in draft.hyper if h in e.free_symbols):
            yield Edit(f"{q} is averaged with weight one half instead of summed", draft.with_value(q, e / 2))
    rates = [h for h in draft.hyper if h.domain.upper is not None and h.name in ("beta1", "beta2", "rho", "momentum")]
    for i, a in enumerate(rates):
        for b in rates[i + 1 :]:
            both = {a: b, b: a}
            yield Edit(f"{a} and {b} are exchanged", draft.mapped(lambda q, e, both=both: e.xreplace(both)))  # type: ignore[misc]


def _exchanged(e: sp.Expr, rate: Quantity) -> sp.Expr:
    dummy = sp.Dummy()
    return e.xreplace({1 - rate: dummy}).xreplace({rate: 1 - rate}).xreplace({dummy: rate})


def _powers_of_gradient(e: sp.Expr, draft: Draft) -> list[sp.Pow]:
    taken = {gradient(), *(q for q, _ in draft.lines if q not in draft.states and q != parameter())}
    return [p for p in sp.preorder_traversal(e) if isinstance(p, sp.Pow) and p.exp == 2 and p.base in taken]


def starts(draft: Draft) -> Iterator[Edit]:
    """Another start of a state, or a first step of its own."""
    g = gradient()
    for q, value in draft.initial.items():
        for new in (sp.Integer(0), sp.Integer(1), sp.Rational(1, 10)):
            if value != new:
                yield Edit(f"{q} starts at {new} instead of {value}", draft.starting_at(q, new))
        eps = hyper(draft, "eps")
        if eps is not None and value == 0:
            yield Edit(f"{q} starts at eps instead of 0", draft.starting_at(q, eps))
        line = draft.value(q)
        if line is not None:
            for fresh in (g, g**2):
                first = sp.Piecewise((fresh, eq(step_counter(), 1)), (line, sp.true))
                if line.has(fresh) or fresh == g:
                    yield Edit(f"in the first step {q} is set to {fresh}", draft.with_value(q, first))
