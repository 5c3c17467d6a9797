"""What a rule does over time: the one-step map, unrolled steps, the first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from .rule import UpdateRule
from .symbols import Quantity

__all__ = ["displacement", "first_step", "initial_state", "one_step", "run", "terms"]


def one_step(rule: UpdateRule) -> dict[Quantity, sp.Expr]:
    """The one-step map of `rule`.

    Returns
    -------
    dict
        For theta and every state, in that order, its value after the step as an expression in the values before
        it, the gradient, the step counter and the hyperparameters.

    Examples
    --------
    >>> from optproof import rule
    >>> [str(value) for value in one_step(rule("sgd[momentum]")).values()]
    ['-lr*(b*momentum + g) + theta', 'b*momentum + g']
    """
    values: dict[sp.Basic, sp.Basic] = {}
    for line in rule.assignments:
        values[line.target] = line.value.xreplace(values)
    return {q: values[q] for q in (rule.theta, *(s.symbol for s in rule.state))}


def displacement(rule: UpdateRule) -> sp.Expr:
    """What one step adds to theta, as an expression in the values before the step."""
    value = one_step(rule)[rule.theta]
    parts = list(sp.Add.make_args(value))
    return sp.Add(*(parts if rule.theta in parts else terms(value)), -rule.theta)


def terms(expression: sp.Expr) -> list[sp.Expr]:
    """The terms of a sum; a product with one sum among its factors is multiplied out, denominators are left alone.

    Examples
    --------
    >>> a, b, c = sp.symbols("a b c")
    >>> [str(term) for term in terms(a * (b + c) / (1 + c))]
    ['a*b/(c + 1)', 'a*c/(c + 1)']
    """
    found: list[sp.Expr] = []
    for term in sp.Add.make_args(expression):
        sums = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.Add)]
        if len(sums) == 1 and len(sp.Mul.make_args(term)) > 1:
            found += [t for part in sums[0].args for t in terms(part * (term / sums[0]))]
        else:
            found.append(term)
    return found


def initial_state(rule: UpdateRule) -> dict[Quantity, sp.Expr]:
    """Every state at its initial value."""
    return {s.symbol: s.initial for s in rule.state}


def first_step(rule: UpdateRule) -> sp.Expr:
    """What the first step adds to theta, from the initial state: t = 1."""
    start: dict[sp.Basic, sp.Basic] = {**initial_state(rule), rule.step_counter: sp.Integer(1)}
    return displacement(rule).xreplace(start)


def run(
    rule: UpdateRule,
    gradients: Sequence[sp.Expr],
    hyper: Mapping[str, sp.Expr],
    theta: sp.Expr,
) -> list[dict[Quantity, sp.Expr]]:
    """Run the rule exactly over a gradient sequence, from its initial state.

    Parameters
    ----------
    gradients : sequence of expressions
        One gradient for each step; they do not depend on theta.
    hyper : mapping
        A value for hyperparameters by name; those that are missing stay symbols.
    theta : expression
        The parameter before the first step.

    Returns
    -------
    list of dict
        theta and the states before the first step and after each step.
    """
    values = {h.symbol: hyper[h.name] for h in rule.hyper if h.name in hyper}
    mapped = {q: e.xreplace(values) for q, e in one_step(rule).items()}
    now = {rule.theta: theta, **{q: e.xreplace(values) for q, e in initial_state(rule).items()}}
    history = [now]
    for count, gradient in enumerate(gradients, start=1):
        inputs: dict[sp.Basic, sp.Basic] = {**now, rule.gradient: gradient, rule.step_counter: sp.Integer(count)}
        now = {q: e.xreplace(inputs) for q, e in mapped.items()}
        history.append(now)
    return history
