"""Unusual but right: a rule's lines rewritten so that theta stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy as sp
from generated_forms import THETA, Form, in_place, plain


@dataclass(frozen=True)
class Right:
    rule: str
    kind: str
    source: str


def every_rewriting(form: Form) -> Iterator[Right]:
    """In both styles, each once."""
    seen: set[str] = set()
    for style in (plain, in_place):
        for kind, changed in _changes(form):
            source = style(changed)
            if source not in seen:
                seen.add(source)
                yield Right(form.rule, f"{kind}, {style.__name__}", source)


def _changes(form: Form) -> Iterator[tuple[str, Form]]:
    yield "as it is", form
    yield "temporaries put in", _inlined(form)
    yield "multiplied out", _mapped(form, sp.expand)
    yield "over one denominator", _mapped(form, sp.together)
    yield "cases instead of extremes", _mapped(form, _cases)
    for state in form.initial:
        # A square, whose root is exact: the root of two is rounded in any program.
        yield f"{state} kept fourfold", _scaled(form, state, sp.Integer(4))
        if state.domain.lower is None:
            yield f"{state} kept with its sign reversed", _scaled(form, state, sp.Integer(-1))


def _mapped(form: Form, change: Callable[[sp.Expr], sp.Expr]) -> Form:
    return replace(form, lines=tuple((q, change(e)) for q, e in form.lines))


def _inlined(form: Form) -> Form:
    values: dict[sp.Basic, sp.Basic] = {}
    lines = []
    for index, (q, e) in enumerate(form.lines):
        put = e.xreplace(values)
        # What reads a state that is assigned before its use must be computed when it was.
        stale = put.free_symbols & {later for later, _ in form.lines[index + 1 :]}
        if q in form.initial or q == THETA or stale - {THETA}:
            lines.append((q, put))
        else:
            values[q] = put
    return replace(form, lines=tuple(lines))


def _cases(e: sp.Expr) -> sp.Expr:
    put = {
        n: sp.Piecewise((n.args[0], n.args[0] > n.args[1]), (n.args[1], sp.true))
        for n in e.atoms(sp.Max)
        if len(n.args) == 2
    }
    return e.xreplace(put)


def _scaled(form: Form, state: sp.Symbol, factor: sp.Rational) -> Form:
    lines = tuple((q, (factor if q == state else 1) * e.xreplace({state: state / factor})) for q, e in form.lines)
    return replace(form, lines=lines, initial={**form.initial, state: factor * form.initial[state]})
